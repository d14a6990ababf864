//! Any operation on a BMC (drivers.md, ipmi and staging-nm).

use super::{Raw, ReadBoot, ReadPower, SetBoot, SetPower};
use crate::buffer::Full;
use crate::dialog::{Bounded, Dialog, Last, Turn};
use crate::ipmi::{BootSetting, Ipmi, IpmiFailure, RawAnswer, RequestWriter};
use crate::nm::{Call, Called};
use crate::time::{Instant, Share};

/// One of the operations on a BMC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IpmiTask {
    /// See [`Call`].
    Nm(Call),
    /// See [`Raw`].
    Raw(Raw),
    /// See [`ReadBoot`].
    ReadBoot(ReadBoot),
    /// See [`ReadPower`].
    ReadPower(ReadPower),
    /// See [`SetBoot`].
    SetBoot(SetBoot),
    /// See [`SetPower`].
    SetPower(SetPower),
}

/// How an operation on a BMC ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IpmiTaskDone {
    /// What the next start is from.
    Boot(BootSetting),
    /// What Node Manager answered, and where it is.
    Called(Called),
    /// What was answered.
    Raw(RawAnswer),
    /// The power is on, or off.
    Read(bool),
    /// The goal was reached.
    Reached,
}

/// The same call of whichever dialog it is.
macro_rules! each {
    ($task:expr, $it:ident => $call:expr) => {
        match $task {
            IpmiTask::Nm($it) => $call,
            IpmiTask::Raw($it) => $call,
            IpmiTask::ReadBoot($it) => $call,
            IpmiTask::ReadPower($it) => $call,
            IpmiTask::SetBoot($it) => $call,
            IpmiTask::SetPower($it) => $call,
        }
    };
}

impl Dialog for IpmiTask {
    type On = Ipmi;
    type Output = IpmiTaskDone;
    type Error = IpmiFailure;

    fn turn(&mut self, now: Instant, last: Last<'_, Ipmi>) -> Result<Turn<IpmiTaskDone>, IpmiFailure> {
        match self {
            Self::Nm(it) => {
                it.turn(now, last).map(|turn| turn.map(IpmiTaskDone::Called)).map_err(IpmiFailure::NodeManager)
            }
            Self::Raw(it) => it.turn(now, last).map(|turn| turn.map(IpmiTaskDone::Raw)),
            Self::ReadBoot(it) => it.turn(now, last).map(|turn| turn.map(IpmiTaskDone::Boot)),
            Self::ReadPower(it) => it.turn(now, last).map(|turn| turn.map(IpmiTaskDone::Read)),
            Self::SetBoot(it) => it.turn(now, last).map(|turn| turn.map(IpmiTaskDone::Boot)),
            Self::SetPower(it) => it.turn(now, last).map(|turn| turn.map(|()| IpmiTaskDone::Reached)),
        }
    }

    fn ask(&self, writer: &mut RequestWriter<'_>) -> Result<(), Full> {
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

impl Bounded for IpmiTask {
    fn reserve_ms(&self) -> u32 {
        each!(self, it => it.reserve_ms())
    }

    fn hurry(&mut self) -> bool {
        each!(self, it => it.hurry())
    }

    fn give_up(&self) -> Result<IpmiTaskDone, IpmiFailure> {
        match self {
            Self::Nm(it) => it.give_up().map(IpmiTaskDone::Called).map_err(IpmiFailure::NodeManager),
            Self::Raw(it) => it.give_up().map(IpmiTaskDone::Raw),
            Self::ReadBoot(it) => it.give_up().map(IpmiTaskDone::Boot),
            Self::ReadPower(it) => it.give_up().map(IpmiTaskDone::Read),
            Self::SetBoot(it) => it.give_up().map(IpmiTaskDone::Boot),
            Self::SetPower(it) => it.give_up().map(|()| IpmiTaskDone::Reached),
        }
    }
}
