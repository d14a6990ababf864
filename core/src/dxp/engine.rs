//! The engine of DxP: connection, hello, sequence numbers, answers that come in pieces or too late. Chapter "DxP
//! Protocol", section "Session".
//!
//! DxP's answers carry no number: a byte that comes late, or that should not have come, is taken for the next answer. So
//! changes that follow each other share a connection, as long as nothing stray was seen on it, but every read gets a
//! connection of its own: what is said about a relay never rests on a byte that belonged to something else. A change that
//! finds the connection closed by a device that serves one request a connection is put once more on a new one, if the
//! dialog says that it may be repeated.

use core::time::Duration;

use crate::buffer::{Full, TxWriter};
use crate::dialog::{Bounded, Dialog, Last, Turn, take_turn};
use crate::dxp::dialogs::{Answer, Asked, Dxp, Question};
use crate::dxp::wire::{ChangeRelay, Command, Credentials, GetRelays, Hello, HelloAnswer, PulseRelay, Request, Status};
use crate::dxp::{Dialect, Failure, Fault, RelayChange, RelayId, Stage, Trouble};
use crate::exchange::{Exchange, Input, Next, Step};
use crate::time::{Instant, Share};

/// How long to wait for a byte more than a device of a known number of relays should send: silence shows that they were all.
const SURPLUS: Duration = Duration::from_millis(200);

/// How long the engine waits for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For a connection.
    pub connect: Duration,
    /// For the answer to hello and to a request, each.
    pub answer: Duration,
}

impl Default for Limits {
    /// 5 s to connect; 10 s for an answer, as python-iboot waits.
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), answer: Duration::from_secs(10) }
    }
}

/// Why a conversation with an iBoot failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DxpError<E> {
    /// The operation failed.
    Failed {
        /// What the operation says.
        why: E,
        /// What went wrong with the last try that failed.
        fault: Option<Fault>,
        /// The device has answered at least once, as DxP wants.
        contact: bool,
        /// It failed because its time was over.
        out_of_time: bool,
    },
    /// The buffer to send from is shorter than [`TX_LEN`](crate::dxp::TX_LEN).
    Full(Full),
    /// The runner gave an input that does not belong to the demand.
    OutOfTurn,
}

impl<E> From<Full> for DxpError<E> {
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
    SayingHello,
    Hello,
    Asking,
    Answer,
    /// A byte more than the answer should have.
    Surplus,
    /// The answer once more: no other byte came, and this time it counts.
    Counted,
    /// A pause that the dialog wants.
    Pausing,
}

/// Puts a dialog's questions to a device that speaks DxP.
#[derive(Clone, Debug)]
pub struct Engine<D> {
    dialog: D,
    credentials: Credentials,
    dialect: Dialect,
    /// The device has exactly so many relays, as somebody knows.
    relay_count: Option<RelayId>,
    limits: Limits,
    at: At,
    /// The number of the device's last answer, while a session is there.
    session: Option<u16>,
    /// The present question was put on a connection that an earlier one had used.
    reused: bool,
    /// The device has answered at least once.
    contact: bool,
    /// The present question may have reached the device, on this connection or on one before.
    left: bool,
    question: Option<Question>,
    fault: Option<Fault>,
    /// Of the present phase, the present question, the whole operation.
    deadline: Instant,
    question_ends: Instant,
    ends: Instant,
}

/// How a [`Dialog`] on [`Dxp`] fails.
type Error<D> = DxpError<<D as Dialog>::Error>;
type Demand<D> = Result<Next<<D as Dialog>::Output>, Error<D>>;

impl<D: Bounded + Dialog<On = Dxp, Error = Failure>> Engine<D> {
    /// Runs `dialog` within `timeout`.
    #[must_use]
    pub const fn new(
        dialog: D,
        credentials: Credentials,
        dialect: Dialect,
        relay_count: Option<RelayId>,
        limits: Limits,
        timeout: Duration,
    ) -> Self {
        Self {
            dialog,
            credentials,
            dialect,
            relay_count,
            limits,
            at: At::Beginning,
            session: None,
            reused: false,
            contact: false,
            left: false,
            question: None,
            fault: None,
            deadline: Instant::ZERO,
            question_ends: Instant::ZERO,
            // Until the first step this is the time that there is, counted from zero.
            ends: Instant::ZERO.after(timeout),
        }
    }

