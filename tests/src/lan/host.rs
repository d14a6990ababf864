//! Who gives orders to the relay, each from a port of its own, again and again until an answer comes.

use rackhand_adapters::sim::Station;
use rackhand_core::operation::{Answer, JSON_LEN, Order};
use rackhand_core::time::Instant;
use smoltcp::iface::SocketHandle;
use smoltcp::socket::udp::{PacketBuffer, PacketMetadata, Socket};
use smoltcp::wire::{IpEndpoint, Ipv4Address};

use super::{RELAY, station};

/// Where the relay takes orders.
const DOOR: u16 = 6385;
/// From one repeat to the next.
const REPEAT_MS: u64 = 300;

/// An order that was given, or whatever else was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket(usize);

struct Asked {
    socket: SocketHandle,
    text: Vec<u8>,
    /// When it is sent again; none: it is not.
    again: Option<Instant>,
    answers: Vec<Vec<u8>>,
}

/// The host.
pub struct Host {
    /// Its machine.
    pub station: Station,
    /// The relay's address.
    pub relay: Ipv4Address,
    asked: Vec<Asked>,
    port: u16,
}

impl Host {
    pub(super) fn new(address: Ipv4Address) -> Self {
        Self { station: station(1, Some(address)), relay: RELAY, asked: Vec::new(), port: 20_000 }
    }

    /// Sends an order and repeats it until it is answered.
    ///
    /// # Panics
    /// It is too long.
    pub fn order(&mut self, now: Instant, order: &Order) -> Ticket {
        let mut text = [0; JSON_LEN];
        let len = order.to_json(&mut text).expect("an order that fits");
        self.send(now, &text[..len], true)
    }

    /// Sends any datagram, and repeats it until it is answered if `repeat` says so.
    ///
    /// # Panics
    /// It is too long for a frame.
    pub fn send(&mut self, now: Instant, text: &[u8], repeat: bool) -> Ticket {
        let buffer = || PacketBuffer::new(vec![PacketMetadata::EMPTY; 8], vec![0; 8 * 1500]);
        let mut socket = Socket::new(buffer(), buffer());
        self.port += 1;
        socket.bind(self.port).expect("a free port");
        let socket = self.station.sockets.add(socket);
        self.asked.push(Asked { socket, text: text.to_vec(), again: Some(now), answers: Vec::new() });
        let ticket = Ticket(self.asked.len() - 1);
        if !repeat {
            self.put(ticket);
            self.asked[ticket.0].again = None;
        }
        ticket
    }

    /// Sends another text from the same port, once.
    pub fn send_again(&mut self, ticket: Ticket, text: &[u8]) {
        self.asked[ticket.0].text = text.to_vec();
        self.put(ticket);
    }

    /// Sends it once more, as it was.
    ///
    /// # Panics
    /// The relay has no address.
    pub fn put(&mut self, Ticket(number): Ticket) {
        let Asked { socket, text, .. } = &self.asked[number];
        let to = IpEndpoint::new(self.relay.into(), DOOR);
        // A full queue loses it, as any network may.
        let _ = self.station.sockets.get_mut::<Socket<'_>>(*socket).send_slice(text, to);
    }

    /// Everything that came back for it.
    #[must_use]
    pub fn texts(&self, Ticket(number): Ticket) -> &[Vec<u8>] {
        &self.asked[number].answers
    }

    /// The answer to an order, if it has come.
    ///
    /// # Panics
    /// It is none, or two were different.
    #[must_use]
    pub fn answer(&self, ticket: Ticket) -> Option<Answer> {
        let mut texts = self.texts(ticket).iter();
        let first = texts.next()?;
        assert!(texts.all(|other| other == first), "two answers to one order");
        Some(Answer::from_json(first).unwrap_or_else(|_| panic!("no answer: {}", String::from_utf8_lossy(first))))
    }

    pub(super) fn poll(&mut self, now: Instant) {
        for number in 0..self.asked.len() {
            if self.asked[number].again.is_some_and(|at| at <= now) {
                self.put(Ticket(number));
                self.asked[number].again = Some(now.after_millis(REPEAT_MS));
            }
        }
        self.station.poll(now);
        for asked in &mut self.asked {
            let socket = self.station.sockets.get_mut::<Socket<'_>>(asked.socket);
            while let Ok((text, _)) = socket.recv() {
                asked.answers.push(text.to_vec());
                asked.again = None;
            }
        }
        self.station.poll(now);
    }

    /// When stack or orders must be looked at again.
    pub(super) fn due(&mut self, now: Instant) -> Option<Instant> {
        self.asked.iter().filter_map(|asked| asked.again).chain(self.station.due(now)).min()
    }
}
