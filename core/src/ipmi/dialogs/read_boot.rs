//! Reads what the next start is from: Get System Boot Options, parameter 5 (IPMI 2.0, section 28.13).

use super::{Said, failure};
use crate::buffer::Full;
use crate::dialog::{Bounded, Dialog, Last, Turn};
use crate::ipmi::command::{BootFlags, BootOptions, BootParameter, GetBootOptions};
use crate::ipmi::{BootSetting, Ipmi, IpmiFailure, Query, RequestWriter};
use crate::time::Instant;

/// Reads the boot flags.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ReadBoot;

/// The boot flags in an answer; those that are marked invalid do not count, whatever they say.
pub(super) fn flags(last: &Last<'_, Ipmi>) -> Option<BootFlags> {
    let Last::Answer(data) = last else { return None };
    match BootOptions::parse(data).ok()? {
        BootOptions { invalid, parameter: BootParameter::Flags(flags) } => {
            Some(BootFlags { valid: flags.valid && !invalid, ..flags })
        }
        _ => None,
    }
}

/// Asks for the boot flags.
pub(super) fn ask_flags(writer: &mut RequestWriter<'_>) -> Result<(), Full> {
    writer.head(GetBootOptions::NETFN, GetBootOptions::COMMAND, None);
    writer.emit(|w| GetBootOptions::new(BootParameter::FLAGS).emit(w))
}

impl Dialog for ReadBoot {
    type On = Ipmi;
    type Output = BootSetting;
    type Error = IpmiFailure;

    fn turn(&mut self, _: Instant, last: Last<'_, Ipmi>) -> Said<BootSetting> {
        match (flags(&last), last) {
            (Some(flags), _) => Ok(Turn::Done(flags.into())),
            (None, Last::Start | Last::Waited) => Ok(Turn::Ask),
            (None, last) => Err(failure(Query::GetBootOptions, &last)),
        }
    }

    fn ask(&self, writer: &mut RequestWriter<'_>) -> Result<(), Full> {
        ask_flags(writer)
    }

    fn repeatable(&self) -> bool {
        true
    }

    fn doing(&self) -> &'static str {
        "reading the boot options"
    }
}

impl Bounded for ReadBoot {
    fn give_up(&self) -> Result<BootSetting, IpmiFailure> {
        Err(IpmiFailure::NoContact)
    }
}
