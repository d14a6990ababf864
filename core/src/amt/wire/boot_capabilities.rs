//! Get AMT_BootCapabilities: what the machine can be started from. Intel AMT SDK, "Get Boot Capabilities".
//! DSP0226, section 7.

use super::{Class, get, properties};
use crate::amt::{Answer, BootCapabilities, BootSource};
use crate::input::ParseError;
use crate::wsman::{Envelope, Request, namespace};

const CLASS: Class = (namespace::AMT, "AMT_BootCapabilities");

pub(super) const GET: Request<'static> = get(CLASS);

pub(super) fn read(envelope: &mut Envelope<'_>) -> Result<Answer, ParseError> {
    let mut capabilities = BootCapabilities::default();
    properties(envelope, CLASS, &mut |name, text| {
        let Some(source) = BootSource::ALL.into_iter().find(|source| source.capability() == name) else { return true };
        let has = text.boolean();
        if let Some(has) = has {
            capabilities.note(source, has);
        }
        has.is_some()
    })?;
    Ok(Answer::BootCapabilities(capabilities))
}
