//! A Dataprobe iBoot with any number of relays up to 32.

use core::time::Duration;
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

use rackhand_core::dxp::{Command, Credentials, Device, Dialect, Hello, RelayChange, RelayId, Request, Status};
use rackhand_core::exchange::{Event, Reply, Responder};
use rackhand_core::time::Instant;

use super::outbox::Outbox;
use super::{Faults, Named};

/// Clients that one device serves at once.
const SESSIONS: usize = 32;

/// What can be wrong with an iBoot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IbootFault {
    /// `drop-hello`: closes the connection when hello comes.
    DropHello,
    /// `drop-request`: closes it when a request comes, without carrying it out.
    DropRequest,
    /// `drop-response`: carries the request out and closes the connection instead of answering.
    DropResponse,
    /// `fragments`: answers byte by byte, a millisecond apart.
    Fragments,
    /// `garbage`: answers hello as an SSH server would.
    Garbage,
    /// `mute`: takes everything and never answers.
    Mute,
    /// `refuse`: answers failure and does nothing.
    Refuse,
    /// `slow=MS`: answers only so much later.
    Slow(Duration),
    /// `stuck-relay`: says success, but no relay moves.
    StuckRelay,
    /// `too-much`: sends a byte more than the answer has.
    TooMuch,
    /// `trickle`: answers a byte a second.
    Trickle,
    /// `wrong-sequence`: tells another sequence number than it counts from.
    WrongSequence,
    /// `wrong-status=CODE`: carries the change out and answers this code.
    WrongStatus(u8),
}

impl Named for IbootFault {
    const NAMES: &'static [&'static str] = &[
        "drop-hello",
        "drop-request",
        "drop-response",
        "fragments",
        "garbage",
        "mute",
        "refuse",
        "slow=MILLISECONDS",
        "stuck-relay",
        "too-much",
        "trickle",
        "wrong-sequence",
        "wrong-status=CODE",
    ];

    fn from_name(name: &str, value: Option<&str>) -> Option<Self> {
        Some(match (name, value) {
            ("drop-hello", None) => Self::DropHello,
            ("drop-request", None) => Self::DropRequest,
            ("drop-response", None) => Self::DropResponse,
            ("fragments", None) => Self::Fragments,
            ("garbage", None) => Self::Garbage,
            ("mute", None) => Self::Mute,
            ("refuse", None) => Self::Refuse,
            ("slow", Some(value)) => Self::Slow(Duration::from_millis(value.parse().ok()?)),
            ("stuck-relay", None) => Self::StuckRelay,
            ("too-much", None) => Self::TooMuch,
            ("trickle", None) => Self::Trickle,
            ("wrong-sequence", None) => Self::WrongSequence,
            ("wrong-status", Some(value)) => Self::WrongStatus(value.parse().ok()?),
            _ => return None,
        })
    }
}

/// What a client has said so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Talk {
    Connected,
    Greeted,
    /// Nothing that it says is ever answered.
    Muted,
}

/// A simulated iBoot.
#[derive(Clone, Debug)]
pub struct Iboot<P> {
    device: Device<P, SESSIONS>,
    faults: Faults<IbootFault>,
    clients: HashMap<P, Talk>,
    outbox: Outbox<P, ()>,
    /// When the device itself wants to be called.
    device_due: Option<Instant>,
    requests: u64,
    /// Relays that have moved since somebody asked.
    moves: VecDeque<RelayChange>,
}

/// Moves that are remembered for whoever asks.
const MOST_MOVES: usize = 1024;

impl<P: Copy + Eq + Hash> Iboot<P> {
    /// An iBoot with `relays` relays, all off.
    #[must_use]
    pub fn new(credentials: Credentials, dialect: Dialect, relays: usize) -> Self {
        Self {
            device: Device::new(credentials, dialect, relays, 1234),
            faults: Faults::default(),
            clients: HashMap::new(),
            outbox: Outbox::new(),
            device_due: None,
            requests: 0,
            moves: VecDeque::new(),
        }
    }

    /// Its faults.
    pub const fn faults(&mut self) -> &mut Faults<IbootFault> {
        &mut self.faults
    }

    /// Its relays, the first one first.
    #[must_use]
    pub fn relays(&self) -> &[bool] {
        self.device.relays()
    }

    /// The relays that have moved since the last call, in order; the oldest are forgotten when nobody asks for long.
    pub fn take_moves(&mut self) -> Vec<RelayChange> {
        self.moves.drain(..).collect()
    }

