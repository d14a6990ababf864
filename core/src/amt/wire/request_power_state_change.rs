//! CIM_PowerManagementService.RequestPowerStateChange. DSP1027, section 8.1; Intel AMT SDK, "Change System Power State".
//!
//! ```text
//! <p:RequestPowerStateChange_INPUT>
//!  <p:PowerState>2</p:PowerState>
//!  <p:ManagedElement> reference to CIM_ComputerSystem, Name=ManagedSystem </p:ManagedElement>     in this order
//! ```

use super::{Class, invoke, return_value};
use crate::amt::{Answer, PowerCode};
use crate::input::ParseError;
use crate::wsman::xml::Writer;
use crate::wsman::{Envelope, P, Request, namespace, reference};

const CLASS: Class = (namespace::CIM, "CIM_PowerManagementService");

pub(super) const INVOKE: Request<'static> =
    invoke(CLASS, "RequestPowerStateChange", &[("Name", "Intel(r) AMT Power Management Service")]);

pub(super) fn emit(code: PowerCode, w: &mut Writer<'_, '_, '_>) {
    w.start(P, "RequestPowerStateChange_INPUT");
    w.class(P, CLASS);
    w.start(P, "PowerState");
    w.number(code.number());
    w.end();
    w.start(P, "ManagedElement");
    // The machine; AMT itself would be `Intel(r) AMT`.
    reference(w, (namespace::CIM, "CIM_ComputerSystem"), &[("Name", "ManagedSystem")]);
    w.end();
    w.end();
}

pub(super) fn read(envelope: &mut Envelope<'_>) -> Result<Answer, ParseError> {
    return_value(envelope, CLASS, "RequestPowerStateChange_OUTPUT")
}
