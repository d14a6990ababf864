//! The main loop. Nothing in it waits but the one place where the board sleeps.

#[cfg(feature = "test-door")]
use rackhand_adapters::smoltcp::Busy;
use rackhand_adapters::smoltcp::{Ended, Net, Slot, Slots, core_time, stack_time};
#[cfg(feature = "test-door")]
use rackhand_core::operation::Order;
use rackhand_core::operation::{Answer, Operation};
use rackhand_core::relay::Desk;
#[cfg(feature = "test-door")]
use rackhand_core::relay::{Taken, Ticket};
use rackhand_core::time::Instant;
use smoltcp::iface::{Config, Interface, PollIngressSingleResult, PollResult, SocketSet, SocketStorage};
use smoltcp::socket::{tcp, udp};
use smoltcp::wire::{EthernetAddress, HardwareAddress, IpEndpoint};
use static_cell::{ConstStaticCell, StaticCell};

use crate::address::Address;
#[cfg(all(feature = "amt", feature = "test-door"))]
use crate::amt::refusal;
use crate::board::{Board, Nic};
#[cfg(feature = "test-door")]
use crate::door::{Block, Door, Wanted};
use crate::frames::Frames;
#[cfg(all(any(feature = "amt", feature = "ipmi"), feature = "test-door"))]
use crate::seeds::Seeds;
use crate::sizes::{Buffers, DATAGRAMS, Datagram, KEPT, SLOTS, SOCKETS, Stream, WAITING};

/// What an order calls the relay's network interface, should it name one.
const INTERFACE: &str = "eth0";
/// Frames that are taken in before anything else has its turn: a flood must not starve the watchdog.
const FRAMES: usize = 16;
/// From one line about the counters in the log to the next.
const REPORT_MS: u64 = 60_000;

// All zero, so that none of it takes flash. What is not all zero is put in its place when the relay starts, for the same
// reason.
static BUFFERS: ConstStaticCell<Buffers> = ConstStaticCell::new(Buffers::NEW);
static STORAGE: StaticCell<[SocketStorage<'static>; SOCKETS]> = StaticCell::new();
static NET: StaticCell<Interface> = StaticCell::new();
static RELAY: StaticCell<Relay> = StaticCell::new();
static QUEUES: StaticCell<[Queues; DATAGRAMS]> = StaticCell::new();

/// Whom the datagrams in a socket are from, and whom those that are to be sent are for.
type Queues = [[udp::PacketMetadata; WAITING]; 2];

fn stream(buffers: &'static mut Stream, sockets: &mut SocketSet<'static>) -> Slot<'static, Operation> {
    let socket = tcp::Socket::new(
        tcp::SocketBuffer::new(&mut buffers.socket_rx[..]),
        tcp::SocketBuffer::new(&mut buffers.socket_tx[..]),
    );
    Slot::stream(sockets.add(socket), &mut buffers.tx, &mut buffers.window)
}

fn datagrams(
    buffers: &'static mut Datagram,
    [incoming, outgoing]: &'static mut Queues,
    sockets: &mut SocketSet<'static>,
) -> Slot<'static, Operation> {
    let socket = udp::Socket::new(
        udp::PacketBuffer::new(&mut incoming[..], &mut buffers.socket_rx[..]),
        udp::PacketBuffer::new(&mut outgoing[..], &mut buffers.socket_tx[..]),
    );
    Slot::datagrams(sockets.add(socket), &mut buffers.tx, &mut buffers.window)
}

/// What the main loop turns.
struct Parts<N> {
    device: Frames<N>,
    interface: &'static mut Interface,
    sockets: SocketSet<'static>,
    address: Address,
    relay: &'static mut Relay,
}

