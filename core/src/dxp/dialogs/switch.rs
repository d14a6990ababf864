//! Switches relays one by one and reads them back (Change Relay, Get Relays; drivers.md: staging-iboot, "On and off").
//!
#![doc = include_str!("switch.md")]

use super::{Asked, Dxp, Question, Retry, Tries, may_have_acted, seen};
use crate::buffer::Full;
use crate::dialog::{Dialog, Last, Turn};
use crate::dxp::{Failure, RelayChange, RelayChanges, RelayId};
use crate::time::{Instant, Share};

/// Switches relays and reads them back until all are as they shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switch {
    changes: RelayChanges,
    /// Which of the changes is being made.
    next: usize,
    at: At,
    tries: Tries,
    /// The device may have switched something.
    touched: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Change,
    Read,
}

impl Switch {
    /// Makes `changes` in their order; each failed try is repeated.
    #[must_use]
    pub const fn new(changes: RelayChanges, retry: Retry) -> Self {
        Self { changes, next: 0, at: At::Change, tries: Tries::new(retry), touched: false }
    }

    fn change(&self) -> RelayChange {
        let first = RelayChange { relay: RelayId::FIRST, on: false };
        self.changes.as_slice().get(self.next).copied().unwrap_or(first)
    }

    /// The first relay that is not as it shall be, and what was seen of it.
    fn wrong(&self, last: &Last<'_, Dxp>) -> Option<Failure> {
        self.changes.as_slice().iter().find_map(|change| match seen(last, change.relay) {
            Some(on) if on == change.on => None,
            seen => Some(Failure::NotReached { relay: change.relay, wanted: change.on, seen }),
        })
    }

    fn read_back(&mut self) -> Turn<()> {
        self.at = At::Read;
        self.tries.reset();
        Turn::Ask
    }
}

impl Dialog for Switch {
    type On = Dxp;
    type Output = ();
    type Error = Failure;

    fn turn(&mut self, _: Instant, last: Last<'_, Dxp>) -> Result<Turn<()>, Failure> {
        if self.at == At::Change {
            self.touched |= may_have_acted(&last);
        }
        match (self.at, last) {
            (_, Last::Start | Last::Waited) => Ok(Turn::Ask),
            (At::Change, Last::Answer(_)) => {
                self.next = self.next.saturating_add(1);
                if self.next < self.changes.as_slice().len() {
                    self.tries.reset();
                    Ok(Turn::Ask)
                } else {
                    Ok(self.read_back())
                }
            }
            // After the last try: a device that says no, or nothing, may have switched all the same, so look.
            (At::Change, Last::Refused(_) | Last::Lost { .. }) => match self.tries.again() {
                Some(pause) => Ok(pause),
                None if self.touched => Ok(self.read_back()),
                None => Err(Failure::NoContact),
            },
            (At::Read, last) => match self.wrong(&last) {
                None => Ok(Turn::Done(())),
                Some(failure) => self.tries.again().ok_or(failure),
            },
        }
    }

    fn ask(&self, writer: &mut Asked) -> Result<(), Full> {
        writer.put(match self.at {
            At::Change => Question::Change(self.change()),
            At::Read => Question::Read(self.changes.highest()),
        })
    }

    fn repeatable(&self) -> bool {
        true
    }

    fn share(&self) -> Share {
        match self.at {
            At::Change => Share::Half,
            At::Read => Share::All,
        }
    }

    fn doing(&self) -> &'static str {
        match (self.at, self.change().on) {
            (At::Change, true) => "switching the relay on",
            (At::Change, false) => "switching the relay off",
            (At::Read, _) => "reading it back",
        }
    }
}
