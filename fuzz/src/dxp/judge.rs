//! Follows a conversation from outside and judges the engine by it: what it sends, and whether what it reports was seen.

use rackhand_core::dxp::{
    ChangeRelay, Command, Dialect, Failure, GetRelays, Hello, PulseRelay, Reading, Reception, RelayBase, RelayChange,
    RelayId, Request, StateCodes, TaskDone,
};
use rackhand_core::exchange::{Input, Next};
use rackhand_core::time::Instant;

use super::{Goal, Job, credentials, seen_by};
use crate::runner::Watch;

/// What the engine waits for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum At {
    Elsewhere,
    SayingHello,
    Hello,
    Asking(Command),
    Answer(Command),
    /// The whole answer is there; is there more?
    Surplus(Command),
    /// No more came: it is shown once more.
    Counted(Command),
}

/// A connection.
#[derive(Clone, Copy, Debug)]
struct Session {
    /// What the next request must carry.
    next: u16,
    /// Nothing that belongs to an earlier question can still arrive.
    clean: bool,
    /// A question was put on it.
    used: bool,
}

pub(super) struct Judge {
    job: Job,
    at: At,
    session: Option<Session>,
    /// What the present input says in answer to Get Relays.
    read: Option<Vec<u8>>,
    /// What the last read said; none when a relay may have been switched since.
    last: Option<Vec<u8>>,
    /// What became of every change that may have left.
    requests: Vec<(Command, Reception)>,
    /// Hello was answered.
    contact: bool,
    /// The relay of a reboot has read off.
    off: bool,
    pulsed: bool,
}

impl Judge {
    pub(super) const fn new(job: Job) -> Self {
        Self {
            job,
            at: At::Elsewhere,
            session: None,
            read: None,
            last: None,
            requests: Vec::new(),
            contact: false,
            off: false,
            pulsed: false,
        }
    }

    fn may_have_left(&mut self, command: Command, reception: Reception) {
        if matches!(command, Command::GetRelays(_)) {
            return;
        }
        self.last = None;
        self.requests.retain(|(before, _)| *before != command);
        self.requests.push((command, reception));
        self.pulsed |= matches!(command, Command::PulseRelay(_));
    }

    fn reception(&self, change: RelayChange) -> Reception {
        let (relay, state) = on_the_wire(self.job.dialect, change);
        let wanted = Command::ChangeRelay(ChangeRelay { relay, state });
        let known = self.requests.iter().find(|(command, _)| *command == wanted);
        known.map_or(Reception::NeverSent, |(_, reception)| *reception)
    }

    /// The device has sent just what it should, and a byte more would be too much.
    fn is_exact(&self, command: Command, shown: &[u8]) -> bool {
        let count = self.job.relay_count.map(|count| usize::from(count.get()));
        matches!(command, Command::GetRelays(_)) && count == Some(shown.len())
    }

    /// Whether these bytes are the whole answer to `command`; if so, what follows from it.
    fn answered(&mut self, command: Command, shown: &[u8]) -> bool {
        let count = self.job.relay_count;
        let read = matches!(command, Command::GetRelays(_));
        let len = if read { usize::from(count.unwrap_or(self.job.goal.highest()).get()) } else { 1 };
        let too_much = read && count.is_some() && shown.len() > len;
        if shown.len() < len || too_much {
            return false;
        }
        if read {
            self.read = Some(shown[..len].to_vec());
            self.last = self.read.clone();
        } else {
            self.may_have_left(command, if shown[0] == 0 { Reception::Accepted } else { Reception::Refused });
        }
        if let Some(session) = &mut self.session {
            session.next = session.next.wrapping_add(2);
            session.used = true;
            session.clean = if read { count.is_some() } else { shown.len() == len };
        }
        true
    }

