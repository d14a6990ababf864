//! The operations on a BMC, each a table of questions and answers. What may be repeated, how often, and what is read in between is
//! decided here and nowhere else (drivers.md, ipmi).

mod raw;
mod read_boot;
mod read_power;
mod set_boot;
mod set_power;
mod task;

pub use raw::Raw;
pub use read_boot::ReadBoot;
pub use read_power::ReadPower;
pub use set_boot::SetBoot;
pub use set_power::{Goal, SetPower};
pub use task::{IpmiTask, IpmiTaskDone};

use crate::buffer::Full;
use crate::dialog::{Last, Turn};
use crate::ipmi::command::{ChassisStatus, GetChassisStatus};
use crate::ipmi::{Ipmi, IpmiFailure, Query, RequestWriter};

/// What a dialog on IPMI answers to its engine.
type Said<T> = Result<Turn<T>, IpmiFailure>;

/// What stands behind an answer that did not come, or that is no use.
const fn failure(what: Query, last: &Last<'_, Ipmi>) -> IpmiFailure {
    match last {
        Last::Refused(refusal) => IpmiFailure::Refused { what, refusal: *refusal },
        Last::Lost { .. } | Last::Start | Last::Waited => IpmiFailure::NoContact,
        Last::Answer(_) => IpmiFailure::BadAnswer(what),
    }
}

/// Whether the power is on, when that was asked and answered.
fn power_on(last: &Last<'_, Ipmi>) -> Option<bool> {
    let Last::Answer(data) = last else { return None };
    ChassisStatus::parse(data).ok().map(|status| status.power_on)
}

/// Asks whether the power is on.
const fn ask_power(writer: &mut RequestWriter<'_>) -> Result<(), Full> {
    writer.head(GetChassisStatus::NETFN, GetChassisStatus::COMMAND, None);
    Ok(())
}