    /// What the present turn of the dialog is for.
    #[must_use]
    pub fn doing(&self) -> &'static str {
        self.dialog.doing()
    }

    const fn failed(&self, why: Failure, out_of_time: bool) -> Error<D> {
        DxpError::Failed { why, fault: self.fault, contact: self.contact, out_of_time }
    }

    fn within(&mut self, now: Instant, limit: Duration) -> Instant {
        self.deadline = now.after(limit).min(self.question_ends);
        self.deadline
    }

    /// Lets the dialog take its turn and does what it wants.
    fn turn(&mut self, now: Instant, last: Last<'_, Dxp>, tx: &mut [u8]) -> Demand<D> {
        let taken = take_turn(&mut self.dialog, now, last, self.ends);
        let (turn, mut most) = taken.map_err(|(why, out_of_time)| self.failed(why, out_of_time))?;
        match turn {
            Turn::Done(output) => Ok(Next::Done(output)),
            Turn::Wait(pause) => {
                self.at = At::Pausing;
                // A pause leaves time for what comes after it.
                if most == self.ends {
                    most = now.part_way(most, Share::ThreeQuarters);
                }
                Ok(Next::Wait { until: now.after(pause).min(most), close: self.session.is_none() })
            }
            Turn::Ask => {
                let mut asked = Asked::default();
                self.dialog.ask(&mut asked)?;
                self.question = asked.question();
                self.left = false;
                self.question_ends = now.part_way(self.ends, self.dialog.share()).min(most);
                match self.session.filter(|_| self.question.is_some_and(Question::changes)) {
                    Some(sequence) => {
                        self.reused = true;
                        self.request(now, sequence, tx)
                    }
                    None => Ok(self.open(now)),
                }
            }
        }
    }

    fn open<T>(&mut self, now: Instant) -> Next<T> {
        self.at = At::Opening;
        self.session = None;
        self.reused = false;
        Next::Open { fresh: true, deadline: self.within(now, self.limits.connect) }
    }

    fn request(&mut self, now: Instant, sequence: u16, tx: &mut [u8]) -> Demand<D> {
        let Some(question) = self.question else { return Err(DxpError::OutOfTurn) };
        let change = |RelayChange { relay, on }| (self.dialect.relay(relay), self.dialect.state(on));
        let command = match question {
            Question::Read(_) => Command::GetRelays(GetRelays),
            Question::Change(it) => {
                let (relay, state) = change(it);
                Command::ChangeRelay(ChangeRelay { relay, state })
            }
            Question::Pulse(it, width_seconds) => {
                let (relay, state) = change(it);
                Command::PulseRelay(PulseRelay { relay, state, width_seconds })
            }
        };
        let sequence = sequence.wrapping_add(1);
        let mut writer = TxWriter::new(tx);
        Request::put(&self.credentials, sequence, command, &mut writer)?;
        self.at = At::Asking;
        Ok(Next::Send { len: writer.len(), deadline: self.within(now, self.limits.answer) })
    }

    /// The present try is lost.
    fn lost(&mut self, now: Instant, trouble: Trouble, sent: bool, tx: &mut [u8]) -> Demand<D> {
        let stage = match self.at {
            At::Beginning | At::Opening | At::Pausing => Stage::Connect,
            At::SayingHello | At::Hello => Stage::Hello,
            At::Asking | At::Answer | At::Surplus | At::Counted => Stage::Request,
        };
        // Until a request is on its way, whatever was sent has not changed anything.
        let sent = sent && stage == Stage::Request;
        self.left |= sent;
        self.session = None;
        let closed = matches!(trouble, Trouble::Closed(_));
        if closed && self.reused && (self.dialog.repeatable() || !sent) && now < self.question_ends {
            return Ok(self.open(now));
        }
        self.fault = Some(Fault { stage, trouble });
        self.turn(now, Last::Lost { sent: self.left }, tx)
    }

    /// What the unread bytes say in answer to hello: nothing yet, or what to do next.
    fn take_hello(&mut self, now: Instant, rx: &[u8], tx: &mut [u8]) -> Option<Demand<D>> {
        let (answer, more) = HelloAnswer::parse(rx).ok()?;
        Some(if more.is_empty() {
            self.contact = true;
            self.session = Some(answer.sequence);
            self.request(now, answer.sequence, tx)
        } else {
            self.lost(now, Trouble::TooMuch, false, tx)
        })
    }

    /// What the unread bytes say in answer to the request: nothing yet, or what to do next.
    fn take_answer(&mut self, now: Instant, rx: &[u8], tx: &mut [u8]) -> Option<Demand<D>> {
        if let Some(Question::Read(highest)) = self.question {
            let count = self.relay_count.map_or(highest.get(), RelayId::get);
            let relays = rx.get(..usize::from(count))?;
            if self.relay_count.is_some() && rx.len() > relays.len() {
                return Some(self.lost(now, Trouble::TooMuch, true, tx));
            }
            if self.relay_count.is_some() && self.at == At::Answer {
                // As many as there should be. Whether they are all shows a moment later; they stay unread until then.
                self.at = At::Surplus;
                self.deadline = self.deadline.min(now.after(SURPLUS));
                return None;
            }
            self.session = None;
            return Some(self.turn(now, Last::Answer(Answer::Relays(relays)), tx));
        }
        let (status, more) = Status::parse(rx).ok()?;
        // Both the request and its answer count.
        self.session = self.session.filter(|_| more.is_empty()).map(|sequence| sequence.wrapping_add(2));
        if status == Status::SUCCESS {
            return Some(self.turn(now, Last::Answer(Answer::Done), tx));
        }
        let Status(code) = status;
        self.fault = Some(Fault { stage: Stage::Request, trouble: Trouble::Refused(code) });
        Some(self.turn(now, Last::Refused(code), tx))
    }

    fn take(&mut self, now: Instant, rx: &[u8], tx: &mut [u8]) -> Option<Demand<D>> {
        match self.at {
            At::Hello => self.take_hello(now, rx, tx),
            At::Answer | At::Surplus | At::Counted => self.take_answer(now, rx, tx),
            At::Beginning | At::Opening | At::SayingHello | At::Asking | At::Pausing => None,
        }
    }

    fn receive<T>(&mut self, at: At) -> Next<T> {
        self.at = at;
        Next::Receive { deadline: self.deadline }
    }
}

