//! Get IPS_PowerManagementService: whether a machine in Modern Standby saves power though its PowerState says on. Intel AMT SDK,
//! "OS Power Saving State"; DSP0226, section 7.

use super::{Class, get, numbers};
use crate::amt::Answer;
use crate::input::ParseError;
use crate::wsman::{Envelope, Request, namespace};

const CLASS: Class = (namespace::IPS, "IPS_PowerManagementService");

pub(super) const GET: Request<'static> = get(CLASS);

/// The property is absent when the machine is off.
pub(super) fn read(envelope: &mut Envelope<'_>) -> Result<Answer, ParseError> {
    let [state, _] = numbers(envelope, CLASS, CLASS.1, ["OSPowerSavingState", ""])?;
    Ok(Answer::PowerSaving(state))
}