    /// The state of a relay by the read that has just come; none when it tells none.
    fn reads(&self, relay: RelayId) -> Option<bool> {
        match self.read.as_ref()?.get(relay.index())? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    /// What the last read said of a relay, when no relay may have been switched since.
    fn known(&self, relay: RelayId) -> Reading {
        match self.last.as_ref().and_then(|last| last.get(relay.index())) {
            None => Reading::NotRead,
            Some(0) => Reading::Off,
            Some(1) => Reading::On,
            Some(byte) => Reading::Unknown(*byte),
        }
    }

    /// Whether the job has any reason to send `command`.
    fn is_wanted(&self, command: Command) -> bool {
        let wire = |change: &RelayChange| on_the_wire(self.job.dialect, *change);
        match (command, &self.job.goal) {
            (Command::GetRelays(GetRelays), _) => true,
            (Command::ChangeRelay(ChangeRelay { relay, state }), Goal::Switch(changes)) => {
                changes.as_slice().iter().any(|change| wire(change) == (relay, state))
            }
            (Command::ChangeRelay(ChangeRelay { relay, state }), Goal::Reboot(rebooted, _)) => {
                [true, false].iter().any(|on| wire(&RelayChange { relay: *rebooted, on: *on }) == (relay, state))
            }
            (Command::PulseRelay(PulseRelay { relay, state, width_seconds }), Goal::Pulse(change, seconds)) => {
                wire(change) == (relay, state) && width_seconds == *seconds && !self.pulsed
            }
            _ => false,
        }
    }

    /// Judges how the engine says that it ended.
    pub(super) fn ended(&self, result: Result<TaskDone, (Failure, bool)>) {
        match (result, &self.job.goal) {
            (Ok(TaskDone::Read(on)), Goal::Read(relay)) => assert_eq!(self.reads(*relay), Some(on)),
            (Ok(TaskDone::Switched), Goal::Switch(changes)) => {
                for change in changes.as_slice() {
                    assert_eq!(self.reads(change.relay), Some(change.on), "relay {}", change.relay.get());
                }
            }
            (Ok(TaskDone::Rebooted), Goal::Reboot(relay, _)) => {
                assert!(self.off, "it never read off");
                assert_eq!(self.reads(*relay), Some(true));
            }
            (Ok(TaskDone::Pulsed(seen)), Goal::Pulse(change, _)) => assert_eq!(seen, self.known(change.relay)),
            (Ok(done), goal) => panic!("{goal:?} ended as {done:?}"),
            (Err((failure, contact)), _) => {
                assert_eq!(contact, self.contact, "{failure:?}");
                self.failed(failure);
            }
        }
    }

    fn failed(&self, failure: Failure) {
        if let Some((relay, seen)) = seen_by(failure) {
            assert_eq!(seen, self.known(relay), "{failure:?}");
        }
        match failure {
            Failure::NoContact => assert_eq!(self.requests, [], "a change may have left"),
            Failure::NotReached { relay, wanted, request, seen, untried } => {
                assert_ne!(seen.is_on(), Some(wanted));
                let Goal::Switch(changes) = &self.job.goal else { panic!("{failure:?} of {:?}", self.job.goal) };
                let (changes, change) = (changes.as_slice(), RelayChange { relay, on: wanted });
                assert!(changes.contains(&change));
                assert_eq!(request, self.reception(change));
                let never = changes.iter().filter(|change| self.reception(**change) == Reception::NeverSent).count();
                assert_eq!(usize::from(untried), never);
            }
            Failure::NeverOff { relay, request, .. } | Failure::NotOnAgain { relay, request, .. } => {
                assert!(matches!(self.job.goal, Goal::Reboot(rebooted, _) if rebooted == relay));
                assert_eq!(request, self.reception(RelayChange { relay, on: true }));
                assert!(self.off || !matches!(failure, Failure::NotOnAgain { .. }), "it never read off");
            }
            Failure::UnknownState(byte) => {
                assert!(byte > 1 && matches!(self.job.goal, Goal::Read(_)));
                let relay = self.job.goal.highest();
                assert_eq!(self.read.as_ref().and_then(|read| read.get(relay.index())), Some(&byte));
            }
            Failure::Unanswered { .. } | Failure::Refused => assert!(matches!(self.job.goal, Goal::Pulse(..))),
        }
    }
}

/// What the two dialects call a relay and a state.
fn on_the_wire(dialect: Dialect, change: RelayChange) -> (u8, u8) {
    let number = change.relay.get() - u8::from(dialect.base == RelayBase::Zero);
    let state = match (change.on, dialect.codes) {
        (true, _) => 1,
        (false, StateCodes::Boot) => 0,
        (false, StateCodes::Manual) => 2,
    };
    (number, state)
}

impl<T> Watch<T> for Judge {
    fn given(&mut self, _: Instant, input: &Input<'_>) {
        self.read = None;
        match (self.at, input) {
            (_, Input::Opened { .. }) => (self.session, self.at) = (None, At::Elsewhere),
            (At::SayingHello, Input::Sent) => self.at = At::Hello,
            (At::Asking(command), Input::Sent) => self.at = At::Answer(command),
            (At::Hello, Input::Received([low, high])) => {
                let next = u16::from_le_bytes([*low, *high]).wrapping_add(1);
                self.session = Some(Session { next, clean: true, used: false });
                self.contact = true;
            }
            (At::Answer(command), Input::Received(rx)) if self.is_exact(command, rx) => self.at = At::Surplus(command),
            (At::Answer(command) | At::Surplus(command) | At::Counted(command), Input::Received(rx)) => {
                if self.answered(command, rx) {
                    self.at = At::Elsewhere;
                } else if self.job.relay_count.is_some_and(|count| rx.len() > count.get().into()) {
                    (self.session, self.at) = (None, At::Elsewhere);
                }
            }
            (at, Input::Closed { why, unread }) => {
                match at {
                    At::Asking(command) if why.sent => self.may_have_left(command, Reception::Unanswered),
                    At::Answer(command) | At::Surplus(command) | At::Counted(command)
                        if !self.answered(command, unread) =>
                    {
                        self.may_have_left(command, Reception::Unanswered);
                    }
                    _ => {}
                }
                (self.session, self.at) = (None, At::Elsewhere);
            }
            (At::Surplus(command), Input::TimedOut) => self.at = At::Counted(command),
            (at, Input::TimedOut) => {
                if let At::Asking(command) | At::Answer(command) | At::Counted(command) = at {
                    self.may_have_left(command, Reception::Unanswered);
                    self.session = None;
                }
                self.at = At::Elsewhere;
            }
            _ => {}
        }
        if matches!(self.job.goal, Goal::Reboot(..)) {
            self.off |= self.reads(self.job.goal.highest()) == Some(false);
        }
    }

