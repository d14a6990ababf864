//! The runner for any `embedded-nal` stack: no standard library, no heap, no threads.
//!
//! It blocks its caller: a relay that runs several operations at once uses another runner. What it lacks, a clock and
//! something to do while nothing happens, comes from a [`Board`].

mod stream;
mod udp;

use core::net::SocketAddr;

use rackhand_core::exchange::{Cause, Exchange, Next};
use rackhand_core::time::Instant;

pub use stream::Tcp;
pub use udp::Udp;

use crate::drive::{Drive, Kind, RunError};

/// What a stack does not have.
pub trait Board {
    /// The present moment.
    fn now(&mut self) -> Instant;

    /// Nothing can be done until something arrives or `until` has come: sleep, feed a watchdog, poll the stack. May return
    /// early.
    fn idle(&mut self, until: Instant);
}

/// A link over some stack: what the runner needs of it. Every call returns at once.
pub trait Link {
    /// Whether it carries a stream or datagrams.
    const KIND: Kind;

    /// Goes on opening; true when it is open.
    ///
    /// # Errors
    /// Why it cannot be opened.
    fn open(&mut self, to: SocketAddr) -> Result<bool, Cause>;

    /// Whether it is open.
    fn is_open(&self) -> bool;

    /// Hands over some of `bytes`; 0 when the stack has no room.
    ///
    /// # Errors
    /// Why it failed.
    fn send(&mut self, bytes: &[u8]) -> Result<usize, Cause>;

    /// Takes what has arrived; none when nothing has.
    ///
    /// # Errors
    /// Why it failed, the end of a stream included.
    fn receive(&mut self, room: &mut [u8]) -> Result<Option<usize>, Cause>;

    /// Closes it, open or half open.
    fn close(&mut self);
}

/// Runs `exchange` over `link` to `to`.
///
/// # Errors
/// [`RunError`]: the exchange failed, or `window` is too short.
pub fn run<E: Exchange>(
    exchange: E,
    link: &mut impl Link,
    to: SocketAddr,
    board: &mut impl Board,
    tx: &mut [u8],
    window: &mut [u8],
) -> Result<E::Output, RunError<E::Error>> {
    let mut drive = Drive::new(exchange, kind(link), tx, window);
    let result = turn(&mut drive, link, to, board);
    link.close();
    result
}

const fn kind<L: Link>(_: &L) -> Kind {
    L::KIND
}

fn turn<E: Exchange>(
    drive: &mut Drive<'_, E>,
    link: &mut impl Link,
    to: SocketAddr,
    board: &mut impl Board,
) -> Result<E::Output, RunError<E::Error>> {
    let mut next = drive.start(board.now())?;
    // Bytes of the present send that were handed over.
    let mut sent = 0_usize;
    // Whether any byte of the last send may have left.
    let mut left = false;
    loop {
        let now = board.now();
        next = match next {
            Next::Done(output) => return Ok(output),
            Next::Wait { until, close } if now < until => {
                if close {
                    link.close();
                }
                board.idle(until);
                continue;
            }
            Next::Wait { .. } => drive.timed_out(now)?,
            Next::Open { deadline, .. } | Next::Send { deadline, .. } if now >= deadline => {
                link.close();
                sent = 0;
                drive.timed_out(now)?
            }
            Next::Receive { deadline } if now >= deadline => drive.timed_out(now)?,
            Next::Open { fresh, deadline } => {
                if fresh {
                    link.close();
                } else if link.is_open() {
                    next = drive.opened(now, true)?;
                    continue;
                }
                left = false;
                match open(link, to, board, deadline) {
                    Ok(true) => drive.opened(board.now(), false)?,
                    Ok(false) => {
                        link.close();
                        drive.timed_out(board.now())?
                    }
                    Err(cause) => {
                        link.close();
                        drive.closed(board.now(), cause, false)?
                    }
                }
            }
            Next::Send { len, deadline } => {
                let rest = drive.to_send(len).get(sent..).unwrap_or(&[]);
                left &= sent > 0;
                match link.send(rest) {
                    Ok(count) if count >= rest.len() => {
                        (sent, left) = (0, true);
                        drive.sent(board.now())?
                    }
                    Ok(count) => {
                        sent = sent.saturating_add(count);
                        left |= count > 0;
                        if count == 0 {
                            board.idle(deadline);
                        }
                        continue;
                    }
                    Err(cause) => {
                        sent = 0;
                        link.close();
                        drive.closed(board.now(), cause, left)?
                    }
                }
            }
            Next::Receive { .. } if drive.has_unread() => drive.received(now, 0)?,
            Next::Receive { deadline } => match link.receive(drive.room()) {
                Ok(Some(read)) => drive.received(board.now(), read)?,
                Ok(None) => {
                    board.idle(deadline);
                    continue;
                }
                Err(cause) => {
                    link.close();
                    drive.closed(board.now(), cause, left)?
                }
            },
        };
    }
}

/// Opens the link; false when it is not open in time.
fn open(link: &mut impl Link, to: SocketAddr, board: &mut impl Board, deadline: Instant) -> Result<bool, Cause> {
    while !link.open(to)? {
        if board.now() >= deadline {
            return Ok(false);
        }
        board.idle(deadline);
    }
    Ok(true)
}
