//! Reads the power state: Get Chassis Status (IPMI 2.0, section 28.2; drivers.md, ipmi).

use super::{Said, ask_power, failure, power_on};
use crate::buffer::Full;
use crate::dialog::{Bounded, Dialog, Last, Turn};
use crate::ipmi::{Ipmi, IpmiFailure, Query, RequestWriter};
use crate::time::Instant;

/// Reads once: the engine has asked as often as is of use.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ReadPower;

impl Dialog for ReadPower {
    type On = Ipmi;
    /// Whether the power is on.
    type Output = bool;
    type Error = IpmiFailure;

    fn turn(&mut self, _: Instant, last: Last<'_, Ipmi>) -> Said<bool> {
        match (power_on(&last), last) {
            (Some(on), _) => Ok(Turn::Done(on)),
            (None, Last::Start | Last::Waited) => Ok(Turn::Ask),
            (None, last) => Err(failure(Query::ChassisStatus, &last)),
        }
    }

    fn ask(&self, writer: &mut RequestWriter<'_>) -> Result<(), Full> {
        ask_power(writer)
    }

    fn repeatable(&self) -> bool {
        true
    }

    fn doing(&self) -> &'static str {
        "reading the power state"
    }
}

impl Bounded for ReadPower {
    fn give_up(&self) -> Result<bool, IpmiFailure> {
        Err(IpmiFailure::NoContact)
    }
}
