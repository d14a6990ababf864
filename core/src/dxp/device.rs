//! The other side: a device that speaks DxP. Chapter "DxP Protocol". What the specification leaves open is done as the
//! iBoot was seen to: a refused login, a wrong sequence number and bytes that are no request end the connection without
//! a word.

use core::time::Duration;

use heapless::Vec;

use crate::buffer::{Full, TxWriter};
use crate::dxp::wire::{
    ChangeRelay, ChangeRelays, Command, Credentials, Hello, HelloAnswer, PulseRelay, Request, Status,
};
use crate::dxp::{Dialect, MAX_RELAYS, RelayId};
use crate::exchange::{Event, Reply, Responder};
use crate::time::Instant;
use crate::{ParseError, ParseErrorKind};

/// A device with up to 32 relays that serves up to `SESSIONS` clients at once.
#[derive(Clone, Debug)]
pub struct Device<P, const SESSIONS: usize> {
    credentials: Credentials,
    dialect: Dialect,
    relays: Vec<bool, MAX_RELAYS>,
    inputs: Vec<bool, MAX_RELAYS>,
    /// When a pulse ends and what the relay goes back to.
    pulses: [Option<(Instant, bool)>; MAX_RELAYS],
    /// Each client, and the number of the last answer to it; none before hello.
    sessions: Vec<(P, Option<u16>), SESSIONS>,
    /// Where the next session starts.
    sequence: u16,
}

/// The connection is over: the device does not say why.
struct HangUp;

impl From<Full> for HangUp {
    fn from(_: Full) -> Self {
        Self
    }
}

impl<P: Copy + Eq, const SESSIONS: usize> Device<P, SESSIONS> {
    /// A device with `relays` relays (at most 32), all off, whose first session starts at `sequence`.
    #[must_use]
    pub fn new(credentials: Credentials, dialect: Dialect, relays: usize, sequence: u16) -> Self {
        let mut all_off = Vec::new();
        // There is room for them. Collecting would leave a way to panic where the optimiser saves space.
        let _ = all_off.resize(relays.min(MAX_RELAYS), false);
        Self {
            credentials,
            dialect,
            relays: all_off,
            inputs: Vec::new(),
            pulses: [None; MAX_RELAYS],
            sessions: Vec::new(),
            sequence,
        }
    }

    /// Every relay, the first one first.
    #[must_use]
    pub fn relays(&self) -> &[bool] {
        &self.relays
    }

    /// Switches a relay by hand; ends its pulse. A relay that the device does not have is left out.
    pub fn set_relay(&mut self, relay: RelayId, on: bool) {
        if let Some(state) = self.relays.get_mut(relay.index()) {
            *state = on;
        }
        if let Some(pulse) = self.pulses.get_mut(relay.index()) {
            *pulse = None;
        }
    }

    /// Sets every input; those beyond 32 are left out.
    pub fn set_inputs(&mut self, inputs: &[bool]) {
        self.inputs = inputs.iter().copied().take(MAX_RELAYS).collect();
    }

    /// Says where the next session starts.
    pub const fn set_sequence(&mut self, sequence: u16) {
        self.sequence = sequence;
    }

    fn session(&mut self, peer: P) -> Option<&mut Option<u16>> {
        self.sessions.iter_mut().find(|(known, _)| *known == peer).map(|(_, session)| session)
    }

    fn forget(&mut self, peer: P) {
        self.sessions.retain(|(known, _)| *known != peer);
    }

