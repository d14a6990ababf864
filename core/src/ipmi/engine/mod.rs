//! The engine of IPMI: the session and its opening, resending, busy answers, the bridge, the end. IPMI 2.0, sections 6.12, 6.13 and
//! 13; what firmware makes of them was seen with three other clients.
//!
//! What does not verify, is late, or is somebody else's is dropped while the deadline runs on. A resend is a new packet of the session
//! with the same question in it; what must not be repeated is sent once. Cipher suites are proposed best first, until the BMC takes one;
//! the caller remembers which. Where password, user, Kg or privilege is wrong, nothing is tried again.

mod login;
mod opening;
mod probe;
mod question;
mod random;
mod session;
mod window;

use core::fmt::Debug;
use core::time::Duration;

pub use question::Route;

use self::login::{Login, Stage};
use self::question::{MESSAGE_LEN, Matched, Pending};
use self::random::Random;
use self::session::Session;
use crate::buffer::{Full, TxWriter};
use crate::dialog::{Bounded, Dialog, Last, Turn, take_turn};
use crate::exchange::{Cause, Exchange, Input, Next, Step};
use crate::ipmi::command::{CloseSession, SetSessionPrivilegeLevel};
use crate::ipmi::wire::Request;
use crate::ipmi::{Account, CipherSuite, Ipmi, IpmiTrouble, LoginFailure, Refusal};
use crate::operation::Seed;
use crate::time::Instant;

/// Milliseconds after which what is not answered is sent again, by how often it was sent; from then on the last one.
const PAUSES_MS: [u16; 7] = [250, 250, 500, 500, 1000, 1000, 2000];
/// Milliseconds for what must not be sent again, to the BMC itself and to somebody behind it.
const ONCE_MS: (u32, u32) = (3000, 6000);
/// Milliseconds for a question, resends and busy answers included.
const QUESTION_MS: u32 = 12_000;
/// Milliseconds for the opening of a session.
const LOGIN_MS: u32 = 25_000;
/// Milliseconds for the network to take a datagram.
const LINK_MS: u32 = 2000;
/// Milliseconds before a busy BMC is asked again; each time twice as long, up to 32 times.
const BUSY_MS: u32 = 25;
/// Times that a host says that nobody listens until it is believed.
const CLOSED: u8 = 3;
/// The send of an Open Session Request that nothing has answered in whose place it is asked who is there.
const PROBE: u8 = 3;

const NODE_BUSY: u8 = 0xC0;
const TIMEOUT: u8 = 0xC3;
const DUPLICATED: u8 = 0xCF;

/// Why a conversation with a BMC failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IpmiError<E> {
    /// The operation failed.
    Failed {
        /// What the operation says.
        end: E,
        /// What went wrong with the last try that failed.
        trouble: Option<IpmiTrouble>,
        /// The BMC has answered at least once.
        contact: bool,
        /// It failed because its time was over.
        out_of_time: bool,
    },
    /// The buffer to send from is too short.
    Full(Full),
    /// The runner gave an input that does not belong to the demand.
    OutOfTurn,
}

impl<E> From<Full> for IpmiError<E> {
    fn from(full: Full) -> Self {
        Self::Full(full)
    }
}

/// What the engine has demanded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// Nothing yet.
    Beginning,
    Opening,
    Sending,
    Receiving,
    /// A pause that the dialog wants.
    Pausing,
    /// A pause before something is said again: the BMC has no time, or nobody listens.
    Resting,
    /// What may be an open session is closed before another one is begun.
    Leaving,
}

/// What the present message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Login,
    Privilege,
    Question,
    /// Nobody waits for the answer.
    Goodbye,
}

/// A BMC and who asks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bmc {
    /// Who asks.
    pub account: Account,
    /// The cipher suite that is demanded; none: 17, else 3.
    pub suite: Option<CipherSuite>,
    /// Where questions go.
    pub route: Route,
}

/// A dialog that the engine can run: its end is kept while goodbye is said.
pub trait Asks: Bounded + Dialog<On = Ipmi, Output: Clone + Debug, Error: Clone + Debug> {}

impl<D: Bounded + Dialog<On = Ipmi, Output: Clone + Debug, Error: Clone + Debug>> Asks for D {}

