//! What every runner does alike: it keeps the window of unread bytes and decides when to show them.

use core::fmt;

use rackhand_core::exchange::{Cause, Exchange, Input, Next, Why};
use rackhand_core::operation::Error;
use rackhand_core::time::Instant;

/// Why a run failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunError<E> {
    /// The exchange failed.
    Exchange(E),
    /// The window is full and the exchange wants more bytes than it holds.
    WindowFull {
        /// Bytes that it holds.
        len: usize,
    },
}

impl<E: fmt::Display> fmt::Display for RunError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exchange(error) => error.fmt(f),
            Self::WindowFull { len } => write!(f, "the device's answer does not fit into {len} bytes"),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> core::error::Error for RunError<E> {}

impl From<RunError<Self>> for Error {
    /// The words of core for what its operations met.
    fn from(error: RunError<Self>) -> Self {
        match error {
            RunError::Exchange(error) => error,
            RunError::WindowFull { len } => {
                Self::BufferTooShort { needed: u32::try_from(len).unwrap_or(u32::MAX).saturating_add(1) }
            }
        }
    }
}

/// Whether a link carries a stream or datagrams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Bytes in order; what was not used up stays.
    Stream,
    /// One message after the other; what was not used up of one is gone with it.
    Datagrams,
}

/// An exchange and its buffers.
#[derive(Debug)]
pub struct Drive<'b, E> {
    exchange: E,
    kind: Kind,
    tx: &'b mut [u8],
    window: &'b mut [u8],
    unread: usize,
    /// The unread bytes were shown and not enough.
    hungry: bool,
}

/// An [`Input`] that does not have the unread bytes yet.
#[derive(Clone, Copy)]
enum What {
    Start,
    Opened { kept: bool },
    Sent,
    Received,
    Closed(Why),
    TimedOut,
}

/// What a runner does next.
pub type Demand<E> = Result<Next<<E as Exchange>::Output>, RunError<<E as Exchange>::Error>>;

impl<'b, E: Exchange> Drive<'b, E> {
    /// Drives `exchange` with a buffer to send from and a window for what arrives.
    pub const fn new(exchange: E, kind: Kind, tx: &'b mut [u8], window: &'b mut [u8]) -> Self {
        Self { exchange, kind, tx, window, unread: 0, hungry: false }
    }

    /// The exchange.
    pub const fn exchange(&self) -> &E {
        &self.exchange
    }

    /// Whether its link carries a stream or datagrams.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The buffer to send from and the window, for the next exchange. Nothing is left in them: passwords were sent from there.
    pub fn into_buffers(self) -> (&'b mut [u8], &'b mut [u8]) {
        self.tx.fill(0);
        self.window.fill(0);
        (self.tx, self.window)
    }

    /// The bytes of a demanded send.
    #[must_use]
    pub fn to_send(&self, len: usize) -> &[u8] {
        self.tx.get(..len).unwrap_or(self.tx)
    }

    /// Where the next bytes are to be put. Empty when the window is full.
    pub fn room(&mut self) -> &mut [u8] {
        self.window.get_mut(self.unread..).unwrap_or(&mut [])
    }

    /// Whether bytes are unread that a demanded receive is to be shown at once.
    #[must_use]
    pub const fn has_unread(&self) -> bool {
        self.unread > 0 && !self.hungry
    }

    /// The first input.
    ///
    /// # Errors
    /// As every input: [`RunError`].
    pub fn start(&mut self, now: Instant) -> Demand<E> {
        self.step(now, What::Start)
    }

    /// The link is open; what was unread belonged to the one before.
    ///
    /// # Errors
    /// [`RunError`].
    pub fn opened(&mut self, now: Instant, kept: bool) -> Demand<E> {
        if !kept {
            self.unread = 0;
        }
        self.step(now, What::Opened { kept })
    }

    /// Everything was sent.
    ///
    /// # Errors
    /// [`RunError`].
    pub fn sent(&mut self, now: Instant) -> Demand<E> {
        self.step(now, What::Sent)
    }