    /// Answers what is whole: the bytes used and the length of the answer in `tx`; 0 used while more is to come.
    fn receive(&mut self, now: Instant, peer: P, rx: &[u8], tx: &mut [u8]) -> Result<(usize, usize), HangUp> {
        let mut writer = TxWriter::new(tx);
        let first = self.sequence;
        let Some(session) = self.session(peer) else { return Err(HangUp) };
        let used = |rest: &[u8]| rx.len().saturating_sub(rest.len());
        let Some(last) = *session else {
            let Some((Hello, rest)) = whole(Hello::parse(rx))? else { return Ok((0, 0)) };
            *session = Some(first);
            // The next session starts elsewhere, so that a client that keeps counting from an old one is found out.
            self.sequence = first.wrapping_add(257);
            HelloAnswer { sequence: first }.emit(&mut writer)?;
            return Ok((used(rest), writer.len()));
        };
        let Some((request, rest)) = whole(Request::parse(rx))? else { return Ok((0, 0)) };
        if request.sequence != last.wrapping_add(1) {
            return Err(HangUp);
        }
        *session = Some(last.wrapping_add(2));
        if request.credentials != self.credentials {
            return Err(HangUp);
        }
        self.carry_out(now, request.command, &mut writer)?;
        Ok((used(rest), writer.len()))
    }

    fn carry_out(&mut self, now: Instant, command: Command, writer: &mut TxWriter<'_>) -> Result<(), HangUp> {
        let done = match command {
            Command::GetRelays(_) => return put_states(&self.relays, writer),
            Command::GetInputs(_) => return put_states(&self.inputs, writer),
            Command::Keepalive(_) => true,
            Command::ChangeRelay(ChangeRelay { relay, state }) => self.own(relay).is_some_and(|relay| {
                if let Some(on) = self.dialect.state_of(state) {
                    self.set_relay(relay, on);
                }
                state <= 2
            }),
            Command::ChangeRelays(ChangeRelays { states }) => {
                for (number, state) in (1..).zip(states) {
                    if let (Some(relay), Some(on)) = (RelayId::new(number), self.dialect.state_of(state)) {
                        self.set_relay(relay, on);
                    }
                }
                true
            }
            Command::PulseRelay(PulseRelay { relay, state, width_seconds }) => {
                let change = self.own(relay).zip(self.dialect.state_of(state));
                change.is_some_and(|(relay, on)| {
                    let back = self.relays.get(relay.index()).copied().unwrap_or(!on);
                    self.set_relay(relay, on);
                    if let Some(pulse) = self.pulses.get_mut(relay.index()) {
                        *pulse = Some((now.after(Duration::from_secs(width_seconds.into())), back));
                    }
                    true
                })
            }
        };
        let status = if done { Status::SUCCESS } else { Status::FAILURE };
        Ok(status.emit(writer)?)
    }

    /// The relay with this number on the wire, when this device has it.
    fn own(&self, number: u8) -> Option<RelayId> {
        self.dialect.relay_of(number).filter(|relay| relay.index() < self.relays.len())
    }

    /// Ends the pulses that are over and says when the next one is.
    fn end_pulses(&mut self, now: Instant) -> Option<Instant> {
        let mut next = None;
        for (pulse, state) in self.pulses.iter_mut().zip(&mut self.relays) {
            if let Some((until, back)) = *pulse {
                if until <= now {
                    *state = back;
                    *pulse = None;
                } else {
                    next = Some(next.map_or(until, |soonest: Instant| soonest.min(until)));
                }
            }
        }
        next
    }
}

/// What was read; none while more bytes are to come.
fn whole<T>(parsed: Result<T, ParseError>) -> Result<Option<T>, HangUp> {
    match parsed {
        Ok(message) => Ok(Some(message)),
        Err(ParseError { kind: ParseErrorKind::Truncated, .. }) => Ok(None),
        Err(_) => Err(HangUp),
    }
}

fn put_states(states: &[bool], writer: &mut TxWriter<'_>) -> Result<(), HangUp> {
    for state in states {
        writer.u8(u8::from(*state))?;
    }
    Ok(())
}

