//! The engine of DxP and the simulated iBoot, on virtual time.

use std::time::Duration;

use rackhand_adapters::drive::{Drive, Kind, RunError};
use rackhand_adapters::sim::{Iboot, IbootFault, Named};
use rackhand_core::dxp::{
    Credentials, DxpError, Failure, RX_LEN, Reboot, Reception, RelayChange, RelayId, TX_LEN, TaskDone,
};
use rackhand_core::exchange::{Cause, Event, Next, Responder};
use rackhand_core::time::Instant;

use super::{Goal, Job, credentials, seen_by};
use crate::script::Script;

/// Neither side needs more steps than this together.
const MOST_STEPS: usize = 200_000;

/// A fault by name, with a value, a beginning and a number of times as the bytes want.
pub(crate) fn fault(script: &mut Script<'_>) -> String {
    let name = script.pick(IbootFault::NAMES);
    let byte = script.u8();
    let (after, times) = (byte >> 5, byte & 31);
    let text = match name.split_once('=') {
        Some((name, "MILLISECONDS")) => format!("{name}={}", u32::from(script.u8()).pow(2)),
        Some((name, _)) => format!("{name}={}", script.u8()),
        None => name.to_owned(),
    };
    let text = if after == 0 { text } else { format!("{text}^{after}") };
    if times == 0 { text } else { format!("{text}*{times}") }
}

/// One device, and the network between it and its client.
struct World<'s> {
    now: Instant,
    script: Script<'s>,
    iboot: Iboot<u32>,
    /// The present connection, and those that there were.
    open: Option<u32>,
    connections: u32,
    /// What the device has not read, and what the client has not.
    inbox: Vec<u8>,
    arrived: Vec<u8>,
    due: Option<Instant>,
    /// Every state that the relays have had, the present one last.
    states: Vec<Vec<bool>>,
    steps: usize,
}