impl<D: Bounded + Dialog<On = Dxp, Error = Failure>> Exchange for Engine<D> {
    type Output = D::Output;
    type Error = DxpError<Failure>;

    fn step(&mut self, now: Instant, input: Input<'_>, tx: &mut [u8]) -> Result<Step<D::Output>, Self::Error> {
        let next = match (self.at, input) {
            (At::Beginning, Input::Start) => {
                self.ends = now.after_millis(self.ends.as_millis());
                self.turn(now, Last::Start, tx)?
            }
            (At::Opening, Input::Opened { .. }) => {
                let mut writer = TxWriter::new(tx);
                Hello.emit(&mut writer)?;
                self.at = At::SayingHello;
                Next::Send { len: writer.len(), deadline: self.within(now, self.limits.answer) }
            }
            (At::SayingHello, Input::Sent) => self.receive(At::Hello),
            (At::Asking, Input::Sent) => self.receive(At::Answer),
            (At::Hello | At::Answer | At::Surplus | At::Counted, Input::Received(rx)) => {
                return match self.take(now, rx, tx) {
                    // Whatever is behind the answer is nothing that was asked for: it goes with it.
                    Some(next) => next.map(|next| Step::using(rx.len(), next)),
                    None => Ok(Step::new(Next::Receive { deadline: self.deadline })),
                };
            }
            (At::Pausing, Input::TimedOut) => self.turn(now, Last::Waited, tx)?,
            (At::Surplus, Input::TimedOut) if now < self.question_ends => {
                // What is unread is shown at once, after anything but bytes.
                self.deadline = self.question_ends;
                self.receive(At::Counted)
            }
            (_, Input::TimedOut) => self.lost(now, Trouble::Silence, true, tx)?,
            (At::Beginning | At::Pausing, _) => return Err(DxpError::OutOfTurn),
            (_, Input::Closed { why, unread }) => {
                // An answer that came together with the end of its connection counts; the connection does not.
                let asked = matches!(self.at, At::Answer | At::Surplus | At::Counted);
                let whole = if asked {
                    self.at = At::Counted;
                    self.session = None;
                    self.take_answer(now, unread, tx)
                } else {
                    None
                };
                let sent = why.sent || asked;
                whole.unwrap_or_else(|| self.lost(now, Trouble::Closed(why.cause), sent, tx))?
            }
            (_, Input::Start | Input::Opened { .. } | Input::Sent | Input::Received(_)) => {
                return Err(DxpError::OutOfTurn);
            }
        };
        Ok(Step::new(next))
    }
}
