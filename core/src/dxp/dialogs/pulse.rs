//! Puts a relay into a state for a while (Pulse Relay; drivers.md: staging-iboot, last point). A pulse is not idempotent:
//! it is repeated only when it certainly never reached the device.
//!
#![doc = include_str!("pulse.md")]

use super::{Asked, Dxp, Question, Retry, Tries, seen};
use crate::buffer::Full;
use crate::dialog::{Bounded, Dialog, Last, Turn};
use crate::dxp::{Failure, Reading, RelayChange};
use crate::time::{Instant, Share};

/// Pulses a relay once and reads it back.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pulse {
    change: RelayChange,
    width_seconds: u16,
    at: At,
    tries: Tries,
    /// What was read last.
    seen: Reading,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum At {
    Pulse,
    /// Reading after the device has said yes.
    LookDone,
    /// Reading after it has said no.
    LookRefused,
    /// Reading after it has said nothing.
    LookLost,
}

impl Pulse {
    /// Puts a relay into the state `change` for `width_seconds`.
    #[must_use]
    pub const fn new(change: RelayChange, width_seconds: u16, retry: Retry) -> Self {
        Self { change, width_seconds, at: At::Pulse, tries: Tries::new(retry), seen: Reading::NotRead }
    }

    fn look(&mut self, at: At) -> Turn<Reading> {
        self.at = at;
        self.tries.reset();
        Turn::Ask
    }
}

impl Dialog for Pulse {
    type On = Dxp;
    /// What the relay was right after.
    type Output = Reading;
    type Error = Failure;

    fn turn(&mut self, _: Instant, last: Last<'_, Dxp>) -> Result<Turn<Reading>, Failure> {
        match (self.at, last) {
            (_, Last::Start | Last::Waited) => Ok(Turn::Ask),
            (At::Pulse, Last::Answer(_)) => Ok(self.look(At::LookDone)),
            (At::Pulse, Last::Refused(_)) => Ok(self.look(At::LookRefused)),
            (At::Pulse, Last::Lost { sent: true }) => Ok(self.look(At::LookLost)),
            (At::Pulse, Last::Lost { sent: false }) => self.tries.again().ok_or(Failure::NoContact),
            (_, last) => {
                let seen = seen(&last, self.change.relay);
                if seen != Reading::NotRead {
                    self.seen = seen;
                }
                if seen.is_on().is_none()
                    && let Some(pause) = self.tries.again()
                {
                    return Ok(pause);
                }
                self.give_up().map(Turn::Done)
            }
        }
    }

    fn ask(&self, writer: &mut Asked) -> Result<(), Full> {
        writer.put(match self.at {
            At::Pulse => Question::Pulse(self.change, self.width_seconds),
            At::LookDone | At::LookRefused | At::LookLost => Question::Read(self.change.relay),
        })
    }

    fn repeatable(&self) -> bool {
        self.at != At::Pulse
    }

    fn share(&self) -> Share {
        match self.at {
            At::Pulse => Share::Half,
            At::LookDone | At::LookRefused | At::LookLost => Share::All,
        }
    }

    fn doing(&self) -> &'static str {
        match self.at {
            At::Pulse => "pulsing the relay",
            At::LookDone => "reading the relay",
            At::LookRefused => "it refused: reading the relay",
            At::LookLost => "it did not answer: reading the relay",
        }
    }
}

impl Bounded for Pulse {
    fn give_up(&self) -> Result<Reading, Failure> {
        match self.at {
            At::Pulse => Err(Failure::NoContact),
            At::LookDone => Ok(self.seen),
            At::LookRefused => Err(Failure::Refused),
            At::LookLost => Err(Failure::Unanswered { relay: self.change.relay, seen: self.seen }),
        }
    }
}