/// Puts everything in its place.
// Not in the main loop's own frame, in which it would stay for ever.
#[inline(never)]
fn start<B: Board>(board: &mut B) -> Parts<B::Nic> {
    let buffers = BUFFERS.take();
    let entropy = board.entropy();
    if entropy.is_none() {
        defmt::warn!("no entropy: local ports, and what logins send along, are the same after every start");
    }
    // Every byte counts: which of them differ from the last start's is the board's matter.
    let entropy = entropy.unwrap_or_default();
    let mix = |seed: u64, byte: &u8| (seed ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3);
    let random = entropy.iter().fold(0xCBF2_9CE4_8422_2325, mix);
    let nic = board.nic();
    let mut config = Config::new(HardwareAddress::Ethernet(EthernetAddress(nic.mac())));
    config.random_seed = random;
    let mut device = Frames::new(nic, &mut buffers.frame_in, &mut buffers.frame_out);
    let now = stack_time(board.now());
    let interface = NET.init_with(|| Interface::new(config, &mut device, now));
    let mut sockets = SocketSet::new(&mut STORAGE.init_with(|| [SocketStorage::EMPTY; SOCKETS])[..]);
    let ([one, two], [three, four]) = (&mut buffers.streams, &mut buffers.datagrams);
    let [third, fourth] = QUEUES.init_with(|| [[[udp::PacketMetadata::EMPTY; WAITING]; 2]; DATAGRAMS]);
    let slots = [
        stream(one, &mut sockets),
        stream(two, &mut sockets),
        datagrams(three, third, &mut sockets),
        datagrams(four, fourth, &mut sockets),
    ];
    let address = Address::new(interface, &mut sockets);
    #[cfg(feature = "test-door")]
    let door = Door::open(&mut sockets);
    let relay = RELAY.init_with(|| Relay {
        slots: Slots::new(slots, INTERFACE, u16::try_from(random >> 48).unwrap_or(0)),
        desk: Desk::default(),
        #[cfg(feature = "test-door")]
        door,
        #[cfg(all(any(feature = "amt", feature = "ipmi"), feature = "test-door"))]
        seeds: Seeds::new(entropy),
    });
    Parts { device, interface, sockets, address, relay }
}

/// Runs the relay on `board`.
pub(crate) fn run<B: Board>(mut board: B) -> ! {
    let Parts { mut device, interface, mut sockets, address, relay } = start(&mut board);
    let mut report = board.now();
    loop {
        board.feed_watchdog();
        let now = board.now();
        let at = stack_time(now);
        let mut changed = false;
        for _ in 0..FRAMES {
            match interface.poll_ingress_single(at, &mut device, &mut sockets) {
                PollIngressSingleResult::None => break,
                _ => changed = true,
            }
        }
        address.poll(interface, &mut sockets);
        let mut net = Net { interface, sockets: &mut sockets, device: &mut device };
        #[cfg(feature = "test-door")]
        {
            changed |= relay.take_orders(now, &mut net, &board);
        }
        changed |= relay.turn(now, &mut net);
        interface.poll_maintenance(at);
        while interface.poll_egress(at, &mut device, &mut sockets) == PollResult::SocketStateChanged {
            changed = true;
        }
        if now >= report {
            relay.report(now, &board);
            report = now.after_millis(REPORT_MS);
        }
        if !changed {
            let stack = interface.poll_at(at, &sockets).map(core_time);
            let due = stack.into_iter().chain(relay.slots.due()).fold(report, Instant::min);
            board.idle(&mut device.nic, due);
        }
    }
}

/// The stack as the relay has it.
type Stack<'n, N> = Net<'n, 'static, Frames<N>>;

/// What operations run on, and who ordered them.
struct Relay {
    slots: Slots<'static, Operation, SLOTS>,
    desk: Desk<IpEndpoint, SLOTS, KEPT>,
    #[cfg(feature = "test-door")]
    door: Door,
    #[cfg(all(any(feature = "amt", feature = "ipmi"), feature = "test-door"))]
    seeds: Seeds,
}

