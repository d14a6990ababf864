//! An operation as one table of questions and answers.
//!
//! A [`Dialog`] knows no bytes on the wire, no session and no resend: that is the engine's part (an
//! [`Exchange`](crate::exchange::Exchange), one a protocol). It is small and finite, so that a plain test explores it
//! exhaustively (DESIGN, core rule 9).

use core::time::Duration;

use crate::buffer::Full;
use crate::time::{Instant, Share};

/// What questions and answers look like in a protocol.
pub trait Protocol {
    /// An answer, as the dialog sees it.
    type View<'a>;
    /// How a device says no: a status byte, a completion code, a fault.
    type Code: Copy;
    /// Where a question is put.
    type Writer<'w>;
}

/// Where a dialog puts a question that is a value: the engine of its protocol makes bytes of it.
#[derive(Clone, Copy, Debug)]
pub struct Slot<Q>(Option<Q>);

impl<Q> Default for Slot<Q> {
    fn default() -> Self {
        Self(None)
    }
}

impl<Q: Copy> Slot<Q> {
    /// Puts the question; the last one counts.
    ///
    /// # Errors
    /// Never: there is always room for one.
    pub const fn put(&mut self, question: Q) -> Result<(), Full> {
        self.0 = Some(question);
        Ok(())
    }

    /// The question that was put.
    #[must_use]
    pub const fn question(self) -> Option<Q> {
        self.0
    }
}

/// What has become of the last turn.
pub enum Last<'a, P: Protocol> {
    /// The first turn: there was none.
    Start,
    /// The device has answered.
    Answer(P::View<'a>),
    /// The device has answered no.
    Refused(P::Code),
    /// No answer came, for good: the engine has done what it may to get one.
    Lost {
        /// Whether the device may have seen the question.
        sent: bool,
    },
    /// The wait is over.
    Waited,
}

/// What a dialog wants.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn<T> {
    /// Put the question that [`Dialog::ask`] writes.
    Ask,
    /// Wait, then give [`Last::Waited`].
    Wait(Duration),
    /// The operation is over.
    Done(T),
}

/// One operation on one device.
pub trait Dialog {
    /// The protocol that its questions are put in.
    type On: Protocol;
    /// What the operation yields.
    type Output;
    /// Why it failed.
    type Error;

    /// Takes what has become of the last turn and says what to do next.
    ///
    /// # Errors
    /// The operation has failed and is over.
    fn turn(&mut self, now: Instant, last: Last<'_, Self::On>) -> Result<Turn<Self::Output>, Self::Error>;

    /// Writes the present question. Pure: it is called again for a resend or a new connection.
    ///
    /// # Errors
    /// [`Full`] when the writer has no room.
    fn ask(&self, writer: &mut <Self::On as Protocol>::Writer<'_>) -> Result<(), Full>;

    /// Whether the engine may repeat the present question when its answer is lost: it changes nothing, or changing
    /// twice is the same as changing once.
    fn repeatable(&self) -> bool;

    /// How much of the time that is left for the whole operation the present question may use up. A question that
    /// changes something leaves enough to look afterwards.
    fn share(&self) -> Share {
        Share::All
    }

    /// What the present turn is for, in words for a person: a progress line, a state diagram.
    fn doing(&self) -> &'static str;
}

/// A dialog whose time may run out at any moment.
pub trait Bounded: Dialog {
    /// How much time the present turn must leave to those after it, in milliseconds.
    fn reserve_ms(&self) -> u32 {
        0
    }

    /// Only the reserve is left: goes on to what it was kept for. False when there is no such thing.
    fn hurry(&mut self) -> bool {
        false
    }

    /// No time is left: how things stand.
    ///
    /// # Errors
    /// What was to be reached is not, or nobody has seen that it is.
    fn give_up(&self) -> Result<Self::Output, Self::Error>;
}

/// What a dialog wants and until when, or why its operation has failed and whether because its time is over.
#[cfg(any(feature = "amt", feature = "dxp", feature = "ipmi"))]
type Taken<D> = Result<(Turn<<D as Dialog>::Output>, Instant), (<D as Dialog>::Error, bool)>;

/// Lets `dialog` take its turn; what it wants, and until when it may go on with that. All of it ends at `ends`.
///
/// # Errors
/// The operation has failed; whether because its time is over.
#[cfg(any(feature = "amt", feature = "dxp", feature = "ipmi"))]
#[cfg_attr(target_pointer_width = "32", inline(never))]
pub(crate) fn take_turn<D: Bounded>(dialog: &mut D, now: Instant, last: Last<'_, D::On>, ends: Instant) -> Taken<D> {
    let keeping_reserve = |dialog: &D| ends.before_millis(dialog.reserve_ms().into());
    let mut turn = dialog.turn(now, last).map_err(|why| (why, false))?;
    let mut most = keeping_reserve(dialog);
    // What the reserve was kept for is worth more than another try of what has had its time.
    if now >= most && !matches!(turn, Turn::Done(_)) && dialog.hurry() {
        turn = Turn::Ask;
        most = keeping_reserve(dialog);
    }
    if now >= most && !matches!(turn, Turn::Done(_)) {
        turn = dialog.give_up().map(Turn::Done).map_err(|why| (why, true))?;
    }
    Ok((turn, most))
}

impl<T> Turn<T> {
    /// The same wish with another kind of result.
    #[cfg(any(feature = "amt", feature = "dxp", feature = "ipmi"))]
    pub(crate) fn map<U>(self, done: impl FnOnce(T) -> U) -> Turn<U> {
        match self {
            Self::Ask => Turn::Ask,
            Self::Wait(pause) => Turn::Wait(pause),
            Self::Done(output) => Turn::Done(done(output)),
        }
    }
}
