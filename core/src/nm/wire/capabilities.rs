//! Get Capabilities (C9h), to Node Manager, and its answer. Node Manager 3.0, section 2.
//!
//! ```text
//!  request: domain | trigger 3:0, policy type 6:4 (1 = power), secondary side 7
//!           0        1
//!  answer:  policies | MAX limit 2 | MIN limit 2 | min, max correction time, ms 4 + 4 | min, max period, s 2 + 2 | domain, side 7
//!           0          1             3             5                                    13                         17
//! ```

use super::{domain, power_domain, power_domain_bit, u32_le};
use crate::buffer::TxWriter;
use crate::input::{Bytes, ParseErrorKind, Parsed, array, u16_le};
use crate::nm::names::PolicyTrigger;
use crate::nm::policy::{Capabilities, CapabilitiesOf};
use crate::nm::request::Request;
use crate::nm::response::Response;

pub(super) const COMMAND: u8 = 0xC9;
const POWER_POLICY: u8 = 0x10;
const POLICY_TYPE: u8 = 0x70;

pub(super) fn request(input: Bytes<'_>) -> Parsed<'_, Request> {
    let (which, domain) = domain(input)?;
    let (rest, [byte]) = array(which)?;
    if byte & POLICY_TYPE != POWER_POLICY {
        return Err(which.error(ParseErrorKind::BadValue));
    }
    let of = CapabilitiesOf { domain, trigger: PolicyTrigger::of(byte & 0x0F), power_domain: power_domain(byte) };
    Ok((rest, Request::GetCapabilities(of)))
}

pub(super) fn emit(of: CapabilitiesOf, w: &mut TxWriter<'_>) {
    let which = of.trigger.number() & 0x0F | POWER_POLICY | power_domain_bit(of.power_domain);
    w.add(&[of.domain.number(), which]);
}

pub(super) fn response(of: CapabilitiesOf, input: Bytes<'_>) -> Parsed<'_, Response> {
    let (rest, [max_policies]) = array(input)?;
    let (rest, max_limit) = u16_le(rest)?;
    let (rest, min_limit) = u16_le(rest)?;
    let (rest, min_correction_time_ms) = u32_le(rest)?;
    let (rest, max_correction_time_ms) = u32_le(rest)?;
    let (rest, min_reporting_period_seconds) = u16_le(rest)?;
    let (rest, max_reporting_period_seconds) = u16_le(rest)?;
    let (rest, [side]) = array(rest)?;
    let capabilities = Capabilities {
        of,
        max_policies,
        max_limit,
        min_limit,
        min_correction_time_ms,
        max_correction_time_ms,
        min_reporting_period_seconds,
        max_reporting_period_seconds,
        limits: power_domain(side),
    };
    Ok((rest, Response::Capabilities(capabilities)))
}

pub(super) fn emit_response(capabilities: &Capabilities, w: &mut TxWriter<'_>) {
    w.add(&[capabilities.max_policies]);
    w.add(&capabilities.max_limit.to_le_bytes());
    w.add(&capabilities.min_limit.to_le_bytes());
    w.add(&capabilities.min_correction_time_ms.to_le_bytes());
    w.add(&capabilities.max_correction_time_ms.to_le_bytes());
    w.add(&capabilities.min_reporting_period_seconds.to_le_bytes());
    w.add(&capabilities.max_reporting_period_seconds.to_le_bytes());
    w.add(&[capabilities.of.domain.number() & 0x0F | power_domain_bit(capabilities.limits)]);
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;
    use crate::nm::names::{Domain, PowerDomain};

    #[test]
    fn of_the_specification() {
        let of = CapabilitiesOf {
            domain: Domain::Platform,
            trigger: PolicyTrigger::None,
            power_domain: PowerDomain::Primary,
        };
        check::request(Request::GetCapabilities(of), &[0, 0x10]);
        let capabilities = Capabilities {
            of,
            max_policies: 16,
            max_limit: 800,
            min_limit: 120,
            min_correction_time_ms: 6000,
            max_correction_time_ms: 600_000,
            min_reporting_period_seconds: 1,
            max_reporting_period_seconds: 3600,
            limits: PowerDomain::Primary,
        };
        let bytes = [
            0x10, 0x20, 0x03, 0x78, 0x00, 0x70, 0x17, 0x00, 0x00, 0xC0, 0x27, 0x09, 0x00, 0x01, 0x00, 0x10, 0x0E, 0x00,
        ];
        assert_eq!(bytes.len(), Response::LEN);
        check::response(Request::GetCapabilities(of), Response::Capabilities(capabilities), &bytes);
    }

    #[test]
    fn every_bit() {
        let of = CapabilitiesOf {
            domain: Domain::Memory,
            trigger: PolicyTrigger::Unknown(7),
            power_domain: PowerDomain::Secondary,
        };
        check::request(Request::GetCapabilities(of), &[2, 0x97]);
        let error = Request::parse(COMMAND, &[2, 0x07]).unwrap_err();
        assert_eq!((error.at, error.kind), (1, ParseErrorKind::BadValue), "policies of no power");
        let side = Response::parse(&Request::GetCapabilities(of), &[0x80; 18]);
        assert!(matches!(side, Ok(Response::Capabilities(it)) if it.limits == PowerDomain::Secondary && it.of == of));
    }
}