    /// `read` more bytes are in the [`room`](Self::room); 0 shows what is unread.
    ///
    /// # Errors
    /// [`RunError`].
    pub fn received(&mut self, now: Instant, read: usize) -> Demand<E> {
        self.unread = self.unread.saturating_add(read).min(self.window.len());
        let demand = self.step(now, What::Received)?;
        if matches!(demand, Next::Receive { .. }) && self.hungry && self.unread == self.window.len() {
            return Err(RunError::WindowFull { len: self.window.len() });
        }
        Ok(demand)
    }

    /// The link is gone.
    ///
    /// # Errors
    /// [`RunError`].
    pub fn closed(&mut self, now: Instant, cause: Cause, sent: bool) -> Demand<E> {
        let demand = self.step(now, What::Closed(Why { cause, sent }));
        self.unread = 0;
        demand
    }

    /// The deadline has come.
    ///
    /// # Errors
    /// [`RunError`].
    pub fn timed_out(&mut self, now: Instant) -> Demand<E> {
        self.step(now, What::TimedOut)
    }

    fn step(&mut self, now: Instant, what: What) -> Demand<E> {
        let unread = self.window.get_mut(..self.unread).unwrap_or(&mut []);
        let shown = matches!(what, What::Received);
        let input = match what {
            What::Start => Input::Start,
            What::Opened { kept } => Input::Opened { kept },
            What::Sent => Input::Sent,
            What::Received => Input::Received(unread),
            What::Closed(why) => Input::Closed { why, unread },
            What::TimedOut => Input::TimedOut,
        };
        let step = self.exchange.step(now, input, self.tx).map_err(RunError::Exchange)?;
        self.hungry = shown && step.used == 0 && self.kind == Kind::Stream;
        let used = if shown && self.kind == Kind::Datagrams { self.unread } else { step.used.min(self.unread) };
        self.window.copy_within(used..self.unread, 0);
        self.unread = self.unread.saturating_sub(used);
        Ok(step.next)
    }
}

#[cfg(test)]
mod tests {
    use rackhand_core::exchange::Step;

    use super::*;

    /// Wants lines of three bytes and counts how often it is shown something.
    struct Threes {
        shown: usize,
    }

    impl Exchange for Threes {
        type Output = ();
        type Error = ();

        fn step(&mut self, _: Instant, input: Input<'_>, _: &mut [u8]) -> Result<Step<()>, ()> {
            let Input::Received(rx) = input else { return Ok(Step::new(Next::Receive { deadline: Instant::ZERO })) };
            self.shown += 1;
            let used = if rx.len() < 3 { 0 } else { 3 };
            Ok(Step::using(used, Next::Receive { deadline: Instant::ZERO }))
        }
    }

    #[test]
    fn a_stream_keeps_what_was_not_used() {
        let (mut tx, mut window) = ([], [0; 8]);
        let mut drive = Drive::new(Threes { shown: 0 }, Kind::Stream, &mut tx, &mut window);
        let _ = drive.start(Instant::ZERO).unwrap();
        drive.room()[..2].copy_from_slice(b"ab");
        let _ = drive.received(Instant::ZERO, 2).unwrap();
        assert!(!drive.has_unread(), "it was shown these and wants more");
        drive.room()[..5].copy_from_slice(b"cdefg");
        let _ = drive.received(Instant::ZERO, 5).unwrap();
        assert!(drive.has_unread(), "a whole message is left");
        let _ = drive.received(Instant::ZERO, 0).unwrap();
        assert_eq!((drive.exchange().shown, drive.unread, drive.window[0]), (3, 1, b'g'));
        let _ = drive.opened(Instant::ZERO, false).unwrap();
        assert_eq!(drive.unread, 0, "what an old connection brought is no part of the new one");
    }

    #[test]
    fn a_full_window_is_an_error_with_its_size() {
        let (mut tx, mut window) = ([], [0; 2]);
        let mut drive = Drive::new(Threes { shown: 0 }, Kind::Stream, &mut tx, &mut window);
        assert_eq!(drive.received(Instant::ZERO, 2), Err(RunError::WindowFull { len: 2 }));
    }

    #[test]
    fn a_datagram_is_gone_when_it_was_shown() {
        let (mut tx, mut window) = ([], [0; 2]);
        let mut drive = Drive::new(Threes { shown: 0 }, Kind::Datagrams, &mut tx, &mut window);
        let _ = drive.received(Instant::ZERO, 2).unwrap();
        assert_eq!(drive.unread, 0);
    }
}
