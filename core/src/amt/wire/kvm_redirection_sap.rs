//! Get CIM_KVMRedirectionSAP: whether somebody looks at the machine's screen. Intel AMT SDK, "Get KVM Redirection State".
//! DSP0226, section 7.

use super::{Class, get_one, numbers};
use crate::amt::{Answer, Kvm};
use crate::input::ParseError;
use crate::wsman::{Envelope, Request, namespace};

const CLASS: Class = (namespace::CIM, "CIM_KVMRedirectionSAP");

pub(super) const GET: Request<'static> = get_one(CLASS, &[("Name", "KVM Redirection Service Access Point")]);

pub(super) fn read(envelope: &mut Envelope<'_>) -> Result<Answer, ParseError> {
    let missing = envelope.unexpected();
    let [enabled_state, _] = numbers(envelope, CLASS, CLASS.1, ["EnabledState", ""])?;
    enabled_state.map(|enabled_state| Answer::Kvm(Kvm { enabled_state })).ok_or(missing)
}
