//! Switches relays one by one and reads them back (Change Relay, Get Relays; drivers.md: staging-iboot, "On and off").
//!
#![doc = include_str!("switch.md")]

use core::cmp::Ordering;

use super::{Asked, Dxp, Question, Retry, Tries, reception, seen};
use crate::buffer::Full;
use crate::dialog::{Bounded, Dialog, Last, Turn};
use crate::dxp::{Failure, Reading, Reception, RelayChange, RelayChanges, RelayId};
use crate::time::{Instant, Share};

/// Switches relays and reads them back until all are as they shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switch {
    changes: RelayChanges,
    /// Which of the changes is being made; those before it were accepted.
    next: usize,
    at: At,
    tries: Tries,
    /// What became of its request.
    request: Reception,
    /// The first change that the last read did not show, and what it showed instead.
    wrong: (usize, Reading),
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
        let (tries, request) = (Tries::new(retry), Reception::NeverSent);
        Self { changes, next: 0, at: At::Change, tries, request, wrong: (0, Reading::NotRead) }
    }

    fn change(&self, which: usize) -> RelayChange {
        let first = RelayChange { relay: RelayId::FIRST, on: false };
        self.changes.as_slice().get(which).copied().unwrap_or(first)
    }

    /// The first relay that is not as it shall be, and what was seen of it.
    fn wrong(&self, last: &Last<'_, Dxp>) -> Option<(usize, Reading)> {
        (0..).zip(self.changes.as_slice()).find_map(|(which, change)| {
            let seen = seen(last, change.relay);
            (seen.is_on() != Some(change.on)).then_some((which, seen))
        })
    }

    /// Whether the device may have switched something.
    fn touched(&self) -> bool {
        self.next > 0 || self.request != Reception::NeverSent
    }

    fn failure(&self) -> Failure {
        if !self.touched() {
            return Failure::NoContact;
        }
        let (which, seen) = self.wrong;
        let RelayChange { relay, on: wanted } = self.change(which);
        let request = match which.cmp(&self.next) {
            Ordering::Less => Reception::Accepted,
            Ordering::Equal => self.request,
            Ordering::Greater => Reception::NeverSent,
        };
        let tried = self.next.saturating_add(usize::from(self.request != Reception::NeverSent));
        let untried = self.changes.as_slice().len().saturating_sub(tried);
        // A list has 32 changes at most.
        let untried = u8::try_from(untried).unwrap_or(u8::MAX);
        Failure::NotReached { relay, wanted, request, seen, untried }
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
        if let (At::Change, Some(request)) = (self.at, reception(&last)) {
            self.request = request;
        }
        match (self.at, last) {
            (_, Last::Start | Last::Waited) => Ok(Turn::Ask),
            (At::Change, Last::Answer(_)) => {
                self.next = self.next.saturating_add(1);
                self.request = Reception::NeverSent;
                if self.next < self.changes.as_slice().len() {
                    self.tries.reset();
                    Ok(Turn::Ask)
                } else {
                    Ok(self.read_back())
                }
            }
            // After the last try: a device that says no, or nothing, may have switched all the same, so look. What comes
            // later in the list may build on this change, and is not tried.
            (At::Change, Last::Refused(_) | Last::Lost { .. }) => match self.tries.again() {
                Some(pause) => Ok(pause),
                None if self.touched() => Ok(self.read_back()),
                None => Err(Failure::NoContact),
            },
            (At::Read, last) => match self.wrong(&last) {
                None => Ok(Turn::Done(())),
                Some(wrong) => {
                    // A read that is lost takes nothing away from what the one before has shown.
                    if matches!(last, Last::Answer(_)) {
                        self.wrong = wrong;
                    }
                    self.tries.again().ok_or_else(|| self.failure())
                }
            },
        }
    }

    fn ask(&self, writer: &mut Asked) -> Result<(), Full> {
        writer.put(match self.at {
            At::Change => Question::Change(self.change(self.next)),
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
        match (self.at, self.change(self.next).on) {
            (At::Change, true) => "switching the relay on",
            (At::Change, false) => "switching the relay off",
            (At::Read, _) => "reading it back",
        }
    }
}

impl Bounded for Switch {
    fn give_up(&self) -> Result<(), Failure> {
        Err(self.failure())
    }
}
