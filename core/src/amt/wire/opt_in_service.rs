//! Get IPS_OptInService: whether somebody at the machine must consent. Intel AMT SDK, "User Consent".
//! DSP0226, section 7.

use super::{Class, get, two_numbers};
use crate::amt::{Answer, OptIn};
use crate::input::ParseError;
use crate::wsman::{Envelope, Request, namespace};

const CLASS: Class = (namespace::IPS, "IPS_OptInService");

pub(super) const GET: Request<'static> = get(CLASS);

pub(super) fn read(envelope: &mut Envelope<'_>) -> Result<Answer, ParseError> {
    let (required, state) = two_numbers(envelope, CLASS, ["OptInRequired", "OptInState"])?;
    Ok(Answer::OptIn(OptIn { required, state }))
}
