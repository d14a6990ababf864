//! Get AMT_SetupAndConfigurationService: how AMT was set up. Intel AMT SDK, "Setup and Configuration".
//! DSP0226, section 7.

use super::{Class, get, two_numbers};
use crate::amt::{Answer, Provisioning};
use crate::input::ParseError;
use crate::wsman::{Envelope, Request, namespace};

const CLASS: Class = (namespace::AMT, "AMT_SetupAndConfigurationService");

pub(super) const GET: Request<'static> = get(CLASS);

pub(super) fn read(envelope: &mut Envelope<'_>) -> Result<Answer, ParseError> {
    let (mode, state) = two_numbers(envelope, CLASS, ["ProvisioningMode", "ProvisioningState"])?;
    Ok(Answer::Provisioning(Provisioning { mode, state }))
}