impl World<'_> {
    fn event(&mut self, event: Event<'_, u32>) -> usize {
        self.steps += 1;
        assert!(self.steps < MOST_STEPS, "it does not end");
        let mut tx = [0; 64];
        let reply = self.iboot.respond(self.now, event, &mut tx);
        self.due = reply.again;
        if let Some((peer, len)) = reply.send {
            assert_eq!(Some(peer), self.open, "it answers on a connection that is over");
            self.arrived.extend_from_slice(&tx[..len]);
        }
        if reply.close.is_some() {
            self.open = None;
            self.inbox.clear();
        }
        if self.states.last().is_none_or(|state| state != self.iboot.relays()) {
            self.states.push(self.iboot.relays().to_vec());
        }
        reply.used
    }

    /// Lets the device do what falls due until `until`, or until something has come or gone; says whether that is so.
    fn pass(&mut self, until: Instant, news: impl Fn(&Self) -> bool) -> bool {
        loop {
            if news(self) {
                return true;
            }
            match self.due.filter(|due| *due < until) {
                Some(due) => {
                    self.now = self.now.max(due);
                    self.event(Event::Due);
                }
                None => {
                    self.now = self.now.max(until);
                    return false;
                }
            }
        }
    }

    fn hang_up(&mut self) {
        (self.inbox, self.arrived) = (Vec::new(), Vec::new());
        if let Some(peer) = self.open.take() {
            self.event(Event::Closed { peer });
        }
    }

    fn connect(&mut self) {
        self.connections += 1;
        self.open = Some(self.connections);
        self.event(Event::Opened { peer: self.connections });
    }

    fn deliver(&mut self, bytes: &[u8]) {
        self.inbox.extend_from_slice(bytes);
        while let Some(peer) = self.open
            && !self.inbox.is_empty()
        {
            let mut rx = self.inbox.clone();
            let used = self.event(Event::Received { peer, rx: &mut rx });
            self.inbox.drain(..used.min(self.inbox.len()));
            if used == 0 {
                break;
            }
        }
    }

    /// How long the network takes.
    fn latency(&mut self) -> Duration {
        Duration::from_millis(match self.script.u8() {
            byte @ 0..=191 => u64::from(byte),
            byte => u64::from(byte - 191).pow(2) * 4,
        })
    }

    /// Runs the job to its end.
    fn run(&mut self, job: &Job) -> Result<TaskDone, (Failure, bool)> {
        let (mut tx, mut window) = ([0; TX_LEN], [0; RX_LEN]);
        let mut drive = Drive::new(job.engine(), Kind::Stream, &mut tx, &mut window);
        let mut demand = drive.start(self.now);
        loop {
            let next = match demand {
                Ok(Next::Done(done)) => return Ok(done),
                Ok(next) => next,
                Err(RunError::Exchange(DxpError::Failed { why, contact, .. })) => return Err((why, contact)),
                Err(error) => panic!("{error:?}"),
            };
            let deadline = match next {
                Next::Open { deadline, .. } | Next::Send { deadline, .. } | Next::Receive { deadline } => deadline,
                Next::Wait { until, .. } => until,
                Next::Done(_) => unreachable!(),
            };
            if let Next::Wait { close: true, .. } = next {
                self.hang_up();
            }
            let unread = matches!(next, Next::Receive { .. }) && drive.has_unread();
            let later = match next {
                Next::Receive { .. } => self.now,
                Next::Wait { until, .. } => until,
                _ => self.now.after(self.latency()),
            };
            if later >= deadline {
                self.pass(deadline, |_| false);
                demand = drive.timed_out(self.now);
                continue;
            }
            self.pass(later, |_| false);
            demand = match next {
                Next::Open { .. } => {
                    self.hang_up();
                    if self.script.u8() == 255 {
                        drive.closed(self.now, Cause::Refused, false)
                    } else {
                        self.connect();
                        drive.opened(self.now, false)
                    }
                }
                Next::Send { len, .. } => {
                    let bytes = drive.to_send(len).to_vec();
                    // All leaves, or only the front of it before the connection breaks; the client may learn of it late.
                    match self.script.u8() {
                        255 => {
                            let part = bytes.get(..self.script.u8().into()).unwrap_or(&bytes);
                            self.deliver(part);
                            self.hang_up();
                            drive.closed(self.now, Cause::Reset, !part.is_empty())
                        }
                        _ if self.open.is_none() => drive.closed(self.now, Cause::Reset, false),
                        _ => {
                            self.deliver(&bytes);
                            drive.sent(self.now)
                        }
                    }
                }
                _ if unread => drive.received(self.now, 0),
                _ => {
                    if self.pass(deadline, |world| !world.arrived.is_empty() || world.open.is_none()) {
                        let room = drive.room();
                        let len = match self.script.u8() {
                            0..=127 => room.len(),
                            byte => usize::from(byte - 127),
                        };
                        let len = len.min(room.len()).min(self.arrived.len());
                        room[..len].copy_from_slice(&self.arrived[..len]);
                        self.arrived.drain(..len);
                        if len == 0 {
                            drive.closed(self.now, Cause::Ended, true)
                        } else {
                            drive.received(self.now, len)
                        }
                    } else {
                        drive.timed_out(self.now)
                    }
                }
            };
        }
    }

    /// The relay's true state; none when the device does not have it.
    fn truth(&self, relay: RelayId) -> Option<bool> {
        self.iboot.relays().get(relay.index()).copied()
    }
}

