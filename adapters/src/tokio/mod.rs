//! The runner for a host with an operating system.

mod channel;
mod raw;
mod serve;
#[cfg(feature = "tls")]
mod tls;

use rackhand_core::exchange::{Cause, Exchange, Next};
use rackhand_core::time::Instant;
use tokio::time::{Instant as TokioInstant, timeout_at};

pub use channel::Channel;
#[cfg(feature = "tls")]
pub use serve::serve_stream_tls;
pub use serve::{Server, serve_datagrams, serve_frames, serve_stream};
#[cfg(feature = "tls")]
pub use tls::{Identity, IdentityError, fingerprint};

use crate::drive::{Drive, RunError};

/// Milliseconds since the clock was made, as core counts them. Follows tokio's clock, paused or not.
#[derive(Clone, Copy, Debug)]
pub struct Clock(TokioInstant);

impl Clock {
    /// A clock that starts now.
    #[must_use]
    pub fn start() -> Self {
        Self(TokioInstant::now())
    }

    /// The present moment.
    #[must_use]
    pub fn now(self) -> Instant {
        let elapsed = self.0.elapsed().as_millis();
        Instant::from_millis(u64::try_from(elapsed).unwrap_or(u64::MAX))
    }

    /// The moment `at` on tokio's clock.
    #[must_use]
    pub fn at(self, at: Instant) -> TokioInstant {
        // Thirty years stand for any later time: tokio's clock cannot reach the end of core's.
        let since = at.since(Instant::ZERO).min(core::time::Duration::from_secs(30 * 365 * 86_400));
        self.0.checked_add(since).unwrap_or(self.0)
    }
}

/// Runs `exchange` over `channel` to its end, with the caller's buffers. `watch` is shown the exchange after each step, for a
/// progress line.
///
/// # Errors
/// [`RunError`]: the exchange failed, or `window` is too short.
pub async fn run<E: Exchange>(
    exchange: E,
    channel: &mut Channel,
    tx: &mut [u8],
    window: &mut [u8],
    mut watch: impl FnMut(&E),
) -> Result<E::Output, RunError<E::Error>> {
    let clock = Clock::start();
    let mut drive = Drive::new(exchange, channel.kind(), tx, window);
    let mut next = drive.start(clock.now())?;
    loop {
        watch(drive.exchange());
        let deadline = match next {
            Next::Done(output) => return Ok(output),
            Next::Open { deadline, .. } | Next::Send { deadline, .. } | Next::Receive { deadline } => deadline,
            Next::Wait { until, close } => {
                if close {
                    channel.close();
                }
                tokio::time::sleep_until(clock.at(until)).await;
                next = drive.timed_out(clock.now().max(until))?;
                continue;
            }
        };
        let begun = clock.now();
        if begun >= deadline {
            channel.give_up(&next);
            next = drive.timed_out(begun)?;
            continue;
        }
        let until = clock.at(deadline);
        let done = match next {
            Next::Open { fresh, .. } => timeout_at(until, channel.open(fresh)).await,
            Next::Send { len, .. } => {
                timeout_at(until, channel.send(drive.to_send(len))).await.map(|sent| sent.map(|()| 0))
            }
            Next::Receive { .. } if drive.has_unread() => Ok(Ok(0)),
            Next::Receive { .. } | Next::Wait { .. } | Next::Done(_) => {
                timeout_at(until, channel.receive(drive.room())).await
            }
        };
        let now = clock.now();
        next = match (done, &next) {
            (Ok(Ok(kept)), Next::Open { .. }) => drive.opened(now, kept > 0)?,
            (Ok(Ok(_)), Next::Send { .. }) => drive.sent(now)?,
            (Ok(Ok(read)), _) => drive.received(now, read)?,
            (Ok(Err(cause)), _) => {
                channel.close();
                drive.closed(now, cause, channel.anything_left())?
            }
            (Err(_), stuck) => {
                channel.give_up(stuck);
                drive.timed_out(now.max(deadline))?
            }
        };
    }
}

/// What the operating system says, in core's words.
fn cause_of(error: &std::io::Error) -> Cause {
    use std::io::ErrorKind;

    // ENODEV has no kind of its own.
    const NO_SUCH_DEVICE: i32 = 19;
    match error.kind() {
        ErrorKind::ConnectionRefused => Cause::Refused,
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => Cause::Reset,
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => Cause::Unreachable,
        ErrorKind::PermissionDenied => Cause::NotPermitted,
        ErrorKind::UnexpectedEof => Cause::Ended,
        ErrorKind::Unsupported => Cause::Unsupported,
        _ if error.raw_os_error() == Some(NO_SUCH_DEVICE) => Cause::NoInterface,
        _ => Cause::Other,
    }
}