/// Puts a dialog's questions to a BMC.
#[derive(Clone, Debug)]
pub struct Engine<D: Asks> {
    dialog: D,
    bmc: Bmc,
    random: Random,
    at: At,
    phase: Phase,
    login: Option<Login>,
    session: Option<Session>,
    pending: Pending,
    /// How it has ended, while goodbye is said.
    end: Option<Ended<D>>,
    /// Cipher suites that the BMC has refused, and those that it only has not answered to, as bits in the order of
    /// [`CipherSuite::ALL`].
    refused_suites: u8,
    ignored_suites: u8,
    /// The suite that worked last.
    suite: Option<u8>,
    /// Sends of the present message; sessions begun; busy answers; times that nobody listened.
    sends: u8,
    logins: u8,
    busy: u8,
    closed: u8,
    /// The link stands.
    linked: bool,
    /// The session has not answered a question: it may be forgotten, and another one is begun for the next.
    stale: bool,
    /// It was said that there is IPMI 1.5 only; what is said outside a session proves nothing.
    only_15: bool,
    /// Somebody has answered RAKP Message 1.
    proved: bool,
    /// The present question may have reached the BMC.
    left: bool,
    /// The BMC has said of a copy that it was answered before: an answer that is lost does not come again.
    refuses_copies: bool,
    contact: bool,
    trouble: Option<IpmiTrouble>,
    /// When the present message is sent again; when the present phase, question, operation is over.
    deadline: Instant,
    phase_ends: Instant,
    question_ends: Instant,
    ends: Instant,
}

/// How a [`Dialog`] on [`Ipmi`] has ended.
type Ended<D> = Result<<D as Dialog>::Output, IpmiError<<D as Dialog>::Error>>;

/// What it wants next.
type Demand<D> = Result<Next<<D as Dialog>::Output>, IpmiError<<D as Dialog>::Error>>;

impl<D: Asks> Engine<D> {
    /// Runs `dialog` within `timeout`; `suite` is what worked before, `seed` fresh randomness.
    #[must_use]
    pub fn new(dialog: D, bmc: Bmc, suite: Option<u8>, seed: &Seed, timeout: Duration) -> Self {
        Self {
            dialog,
            bmc,
            random: Random::new(seed),
            at: At::Beginning,
            phase: Phase::Login,
            login: None,
            session: None,
            pending: Pending::default(),
            end: None,
            refused_suites: 0,
            ignored_suites: 0,
            suite,
            sends: 0,
            logins: 0,
            busy: 0,
            closed: 0,
            linked: false,
            stale: false,
            only_15: false,
            proved: false,
            left: false,
            refuses_copies: false,
            contact: false,
            trouble: None,
            deadline: Instant::ZERO,
            phase_ends: Instant::ZERO,
            question_ends: Instant::ZERO,
            // Until the first step this is the time that there is, counted from zero.
            ends: Instant::ZERO.after(timeout),
        }
    }

