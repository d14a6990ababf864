//! What a device is and can do: version, provisioning, power states, boot sources (Intel AMT SDK, "Get System Power State",
//! "Get Setup and Configuration Service", "Boot Capabilities"; DSP1027, section 7.3).

use super::{Said, failure};
use crate::amt::{Amt, AmtEnd, AmtFailure, AmtInfo, Answer, Call, Question, Refusal};
use crate::buffer::Full;
use crate::dialog::{Bounded, Dialog, Last, Turn};
use crate::time::{Instant, Share};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum At {
    Power,
    Version,
    Provisioning,
    Boot,
    Saving,
}

/// Asks one class after the other; a class that the firmware does not have is passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Describe {
    at: At,
    info: AmtInfo,
}

impl Describe {
    /// Begins with the power state.
    #[must_use]
    pub fn new() -> Self {
        Self { at: At::Power, info: AmtInfo::default() }
    }
}

impl Default for Describe {
    fn default() -> Self {
        Self::new()
    }
}

impl Dialog for Describe {
    type On = Amt;
    type Output = AmtInfo;
    type Error = AmtEnd;

    fn turn(&mut self, _: Instant, last: Last<'_, Amt>) -> Said<AmtInfo> {
        match (self.at, last) {
            (_, Last::Start | Last::Waited) => return Ok(Turn::Ask),
            (At::Power, Last::Answer(Answer::Power(status))) => {
                (self.info.power_state, self.info.power_codes) = (status.state, status.available);
            }
            (At::Version, Last::Answer(Answer::Version(version))) => self.info.version = Some(version),
            (At::Provisioning, Last::Answer(Answer::Provisioning(it))) => self.info.provisioning = Some(it),
            (At::Boot, Last::Answer(Answer::BootCapabilities(it))) => self.info.boot = it,
            (At::Saving, Last::Answer(Answer::PowerSaving(it))) => self.info.power_saving = it,
            // Not in this firmware, or not for this user.
            (At::Version | At::Provisioning | At::Boot | At::Saving, Last::Refused(why))
                if why != Refusal::Unauthorized => {}
            (_, last) => return Err(failure(&last).into()),
        }
        self.at = match self.at {
            At::Power => At::Version,
            At::Version => At::Provisioning,
            At::Provisioning => At::Boot,
            At::Boot => At::Saving,
            At::Saving => return Ok(Turn::Done(self.info)),
        };
        Ok(Turn::Ask)
    }

    fn ask(&self, writer: &mut Call) -> Result<(), Full> {
        writer.put(match self.at {
            At::Power => Question::GetPower,
            At::Version => Question::GetVersion,
            At::Provisioning => Question::GetProvisioning,
            At::Boot => Question::GetBootCapabilities,
            At::Saving => Question::GetPowerSaving,
        })
    }

    fn repeatable(&self) -> bool {
        true
    }

    fn share(&self) -> Share {
        Share::Half
    }

    fn doing(&self) -> &'static str {
        match self.at {
            At::Power => "reading the power state",
            At::Version => "reading the version",
            At::Provisioning => "reading how it was set up",
            At::Boot => "reading what it can be started from",
            At::Saving => "reading whether it saves power",
        }
    }
}

impl Bounded for Describe {
    fn give_up(&self) -> Result<AmtInfo, AmtEnd> {
        // The first answer is the one that must be there.
        if self.at == At::Power { Err(AmtFailure::NoContact.into()) } else { Ok(self.info) }
    }
}
