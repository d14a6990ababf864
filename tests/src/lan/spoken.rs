//! A device on the LAN: a [`Responder`] behind a UDP socket.

use rackhand_adapters::sim::Station;
use rackhand_core::exchange::{Event, Reply, Responder};
use rackhand_core::time::Instant;
use smoltcp::iface::SocketHandle;
use smoltcp::socket::udp::{PacketBuffer, PacketMetadata, Socket};
use smoltcp::wire::{IpEndpoint, Ipv4Address};

use super::station;

/// Datagrams that wait, each way.
const PLACES: usize = 64;
/// Bytes of the longest datagram.
const LONGEST: usize = 1472;

/// A device and its machine.
pub(super) struct Spoken<D> {
    /// Its machine.
    pub(super) station: Station,
    /// The device.
    pub(super) device: D,
    socket: SocketHandle,
    due: Option<Instant>,
}

impl<D: Responder<IpEndpoint>> Spoken<D> {
    /// `device` at `address`, listening on `port`.
    pub(super) fn new(address: Ipv4Address, port: u16, device: D) -> Self {
        let mut station = station(address.octets()[3], Some(address));
        let buffer = || PacketBuffer::new(vec![PacketMetadata::EMPTY; PLACES], vec![0; PLACES * LONGEST]);
        let mut socket = Socket::new(buffer(), buffer());
        socket.bind(port).expect("a new socket has no port");
        let socket = station.sockets.add(socket);
        Self { station, device, socket, due: None }
    }

    /// When stack or device must be looked at again.
    pub(super) fn due(&mut self, now: Instant) -> Option<Instant> {
        self.due.into_iter().chain(self.station.due(now)).min()
    }

    /// Lets stack and device do what is due.
    pub(super) fn poll(&mut self, now: Instant) {
        self.station.poll(now);
        let mut datagram = [0; LONGEST];
        loop {
            let socket = self.station.sockets.get_mut::<Socket<'_>>(self.socket);
            let Ok((len, meta)) = socket.recv_slice(&mut datagram) else { break };
            self.respond(now, Event::Received { peer: meta.endpoint, rx: &mut datagram[..len] });
        }
        // It says one thing at a time, and has seldom more than a few to say.
        for _ in 0..PLACES {
            if self.due.is_none_or(|due| due > now) {
                break;
            }
            self.respond(now, Event::Due);
        }
        self.station.poll(now);
    }

    /// Tells the device what happened and sends what it answers.
    fn respond(&mut self, now: Instant, event: Event<'_, IpEndpoint>) {
        let mut tx = [0; LONGEST];
        let reply: Reply<IpEndpoint> = self.device.respond(now, event, &mut tx);
        self.due = reply.again;
        if let Some((peer, len)) = reply.send {
            // What finds no room is lost, as in any network.
            let _ = self.station.sockets.get_mut::<Socket<'_>>(self.socket).send_slice(&tx[..len], peer);
        }
    }
}
