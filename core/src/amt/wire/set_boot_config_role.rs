//! CIM_BootService.SetBootConfigRole: arms the boot configuration for the next start, or disarms it. DSP1012, section 8.3; Intel
//! AMT SDK, "Set or Disable Boot Configuration Settings for Next Boot".

use super::{Class, invoke, return_value};
use crate::amt::Answer;
use crate::input::ParseError;
use crate::wsman::xml::Writer;
use crate::wsman::{Envelope, P, Request, namespace, reference};

const CLASS: Class = (namespace::CIM, "CIM_BootService");

pub(super) const INVOKE: Request<'static> =
    invoke(CLASS, "SetBootConfigRole", &[("Name", "Intel(r) AMT Boot Service")]);

/// IsNextSingleUse.
const NEXT_SINGLE_USE: u32 = 1;
/// IsNotNext.
const NOT_NEXT: u32 = 32_768;

pub(super) fn emit(armed: bool, w: &mut Writer<'_, '_, '_>) {
    w.start(P, "SetBootConfigRole_INPUT");
    w.class(P, CLASS);
    w.start(P, "BootConfigSetting");
    reference(w, (namespace::CIM, "CIM_BootConfigSetting"), &[("InstanceID", "Intel(r) AMT: Boot Configuration 0")]);
    w.end();
    w.start(P, "Role");
    w.number(if armed { NEXT_SINGLE_USE } else { NOT_NEXT });
    w.end();
    w.end();
}

pub(super) fn read(envelope: &mut Envelope<'_>) -> Result<Answer, ParseError> {
    return_value(envelope, CLASS, "SetBootConfigRole_OUTPUT")
}