    /// What the present turn of the dialog is for.
    #[must_use]
    pub fn doing(&self) -> &'static str {
        match self.phase {
            Phase::Login | Phase::Privilege => "opening a session",
            Phase::Question => self.dialog.doing(),
            Phase::Goodbye => "closing the session",
        }
    }

    /// The dialog, as it stands.
    #[must_use]
    pub const fn dialog(&self) -> &D {
        &self.dialog
    }

    /// The cipher suite that the BMC takes, as far as it has said.
    #[must_use]
    pub const fn suite(&self) -> Option<u8> {
        self.suite
    }

    const fn failed(&self, end: D::Error, out_of_time: bool) -> IpmiError<D::Error> {
        IpmiError::Failed { end, trouble: self.trouble, contact: self.contact, out_of_time }
    }

    /// Lets the dialog take its turn and does what it wants.
    fn turn(&mut self, now: Instant, last: Last<'_, Ipmi>, tx: &mut [u8]) -> Demand<D> {
        let (turn, most) = match take_turn(&mut self.dialog, now, last, self.ends) {
            Ok(taken) => taken,
            Err((end, out_of_time)) => {
                let failed = self.failed(end, out_of_time);
                return self.over(now, Err(failed), tx);
            }
        };
        match turn {
            Turn::Done(output) => self.over(now, Ok(output), tx),
            Turn::Wait(pause) => {
                self.at = At::Pausing;
                Ok(Next::Wait { until: now.after(pause).min(most), close: false })
            }
            Turn::Ask => {
                self.question_ends = now.part_way(self.ends, self.dialog.share()).min(most);
                self.left = false;
                self.busy = 0;
                // What was said of another question is not said of this one.
                if matches!(self.trouble, Some(IpmiTrouble::Refused(_))) {
                    self.trouble = None;
                }
                self.next_sequence();
                self.begin(now, tx)
            }
        }
    }

    /// Every question has a number of its own: a late answer to an earlier one is not taken for this one's.
    const fn next_sequence(&mut self) {
        self.pending.sequence = self.pending.sequence.wrapping_add(1) & 0x3F;
    }

    /// On to the question, or what must come before it.
    fn begin(&mut self, now: Instant, tx: &mut [u8]) -> Demand<D> {
        let stale = if core::mem::take(&mut self.stale) { self.session.take() } else { None };
        let (phase, limit_ms) = match &self.session {
            None => (Phase::Login, LOGIN_MS),
            Some(session) if !session.privileged => (Phase::Privilege, QUESTION_MS),
            Some(_) => (Phase::Question, QUESTION_MS),
        };
        if phase == Phase::Login {
            self.logins = 0;
            self.login = None;
        }
        self.phase = phase;
        self.phase_ends = now.after_millis(limit_ms.into()).min(self.question_ends);
        self.sends = 0;
        self.closed = 0;
        if let Some(mut session) = stale.filter(|_| self.linked) {
            let len = farewell(&mut session, self.pending.sequence, &mut self.random, tx)?;
            return self.send_and_go_on(now, At::Leaving, len);
        }
        self.say(now, tx)
    }

    /// Sends what the phase is for, once more or for the first time.
    fn say(&mut self, now: Instant, tx: &mut [u8]) -> Demand<D> {
        if !self.linked {
            self.at = At::Opening;
            return Ok(Next::Open { fresh: true, deadline: now.after_millis(LINK_MS.into()).min(self.ends) });
        }
        let len = self.write(tx)?;
        self.sends = self.sends.saturating_add(1);
        self.at = At::Sending;
        let once = self.phase == Phase::Question && !self.dialog.repeatable();
        let pause = match (once, self.pending.bridged) {
            (true, false) => ONCE_MS.0,
            (true, true) => ONCE_MS.1,
            (false, _) => {
                let times = self.sends.saturating_sub(1).saturating_add(self.logins.saturating_sub(1));
                let [.., last] = PAUSES_MS;
                PAUSES_MS.get(usize::from(times)).copied().unwrap_or(last).into()
            }
        };
        self.deadline = now.after_millis(pause.into()).min(self.phase_ends);
        Ok(Next::Send { len, deadline: self.deadline })
    }

    fn write(&mut self, tx: &mut [u8]) -> Result<usize, Full> {
        let mut message = [0; MESSAGE_LEN];
        let sequence = self.pending.sequence;
        let Some(session) = &mut self.session else {
            let login = match &mut self.login {
                Some(login) => login,
                none => {
                    self.logins = self.logins.saturating_add(1);
                    let suite = opening::proposed(self.bmc.suite, self.suite, self.refused_suites, self.ignored_suites);
                    none.insert(Login::new(suite, &mut self.random))
                }
            };
            if login.stage == Stage::Open && self.sends.saturating_add(1) == PROBE {
                return probe::write(self.bmc.account.privilege, tx);
            }
            return login.write(&self.bmc.account, tx);
        };
        let len = match self.phase {
            Phase::Question => self.pending.write(&self.dialog, self.bmc.route, &mut message)?,
            Phase::Login | Phase::Privilege => {
                let mut w = TxWriter::new(&mut message);
                let (netfn, command) = (SetSessionPrivilegeLevel::NETFN, SetSessionPrivilegeLevel::COMMAND);
                self.pending = Pending { netfn, command, sequence, bridged: false };
                Request { netfn, command, sequence, data: &[self.bmc.account.privilege.number()] }.emit(&mut w)?;
                w.len()
            }
            Phase::Goodbye => return farewell(session, sequence, &mut self.random, tx),
        };
        session.seal(&mut self.random, message.get(..len).unwrap_or(&[]), tx)
    }

    /// It is over: the BMC, which has few sessions, is told so, once.
    fn over(&mut self, now: Instant, end: Ended<D>, tx: &mut [u8]) -> Demand<D> {
        self.phase = Phase::Goodbye;
        self.next_sequence();
        let goodbye = match (&self.session, &self.login) {
            _ if !self.linked => None,
            (Some(_), _) => self.write(tx).ok(),
            (None, Some(login)) if login.suspicion().is_some() => login.write_goodbye(tx).ok(),
            (None, Some(login)) if login.stage == Stage::Rakp4 => self.leave(tx),
            (None, _) => None,
        };
        let Some(len) = goodbye else { return end.map(Next::Done) };
        self.end = Some(end);
        self.send_and_go_on(now, At::Sending, len)
    }

    /// Sends what no answer is needed to: it must not take long, for something waits behind it.
    fn send_and_go_on(&mut self, now: Instant, at: At, len: usize) -> Demand<D> {
        self.at = at;
        Ok(Next::Send { len, deadline: now.after_millis(PAUSES_MS[0].into()) })
    }

    /// Nobody can be logged in, or nothing is heard. Where only a person can mend that, it is over, whatever else the dialog would do.
    fn unanswered(&mut self, now: Instant, tx: &mut [u8]) -> Demand<D> {
        let lost = Last::Lost { sent: self.left };
        if !self.trouble.is_some_and(IpmiTrouble::is_final) {
            return self.turn(now, lost, tx);
        }
        let ended = match self.dialog.turn(now, lost) {
            Ok(Turn::Done(output)) => Ok(output),
            Ok(Turn::Ask | Turn::Wait(_)) => self.dialog.give_up(),
            Err(end) => Err(end),
        };
        let ended = ended.map_err(|end| self.failed(end, false));
        self.over(now, ended, tx)
    }

    /// Nothing that counts has come until the deadline.
    fn silence(&mut self, now: Instant, tx: &mut [u8]) -> Demand<D> {
        match self.phase {
            Phase::Login => self.login_silence(now, tx),
            Phase::Question if !self.dialog.repeatable() => self.lost(now, tx),
            _ if now >= self.phase_ends => {
                self.stale = true;
                self.lost(now, tx)
            }
            _ => {
                // To another question there is an answer.
                if self.refuses_copies {
                    self.next_sequence();
                }
                self.say(now, tx)
            }
        }
    }

    fn lost(&mut self, now: Instant, tx: &mut [u8]) -> Demand<D> {
        if !matches!(self.trouble, Some(IpmiTrouble::Closed(_) | IpmiTrouble::Login(_))) {
            self.trouble = Some(IpmiTrouble::Silence);
        }
        self.unanswered(now, tx)
    }

    /// The network says that a datagram did not arrive, or that there is no way.
    fn not_sent(&mut self, now: Instant, cause: Cause, tx: &mut [u8]) -> Demand<D> {
        self.linked = false;
        self.trouble = Some(IpmiTrouble::Closed(cause));
        self.closed = self.closed.saturating_add(1);
        let passes = matches!(cause, Cause::Refused | Cause::Unreachable | Cause::Reset | Cause::Ended | Cause::Other);
        // A BMC that has answered before is starting again.
        if !passes || (self.closed >= CLOSED && !self.contact) || now >= self.phase_ends {
            return self.unanswered(now, tx);
        }
        if self.phase == Phase::Question && !self.dialog.repeatable() {
            return self.unanswered(now, tx);
        }
        // Whoever ties a session to its peer's port drops what comes from another one.
        self.session = None;
        self.rest(self.deadline.max(now.after_millis(BUSY_MS.into())), true)
    }

    fn rest(&mut self, until: Instant, close: bool) -> Demand<D> {
        self.at = At::Resting;
        Ok(Next::Wait { until, close })
    }

    /// The BMC has no time: it did nothing, and is asked again. None: there is no time for that.
    fn busy(&mut self, now: Instant) -> Option<Demand<D>> {
        let pause = BUSY_MS.checked_shl(self.busy.min(5).into()).unwrap_or(BUSY_MS);
        let until = now.after_millis(pause.into());
        if until >= self.phase_ends {
            return None;
        }
        self.busy = self.busy.saturating_add(1);
        self.sends = 0;
        // It is another question: an answer that comes late must not be taken for this one's.
        self.next_sequence();
        Some(self.rest(until, false))
    }

    /// What a datagram says to what was asked in the session.
    fn take(&mut self, now: Instant, datagram: &mut [u8], tx: &mut [u8]) -> Demand<D> {
        let goes_on = Ok(Next::Receive { deadline: self.deadline });
        let Some(session) = &mut self.session else { return self.hear(now, datagram, tx) };
        let signed = session.signs();
        let Some(message) = session.open(datagram) else { return goes_on };
        let matched = self.pending.matched(message, signed);
        if matched == Matched::Not {
            return goes_on;
        }
        self.contact = true;
        let (refusal, answer) = match matched {
            Matched::Not | Matched::HandedOn => return goes_on,
            Matched::Answered(DUPLICATED, _) | Matched::NotHandedOn(DUPLICATED) => {
                self.refuses_copies = true;
                return goes_on;
            }
            Matched::Answered(0, data) => (None, data),
            Matched::Answered(code, _) => (Some(Refusal::Completion(code)), [].as_slice()),
            Matched::NotHandedOn(code) => (Some(Refusal::Bridge(code)), [].as_slice()),
        };
        let has_no_time = match refusal {
            Some(Refusal::Completion(NODE_BUSY) | Refusal::Bridge(NODE_BUSY)) => true,
            Some(Refusal::Bridge(TIMEOUT)) => self.dialog.repeatable(),
            _ => false,
        };
        if has_no_time && let Some(demand) = self.busy(now) {
            return demand;
        }
        if self.phase == Phase::Privilege {
            return match refusal.map(Refusal::code) {
                Some(SetSessionPrivilegeLevel::NOT_FOR_USER | SetSessionPrivilegeLevel::NOT_FOR_SESSION) => {
                    self.not_logged_in(now, LoginFailure::Privilege, tx)
                }
                // Some do not have the command, and say to the question itself what the user may not do.
                _ => {
                    self.session.iter_mut().for_each(|session| session.privileged = true);
                    self.next_sequence();
                    self.begin(now, tx)
                }
            };
        }
        self.trouble = refusal.map(IpmiTrouble::Refused);
        match refusal {
            Some(refusal) => self.turn(now, Last::Refused(refusal), tx),
            None => self.turn(now, Last::Answer(answer), tx),
        }
    }
}

