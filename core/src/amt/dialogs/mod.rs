//! The operations on AMT, each a table of questions and answers. What may be repeated, how often, what is armed and disarmed
//! when is decided here and nowhere else (drivers.md, staging-amt).

mod describe;
mod disarm;
mod read_power;
mod set_power;
mod task;

use core::time::Duration;

pub use describe::Describe;
pub use disarm::Disarm;
pub use read_power::ReadPower;
pub use set_power::{Goal, Powered, SetPower};
pub use task::{AmtTask, AmtTaskDone};

use crate::amt::{Amt, AmtEnd, AmtFailure, Refusal};
use crate::dialog::{Last, Turn};

/// From one look at the power state to the next.
const POLL: Duration = Duration::from_secs(2);

/// What a dialog on AMT answers to its engine.
type Said<T> = Result<Turn<T>, AmtEnd>;

/// What stands behind an answer that did not come, or that is no use.
const fn failure(last: &Last<'_, Amt>) -> AmtFailure {
    match last {
        Last::Refused(Refusal::AccessDenied) => AmtFailure::AccessDenied,
        Last::Refused(Refusal::Unauthorized) => AmtFailure::Unauthorized,
        Last::Refused(Refusal::Busy) => AmtFailure::Busy,
        Last::Lost { .. } | Last::Start | Last::Waited => AmtFailure::NoContact,
        Last::Answer(_) | Last::Refused(Refusal::Fault | Refusal::NotThere | Refusal::Unreadable) => {
            AmtFailure::BadAnswer
        }
    }
}

/// Whether asking again, whatever it is, can only do harm.
const fn is_final(failure: AmtFailure) -> bool {
    matches!(failure, AmtFailure::AccessDenied | AmtFailure::Unauthorized)
}
