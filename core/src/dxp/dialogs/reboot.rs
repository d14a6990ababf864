//! Switches a relay off and on again, each read back (drivers.md: staging-iboot, "Reboot"). When time runs short, the on is
//! hurried to from wherever the reboot is, as soon as an off may have been carried out.
//!
#![doc = include_str!("reboot.md")]

use core::time::Duration;

use super::{Asked, Dxp, Question, Retry, Tries, reception, seen};
use crate::buffer::Full;
use crate::dialog::{Bounded, Dialog, Last, Turn};
use crate::dxp::{Failure, Reading, Reception, RelayChange, RelayId};
use crate::time::{Instant, Share};

/// What is kept of the time for setting the relay on again, and for looking. The delay is cut short before this is.
const RESERVE_MS: u32 = 10_000;
/// What there must be at least for switching it off, and for looking.
const OFF_MS: u32 = 5_000;

/// Off and read back, a delay, on and read back. A relay that never reads off is set on again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reboot {
    relay: RelayId,
    delay: Duration,
    at: At,
    tries: Tries,
    /// What became of the request that is being made, or of the last one.
    request: Reception,
    /// What was read last; not read when a request may have switched the relay since.
    seen: Reading,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum At {
    Off,
    ReadOff,
    Delay,
    On,
    ReadOn,
    Restore,
    ReadRestored,
}

impl Reboot {
    /// Reboots what hangs on `relay`; it stays off for `delay`.
    #[must_use]
    pub const fn new(relay: RelayId, delay: Duration, retry: Retry) -> Self {
        let (tries, request) = (Tries::new(retry), Reception::NeverSent);
        Self { relay, delay, at: At::Off, tries, request, seen: Reading::NotRead }
    }

    /// The least time for a whole reboot with this delay, in milliseconds: with less, nobody might be left to set the relay
    /// on again.
    #[must_use]
    pub const fn least_ms(delay_ms: u32) -> u32 {
        delay_ms.saturating_add(OFF_MS + RESERVE_MS)
    }

    fn go(&mut self, at: At) -> Turn<()> {
        self.at = at;
        if matches!(at, At::On | At::Restore) {
            self.request = Reception::NeverSent;
        }
        self.tries.reset();
        Turn::Ask
    }

    fn again_or(&mut self, at: At) -> Turn<()> {
        self.tries.again().unwrap_or_else(|| self.go(at))
    }

    /// Whether the device may have switched the relay off.
    fn touched(&self) -> bool {
        self.at != At::Off || self.request != Reception::NeverSent
    }

    fn failure(&self) -> Failure {
        let Self { relay, at, request, seen, .. } = *self;
        match at {
            At::Off if !self.touched() => Failure::NoContact,
            At::Off | At::ReadOff => Failure::NeverOff { relay, request: Reception::NeverSent, seen },
            At::Restore | At::ReadRestored => Failure::NeverOff { relay, request, seen },
            At::Delay => Failure::NotOnAgain { relay, request: Reception::NeverSent, seen },
            At::On | At::ReadOn => Failure::NotOnAgain { relay, request, seen },
        }
    }
}

impl Dialog for Reboot {
    type On = Dxp;
    type Output = ();
    type Error = Failure;

    fn turn(&mut self, _: Instant, last: Last<'_, Dxp>) -> Result<Turn<()>, Failure> {
        let seen = seen(&last, self.relay);
        match (self.at, reception(&last)) {
            (At::Off | At::On | At::Restore, Some(request)) => (self.request, self.seen) = (request, Reading::NotRead),
            // A read that is lost takes nothing away from what the one before has shown.
            (At::ReadOff | At::ReadOn | At::ReadRestored, _) if seen != Reading::NotRead => self.seen = seen,
            _ => {}
        }
        match (self.at, last) {
            (At::Delay, _) => Ok(self.go(At::On)),
            (_, Last::Start | Last::Waited) => Ok(Turn::Ask),
            (At::Off, Last::Answer(_)) => Ok(self.go(At::ReadOff)),
            (At::Off, _) => match self.tries.again() {
                Some(pause) => Ok(pause),
                None if self.touched() => Ok(self.go(At::ReadOff)),
                None => Err(Failure::NoContact),
            },
            (At::ReadOff, _) if seen == Reading::Off => {
                self.at = At::Delay;
                Ok(Turn::Wait(self.delay))
            }
            (At::ReadOff, _) => Ok(self.again_or(At::Restore)),
            (At::On, Last::Answer(_)) => Ok(self.go(At::ReadOn)),
            (At::On, _) => Ok(self.again_or(At::ReadOn)),
            (At::ReadOn, _) if seen == Reading::On => Ok(Turn::Done(())),
            (At::ReadRestored, _) if seen == Reading::On => Err(self.failure()),
            (At::Restore, Last::Answer(_)) => Ok(self.go(At::ReadRestored)),
            (At::Restore, _) => Ok(self.again_or(At::ReadRestored)),
            (At::ReadOn | At::ReadRestored, _) => self.tries.again().ok_or_else(|| self.failure()),
        }
    }

    fn ask(&self, writer: &mut Asked) -> Result<(), Full> {
        writer.put(match self.at {
            At::Off => Question::Change(RelayChange { relay: self.relay, on: false }),
            At::Delay | At::On | At::Restore => Question::Change(RelayChange { relay: self.relay, on: true }),
            At::ReadOff | At::ReadOn | At::ReadRestored => Question::Read(self.relay),
        })
    }

    fn repeatable(&self) -> bool {
        true
    }

    /// Whatever happens before, time is left to set the relay on again and to look.
    fn share(&self) -> Share {
        match self.at {
            At::Off | At::ReadOff | At::Delay => Share::Quarter,
            At::On | At::Restore => Share::Half,
            At::ReadOn | At::ReadRestored => Share::All,
        }
    }

    fn doing(&self) -> &'static str {
        match self.at {
            At::Off => "switching the relay off",
            At::ReadOff => "reading back that it is off",
            At::Delay => "leaving it off for reboot_delay",
            At::On => "switching the relay on",
            At::ReadOn => "reading back that it is on",
            At::Restore => "it never read off: switching it on again",
            At::ReadRestored => "reading back that it is on again",
        }
    }
}

impl Bounded for Reboot {
    fn reserve_ms(&self) -> u32 {
        match self.at {
            At::Off | At::ReadOff | At::Delay => RESERVE_MS,
            At::On | At::ReadOn | At::Restore | At::ReadRestored => 0,
        }
    }

    fn hurry(&mut self) -> bool {
        let then = match self.at {
            At::Off | At::ReadOff if self.touched() => At::Restore,
            // On too soon is better than never.
            At::Delay => At::On,
            _ => return false,
        };
        matches!(self.go(then), Turn::Ask)
    }

    fn give_up(&self) -> Result<(), Failure> {
        Err(self.failure())
    }
}
