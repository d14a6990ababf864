//! Client and device in one thread on virtual time, over a network of datagrams that loses, repeats, delays, reorders and spoils them,
//! as a seed says.
//!
//! A run is the same every time for the same seed; a test that fails prints it.

use std::collections::BTreeMap;
use std::time::Duration;

use rackhand_adapters::drive::{Drive, Kind, RunError};
use rackhand_core::exchange::{Cause, Event, Exchange, Next, Responder};
use rackhand_core::time::Instant;

use crate::pair::Random;

/// What the network does to datagrams.
#[derive(Clone, Copy, Debug, Default)]
pub struct Weather {
    /// Longest one-way delay in milliseconds; each datagram has its own, and overtakes others.
    pub delay_ms: u64,
    /// Of a hundred requests so many are lost.
    pub lost_requests: u64,
    /// Of a hundred answers so many are lost.
    pub lost_answers: u64,
    /// Of a hundred datagrams, either way, so many come twice.
    pub doubled: u64,
    /// Of a hundred datagrams, either way, so many have a bit changed, or an end missing.
    pub spoilt: u64,
    /// Of a hundred opened links so many are told that nobody listens, at their first datagram.
    pub refused: u64,
}

/// What is on its way.
enum Parcel {
    ToDevice(u64, Vec<u8>),
    ToClient(u64, Vec<u8>),
    Refusal(u64),
}

/// A device and the network before it.
pub struct Post<R> {
    /// The device.
    pub device: R,
    weather: Weather,
    random: Random,
    now: Instant,
    parcels: BTreeMap<(Instant, u64), Parcel>,
    posted: u64,
    /// The socket that the client has open, by a number of its own.
    socket: u64,
    open: bool,
    refused: bool,
    due: Option<Instant>,
    /// Every datagram that was sent, with the direction: true to the device.
    pub log: Vec<(bool, Vec<u8>)>,
}

impl<R: Responder<u64>> Post<R> {
    /// `device` behind such a network, shaken by `seed`.
    #[must_use]
    pub fn new(device: R, weather: Weather, seed: u64) -> Self {
        Self {
            device,
            weather,
            random: Random::new(seed),
            now: Instant::ZERO,
            parcels: BTreeMap::new(),
            posted: 0,
            socket: 0,
            open: false,
            refused: false,
            due: None,
            log: Vec::new(),
        }
    }

    /// The virtual moment.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// Lets so much time go by without the client.
    pub fn rest(&mut self, pause: Duration) {
        let until = self.now.after(pause);
        self.open = false;
        while self.arrival(until).is_some() {}
    }

    /// Runs `exchange` against the device to its end.
    ///
    /// # Errors
    /// What the exchange says.
    ///
    /// # Panics
    /// It demands a hundred thousand things.
    pub fn run<E: Exchange>(&mut self, exchange: E) -> Result<E::Output, E::Error> {
        let (mut tx, mut window) = (vec![0; 512], vec![0; 1024]);
        let mut drive = Drive::new(exchange, Kind::Datagrams, &mut tx, &mut window);
        let mut next = drive.start(self.now);
        for _ in 0..100_000 {
            next = match next {
                Ok(Next::Done(output)) => return Ok(output),
                Err(RunError::Exchange(error)) => return Err(error),
                Err(RunError::WindowFull { len }) => panic!("a window of {len} bytes is too short"),
                Ok(Next::Wait { until, close }) => {
                    self.open &= !close;
                    // What arrives meanwhile stays in the socket.
                    let mut kept = Vec::new();
                    while let Some(parcel) = self.arrival(until) {
                        kept.push(parcel);
                    }
                    kept.into_iter().for_each(|parcel| self.post(until, parcel));
                    drive.timed_out(self.now)
                }
                Ok(Next::Open { fresh, .. }) => {
                    if fresh || !self.open {
                        self.socket += 1;
                    }
                    self.open = true;
                    self.refused = self.random.below(100) < self.weather.refused;
                    drive.opened(self.now, false)
                }
                Ok(Next::Send { .. }) if !self.open => drive.closed(self.now, Cause::Other, false),
                Ok(Next::Send { len, .. }) => {
                    let bytes = drive.to_send(len).to_vec();
                    self.log.push((true, bytes.clone()));
                    if self.refused {
                        self.post(self.now.after(Duration::from_millis(1)), Parcel::Refusal(self.socket));
                    } else {
                        self.fly(self.weather.lost_requests, &bytes, Parcel::ToDevice, self.socket);
                    }
                    drive.sent(self.now)
                }
                Ok(Next::Receive { deadline }) if self.now >= deadline => drive.timed_out(self.now),
                Ok(Next::Receive { deadline }) => match self.arrival(deadline) {
                    Some(Parcel::ToClient(_, bytes)) => {
                        let room = drive.room();
                        let len = bytes.len().min(room.len());
                        room[..len].copy_from_slice(&bytes[..len]);
                        drive.received(self.now, len)
                    }
                    Some(_) => {
                        self.open = false;
                        drive.closed(self.now, Cause::Refused, true)
                    }
                    None => drive.timed_out(self.now),
                },
            };
        }
        panic!("the exchange does not end");
    }

    fn post(&mut self, at: Instant, parcel: Parcel) {
        self.posted += 1;
        self.parcels.insert((at, self.posted), parcel);
    }

    /// Puts a datagram on its way, or not, or twice.
    fn fly(&mut self, lost: u64, bytes: &[u8], parcel: impl Fn(u64, Vec<u8>) -> Parcel, peer: u64) {
        if self.random.below(100) < lost {
            return;
        }
        let copies = 1 + u64::from(self.random.below(100) < self.weather.doubled);
        for _ in 0..copies {
            let mut bytes = bytes.to_vec();
            if self.random.below(100) < self.weather.spoilt && !bytes.is_empty() {
                let at = self.random.place(bytes.len());
                match self.random.below(3) {
                    0 => bytes.truncate(at),
                    _ => bytes[at] ^= 1 << self.random.below(8),
                }
            }
            let delay = Duration::from_millis(self.random.below(self.weather.delay_ms + 1));
            self.post(self.now.after(delay), parcel(peer, bytes));
        }
    }

    /// Lets time go on until something comes for the client; none when `until` has come.
    fn arrival(&mut self, until: Instant) -> Option<Parcel> {
        loop {
            let first = self.parcels.first_key_value().map(|((at, _), _)| *at);
            let due = self.due.filter(|due| first.is_none_or(|first| *due < first));
            let Some(at) = due.or(first).filter(|at| *at < until) else {
                self.now = self.now.max(until);
                return None;
            };
            self.now = self.now.max(at);
            if due.is_some() {
                self.due = None;
                self.respond(Event::Due);
                continue;
            }
            match self.parcels.pop_first()?.1 {
                Parcel::ToDevice(peer, mut rx) => self.respond(Event::Received { peer, rx: &mut rx }),
                Parcel::ToClient(peer, _) | Parcel::Refusal(peer) if peer != self.socket || !self.open => {}
                parcel => return Some(parcel),
            }
        }
    }

    fn respond(&mut self, event: Event<'_, u64>) {
        let mut tx = vec![0; 512];
        let reply = self.device.respond(self.now, event, &mut tx);
        self.due = reply.again;
        if let Some((peer, len)) = reply.send {
            self.log.push((false, tx[..len].to_vec()));
            self.fly(self.weather.lost_answers, &tx[..len], Parcel::ToClient, peer);
        }
    }
}
