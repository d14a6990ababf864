//! The door that tests use: orders in clear text from anybody, over UDP. An image with it must not leave the laboratory, which
//! is why the feature `test-door` is off unless it is asked for; the authenticated channel will take its place.
//!
//! A datagram holds an order, one answer datagram goes back to its sender. Besides, `"counters"` is answered with
//! [`Block`], and `"hang"` and `"panic"` do what they say, so that a test sees the watchdog and the panic handler at work.

use rackhand_core::operation::{ANSWER_LEN, Answer, JSON_LEN};
use rackhand_core::relay::Counters;
use serde::Serialize;
use smoltcp::iface::{SocketHandle, SocketSet};
use smoltcp::socket::udp::{PacketBuffer, PacketMetadata, Socket};
use smoltcp::wire::IpEndpoint;
use static_cell::{ConstStaticCell, StaticCell};

/// Where the door is.
pub(crate) const PORT: u16 = 6385;
/// Bytes of the datagrams that wait: one of the longest, or several of the usual ones.
const INCOMING_LEN: usize = JSON_LEN + 400;
/// Datagrams that wait to be read: the repeats of as many orders as run at once come together, and another must still find room.
const INCOMING_PLACES: usize = 8;
/// Answers that wait to be sent.
const OUTGOING_PLACES: usize = 4;

/// All zero, so that none of it takes flash.
struct Buffers {
    incoming: [u8; INCOMING_LEN],
    outgoing: [u8; 2 * ANSWER_LEN],
    answer: [u8; ANSWER_LEN],
}

static BUFFERS: ConstStaticCell<Buffers> = ConstStaticCell::new(Buffers {
    incoming: [0; INCOMING_LEN],
    outgoing: [0; 2 * ANSWER_LEN],
    answer: [0; ANSWER_LEN],
});
static INCOMING: StaticCell<[PacketMetadata; INCOMING_PLACES]> = StaticCell::new();
static OUTGOING: StaticCell<[PacketMetadata; OUTGOING_PLACES]> = StaticCell::new();

/// What the relay has had to do, and what it has left.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Block {
    /// Whole seconds since the start.
    pub(crate) uptime_s: u32,
    /// Operations that run.
    pub(crate) running: usize,
    /// Bytes of the stack that were never used.
    pub(crate) stack_free: u32,
    /// Orders and what became of them.
    pub(crate) orders: Counters,
}

/// What somebody wants.
pub(crate) enum Wanted<T> {
    /// An order, or what may be one; and what became of it.
    Order(T),
    /// The counters.
    Counters,
    /// That the relay does nothing any more.
    Hang,
    /// That it panics.
    Panic,
}

/// The door.
pub(crate) struct Door {
    socket: SocketHandle,
    answer: &'static mut [u8; ANSWER_LEN],
}

impl Door {
    /// Opens it.
    pub(crate) fn open(sockets: &mut SocketSet<'_>) -> Self {
        let buffers = BUFFERS.take();
        let incoming = INCOMING.init([PacketMetadata::EMPTY; INCOMING_PLACES]);
        let outgoing = OUTGOING.init([PacketMetadata::EMPTY; OUTGOING_PLACES]);
        let mut socket = Socket::new(
            PacketBuffer::new(&mut incoming[..], &mut buffers.incoming[..]),
            PacketBuffer::new(&mut outgoing[..], &mut buffers.outgoing[..]),
        );
        // The port is not 0 and the socket is new.
        let _ = socket.bind(PORT);
        defmt::warn!("the test door is open: anybody may give orders on UDP port {=u16}", PORT);
        Self { socket: sockets.add(socket), answer: &mut buffers.answer }
    }

    /// The next datagram, if there is one, and whom it is from. `order` looks at what may be an order.
    pub(crate) fn next<T>(
        &self,
        sockets: &mut SocketSet<'_>,
        order: impl FnOnce(IpEndpoint, &[u8]) -> T,
    ) -> Option<(IpEndpoint, Wanted<T>)> {
        let (datagram, meta) = sockets.get_mut::<Socket<'_>>(self.socket).recv().ok()?;
        let wanted = match datagram {
            br#""counters""# => Wanted::Counters,
            br#""hang""# => Wanted::Hang,
            br#""panic""# => Wanted::Panic,
            datagram => Wanted::Order(order(meta.endpoint, datagram)),
        };
        Some((meta.endpoint, wanted))
    }

    /// Sends an answer. One that finds no room is lost like any datagram: the host asks again.
    pub(crate) fn answer(&mut self, sockets: &mut SocketSet<'_>, to: IpEndpoint, answer: &Answer) {
        let len = answer.to_json(self.answer).unwrap_or(0);
        self.send(sockets, to, len);
    }

    /// Sends the counters.
    pub(crate) fn counters(&mut self, sockets: &mut SocketSet<'_>, to: IpEndpoint, block: &Block) {
        let len = serde_json_core::to_slice(block, self.answer).unwrap_or(0);
        self.send(sockets, to, len);
    }

    fn send(&self, sockets: &mut SocketSet<'_>, to: IpEndpoint, len: usize) {
        let text = self.answer.get(..len).unwrap_or(&[]);
        if sockets.get_mut::<Socket<'_>>(self.socket).send_slice(text, to).is_err() {
            defmt::warn!("an answer found no room");
        }
    }
}
