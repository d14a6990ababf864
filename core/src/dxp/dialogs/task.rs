//! Any operation on an iBoot (drivers.md: staging-iboot).

use super::{Asked, Dxp, Pulse, Read, Reboot, Switch};
use crate::buffer::Full;
use crate::dialog::{Bounded, Dialog, Last, Turn};
use crate::dxp::{Failure, Reading};
use crate::time::{Instant, Share};

/// One of the operations on an iBoot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// See [`Pulse`].
    Pulse(Pulse),
    /// See [`Read`].
    Read(Read),
    /// See [`Reboot`].
    Reboot(Reboot),
    /// See [`Switch`].
    Switch(Switch),
}

/// How an operation on an iBoot ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskDone {
    /// The pulse was accepted; what the relay was right after.
    Pulsed(Reading),
    /// The relay is on, or off.
    Read(bool),
    /// Off was seen, then on.
    Rebooted,
    /// Every relay reads as it shall be.
    Switched,
}

impl Dialog for Task {
    type On = Dxp;
    type Output = TaskDone;
    type Error = Failure;

    fn turn(&mut self, now: Instant, last: Last<'_, Dxp>) -> Result<Turn<TaskDone>, Failure> {
        match self {
            Self::Pulse(it) => it.turn(now, last).map(|turn| turn.map(TaskDone::Pulsed)),
            Self::Read(it) => it.turn(now, last).map(|turn| turn.map(TaskDone::Read)),
            Self::Reboot(it) => it.turn(now, last).map(|turn| turn.map(|()| TaskDone::Rebooted)),
            Self::Switch(it) => it.turn(now, last).map(|turn| turn.map(|()| TaskDone::Switched)),
        }
    }

    fn ask(&self, writer: &mut Asked) -> Result<(), Full> {
        match self {
            Self::Pulse(it) => it.ask(writer),
            Self::Read(it) => it.ask(writer),
            Self::Reboot(it) => it.ask(writer),
            Self::Switch(it) => it.ask(writer),
        }
    }

    fn repeatable(&self) -> bool {
        match self {
            Self::Pulse(it) => it.repeatable(),
            Self::Read(it) => it.repeatable(),
            Self::Reboot(it) => it.repeatable(),
            Self::Switch(it) => it.repeatable(),
        }
    }

    fn share(&self) -> Share {
        match self {
            Self::Pulse(it) => it.share(),
            Self::Read(it) => it.share(),
            Self::Reboot(it) => it.share(),
            Self::Switch(it) => it.share(),
        }
    }

    fn doing(&self) -> &'static str {
        match self {
            Self::Pulse(it) => it.doing(),
            Self::Read(it) => it.doing(),
            Self::Reboot(it) => it.doing(),
            Self::Switch(it) => it.doing(),
        }
    }
}

impl Bounded for Task {
    fn reserve_ms(&self) -> u32 {
        if let Self::Reboot(it) = self { it.reserve_ms() } else { 0 }
    }

    fn hurry(&mut self) -> bool {
        if let Self::Reboot(it) = self { it.hurry() } else { false }
    }

    fn give_up(&self) -> Result<TaskDone, Failure> {
        match self {
            Self::Pulse(it) => it.give_up().map(TaskDone::Pulsed),
            Self::Read(it) => it.give_up().map(TaskDone::Read),
            Self::Reboot(it) => it.give_up().map(|()| TaskDone::Rebooted),
            Self::Switch(it) => it.give_up().map(|()| TaskDone::Switched),
        }
    }
}