    fn note_moves(&mut self, before: &[bool]) {
        for (number, (was, on)) in (1..).zip(before.iter().zip(self.device.relays())) {
            if let (true, Some(relay)) = (was != on, RelayId::new(number)) {
                if self.moves.len() >= MOST_MOVES {
                    self.moves.pop_front();
                }
                self.moves.push_back(RelayChange { relay, on: *on });
            }
        }
    }

    /// Switches a relay by hand.
    pub fn set_relay(&mut self, relay: RelayId, on: bool) {
        let before = self.device.relays().to_vec();
        self.device.set_relay(relay, on);
        self.note_moves(&before);
    }

    /// Says where the next session starts.
    pub const fn set_sequence(&mut self, sequence: u16) {
        self.device.set_sequence(sequence);
    }

    /// Requests that it has taken.
    #[must_use]
    pub const fn requests(&self) -> u64 {
        self.requests
    }

    fn strikes(&mut self, fault: IbootFault) -> bool {
        self.faults.strike(|known| (*known == fault).then_some(())).is_some()
    }

    fn hang_up(&mut self, peer: P, used: usize) -> Reply<P> {
        self.clients.remove(&peer);
        self.outbox.forget(peer);
        // The device learns of it at once; a runner that tells it again does no harm.
        self.device_due = self.device.respond(Instant::ZERO, Event::Closed { peer }, &mut []).again.or(self.device_due);
        Reply { used, close: Some(peer), ..Reply::NOTHING }
    }

    fn received(&mut self, now: Instant, peer: P, rx: &mut [u8], tx: &mut [u8]) -> Reply<P> {
        match self.clients.get(&peer).copied() {
            Some(Talk::Muted) => return Reply { used: rx.len(), ..Reply::NOTHING },
            Some(Talk::Connected) if Hello::parse(rx).is_ok() => {
                if self.strikes(IbootFault::DropHello) {
                    return self.hang_up(peer, rx.len());
                }
                if self.strikes(IbootFault::Garbage) {
                    self.send(now, peer, b"SSH-2.0-dropbear\r\n".to_vec());
                    return Reply { used: rx.len(), ..Reply::NOTHING };
                }
                let wrong = self.strikes(IbootFault::WrongSequence);
                self.clients.insert(peer, Talk::Greeted);
                return self.ask(now, peer, rx, tx, |answer| {
                    if let ([low, ..], true) = (answer.as_mut_slice(), wrong) {
                        *low = low.wrapping_add(7);
                    }
                });
            }
            Some(Talk::Greeted) => {
                if let Ok((request, _)) = Request::parse(rx) {
                    self.requests += 1;
                    let reply = if self.strikes(IbootFault::DropRequest) {
                        self.hang_up(peer, rx.len())
                    } else {
                        let changes = !matches!(request.command, Command::GetRelays(_) | Command::GetInputs(_));
                        self.request(now, peer, changes, rx, tx)
                    };
                    self.faults.served();
                    return reply;
                }
            }
            _ => {}
        }
        // Not yet whole, or nonsense: the device knows.
        self.ask(now, peer, rx, tx, |_| {})
    }

    fn request(&mut self, now: Instant, peer: P, changes: bool, rx: &mut [u8], tx: &mut [u8]) -> Reply<P> {
        let before = self.device.relays().to_vec();
        let refused = changes && self.strikes(IbootFault::Refuse);
        let stuck = changes && self.strikes(IbootFault::StuckRelay);
        let status = self.faults.strike(|fault| match fault {
            IbootFault::WrongStatus(code) if changes => Some(*code),
            _ => None,
        });
        let dropped = self.strikes(IbootFault::DropResponse);
        let too_much = self.strikes(IbootFault::TooMuch);
        let reply = self.ask(now, peer, rx, tx, |answer| {
            if let Some(Status(code)) = status.map(Status).or(refused.then_some(Status::FAILURE)) {
                *answer = vec![code];
            }
            if too_much {
                answer.push(1);
            }
            if dropped {
                answer.clear();
            }
        });
        if stuck || refused {
            for (number, on) in (1..).zip(before) {
                // Setting a relay ends its pulse: those that did not move are left alone.
                if let Some(relay) = RelayId::new(number)
                    && self.device.relays().get(relay.index()) != Some(&on)
                {
                    self.device.set_relay(relay, on);
                }
            }
        }
        if dropped { self.hang_up(peer, reply.used) } else { reply }
    }

    /// Lets the device answer, `change`s the answer and sends it on its way.
    fn ask(
        &mut self,
        now: Instant,
        peer: P,
        rx: &mut [u8],
        tx: &mut [u8],
        change: impl FnOnce(&mut Vec<u8>),
    ) -> Reply<P> {
        let reply = self.device.respond(now, Event::Received { peer, rx }, tx);
        self.device_due = reply.again;
        if let Some((peer, len)) = reply.send {
            let mut answer = tx.get(..len).unwrap_or(&[]).to_vec();
            change(&mut answer);
            self.send(now, peer, answer);
        }
        if reply.close.is_some() {
            return self.hang_up(peer, reply.used);
        }
        Reply { send: None, ..reply }
    }

