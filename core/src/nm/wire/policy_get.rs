//! Get Policy (C2h), to Node Manager, and its answer. Node Manager 3.0, section 2.
//!
//! ```text
//!  request: domain | policy
//!  answer:  domain 3:0 and flags | how | what is done | limit 2 | correction time, ms 4 | trigger limit 2 | period, s 2
//!           0                      1     2              3         5                       9                 11
//!  flags: enabled 4, its domain's are 5, all are 6, made by another manager 7
//!  how and what is done: as in Set Policy, but bit 4 of how: it limits power
//! ```

use super::{bit, domain_nibble, policy_id, policy_set};
use crate::buffer::TxWriter;
use crate::input::{Bytes, Parsed, array};
use crate::nm::policy::{Policy, PolicyId};
use crate::nm::request::Request;
use crate::nm::response::Response;

pub(super) const COMMAND: u8 = 0xC2;
const ENABLED: u8 = 0x10;
const DOMAIN_ENABLED: u8 = 0x20;
const GLOBAL_ENABLED: u8 = 0x40;
const ANOTHERS: u8 = 0x80;
const POWER_POLICY: u8 = 0x10;

pub(super) fn request(input: Bytes<'_>) -> Parsed<'_, Request> {
    let (rest, policy) = policy_id(input)?;
    Ok((rest, Request::GetPolicy(policy)))
}

pub(super) fn response(asked: PolicyId, input: Bytes<'_>) -> Parsed<'_, Response> {
    let (rest, [head]) = array(input)?;
    let id = PolicyId { domain: domain_nibble(head), number: asked.number };
    let (rest, (how, settings)) = policy_set::fields(rest, id, head & ENABLED != 0)?;
    let policy = Policy {
        settings,
        domain_enabled: head & DOMAIN_ENABLED != 0,
        global_enabled: head & GLOBAL_ENABLED != 0,
        created_by_nm: head & ANOTHERS == 0,
        power_policy: how & POWER_POLICY != 0,
    };
    Ok((rest, Response::Policy(policy)))
}

pub(super) fn emit(policy: &Policy, w: &mut TxWriter<'_>) {
    let flags = bit(policy.settings.enabled, ENABLED)
        | bit(policy.domain_enabled, DOMAIN_ENABLED)
        | bit(policy.global_enabled, GLOBAL_ENABLED)
        | bit(!policy.created_by_nm, ANOTHERS);
    w.add(&[policy.settings.id.domain.number() & 0x0F | flags]);
    policy_set::emit_fields(&policy.settings, policy.power_policy, w);
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;
    use crate::nm::names::{Action, CpuPowerCorrection, Domain, PolicyTrigger, PowerDomain, Storage};
    use crate::nm::policy::{PolicySettings, TargetLimit};

    const ID: PolicyId = PolicyId { domain: Domain::Platform, number: 11 };

    #[test]
    fn of_the_specification() {
        check::request(Request::GetPolicy(ID), &[0, 11]);
        let settings = PolicySettings {
            id: ID,
            enabled: true,
            trigger: PolicyTrigger::None,
            cpu_power_correction: CpuPowerCorrection::Auto,
            storage: Storage::Persistent,
            action: Action::Alert,
            power_domain: PowerDomain::Primary,
            target_limit: TargetLimit::Value(200),
            correction_time_ms: 10_000,
            trigger_limit: 0,
            reporting_period_seconds: 60,
        };
        let policy =
            Policy { settings, domain_enabled: true, global_enabled: true, created_by_nm: true, power_policy: true };
        let bytes = [0x70, 0x10, 0x01, 0xC8, 0x00, 0x10, 0x27, 0x00, 0x00, 0x00, 0x00, 0x3C, 0x00];
        check::response(Request::GetPolicy(ID), Response::Policy(policy), &bytes);
    }

    /// What a Wiwynn's has answered.
    #[test]
    fn of_a_machine() {
        let id = PolicyId { domain: Domain::Cpu, number: 3 };
        let settings = PolicySettings {
            id,
            enabled: true,
            trigger: PolicyTrigger::None,
            cpu_power_correction: CpuPowerCorrection::Unagressive,
            storage: Storage::Volatile,
            action: Action::None,
            power_domain: PowerDomain::Primary,
            target_limit: TargetLimit::Value(150),
            correction_time_ms: 1000,
            trigger_limit: 150,
            reporting_period_seconds: 1,
        };
        let policy =
            Policy { settings, domain_enabled: true, global_enabled: true, created_by_nm: true, power_policy: true };
        let bytes = [0x71, 0xB0, 0x00, 0x96, 0x00, 0xE8, 0x03, 0x00, 0x00, 0x96, 0x00, 0x01, 0x00];
        check::response(Request::GetPolicy(id), Response::Policy(policy), &bytes);
    }

    #[test]
    fn another_managers() {
        let mut bytes = [0; 13];
        bytes[0] = 0x84;
        let Ok(Response::Policy(policy)) = Response::parse(&Request::GetPolicy(ID), &bytes) else { panic!() };
        assert_eq!(policy.settings.id, PolicyId { domain: Domain::Io, number: 11 });
        let flags = [policy.created_by_nm, policy.settings.enabled, policy.domain_enabled, policy.global_enabled];
        assert_eq!((flags, policy.power_policy), ([false; 4], false));
        check::response(Request::GetPolicy(ID), Response::Policy(policy), &bytes);
    }
}
