//! An emulated relay with a LAN before it, in real time.

use std::time::{Duration, Instant as Clock};

use rackhand_core::operation::{Answer, Order};
use rackhand_core::relay::Counters;
use rackhand_core::time::Instant;
use serde::Deserialize;

use super::image::can_emulate;
use super::{Emulator, Image};
use crate::lan::{Lan, Ticket};

/// Longest wait for anything that does not say otherwise: the machine may be busy with other tests.
const PATIENCE: Duration = Duration::from_secs(60);
/// From one look at the cable to the next while nothing happens.
const PAUSE: Duration = Duration::from_micros(50);

/// What the relay says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Block {
    /// Whole seconds since its start.
    pub uptime_s: u32,
    /// Operations that run.
    pub running: u32,
    /// Bytes of its stack that were never used.
    pub stack_free: u32,
    /// Orders and what became of them.
    pub orders: Counters,
}

impl Drop for Relay {
    /// A test that fails leaves the recording behind.
    fn drop(&mut self) {
        if std::thread::panicking() {
            let name = std::thread::current().name().unwrap_or("relay").replace("::", "-");
            let file = crate::vectors::root().join("target/firmware").join(name + ".pcap");
            if std::fs::write(&file, self.lan.recording.pcap()).is_ok() {
                eprintln!("what was on the cable: {}", file.display());
            }
        }
    }
}

/// A relay and its LAN.
pub struct Relay {
    /// The LAN.
    pub lan: Lan,
    /// The board.
    pub emulator: Emulator,
    clock: Clock,
}

impl Relay {
    /// Starts `image` on a LAN, and waits until it has its address; none when this machine cannot.
    ///
    /// # Panics
    /// It does not start.
    #[must_use]
    pub fn start(image: Image, seed: u64) -> Option<Self> {
        Self::start_on(image, Lan::new(seed))
    }

    /// The same on a LAN that is there already.
    ///
    /// # Panics
    /// It does not start.
    #[must_use]
    pub fn start_on(image: Image, lan: Lan) -> Option<Self> {
        if !can_emulate() {
            return None;
        }
        let path = image.build()?;
        let emulator = Emulator::start(image.board, &path);
        let mut relay = Self { lan, emulator, clock: Clock::now() };
        relay.wait_for_address();
        Some(relay)
    }

    /// Waits until it has logged that it has an address.
    ///
    /// # Panics
    /// It gets none.
    pub fn wait_for_address(&mut self) {
        let says = |relay: &mut Self| relay.emulator.log().iter().any(|line| line.contains("address ["));
        self.until("an address", |relay| says(relay).then_some(()));
    }

    /// The present moment on the LAN's clock.
    #[must_use]
    pub fn now(&self) -> Instant {
        Instant::ZERO.after(self.clock.elapsed())
    }

    /// Lets frames go to and fro once; whether any did.
    pub fn turn(&mut self) -> bool {
        let mut moved = false;
        while let Some(frame) = self.emulator.receive() {
            moved = true;
            let now = self.now();
            self.lan.receive(now, frame);
        }
        let now = self.now();
        for frame in self.lan.poll(now) {
            moved = true;
            self.emulator.send(&frame);
        }
        moved
    }

    /// Lets frames go to and fro until `done` says so.
    ///
    /// # Panics
    /// The board ends, or `what` is not there in a minute.
    pub fn until<T>(&mut self, what: &str, mut done: impl FnMut(&mut Self) -> Option<T>) -> T {
        let begun = Clock::now();
        loop {
            if let Some(done) = done(self) {
                return done;
            }
            if !self.turn() {
                std::thread::sleep(PAUSE);
            }
            if let Some(status) = self.emulator.ended() {
                panic!("waiting for {what}, the board has ended with {status}\n{}", self.emulator.log().join("\n"));
            }
            let waited = begun.elapsed();
            assert!(waited < PATIENCE, "no {what} after {waited:?}\n{}", self.emulator.log().join("\n"));
        }
    }

    /// Gives an order; it is repeated until it is answered.
    pub fn order(&mut self, order: &Order) -> Ticket {
        let now = self.now();
        self.lan.host.order(now, order)
    }

    /// Waits for the answer to an order.
    ///
    /// # Panics
    /// It does not come.
    pub fn answer(&mut self, ticket: Ticket) -> Answer {
        self.until("answer", |relay| relay.lan.host.answer(ticket))
    }

    /// Gives an order and waits for its answer.
    ///
    /// # Panics
    /// It does not come.
    pub fn carry_out(&mut self, order: &Order) -> Answer {
        let ticket = self.order(order);
        self.answer(ticket)
    }

    /// Sends any text and waits for what comes back.
    ///
    /// # Panics
    /// Nothing does.
    pub fn ask(&mut self, text: &[u8]) -> Vec<u8> {
        let now = self.now();
        let ticket = self.lan.host.send(now, text, true);
        self.until("answer", |relay| relay.lan.host.texts(ticket).first().cloned())
    }

    /// What the relay says of itself.
    ///
    /// # Panics
    /// It says something else.
    pub fn block(&mut self) -> Block {
        let text = self.ask(br#""counters""#);
        serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&text)))
    }
}
