//! The engine of AMT: connection, HTTP, digest rounds, busy answers, waking. RFC 9112, RFC 7616 and DSP0226, section 6; how the
//! firmware behaves: Intel AMT SDK, "Authentication Options", and what its users report.
//!
//! One request at a time, on one connection that is kept as long as the device lets it. A request on a kept connection that the
//! device had closed is repeated once on a new one, if the dialog says that it may be or nothing of it has left. A challenge is
//! answered once; a second one after a fresh answer means a wrong password, and nothing is tried again. Firmware sleeps after a
//! minute of silence: connecting wakes it, so connecting is tried for a while when the last contact was long ago.

use core::time::Duration;

use crate::amt::memory::AmtMemory;
use crate::amt::{Amt, AmtEnd, AmtTrouble, Answer, Call, Question, Refusal, wire};
use crate::buffer::Full;
use crate::dialog::{Bounded, Dialog, Last, Turn, take_turn};
use crate::exchange::{Cause, Exchange, Input, Next, Step, Why};
use crate::http::digest::{Challenge, Credentials};
use crate::http::{self, Progress, Response, ResponseReader};
use crate::operation::Host;
use crate::time::Instant;

/// How long the engine waits for what, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For a connection to a device that is awake.
    pub connect_ms: u32,
    /// For an answer.
    pub answer_ms: u32,
    /// For one try to connect to a device that may be asleep.
    pub waking_try_ms: u32,
    /// For all tries to wake it.
    pub waking_ms: u32,
}

impl Default for Limits {
    /// 5 s to connect, 30 s for an answer; 20 s to wake, in tries of 3 s (drivers.md, staging-amt).
    fn default() -> Self {
        Self { connect_ms: 5000, answer_ms: 30_000, waking_try_ms: 3000, waking_ms: 20_000 }
    }
}

/// How often a busy device is asked again, with a pause that doubles from a second on.
const BUSY_REPEATS: u8 = 4;

/// Why a conversation with AMT failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmtError<E> {
    /// The operation failed.
    Failed {
        /// What the operation says.
        end: E,
        /// What went wrong with the last try that failed.
        trouble: Option<AmtTrouble>,
        /// The device has answered at least once.
        contact: bool,
        /// It failed because its time was over.
        out_of_time: bool,
    },
    /// The buffer to send from is too short.
    Full(Full),
    /// The runner gave an input that does not belong to the demand.
    OutOfTurn,
}

impl<E> From<Full> for AmtError<E> {
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
    /// A pause between two tries to connect to a device that may be asleep.
    Waking,
    /// A pause before a busy device is asked again.
    Busy,
}

/// Where a device is and who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its name or address, for the field `Host`.
    pub host: Host,
    /// Its port.
    pub port: u16,
    /// Who asks.
    pub credentials: Credentials,
    /// `awake_interval` in milliseconds: a device that was silent for longer may be asleep. 0: none ever is.
    pub awake_interval_ms: u32,
}

/// Puts a dialog's questions to a device that speaks WS-Management.
#[derive(Clone, Debug)]
pub struct Engine<D> {
    dialog: D,
    device: Device,
    limits: Limits,
    memory: AmtMemory,
    /// For the client's nonce.
    seed: [u8; 8],
    reader: ResponseReader,
    question: Option<Question>,
    at: At,
    /// A connection stands, and nothing is on its way on it.
    open: bool,
    /// It has carried an answer before.
    used: bool,
    /// The device has closed a kept connection: what must not be repeated goes over a new one from now on.
    drops: bool,
    /// What became of the present question so far.
    tries: Tries,
    /// Pauses between tries to connect so far, and until when there are any more.
    waking: (u8, Instant),
    /// When the device last answered; none when that is not known.
    answered: Option<Instant>,
    contact: bool,
    trouble: Option<AmtTrouble>,
    /// Of the last step, of the present phase, the present question, the whole operation.
    now: Instant,
    deadline: Instant,
    question_ends: Instant,
    ends: Instant,
    message_id: u32,
}

/// What became of a question so far.
#[derive(Clone, Copy, Debug, Default)]
struct Tries {
    /// It may have reached the device.
    left: bool,
    /// It was repeated because a kept connection was closed.
    repeated: bool,
    /// Challenges that were answered.
    challenges: u8,
    /// One that was kept from before was answered.
    warm: bool,
    /// Answers that it is busy.
    busy: u8,
}

/// How a [`Dialog`] on [`Amt`] fails.
type Demand<D> = Result<Next<<D as Dialog>::Output>, AmtError<AmtEnd>>;