/// [`Engine`](rackhand_core::dxp::Engine) under [`Drive`] against [`Iboot`] with faults, on a network that is slow, breaks and
/// cuts streams into pieces as the bytes want.
///
/// Asserts: it ends within its time, and the device rests; it answers only on the connection that is open. The simulated
/// relays are the judge: what is reported as on or off is so, a failure tells the truth of what was seen and of what was never
/// sent and is not silent about relays that are not what they were, a reboot that is done was off in between, "no contact"
/// means that no relay has moved. Where nothing
/// goes wrong and nothing takes time, every job is done.
pub fn dxp_pair(data: &[u8]) {
    let mut script = Script::new(data);
    let job = Job::decode(&mut script);
    let knobs = script.u8();
    let account = if knobs & 15 == 15 { Credentials::new("admin", "other") } else { Ok(credentials()) };
    let relays = match (job.relay_count, knobs & 16) {
        (Some(count), 0) => count.get().into(),
        _ => 1 + script.below(32),
    };
    let mut iboot = Iboot::new(account.expect("both are short"), job.dialect, relays);
    iboot.set_sequence(script.pick(&[1234, 65_533, 65_534, 65_535]));
    for (number, byte) in (1..=32).zip(script.chunk()) {
        if let Some(relay) = RelayId::new(number) {
            iboot.set_relay(relay, byte & 1 != 0);
        }
    }
    let faults = script.below(4);
    for _ in 0..faults {
        let fault = fault(&mut script);
        iboot.faults().add_named(&fault).expect("it is a fault");
    }
    let states = vec![iboot.relays().to_vec()];
    let start = Instant::from_millis(script.u8().into());
    let has_all = job.relay_count.is_none_or(|count| usize::from(count.get()) <= relays)
        && usize::from(job.goal.highest().get()) <= relays;
    let least = match job.goal {
        Goal::Reboot(_, delay) => delay + Duration::from_millis(u64::from(Reboot::least_ms(0))),
        _ => Duration::from_secs(1),
    };
    // Nothing goes wrong, nothing takes time, and there is some.
    let perfect = faults == 0 && script.is_empty() && knobs & 15 != 15 && job.timeout >= least;
    let mut world = World {
        now: start,
        script,
        iboot,
        open: None,
        connections: 0,
        inbox: Vec::new(),
        arrived: Vec::new(),
        due: None,
        states,
        steps: 0,
    };
    let result = world.run(&job);

    assert!(world.now <= start.after(job.timeout), "it ends {:?} after it began", world.now.since(start));
    let pulses = matches!(job.goal, Goal::Pulse(..));
    let switched = world.iboot.relays() != world.states[0];
    if let Err((failure, contact)) = result {
        let moved = world.states.len() > 1;
        assert!(!moved || (contact && failure != Failure::NoContact), "relays have moved: {failure:?}");
    }
    // Status bytes of relays that the device does not have come from a fault, and mean nothing.
    if !has_all || pulses {
        return;
    }
    let whole = job.relay_count.is_none_or(|count| usize::from(count.get()) == relays);
    assert!(!perfect || !whole || result.is_ok(), "{job:?}: {result:?}, and the relays are {:?}", world.iboot.relays());
    match (result, &job.goal) {
        (Ok(TaskDone::Read(on)), Goal::Read(relay)) => assert_eq!(world.truth(*relay), Some(on)),
        (Ok(TaskDone::Switched), Goal::Switch(changes)) => {
            for RelayChange { relay, on } in changes.as_slice() {
                assert_eq!(world.truth(*relay), Some(*on), "relay {}", relay.get());
            }
        }
        (Ok(TaskDone::Rebooted), Goal::Reboot(relay, _)) => {
            assert_eq!(world.truth(*relay), Some(true));
            assert!(world.states.iter().any(|state| state.get(relay.index()) == Some(&false)), "it was never off");
        }
        (Ok(done), goal) => panic!("{goal:?} ended as {done:?}"),
        (Err((failure, _)), _) => {
            let told = seen_by(failure);
            if let Some((relay, Some(seen))) = told.map(|(relay, seen)| (relay, seen.is_on())) {
                assert_eq!(world.truth(relay), Some(seen), "{failure:?}");
            }
            assert!(!switched || told.is_some(), "{failure:?} is silent about relays that are not what they were");
            if let Failure::NotReached { relay, request: Reception::NeverSent, .. } = failure {
                assert_eq!(world.truth(relay), world.states[0].get(relay.index()).copied(), "{failure:?}");
            }
            if let Failure::NotOnAgain { relay, request: Reception::NeverSent, .. } = failure {
                assert_eq!(world.truth(relay), Some(false), "{failure:?}");
            }
        }
    }
}
