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

/// What a property is put back as.
fn value(name: &str, settings: BootSettings) -> &'static str {
    match name {
        "BIOSSetup" if settings.bios_setup => "true",
        "BootMediaIndex" | "FirmwareVerbosity" | "IDERBootDevice" | "UefiBootNumberOfParams" => "0",
        "ElementName" => "Intel(r) AMT Boot Configuration Settings",
        "InstanceID" => "Intel(r) AMT:BootSettingData 0",
        "OwningEntity" => "Intel(r) AMT",
        "RSEPassword" | "UefiBootParametersArray" => "",
        _ => "false",
    }
}

pub(super) fn emit(settings: BootSettings, w: &mut Writer<'_, '_, '_>) {
    w.start(P, CLASS.1);
    w.class(P, CLASS);
    for (place, name) in (0..).zip(BootProperties::NAMES) {
        if settings.present.has(place) || settings.bios_setup && *name == "BIOSSetup" {
            w.leaf(P, name, value(name, settings));
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
