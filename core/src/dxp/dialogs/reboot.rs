//! Switches a relay off and on again, each read back (drivers.md: staging-iboot, "Reboot").
//!
#![doc = include_str!("reboot.md")]

use core::time::Duration;

use super::{Asked, Dxp, Question, Retry, Tries, may_have_acted, seen};
use crate::buffer::Full;
use crate::dialog::{Dialog, Last, Turn};
use crate::dxp::{Failure, RelayChange, RelayId};
use crate::time::{Instant, Share};

/// Off and read back, a delay, on and read back. A relay that never reads off is set on again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reboot {
    relay: RelayId,
    delay: Duration,
    at: At,
    tries: Tries,
    /// The device may have switched the relay off.
    touched: bool,
    /// What the last read of it said.
    seen: Option<bool>,
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
        Self { relay, delay, at: At::Off, tries: Tries::new(retry), touched: false, seen: None }
    }

    fn go(&mut self, at: At) -> Turn<()> {
        self.at = at;
        self.tries.reset();
        Turn::Ask
    }

    fn again_or(&mut self, at: At) -> Turn<()> {
        self.tries.again().unwrap_or_else(|| self.go(at))
    }
}

impl Dialog for Reboot {
    type On = Dxp;
    type Output = ();
    type Error = Failure;

    fn turn(&mut self, _: Instant, last: Last<'_, Dxp>) -> Result<Turn<()>, Failure> {
        let (relay, seen) = (self.relay, seen(&last, self.relay));
        match self.at {
            At::Off => self.touched |= may_have_acted(&last),
            At::ReadOff | At::ReadOn | At::ReadRestored if !matches!(last, Last::Waited) => self.seen = seen,
            _ => {}
        }
        match (self.at, last) {
            (At::Delay, _) => Ok(self.go(At::On)),
            (_, Last::Start | Last::Waited) => Ok(Turn::Ask),
            (At::Off, Last::Answer(_)) => Ok(self.go(At::ReadOff)),
            (At::Off, _) => match self.tries.again() {
                Some(pause) => Ok(pause),
                None if self.touched => Ok(self.go(At::ReadOff)),
                None => Err(Failure::NoContact),
            },
            (At::ReadOff, _) if seen == Some(false) => {
                self.at = At::Delay;
                Ok(Turn::Wait(self.delay))
            }
            (At::ReadOff, _) => Ok(self.again_or(At::Restore)),
            (At::On, Last::Answer(_)) => Ok(self.go(At::ReadOn)),
            (At::On, _) => Ok(self.again_or(At::ReadOn)),
            (At::ReadOn, _) if seen == Some(true) => Ok(Turn::Done(())),
            (At::ReadOn, _) => self.tries.again().ok_or(Failure::NotReached { relay, wanted: true, seen }),
            (At::Restore, Last::Answer(_)) => Ok(self.go(At::ReadRestored)),
            (At::Restore, _) => Ok(self.again_or(At::ReadRestored)),
            (At::ReadRestored, _) if seen == Some(true) => Err(Failure::NeverOff { relay, seen }),
            (At::ReadRestored, _) => self.tries.again().ok_or(Failure::NeverOff { relay, seen }),
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