impl<D: Bounded + Dialog<On = Amt, Error = AmtEnd>> Engine<D> {
    /// Runs `dialog` within `timeout`; `seed` is fresh randomness.
    #[must_use]
    pub const fn new(
        dialog: D,
        device: Device,
        limits: Limits,
        memory: AmtMemory,
        seed: [u8; 8],
        timeout: Duration,
    ) -> Self {
        Self {
            dialog,
            device,
            limits,
            memory,
            seed,
            reader: ResponseReader::new(LIMITS),
            question: None,
            at: At::Beginning,
            open: false,
            used: false,
            drops: false,
            tries: Tries { left: false, repeated: false, challenges: 0, warm: false, busy: 0 },
            waking: (0, Instant::ZERO),
            answered: None,
            contact: false,
            trouble: None,
            now: Instant::ZERO,
            deadline: Instant::ZERO,
            question_ends: Instant::ZERO,
            // Until the first step this is the time that there is, counted from zero.
            ends: Instant::ZERO.after(timeout),
            message_id: 0,
        }
    }

    /// What the present turn of the dialog is for.
    #[must_use]
    pub fn doing(&self) -> &'static str {
        match self.at {
            At::Waking => "waking the device",
            _ => self.dialog.doing(),
        }
    }

    /// Whether the connection may be kept for the next conversation.
    #[must_use]
    pub const fn keeps_link(&self) -> bool {
        self.open
    }

    /// What the device has taught, as of the last step.
    #[must_use]
    pub fn memory(&self) -> AmtMemory {
        let mut memory = self.memory.clone();
        memory.idle_ms = self.answered.map(|at| idle_ms(at, self.now)).or(memory.idle_ms);
        memory
    }

    const fn failed(&self, end: AmtEnd, out_of_time: bool) -> AmtError<AmtEnd> {
        AmtError::Failed { end, trouble: self.trouble, contact: self.contact, out_of_time }
    }

    /// Lets the dialog take its turn and does what it wants.
    fn turn(&mut self, now: Instant, last: Last<'_, Amt>, tx: &mut [u8]) -> Demand<D> {
        let taken = take_turn(&mut self.dialog, now, last, self.ends);
        let (turn, most) = taken.map_err(|(end, out_of_time)| self.failed(end, out_of_time))?;
        match turn {
            Turn::Done(output) => Ok(Next::Done(output)),
            Turn::Wait(pause) => {
                self.at = At::Pausing;
                Ok(Next::Wait { until: now.after(pause).min(most), close: !self.open })
            }
            Turn::Ask => {
                let mut call = Call::default();
                self.dialog.ask(&mut call)?;
                self.question = call.question();
                self.tries = Tries::default();
                self.waking = (0, Instant::ZERO);
                self.question_ends = now.part_way(self.ends, self.dialog.share()).min(most);
                self.connect(now, self.drops && !self.dialog.repeatable(), tx)
            }
        }
    }

    fn within(&mut self, now: Instant, limit_ms: u32) -> Instant {
        self.deadline = now.after_millis(limit_ms.into()).min(self.question_ends);
        self.deadline
    }

    /// Whether the device may be asleep, as far as we know.
    fn may_sleep(&self, now: Instant) -> bool {
        let interval = self.device.awake_interval_ms;
        interval > 0 && self.answered.is_none_or(|at| idle_ms(at, now) > interval)
    }

    /// On to the question, over a connection that stands or a new one.
    fn connect(&mut self, now: Instant, fresh: bool, tx: &mut [u8]) -> Demand<D> {
        if self.open && !fresh {
            return self.send(now, tx);
        }
        // A connection that is not known to be idle is not used again; what an earlier conversation has left is.
        let fresh = fresh || self.contact || self.tries.left;
        (self.open, self.used) = (false, false);
        self.at = At::Opening;
        let limit = if self.may_sleep(now) { self.limits.waking_try_ms } else { self.limits.connect_ms };
        Ok(Next::Open { fresh, deadline: self.within(now, limit) })
    }

    fn send(&mut self, now: Instant, tx: &mut [u8]) -> Demand<D> {
        let Some(question) = self.question else { return Err(AmtError::OutOfTurn) };
        self.at = At::Sending;
        self.message_id = self.message_id.wrapping_add(1);
        self.memory.count_up();
        self.tries.warm |= self.tries.challenges == 0 && self.memory.challenge.is_some();
        let len = wire::request(&self.device, &self.memory, &self.seed, question, self.message_id, tx)?;
        self.open = false;
        self.reader = ResponseReader::new(LIMITS);
        Ok(Next::Send { len, deadline: self.within(now, self.limits.answer_ms) })
    }

    /// The connection could not be opened.
    fn not_opened(&mut self, now: Instant, trouble: AmtTrouble, tx: &mut [u8]) -> Demand<D> {
        self.trouble = Some(trouble);
        let worth_waiting = match trouble {
            AmtTrouble::Closed(cause) => {
                matches!(cause, Cause::Refused | Cause::Reset | Cause::Unreachable | Cause::Ended | Cause::Other)
            }
            _ => true,
        };
        if worth_waiting && self.may_sleep(now) {
            let (pauses, until) = match self.waking {
                (0, _) => (0, now.after_millis(self.limits.waking_ms.into())),
                waking => waking,
            };
            // 1, 2, 4, 4, … seconds.
            let next = now.after_millis(1000_u64.wrapping_shl(pauses.min(2).into()));
            if next < until.min(self.question_ends) {
                self.waking = (pauses.saturating_add(1), until);
                self.at = At::Waking;
                return Ok(Next::Wait { until: next, close: true });
            }
        }
        self.unanswered(now, tx)
    }

    /// The connection is gone before an answer was whole.
    fn lost(&mut self, now: Instant, trouble: AmtTrouble, sent: bool, tx: &mut [u8]) -> Demand<D> {
        let kept = self.used;
        (self.open, self.used) = (false, false);
        if self.is_turned_away() {
            return self.refused(now, Refusal::Unauthorized, AmtTrouble::Status(401), tx);
        }
        self.trouble = Some(trouble);
        let closed = matches!(trouble, AmtTrouble::Closed(_));
        self.drops |= closed && kept;
        if closed && kept && !self.tries.repeated && (self.dialog.repeatable() || !sent) && now < self.question_ends {
            self.tries.repeated = true;
            self.tries.left |= sent;
            return self.connect(now, true, tx);
        }
        self.tries.left |= sent;
        self.unanswered(now, tx)
    }

    /// The question stays without an answer. Where only a person can mend that, it is over, whatever else the dialog would do:
    /// another try meets the same certificate.
    fn unanswered(&mut self, now: Instant, tx: &mut [u8]) -> Demand<D> {
        let lost = Last::Lost { sent: self.tries.left };
        match self.trouble {
            Some(AmtTrouble::Closed(cause)) if cause.is_final() => {
                let turn = self.dialog.turn(now, lost).map_err(|end| self.failed(end, false))?;
                let over = match turn {
                    Turn::Done(output) => Ok(output),
                    Turn::Ask | Turn::Wait(_) => self.dialog.give_up(),
                };
                over.map(Next::Done).map_err(|end| self.failed(end, false))
            }
            _ => self.turn(now, lost, tx),
        }
    }

    /// Whether what came of an answer says that the login was wrong: its head is enough, and another try might lock the account.
    fn is_turned_away(&mut self) -> bool {
        let turned_away = self.reader.status() == Some(401);
        if turned_away {
            self.memory.challenge = None;
        }
        turned_away && self.tries.challenges > 0
    }

    fn refused(&mut self, now: Instant, why: Refusal, trouble: AmtTrouble, tx: &mut [u8]) -> Demand<D> {
        self.trouble = Some(trouble);
        self.turn(now, Last::Refused(why), tx)
    }

    /// A whole answer.
    fn answer(&mut self, now: Instant, response: &Response<'_>, tx: &mut [u8]) -> Demand<D> {
        self.contact = true;
        self.answered = Some(now);
        self.used = true;
        self.open = response.keeps;
        match response.status {
            401 => return self.challenged(now, response, tx),
            403 => return self.refused(now, Refusal::AccessDenied, AmtTrouble::Status(403), tx),
            503 => return self.busy(now, AmtTrouble::Status(503), tx),
            _ => {}
        }
        let Some(question) = self.question else { return Err(AmtError::OutOfTurn) };
        match Answer::read(question, response.status, response.body) {
            Ok(answer) => {
                self.trouble = None;
                self.turn(now, Last::Answer(answer), tx)
            }
            Err((Refusal::Busy, trouble)) => self.busy(now, trouble, tx),
            Err((why, trouble)) => self.refused(now, why, trouble, tx),
        }
    }

    /// The device wants to know who asks.
    fn challenged(&mut self, now: Instant, response: &Response<'_>, tx: &mut [u8]) -> Demand<D> {
        let challenge = match Challenge::choose(response.fields.all("WWW-Authenticate")) {
            Ok(challenge) => challenge,
            Err(error) => return self.refused(now, Refusal::Unauthorized, AmtTrouble::Challenge(error), tx),
        };
        // A nonce of before may be old without the device saying so. One that was fresh may be refused once if it says so. Two answers
        // are the most: what the device says may be wrong, and an account be locked.
        let most = if challenge.stale && !self.tries.warm { 2 } else { 1 };
        if self.tries.challenges >= most {
            self.memory.challenge = None;
            return self.refused(now, Refusal::Unauthorized, AmtTrouble::Status(401), tx);
        }
        self.tries.challenges = self.tries.challenges.saturating_add(1);
        self.memory.learn(challenge);
        self.connect(now, false, tx)
    }

    /// It did nothing and asks for patience.
    fn busy(&mut self, now: Instant, trouble: AmtTrouble, tx: &mut [u8]) -> Demand<D> {
        self.trouble = Some(trouble);
        let pause = 1_u64.checked_shl(self.tries.busy.into()).unwrap_or(1);
        let until = now.after(Duration::from_secs(pause));
        if self.tries.busy >= BUSY_REPEATS || until >= self.question_ends {
            return self.turn(now, Last::Refused(Refusal::Busy), tx);
        }
        self.tries.busy = self.tries.busy.saturating_add(1);
        self.at = At::Busy;
        Ok(Next::Wait { until, close: !self.open })
    }

    /// What the unread bytes say, and how many of them are used up. With `ended` no more will come, and why.
    fn take(
        &mut self,
        now: Instant,
        rx: &mut [u8],
        ended: Option<Cause>,
        used: &mut usize,
        tx: &mut [u8],
    ) -> Demand<D> {
        let shown = rx.len();
        match (self.reader.read(rx, ended.is_some()), ended) {
            (Ok(Progress::Whole { message: mut response, .. }), _) => {
                response.keeps &= ended.is_none();
                // Whatever is behind the answer is nothing that was asked for: it goes with it.
                *used = shown;
                self.answer(now, &response, tx)
            }
            (Err(error), _) if ended.is_none() || shown > 0 => {
                (self.open, self.used) = (false, false);
                // Whatever it was, somebody was there.
                self.contact = true;
                *used = shown;
                let why = if self.is_turned_away() { Refusal::Unauthorized } else { Refusal::Unreadable };
                self.refused(now, why, AmtTrouble::Http(error), tx)
            }
            // An interim answer was the last thing that came, or nothing at all.
            (_, Some(cause)) => self.lost(now, AmtTrouble::Closed(cause), true, tx),
            (progress, None) => {
                if let Ok(Progress::Interim { used: interim }) = progress {
                    *used = interim;
                }
                Ok(Next::Receive { deadline: self.deadline })
            }
        }
    }
}

