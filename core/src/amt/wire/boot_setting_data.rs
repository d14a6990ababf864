//! Get and Put AMT_BootSettingData: the options that an armed start takes. Intel AMT SDK, "Set or Disable Boot Settings and
//! Options".
//!
//! The Put holds every known property that the Get had, in the same order: every option false, 0 or empty, but for BIOSSetup if
//! that is wanted. What tells who the instance is stays what it is; DSP0226, section 7.

use super::{Class, get, properties};
use crate::amt::{Answer, BootProperties, BootSettings};
use crate::input::ParseError;
use crate::wsman::xml::Writer;
use crate::wsman::{Envelope, Operation, P, Request, namespace};

const CLASS: Class = (namespace::AMT, "AMT_BootSettingData");

pub(super) const GET: Request<'static> = get(CLASS);

pub(super) const PUT: Request<'static> = Request { operation: Operation::Put, ..GET };

pub(super) fn emit(settings: BootSettings, w: &mut Writer<'_, '_, '_>) {
    w.start(P, CLASS.1);
    w.class(P, CLASS);
    for (place, (name, value)) in (0..).zip(BootProperties::ALL) {
        let set_up = settings.bios_setup && *name == "BIOSSetup";
        if set_up || settings.present.has(place) {
            w.leaf(P, name, if set_up { "true" } else { value });
        }
    }
    w.end();
}

pub(super) fn read(envelope: &mut Envelope<'_>) -> Result<Answer, ParseError> {
    let mut present = BootProperties::NONE;
    properties(envelope, CLASS, &mut |name, _| {
        present.note(name);
        true
    })?;
    Ok(Answer::BootSettings(present))
}

/// A Put is answered with the instance, or with nothing.
pub(super) fn read_put(envelope: &mut Envelope<'_>) -> Result<Answer, ParseError> {
    match envelope.content {
        None => envelope.finish()?,
        Some(_) => properties(envelope, CLASS, &mut |_, _| true)?,
    }
    Ok(Answer::Put)
}
