//! Client and device in one thread on virtual time, over a network that delays and chops, as a seed says.
//!
//! A run is the same every time for the same seed; a test that fails prints it.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use rackhand_adapters::drive::{Drive, Kind, RunError};
use rackhand_core::exchange::{Cause, Event, Exchange, Next, Responder};
use rackhand_core::time::Instant;

/// A small generator (SplitMix64): good enough to shake a network, and the same everywhere.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The generator for `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number below `end`, which must not be 0.
    pub const fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end
    }

    /// Any byte.
    ///
    /// # Panics
    /// It does not.
    pub fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).expect("a byte")
    }

    /// A place in a list of so many, which must not be none.
    ///
    /// # Panics
    /// It does not.
    pub fn place(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).expect("less than `len`")
    }
}

/// What the network does to a stream.
#[derive(Clone, Copy, Debug, Default)]
pub struct Network {
    /// Longest one-way delay in milliseconds; each piece has its own, none overtakes another.
    pub delay_ms: u64,
    /// Bytes come in pieces of 1 to 3; long messages in pieces of up to a sixteenth.
    pub chops: bool,
    /// Connecting is refused this many times.
    pub refusals: u32,
    /// Connecting is swallowed without an answer this many times, after the refusals.
    pub swallows: u32,
    /// Every connection after so many is refused.
    pub lasts: Option<u64>,
}

/// What is on its way.
enum Parcel {
    /// To the device.
    Opened(u64),
    Bytes(u64, Vec<u8>),
    Gone(u64),
    Due,
    /// To the client.
    IsOpen(u64),
    IsRefused(u64),
    Answer(u64, Vec<u8>),
    IsClosed(u64),
}

/// A device and the network before it.
pub struct Pair<R> {
    /// The device.
    pub device: R,
    network: Network,
    random: Random,
    now: Instant,
    parcels: BTreeMap<(Instant, u64), Parcel>,
    posted: u64,
    /// When the last piece of each direction of a connection comes: nothing overtakes.
    last: HashMap<(u64, bool), Instant>,
    unread: HashMap<u64, Vec<u8>>,
    connection: u64,
    /// The present connection was closed by the device, and the client has learnt of it or will when it looks.
    ended: bool,
    due: Option<Instant>,
    /// Bytes of the client's buffer, of its window, and of the device's buffer.
    buffers: (usize, usize, usize),
}

impl<R: Responder<u64>> Pair<R> {
    /// `device` behind `network`, shaken by `seed`.
    #[must_use]
    pub fn new(device: R, network: Network, seed: u64) -> Self {
        Self {
            device,
            network,
            random: Random::new(seed),
            now: Instant::ZERO,
            parcels: BTreeMap::new(),
            posted: 0,
            last: HashMap::new(),
            unread: HashMap::new(),
            connection: 0,
            ended: true,
            due: None,
            buffers: (256, 64, 256),
        }
    }

    /// The same with a buffer of `tx` bytes to send from, for client and device, and a window of `rx` for the client.
    #[must_use]
    pub const fn with_buffers(mut self, tx: usize, rx: usize) -> Self {
        self.buffers = (tx, rx, tx);
        self
    }

    /// The virtual moment.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// Runs `exchange` against the device to its end, and hangs up.
    ///
    /// # Errors
    /// What the exchange says.
    ///
    /// # Panics
    /// It demands a million things, or its window is too short for it.
    pub fn run<E: Exchange>(&mut self, mut exchange: E) -> Result<E::Output, E::Error> {
        self.run_keeping(&mut exchange, |_| false)
    }

    /// The same, but for the connection: that stays if it still stands and the exchange `keeps` it. The next exchange that does
    /// not demand a fresh one gets it.
    ///
    /// # Errors
    /// What the exchange says.
    ///
    /// # Panics
    /// As [`Pair::run`] does.
    pub fn run_keeping<E: Exchange>(
        &mut self,
        exchange: &mut E,
        keeps: impl Fn(&E) -> bool,
    ) -> Result<E::Output, E::Error> {
        let result = self.conclude(&mut *exchange);
        if !keeps(exchange) {
            self.hang_up();
        }
        result
    }