impl Relay {
    /// A turn of everything but the stack; whether the stack may have something to send now.
    #[inline(never)]
    fn turn<N: Nic>(&mut self, now: Instant, net: &mut Stack<'_, N>) -> bool {
        let mut changed = false;
        while let Some(Ended { slot, result }) = self.slots.poll(now, net) {
            changed = true;
            let answer = match result {
                Ok(outcome) => Answer::Done(outcome),
                Err(error) => Answer::Failed(error.into()),
            };
            defmt::info!("slot {=usize}: {}", slot, answer);
            if let Some(peer) = self.desk.finish(now, slot, &answer) {
                self.answer(net, peer, &answer);
            }
        }
        // A demand that a slot has just made is the stack's to meet, though it may look idle.
        changed
    }

    #[cfg(feature = "test-door")]
    fn answer<N>(&mut self, net: &mut Stack<'_, N>, peer: IpEndpoint, answer: &Answer) {
        self.door.answer(net.sockets, peer, answer);
    }

    #[cfg(not(feature = "test-door"))]
    fn answer<N>(&mut self, _: &mut Stack<'_, N>, _: IpEndpoint, _: &Answer) {}

    // The largest frames are those that hold an order; they must not lie below those of the stack.
    #[cfg(feature = "test-door")]
    #[inline(never)]
    fn take_orders<B: Board>(&mut self, now: Instant, net: &mut Stack<'_, B::Nic>, board: &B) -> bool {
        let Self { desk, door, .. } = self;
        let Some((peer, wanted)) = door.next(net.sockets, |peer, datagram| desk.take(now, peer, datagram)) else {
            return false;
        };
        match wanted {
            Wanted::Order(Taken::Running) => {}
            Wanted::Order(Taken::Answer(answer)) => door.answer(net.sockets, peer, &answer),
            Wanted::Order(Taken::Order(ticket, ref order)) => {
                if let Err(answer) = self.begin(ticket, order) {
                    self.desk.refuse(now, ticket, &answer);
                    self.door.answer(net.sockets, peer, &answer);
                }
            }
            Wanted::Counters => {
                let block = Block {
                    uptime_s: u32::try_from(now.as_millis() / 1000).unwrap_or(u32::MAX),
                    running: self.slots.running(),
                    stack_free: board.stack_free(),
                    orders: self.desk.counters(),
                };
                self.door.counters(net.sockets, peer, &block);
            }
            Wanted::Hang => loop {
                core::hint::spin_loop();
            },
            #[allow(clippy::panic, reason = "a test wants to see one")]
            Wanted::Panic => panic!("asked to"),
        }
        true
    }

    /// Begins to carry out an order, or says why not.
    #[cfg(feature = "test-door")]
    #[inline(never)]
    fn begin(&mut self, ticket: Ticket<IpEndpoint>, order: &Order) -> Result<(), Answer> {
        #[cfg(feature = "amt")]
        let seed = refusal(order).map_or_else(|| Ok(self.seeds.next()), Err)?;
        #[cfg(all(feature = "ipmi", not(feature = "amt")))]
        let seed = self.seeds.next();
        // No protocol of this image takes a challenge, so nothing is made of the seed.
        #[cfg(not(any(feature = "amt", feature = "ipmi")))]
        let seed = [0; 32];
        let operation = order.operation(&seed).map_err(Answer::Failed)?;
        let slot = self.slots.begin(operation, &order.target.link()).map_err(|Busy| Answer::Busy)?;
        defmt::info!("slot {=usize}: {} {}", slot, order.target.hardware(), order.action.name());
        self.desk.begin(slot, ticket);
        Ok(())
    }

    /// Says in the log how things are.
    #[inline(never)]
    fn report<B: Board>(&self, now: Instant, board: &B) {
        let (seconds, counters) = (now.as_millis() / 1000, self.desk.counters());
        defmt::info!("up {=u64} s, {=u32} bytes of stack unused, {}", seconds, board.stack_free(), counters);
    }
}
