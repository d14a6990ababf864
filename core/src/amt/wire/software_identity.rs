//! Get CIM_SoftwareIdentity of AMT itself: its version. Intel AMT SDK, "Get Core Version".
//! DSP0226, section 7.

use super::{Class, get_one, properties};
use crate::amt::{Answer, Version};
use crate::input::ParseError;
use crate::wsman::{Envelope, Request, namespace};

const CLASS: Class = (namespace::CIM, "CIM_SoftwareIdentity");

pub(super) const GET: Request<'static> = get_one(CLASS, &[("InstanceID", "AMT")]);

pub(super) fn read(envelope: &mut Envelope<'_>) -> Result<Answer, ParseError> {
    let missing = envelope.unexpected();
    let mut version = None;
    properties(envelope, CLASS, &mut |name, text| {
        if name == "VersionString" {
            version = text.trim(&mut [0; 24]).and_then(Version::of);
            return version.is_some();
        }
        true
    })?;
    version.map(Answer::Version).ok_or(missing)
}