    /// Lets so much time go by without the client.
    pub fn rest(&mut self, pause: Duration) {
        let until = self.now.after(pause);
        while self.client_parcel(until).is_some() {}
    }

    fn conclude<E: Exchange>(&mut self, exchange: E) -> Result<E::Output, E::Error> {
        let (mut tx, mut window) = (vec![0; self.buffers.0], vec![0; self.buffers.1]);
        let mut drive = Drive::new(exchange, Kind::Stream, &mut tx, &mut window);
        let mut next = drive.start(self.now);
        for _ in 0..1_000_000 {
            next = match next {
                Ok(Next::Done(output)) => return Ok(output),
                Err(RunError::Exchange(error)) => return Err(error),
                Err(RunError::WindowFull { len }) => panic!("a window of {len} bytes is too short"),
                Ok(Next::Wait { until, close }) => {
                    if close {
                        self.hang_up();
                    }
                    while self.client_parcel(until).is_some() {}
                    drive.timed_out(self.now)
                }
                Ok(Next::Open { fresh: false, .. }) if self.stands() => drive.opened(self.now, true),
                Ok(Next::Open { deadline, .. }) => {
                    self.connect();
                    match self.client_parcel(deadline) {
                        Some(Parcel::IsOpen(_)) => drive.opened(self.now, false),
                        Some(_) => drive.closed(self.now, Cause::Refused, false),
                        None => drive.timed_out(self.now),
                    }
                }
                // Writing to what the other side has closed may fail, or seem to go well.
                Ok(Next::Send { .. }) if self.ended && self.random.below(2) == 0 => {
                    drive.closed(self.now, Cause::Reset, false)
                }
                Ok(Next::Send { len, .. }) => {
                    let connection = self.connection;
                    self.post_bytes(connection, drive.to_send(len), true);
                    drive.sent(self.now)
                }
                Ok(Next::Receive { deadline }) if self.now >= deadline => drive.timed_out(self.now),
                Ok(Next::Receive { .. }) if drive.has_unread() => drive.received(self.now, 0),
                Ok(Next::Receive { .. }) if self.ended => drive.closed(self.now, Cause::Ended, false),
                Ok(Next::Receive { deadline }) => match self.client_parcel(deadline) {
                    Some(Parcel::Answer(connection, mut bytes)) => {
                        let room = drive.room();
                        let rest = bytes.split_off(bytes.len().min(room.len()));
                        room[..bytes.len()].copy_from_slice(&bytes);
                        if !rest.is_empty() {
                            // Before whatever else comes at this moment.
                            self.parcels.insert((self.now, 0), Parcel::Answer(connection, rest));
                        }
                        drive.received(self.now, bytes.len())
                    }
                    Some(_) => drive.closed(self.now, Cause::Ended, false),
                    None => drive.timed_out(self.now),
                },
            };
        }
        panic!("the exchange does not end");
    }

    /// The client's connection is open, as far as it can know.
    fn stands(&self) -> bool {
        let mut due = self.parcels.range(..=(self.now, u64::MAX));
        !self.ended && !due.any(|(_, parcel)| matches!(parcel, Parcel::IsClosed(peer) if *peer == self.connection))
    }

    fn delay(&mut self) -> Duration {
        Duration::from_millis(self.random.below(self.network.delay_ms + 1))
    }

    fn post(&mut self, at: Instant, parcel: Parcel) {
        self.posted += 1;
        self.parcels.insert((at, self.posted), parcel);
    }

    /// In order behind all that goes the same way.
    fn post_in_order(&mut self, connection: u64, to_device: bool, parcel: Parcel) {
        let soonest = self.last.get(&(connection, to_device)).copied().unwrap_or_default();
        let at = self.now.after(self.delay()).max(soonest);
        self.last.insert((connection, to_device), at);
        self.post(at, parcel);
    }

