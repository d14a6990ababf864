//! The least that two ends can say to each other: a line, and the same line backwards. `openssl s_server -rev` answers so.

use std::time::Duration;

use rackhand_adapters::drive::RunError;
use rackhand_adapters::tokio::{Channel, run};
use rackhand_core::exchange::{Event, Exchange, Input, Next, Reply, Responder, Step, Why};
use rackhand_core::time::Instant;

/// How saying something failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsaid {
    /// The link was closed.
    Closed(Why),
    /// Nothing came in time.
    TimedOut,
}

/// Says `line` and wants it back, backwards.
struct Say<'l> {
    line: &'l str,
    patience: Duration,
    deadline: Instant,
    kept: bool,
}

impl Exchange for Say<'_> {
    /// The answer, and whether the connection was kept from before.
    type Output = (String, bool);
    type Error = Unsaid;

    fn step(&mut self, now: Instant, input: Input<'_>, tx: &mut [u8]) -> Result<Step<Self::Output>, Unsaid> {
        let deadline = self.deadline;
        Ok(match input {
            Input::Start => {
                self.deadline = now.after(self.patience);
                Step::new(Next::Open { fresh: false, deadline: self.deadline })
            }
            Input::Opened { kept } => {
                self.kept = kept;
                let len = self.line.len();
                tx[..len].copy_from_slice(self.line.as_bytes());
                tx[len] = b'\n';
                Step::new(Next::Send { len: len + 1, deadline })
            }
            Input::Sent => Step::new(Next::Receive { deadline }),
            Input::Received(rx) => match rx.iter().position(|byte| *byte == b'\n') {
                Some(end) => {
                    let answer = String::from_utf8_lossy(&rx[..end]).into_owned();
                    Step::using(end + 1, Next::Done((answer, self.kept)))
                }
                None => Step::new(Next::Receive { deadline }),
            },
            Input::Closed { why, .. } => return Err(Unsaid::Closed(why)),
            Input::TimedOut => return Err(Unsaid::TimedOut),
        })
    }
}

/// Says `line` over `channel`; the answer, and whether the connection was one kept from before.
///
/// # Errors
/// [`Unsaid`].
///
/// # Panics
/// The answer is longer than 64 KiB.
pub async fn say(channel: &mut Channel, line: &str, patience: Duration) -> Result<(String, bool), Unsaid> {
    let (mut tx, mut window) = (vec![0; line.len() + 1], vec![0; 64 * 1024]);
    let say = Say { line, patience, deadline: Instant::ZERO, kept: false };
    match run(say, channel, &mut tx, &mut window, |_| {}).await {
        Ok(said) => Ok(said),
        Err(RunError::Exchange(unsaid)) => Err(unsaid),
        Err(RunError::WindowFull { len }) => panic!("an answer of more than {len} bytes"),
    }
}

/// A device that answers each line with the same line backwards, and ends the connection after `bye`.
#[derive(Debug, Default)]
pub struct Mirror {
    /// Connections that there were.
    pub opened: u32,
}

impl Responder<u64> for Mirror {
    fn respond(&mut self, _: Instant, event: Event<'_, u64>, tx: &mut [u8]) -> Reply<u64> {
        match event {
            Event::Opened { .. } => self.opened += 1,
            Event::Received { peer, rx } => {
                let Some(end) = rx.iter().position(|byte| *byte == b'\n') else { return Reply::NOTHING };
                let line = &mut rx[..=end];
                let close = line.starts_with(b"bye").then_some(peer);
                line[..end].reverse();
                tx[..=end].copy_from_slice(line);
                return Reply { used: end + 1, send: Some((peer, end + 1)), close, ..Reply::NOTHING };
            }
            Event::Closed { .. } | Event::Due => {}
        }
        Reply::NOTHING
    }
}