/// Milliseconds from `at` to `now`.
fn idle_ms(at: Instant, now: Instant) -> u32 {
    u32::try_from(now.as_millis().saturating_sub(at.as_millis())).unwrap_or(u32::MAX)
}

/// What an answer may have: more than any device sends, and less than a host's window of 64 KiB, so that what is longer is told as
/// such. A board's window is smaller.
const LIMITS: http::Limits = http::Limits { head: 8 * 1024, fields: 64, body: 48 * 1024 };

impl<D: Bounded + Dialog<On = Amt, Error = AmtEnd>> Exchange for Engine<D> {
    type Output = D::Output;
    type Error = AmtError<AmtEnd>;

    fn step(&mut self, now: Instant, input: Input<'_>, tx: &mut [u8]) -> Result<Step<D::Output>, Self::Error> {
        self.now = now;
        let mut used = 0;
        let next = match (self.at, input) {
            (At::Beginning, Input::Start) => {
                self.ends = now.after_millis(self.ends.as_millis());
                self.answered = self.memory.idle_ms.map(|idle| now.before_millis(idle.into()));
                self.turn(now, Last::Start, tx)
            }
            (At::Opening, Input::Opened { kept }) => {
                self.used = kept;
                self.send(now, tx)
            }
            (At::Opening, Input::Closed { why, .. }) => self.not_opened(now, AmtTrouble::Closed(why.cause), tx),
            (At::Opening, Input::TimedOut) => self.not_opened(now, AmtTrouble::Silence, tx),
            (At::Sending, Input::Sent) => {
                self.at = At::Receiving;
                Ok(Next::Receive { deadline: self.deadline })
            }
            (At::Sending, Input::Closed { why: Why { cause, sent }, .. }) => {
                self.lost(now, AmtTrouble::Closed(cause), sent, tx)
            }
            (At::Receiving, Input::Received(rx)) => self.take(now, rx, None, &mut used, tx),
            // An answer may end with its connection.
            (At::Receiving, Input::Closed { why, unread }) => {
                let next = self.take(now, unread, Some(why.cause), &mut used, tx);
                used = 0;
                next
            }
            (At::Sending | At::Receiving, Input::TimedOut) => self.lost(now, AmtTrouble::Silence, true, tx),
            (At::Pausing, Input::TimedOut) => self.turn(now, Last::Waited, tx),
            (At::Waking, Input::TimedOut) => self.connect(now, true, tx),
            (At::Busy, Input::TimedOut) => self.connect(now, false, tx),
            _ => Err(AmtError::OutOfTurn),
        }?;
        Ok(Step::using(used, next))
    }
}