/// Writes that `session` is closed.
fn farewell(session: &mut Session, sequence: u8, random: &mut Random, tx: &mut [u8]) -> Result<usize, Full> {
    let (netfn, command, bmc) = (CloseSession::NETFN, CloseSession::COMMAND, session.bmc);
    let mut message = [0; 16];
    let mut w = TxWriter::new(&mut message);
    Request { netfn, command, sequence, data: &bmc }.emit(&mut w)?;
    let len = w.len();
    session.seal(random, message.get(..len).unwrap_or(&[]), tx)
}

impl<D: Asks> Exchange for Engine<D> {
    type Output = D::Output;
    type Error = IpmiError<D::Error>;

    fn step(&mut self, now: Instant, input: Input<'_>, tx: &mut [u8]) -> Result<Step<D::Output>, Self::Error> {
        if let Some(end) = self.end.take() {
            // Goodbye was said, or could not be.
            return end.map(|output| Step::new(Next::Done(output)));
        }
        let next = match (self.at, input) {
            (At::Beginning, Input::Start) => {
                self.ends = now.after_millis(self.ends.as_millis());
                self.turn(now, Last::Start, tx)
            }
            (At::Opening, Input::Opened { .. }) => {
                self.linked = true;
                self.say(now, tx)
            }
            (At::Sending, Input::Sent) => {
                self.left |= self.phase == Phase::Question;
                self.at = At::Receiving;
                Ok(Next::Receive { deadline: self.deadline })
            }
            (At::Receiving, Input::Received(rx)) => self.take(now, rx, tx),
            (At::Opening | At::Sending | At::Receiving, Input::Closed { why, .. }) => {
                self.left |= self.phase == Phase::Question && why.sent;
                self.not_sent(now, why.cause, tx)
            }
            (At::Opening, Input::TimedOut) => self.not_sent(now, Cause::Other, tx),
            (At::Receiving, Input::TimedOut) => self.silence(now, tx),
            // The runner has given the link up with the send; the datagram may have left just now.
            (At::Sending, Input::TimedOut) => {
                self.linked = false;
                self.left |= self.phase == Phase::Question;
                self.silence(now, tx)
            }
            (At::Leaving, Input::Sent) => self.begin_again(now, tx),
            (At::Leaving, Input::Closed { .. } | Input::TimedOut) => {
                self.linked = false;
                self.begin_again(now, tx)
            }
            (At::Pausing, Input::TimedOut) => self.turn(now, Last::Waited, tx),
            (At::Resting, Input::TimedOut) => {
                if now >= self.phase_ends {
                    self.lost(now, tx)
                } else if self.session.is_none() && self.phase != Phase::Login {
                    self.begin(now, tx)
                } else {
                    self.say(now, tx)
                }
            }
            _ => Err(IpmiError::OutOfTurn),
        }?;
        Ok(Step::new(next))
    }
}