    fn demanded(&mut self, _: Instant, next: &Next<T>, tx: &[u8]) {
        if matches!(self.at, At::Counted(_)) && !matches!(next, Next::Receive { .. }) {
            // There was no time for that any more.
            (self.session, self.at) = (None, At::Elsewhere);
        }
        let len = match next {
            Next::Send { len, .. } => len,
            Next::Wait { close: true, .. } => {
                self.session = None;
                return;
            }
            Next::Open { .. } | Next::Receive { .. } | Next::Wait { .. } | Next::Done(_) => return,
        };
        let sent = &tx[..*len];
        let Some(session) = self.session else {
            assert_eq!(Hello::parse(sent), Ok((Hello, &[][..])), "the first message of a session");
            self.at = At::SayingHello;
            return;
        };
        let (request, rest) = Request::parse(sent).expect("what is sent is a request");
        assert!(rest.is_empty(), "one request at a time");
        assert_eq!(request.credentials, credentials());
        assert_eq!(request.sequence, session.next);
        assert!(session.clean, "an old answer could be taken for this one's");
        let read = matches!(request.command, Command::GetRelays(_));
        assert!(!(read && session.used), "a read rests on a connection of its own");
        assert!(self.is_wanted(request.command), "{:?} for {:?}", request.command, self.job.goal);
        self.at = At::Asking(request.command);
    }
}