impl<P: Copy + Eq, const SESSIONS: usize> Responder<P> for Device<P, SESSIONS> {
    fn respond(&mut self, now: Instant, event: Event<'_, P>, tx: &mut [u8]) -> Reply<P> {
        // A pulse that is over is over, whoever asks first.
        self.end_pulses(now);
        let mut reply = Reply::NOTHING;
        match event {
            Event::Opened { peer } => {
                if self.sessions.push((peer, None)).is_err() {
                    reply.close = Some(peer);
                }
            }
            Event::Closed { peer } => self.forget(peer),
            Event::Received { peer, rx } => match self.receive(now, peer, rx, tx) {
                Ok((used, len)) => {
                    reply.used = used;
                    reply.send = (len > 0).then_some((peer, len));
                }
                Err(HangUp) => {
                    self.forget(peer);
                    reply.used = rx.len();
                    reply.close = Some(peer);
                }
            },
            Event::Due => {}
        }
        reply.again = self.end_pulses(now);
        reply
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device() -> Device<u8, 1> {
        Device::new(Credentials::new("admin", "admin").unwrap(), Dialect::default(), 3, 65535)
    }

    fn ask(device: &mut Device<u8, 1>, now: u64, command: Command, sequence: u16) -> (Reply<u8>, [u8; 3]) {
        let credentials = Credentials::new("admin", "admin").unwrap();
        let mut rx = [0; Request::MAX_LEN];
        let mut writer = TxWriter::new(&mut rx);
        Request { credentials, sequence, command }.emit(&mut writer).unwrap();
        let len = writer.len();
        let mut tx = [0xEE; 3];
        let event = Event::Received { peer: 1, rx: rx.get_mut(..len).unwrap() };
        let reply = device.respond(Instant::from_millis(now), event, &mut tx);
        (reply, tx)
    }

    fn greet(device: &mut Device<u8, 1>) {
        let mut tx = [0; 2];
        let _ = device.respond(Instant::ZERO, Event::Opened { peer: 1 }, &mut tx);
        let mut hello = *b"hello-000";
        let reply = device.respond(Instant::ZERO, Event::Received { peer: 1, rx: &mut hello }, &mut tx);
        assert_eq!((reply.used, reply.send), (9, Some((1, 2))));
    }

    #[test]
    fn a_pulse_ends_by_itself() {
        let mut device = device();
        greet(&mut device);
        let pulse = Command::PulseRelay(PulseRelay { relay: 2, state: 1, width_seconds: 3 });
        let (reply, tx) = ask(&mut device, 1000, pulse, 0);
        assert_eq!((reply.send, reply.again, tx[0]), (Some((1, 1)), Some(Instant::from_millis(4000)), 0));
        assert_eq!(device.relays(), [false, true, false]);
        let reply = device.respond(Instant::from_millis(4000), Event::Due, &mut []);
        assert_eq!(reply, Reply::NOTHING);
        assert_eq!(device.relays(), [false; 3]);
    }

    #[test]
    fn refuses_what_it_does_not_have_and_hangs_up_on_nonsense() {
        let mut device = device();
        greet(&mut device);
        let (reply, tx) = ask(&mut device, 0, Command::ChangeRelay(ChangeRelay { relay: 4, state: 1 }), 0);
        assert_eq!((reply.send, tx[0]), (Some((1, 1)), 1));
        let (reply, _) = ask(&mut device, 0, Command::ChangeRelay(ChangeRelay { relay: 1, state: 1 }), 7);
        assert_eq!((reply.close, reply.send), (Some(1), None));
        assert_eq!(device.relays(), [false; 3]);
    }

    #[test]
    fn one_client_too_many_is_turned_away() {
        let mut device = device();
        greet(&mut device);
        let reply = device.respond(Instant::ZERO, Event::Opened { peer: 2 }, &mut []);
        assert_eq!(reply.close, Some(2));
        let _ = device.respond(Instant::ZERO, Event::Closed { peer: 1 }, &mut []);
        assert_eq!(device.respond(Instant::ZERO, Event::Opened { peer: 2 }, &mut []).close, None);
    }
}