    /// Sends an answer on its way, as late and in as many pieces as the faults want.
    fn send(&mut self, now: Instant, peer: P, answer: Vec<u8>) {
        let slow = self.faults.strike(|fault| match fault {
            IbootFault::Slow(pause) => Some(*pause),
            _ => None,
        });
        let at = now.after(slow.unwrap_or_default());
        let apart = if self.strikes(IbootFault::Trickle) {
            Some(Duration::from_secs(1))
        } else {
            self.strikes(IbootFault::Fragments).then_some(Duration::from_millis(1))
        };
        self.outbox.push(at, apart, peer, answer, ());
    }
}

impl<P: Copy + Eq + Hash> Responder<P> for Iboot<P> {
    fn respond(&mut self, now: Instant, event: Event<'_, P>, tx: &mut [u8]) -> Reply<P> {
        let before = self.device.relays().to_vec();
        let mut reply = match event {
            Event::Opened { peer } => {
                let muted = self.strikes(IbootFault::Mute);
                self.clients.insert(peer, if muted { Talk::Muted } else { Talk::Connected });
                let reply = self.device.respond(now, Event::Opened { peer }, tx);
                self.device_due = reply.again;
                if reply.close.is_some() {
                    self.clients.remove(&peer);
                }
                reply
            }
            Event::Received { peer, rx } => self.received(now, peer, rx, tx),
            Event::Closed { peer } => Reply { close: None, ..self.hang_up(peer, 0) },
            Event::Due => {
                self.device_due = self.device.respond(now, Event::Due, tx).again;
                Reply::NOTHING
            }
        };
        self.note_moves(&before);
        if let Some(out) = self.outbox.take(now, tx) {
            reply.send = Some((out.peer, out.len));
        }
        let due = self.outbox.due().into_iter().chain(self.device_due).min();
        reply.again = due.map(|due| due.max(now));
        reply
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_a_fault_and_nothing_else_is() {
        let mut faults = Faults::<IbootFault>::default();
        for name in IbootFault::NAMES {
            let text = match name.split_once('=') {
                Some((name, _)) => format!("{name}=7*3"),
                None => format!("{name}*3"),
            };
            faults.add_named(&text).unwrap();
        }
        faults.add_named("slow=7^2*3").unwrap();
        let error = faults.add_named("dorp-hello").unwrap_err().to_string();
        assert!(error.contains("dorp-hello") && error.contains("drop-hello"), "{error}");
        for text in
            ["slow", "slow=x", "mute=1", "wrong-status=256", "drop-hello*", "drop-hello*-1", "mute^", "mute*1^2"]
        {
            assert!(faults.add_named(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_refused_change_leaves_the_pulse_of_another_relay_alone() {
        use rackhand_core::buffer::TxWriter;
        use rackhand_core::dxp::{ChangeRelay, PulseRelay};

        let credentials = || Credentials::new("admin", "admin").unwrap();
        let mut device = Iboot::new(credentials(), Dialect::default(), 3);
        let mut tx = [0; 64];
        let _ = device.respond(Instant::ZERO, Event::Opened { peer: 1 }, &mut tx);
        let _ = device.respond(Instant::ZERO, Event::Received { peer: 1, rx: &mut b"hello-000".to_vec() }, &mut tx);
        let mut ask = |at, sequence, command| {
            let mut rx = [0; Request::MAX_LEN];
            let mut writer = TxWriter::new(&mut rx);
            Request { credentials: credentials(), sequence, command }.emit(&mut writer).unwrap();
            let len = writer.len();
            let event = Event::Received { peer: 1, rx: &mut rx[..len] };
            device.faults().clear();
            if sequence != 1235 {
                device.faults().add(IbootFault::Refuse, None);
            }
            device.respond(Instant::from_millis(at), event, &mut tx)
        };
        let pulse = Command::PulseRelay(PulseRelay { relay: 2, state: 1, width_seconds: 1 });
        let _ = ask(0, 1235, pulse);
        let _ = ask(10, 1237, Command::ChangeRelay(ChangeRelay { relay: 1, state: 1 }));
        assert_eq!(device.relays(), [false, true, false]);
        let _ = device.respond(Instant::from_millis(1000), Event::Due, &mut tx);
        assert_eq!(device.relays(), [false; 3]);
    }
}
