//! Several operations at once over one stack.

use std::time::Duration;

use rackhand_adapters::sim::Station;
use rackhand_adapters::smoltcp::{DATAGRAM_LEN, Net, STREAM_LEN, Slot, Slots};
use rackhand_core::operation::{Action, HardwareType, Memory, Operation, PowerTarget, TX_LEN, Target, Value};
use rackhand_core::time::Instant;
use rackhand_core::wol::Mac;
use smoltcp::iface::SocketHandle;
use smoltcp::socket::{tcp, udp};

use crate::script::Script;

/// How long an operation may take.
const TIMEOUT_MS: u64 = 20_000;

/// [`Slots`] over a stack at the other end of whose cable there is another one that answers, is silent, closes and breaks off as
/// the bytes want, while frames get lost or are made up.
///
/// Asserts: every operation that was begun ends, in its time and once; a slot that is free takes an operation of its kind and
/// one that is taken does not; when nothing runs nothing is due.
pub fn smoltcp_slots(data: &[u8]) {
    let mut script = Script::new(data);
    let mut relay = machine(1);
    let mut peer = machine(2);
    let mut buffers = [[0_u8; TX_LEN]; 3];
    let mut windows = [[0_u8; STREAM_LEN]; 3];
    let mut places = buffers.iter_mut().zip(&mut windows).map(|(tx, window)| (&mut tx[..], &mut window[..]));
    let mut next = || places.next().expect("three of them");
    let (one, two, three) = (next(), next(), next());
    let slots = [
        Slot::stream(tcp(&mut relay), one.0, one.1),
        Slot::stream(tcp(&mut relay), two.0, two.1),
        Slot::datagrams(udp(&mut relay), three.0, three.1),
    ];
    let mut slots: Slots<'_, Operation, 3> = Slots::new(slots, "eth0", 7);
    let door = tcp(&mut peer);
    let (mut now, mut begun) = (Instant::ZERO, [None::<Instant>; 3]);
    let mut steps = 0;
    while !script.is_empty() || slots.running() > 0 {
        steps += 1;
        assert!(steps < 200_000, "it does not end");
        match if script.is_empty() { 7 } else { script.below(8) } {
            0 => {
                let (target, action) = wanted(&mut script);
                let timeout = Duration::from_millis(TIMEOUT_MS);
                let Ok(operation) = Operation::new(&target, &action, timeout, &Memory::Nothing, &[0; 32]) else {
                    continue;
                };
                let link = target.link();
                let free = if matches!(target, Target::Iboot(_)) { &begun[..2] } else { &begun[2..] };
                let free = free.contains(&None);
                let slot = slots.begin(operation, &link);
                assert_eq!(slot.is_ok(), free);
                if let Ok(slot) = slot {
                    assert_eq!(begun[slot].replace(now), None);
                }
            }
            1 => relay.frames.incoming.push_back(script.chunk().to_vec()),
            2 => drop(relay.frames.incoming.pop_front()),
            3 => drop(peer.frames.incoming.pop_back()),
            4 => {
                let socket = peer.sockets.get_mut::<tcp::Socket<'_>>(door);
                // The other side of a conversation, for better or worse.
                let _ = socket.send_slice(script.chunk());
            }
            5 => match script.below(3) {
                0 => peer.sockets.get_mut::<tcp::Socket<'_>>(door).close(),
                1 => peer.sockets.get_mut::<tcp::Socket<'_>>(door).abort(),
                _ => {
                    let _ = peer.sockets.get_mut::<tcp::Socket<'_>>(door).listen(9100);
                }
            },
            6 => now = now.after_millis(script.below(256) as u64),
            _ => {
                let due = slots.due().into_iter().chain(relay.due(now)).chain(peer.due(now)).min();
                now = due.unwrap_or(now).max(now.after_millis(1));
            }
        }
        relay.poll(now);
        let Station { interface, sockets, frames } = &mut relay;
        while let Some(ended) = slots.poll(now, &mut Net { interface, sockets, device: frames }) {
            let since = begun[ended.slot].take().expect("it was begun, and ends once");
            assert!(now.since(since).as_millis() <= u128::from(TIMEOUT_MS) + 300, "{:?}", now.since(since));
        }
        relay.poll(now);
        peer.poll(now);
        peer.frames.incoming.append(&mut relay.frames.outgoing);
        relay.frames.incoming.append(&mut peer.frames.outgoing);
        assert_eq!(slots.running(), begun.iter().flatten().count());
        assert_eq!(slots.due().is_none(), slots.running() == 0);
    }
}

/// Some operation: on the peer, on nobody, on somebody who is far away.
fn wanted(script: &mut Script<'_>) -> (Target, Action) {
    let host = ["10.0.0.2", "10.0.0.3", "192.0.2.1", "pdu.example.org"][script.below(4)];
    let action = match script.below(4) {
        0 => Action::GetPower,
        1 => Action::SetPower(PowerTarget::Off),
        _ => Action::SetPower(PowerTarget::On),
    };
    let iboot =
        [("iboot_address", Value::Str(host)), ("iboot_username", Value::Str("u")), ("iboot_password", Value::Str("p"))];
    let wol = [
        ("wol_host", Value::Str(["255.255.255.255", "10.0.0.2", "10.0.0.3", "192.0.2.1"][script.below(4)])),
        ("wol_interface", Value::Str(["eth0", "eth1"][script.below(2)])),
        ("wol_transport", Value::Str(["udp", "raw"][script.below(2)])),
    ];
    let (hardware, info) =
        if script.bool() { (HardwareType::StagingIboot, &iboot[..]) } else { (HardwareType::StagingWol, &wol[..]) };
    let ports = ["02:00:00:00:00:01", "02:00:00:00:00:02"];
    let target = Target::new(hardware, info.iter().copied(), ports.into_iter()).expect("a target");
    (target, action)
}

/// A machine of the network 10.0.0.0/24.
fn machine(number: u8) -> Station {
    Station::new(Mac::from_octets([2, 0, 0, 0, 0, number]), Some([10, 0, 0, number].into()))
}

fn tcp(machine: &mut Station) -> SocketHandle {
    let buffer = || tcp::SocketBuffer::new(vec![0; STREAM_LEN]);
    machine.sockets.add(tcp::Socket::new(buffer(), buffer()))
}

fn udp(machine: &mut Station) -> SocketHandle {
    let buffer = || udp::PacketBuffer::new(vec![udp::PacketMetadata::EMPTY; 1], vec![0; DATAGRAM_LEN]);
    machine.sockets.add(udp::Socket::new(buffer(), buffer()))
}
