//! CIM_BootConfigSetting.ChangeBootOrder: what an armed start is from. DSP1012, section 8.2; Intel AMT SDK, "Set or Disable Boot
//! Configuration Settings for Next Boot".

use super::{Class, invoke, return_value};
use crate::amt::{Answer, BootSource};
use crate::input::ParseError;
use crate::wsman::xml::Writer;
use crate::wsman::{Envelope, P, Request, namespace, reference};

const CLASS: Class = (namespace::CIM, "CIM_BootConfigSetting");

pub(super) const INVOKE: Request<'static> =
    invoke(CLASS, "ChangeBootOrder", &[("InstanceID", "Intel(r) AMT: Boot Configuration 0")]);

/// No source at all clears the order.
pub(super) fn emit(source: Option<BootSource>, w: &mut Writer<'_, '_, '_>) {
    w.start(P, "ChangeBootOrder_INPUT");
    w.class(P, CLASS);
    if let Some(instance) = source.and_then(BootSource::instance_id) {
        w.start(P, "Source");
        reference(w, (namespace::CIM, "CIM_BootSourceSetting"), &[("InstanceID", instance)]);
        w.end();
    }
    w.end();
}

pub(super) fn read(envelope: &mut Envelope<'_>) -> Result<Answer, ParseError> {
    return_value(envelope, CLASS, "ChangeBootOrder_OUTPUT")
}
