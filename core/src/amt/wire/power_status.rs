//! Get CIM_AssociatedPowerManagementService: what the machine's power is, and what can be asked for. DSP1027, section 7.3.
//!
//! ```text
//! <g:CIM_AssociatedPowerManagementService>
//!  <g:AvailableRequestedPowerStates>10</g:AvailableRequestedPowerStates>     as often as there are values
//!  <g:PowerState>2</g:PowerState>
//! ```

use super::{Class, get, number, properties};
use crate::amt::{Answer, PowerCodes, PowerStatus};
use crate::input::ParseError;
use crate::wsman::{Envelope, Request, namespace};

const CLASS: Class = (namespace::CIM, "CIM_AssociatedPowerManagementService");

pub(super) const GET: Request<'static> = get(CLASS);

pub(super) fn read(envelope: &mut Envelope<'_>) -> Result<Answer, ParseError> {
    let missing = envelope.unexpected();
    let mut state = None;
    let mut available = PowerCodes::default();
    properties(envelope, CLASS, &mut |name, text| match name {
        "PowerState" => number(&mut state, text),
        "AvailableRequestedPowerStates" => {
            // An empty one is an empty array.
            let code = text.number();
            if let Some(code) = code {
                available.insert(code);
            }
            code.is_some() || text.is_empty()
        }
        _ => true,
    })?;
    state.map(|state| Answer::Power(PowerStatus { state, available })).ok_or(missing)
}
