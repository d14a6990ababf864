//! Any operation on AMT (drivers.md, staging-amt).

use super::{Describe, Disarm, Powered, ReadPower, Said, SetPower};
use crate::amt::{Amt, AmtEnd, AmtInfo, Call, PowerStatus};
use crate::buffer::Full;
use crate::dialog::{Bounded, Dialog, Last};
use crate::time::{Instant, Share};

/// One of the operations on AMT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AmtTask {
    /// See [`Describe`].
    Describe(Describe),
    /// See [`Disarm`].
    Disarm(Disarm),
    /// See [`ReadPower`].
    ReadPower(ReadPower),
    /// See [`SetPower`].
    SetPower(SetPower),
}

/// How an operation on AMT ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmtTaskDone {
    /// What the device says about itself.
    Described(AmtInfo),
    /// Nothing is armed.
    Disarmed,
    /// The goal was reached.
    Powered(Powered),
    /// The power status.
    Read(PowerStatus),
}

/// The same call of whichever dialog it is.
macro_rules! each {
    ($task:expr, $it:ident => $call:expr) => {
        match $task {
            AmtTask::Describe($it) => $call,
            AmtTask::Disarm($it) => $call,
            AmtTask::ReadPower($it) => $call,
            AmtTask::SetPower($it) => $call,
        }
    };
}

impl Dialog for AmtTask {
    type On = Amt;
    type Output = AmtTaskDone;
    type Error = AmtEnd;

    fn turn(&mut self, now: Instant, last: Last<'_, Amt>) -> Said<AmtTaskDone> {
        match self {
            Self::Describe(it) => it.turn(now, last).map(|turn| turn.map(AmtTaskDone::Described)),
            Self::Disarm(it) => it.turn(now, last).map(|turn| turn.map(|()| AmtTaskDone::Disarmed)),
            Self::ReadPower(it) => it.turn(now, last).map(|turn| turn.map(AmtTaskDone::Read)),
            Self::SetPower(it) => it.turn(now, last).map(|turn| turn.map(AmtTaskDone::Powered)),
        }
    }

    fn ask(&self, writer: &mut Call) -> Result<(), Full> {
        each!(self, it => it.ask(writer))
    }

    fn repeatable(&self) -> bool {
        each!(self, it => it.repeatable())
    }

    fn share(&self) -> Share {
        each!(self, it => it.share())
    }

    fn doing(&self) -> &'static str {
        each!(self, it => it.doing())
    }
}

impl Bounded for AmtTask {
    fn reserve_ms(&self) -> u32 {
        each!(self, it => it.reserve_ms())
    }

    fn hurry(&mut self) -> bool {
        each!(self, it => it.hurry())
    }

    fn give_up(&self) -> Result<AmtTaskDone, AmtEnd> {
        match self {
            Self::Describe(it) => it.give_up().map(AmtTaskDone::Described),
            Self::Disarm(it) => it.give_up().map(|()| AmtTaskDone::Disarmed),
            Self::ReadPower(it) => it.give_up().map(AmtTaskDone::Read),
            Self::SetPower(it) => it.give_up().map(AmtTaskDone::Powered),
        }
    }
}
