//! A device on the LAN: a [`Responder`] behind TCP sockets.

use rackhand_adapters::sim::Station;
use rackhand_core::exchange::{Event, Reply, Responder};
use rackhand_core::time::Instant;
use smoltcp::iface::SocketHandle;
use smoltcp::socket::tcp::{Socket, SocketBuffer, State};
use smoltcp::wire::Ipv4Address;

use super::station;

/// Connections at once: a retry may come before the one before is quite gone.
const SOCKETS: usize = 4;
/// Bytes that a socket keeps of what has come.
const INCOMING_LEN: usize = 4 * 1024;
/// Bytes that it keeps of what is sent: any answer of any device.
const OUTGOING_LEN: usize = 8 * 1024;

/// A device and its machine.
pub(super) struct Served<D> {
    /// Its machine.
    pub(super) station: Station,
    /// The device.
    pub(super) device: D,
    port: u16,
    doors: Vec<Door>,
    connections: u64,
    due: Option<Instant>,
}

struct Door {
    socket: SocketHandle,
    /// The connection's number while there is one.
    peer: Option<u64>,
    unread: Vec<u8>,
}

impl<D: Responder<u64>> Served<D> {
    /// `device` at `address`, listening on `port`.
    pub(super) fn new(address: Ipv4Address, port: u16, device: D) -> Self {
        let mut station = station(address.octets()[3], Some(address));
        let door = |_| {
            let buffer = |len| SocketBuffer::new(vec![0; len]);
            let mut socket = Socket::new(buffer(INCOMING_LEN), buffer(OUTGOING_LEN));
            socket.set_ack_delay(None);
            socket.set_nagle_enabled(false);
            Door { socket: station.sockets.add(socket), peer: None, unread: Vec::new() }
        };
        let doors = (0..SOCKETS).map(door).collect();
        Self { station, device, port, doors, connections: 0, due: None }
    }

    /// Connections that it has now.
    pub(super) fn clients(&self) -> usize {
        self.doors.iter().filter(|door| door.peer.is_some()).count()
    }

    /// When stack or device must be looked at again.
    pub(super) fn due(&mut self, now: Instant) -> Option<Instant> {
        self.due.into_iter().chain(self.station.due(now)).min()
    }

    /// Lets stack and device do what is due.
    pub(super) fn poll(&mut self, now: Instant) {
        self.station.poll(now);
        if self.due.is_some_and(|due| due <= now) {
            self.due = None;
            self.respond(now, Event::Due);
        }
        for number in 0..self.doors.len() {
            self.door(now, number);
        }
        self.station.poll(now);
    }

    fn door(&mut self, now: Instant, number: usize) {
        let door = &mut self.doors[number];
        let socket = self.station.sockets.get_mut::<Socket<'_>>(door.socket);
        if matches!(socket.state(), State::Closed | State::TimeWait) {
            socket.abort();
            socket.listen(self.port).expect("a closed socket listens");
        }
        let open = socket.may_send() && socket.may_recv() || socket.can_recv();
        match door.peer {
            // What still comes on a connection that the device has closed is nothing that it sees.
            None if open && socket.may_send() => {
                self.connections += 1;
                let peer = self.connections;
                (door.peer, door.unread) = (Some(peer), Vec::new());
                self.respond(now, Event::Opened { peer });
            }
            None => return,
            Some(peer) if !open => {
                socket.close();
                door.peer = None;
                self.respond(now, Event::Closed { peer });
                return;
            }
            Some(_) => {}
        }
        let door = &mut self.doors[number];
        let socket = self.station.sockets.get_mut::<Socket<'_>>(door.socket);
        let mut fresh = [0; INCOMING_LEN];
        let read = socket.recv_slice(&mut fresh).unwrap_or(0);
        door.unread.extend_from_slice(&fresh[..read]);
        while let (Some(peer), false) = (self.doors[number].peer, self.doors[number].unread.is_empty()) {
            let mut unread = std::mem::take(&mut self.doors[number].unread);
            let used = self.respond(now, Event::Received { peer, rx: &mut unread });
            unread.drain(..used.min(unread.len()));
            self.doors[number].unread = unread;
            if used == 0 {
                return;
            }
        }
    }

    /// Tells the device what happened and does what it answers; the bytes that it used.
    fn respond(&mut self, now: Instant, event: Event<'_, u64>) -> usize {
        let mut tx = [0; OUTGOING_LEN];
        let reply: Reply<u64> = self.device.respond(now, event, &mut tx);
        self.due = reply.again;
        let of = |doors: &mut Vec<Door>, peer| doors.iter_mut().position(|door| door.peer == Some(peer));
        if let Some((peer, len)) = reply.send
            && let Some(number) = of(&mut self.doors, peer)
        {
            let socket = self.station.sockets.get_mut::<Socket<'_>>(self.doors[number].socket);
            // A client that does not read answers is not waited for.
            let _ = socket.send_slice(&tx[..len]);
        }
        if let Some(number) = reply.close.and_then(|peer| of(&mut self.doors, peer)) {
            self.station.sockets.get_mut::<Socket<'_>>(self.doors[number].socket).close();
            let peer = self.doors[number].peer.take();
            if let Some(peer) = peer {
                self.respond(now, Event::Closed { peer });
            }
        }
        reply.used
    }
}