    fn post_bytes(&mut self, connection: u64, bytes: &[u8], to_device: bool) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let longest = (bytes.len() as u64 / 16).max(3);
            let most = if self.network.chops { 1 + self.random.below(longest) } else { rest.len() as u64 };
            let (piece, later) = rest.split_at(rest.len().min(usize::try_from(most).unwrap_or(usize::MAX)));
            let piece = piece.to_vec();
            let parcel = if to_device { Parcel::Bytes(connection, piece) } else { Parcel::Answer(connection, piece) };
            self.post_in_order(connection, to_device, parcel);
            rest = later;
        }
    }

    fn hang_up(&mut self) {
        self.ended = true;
        if self.unread.contains_key(&self.connection) {
            self.post_in_order(self.connection, true, Parcel::Gone(self.connection));
        }
    }

    fn connect(&mut self) {
        self.hang_up();
        self.connection += 1;
        let connection = self.connection;
        let gone = self.network.lasts.is_some_and(|lasts| connection > lasts);
        if gone || self.network.refusals > 0 {
            self.network.refusals = self.network.refusals.saturating_sub(1);
            self.post_in_order(connection, false, Parcel::IsRefused(connection));
        } else if self.network.swallows > 0 {
            self.network.swallows -= 1;
        } else {
            self.ended = false;
            self.unread.insert(connection, Vec::new());
            self.post_in_order(connection, true, Parcel::Opened(connection));
            self.post_in_order(connection, false, Parcel::IsOpen(connection));
        }
    }

    /// Lets time go on until something comes for the client's connection; none when `until` has come.
    fn client_parcel(&mut self, until: Instant) -> Option<Parcel> {
        loop {
            let first = self.parcels.first_key_value().map(|((at, _), _)| *at);
            let due = self.due.filter(|due| first.is_none_or(|first| *due < first));
            let at = due.or(first).filter(|at| *at < until);
            let Some(at) = at else {
                self.now = self.now.max(until);
                return None;
            };
            self.now = self.now.max(at);
            let parcel = if due.is_some() {
                self.due = None;
                Parcel::Due
            } else {
                self.parcels.pop_first()?.1
            };
            match parcel {
                Parcel::Opened(peer) => {
                    self.respond(|_| Event::Opened { peer }, &mut []);
                }
                Parcel::Bytes(peer, bytes) => self.device_bytes(peer, &bytes),
                Parcel::Gone(peer) => {
                    self.unread.remove(&peer);
                    self.respond(|_| Event::Closed { peer }, &mut []);
                }
                Parcel::Due => {
                    self.respond(|_| Event::Due, &mut []);
                }
                Parcel::IsOpen(peer) | Parcel::IsRefused(peer) | Parcel::Answer(peer, _) | Parcel::IsClosed(peer)
                    if peer != self.connection => {}
                client => {
                    self.ended |= matches!(client, Parcel::IsClosed(_));
                    return Some(client);
                }
            }
        }
    }

    fn device_bytes(&mut self, peer: u64, bytes: &[u8]) {
        let Some(mut unread) = self.unread.remove(&peer) else { return };
        unread.extend_from_slice(bytes);
        loop {
            let (used, open) = self.respond(|rx| Event::Received { peer, rx }, &mut unread);
            unread.drain(..used);
            if !open {
                return;
            }
            if used == 0 || unread.is_empty() {
                break;
            }
        }
        self.unread.insert(peer, unread);
    }

    /// Returns the bytes used and whether the connection is still open.
    fn respond(&mut self, event: impl FnOnce(&mut [u8]) -> Event<'_, u64>, rx: &mut [u8]) -> (usize, bool) {
        let mut tx = vec![0; self.buffers.2];
        let shown = rx.len();
        let reply = self.device.respond(self.now, event(rx), &mut tx);
        assert!(reply.used <= shown, "used more than it was shown");
        self.due = reply.again;
        if let Some((peer, len)) = reply.send {
            self.post_bytes(peer, &tx[..len], false);
        }
        if let Some(peer) = reply.close {
            self.unread.remove(&peer);
            self.post_in_order(peer, false, Parcel::IsClosed(peer));
        }
        (reply.used, reply.close.is_none())
    }
}
