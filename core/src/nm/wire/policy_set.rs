//! Set Policy (C1h), to Node Manager: makes, changes or removes one. Node Manager 3.0, section 2.
//!
//! ```text
//!  request: domain 3:0, enabled 4 | policy | how | what is done | limit 2 | correction time, ms 4 | trigger limit 2 | period, s 2
//!           0                       1        2     3              4         6                       10                12
//!  how: trigger 3:0, set 4 (else remove), aggressive correction 6:5, volatile 7
//!  what is done: alert 0, shut down 1, secondary side 7
//!  limit of a boot policy: performance 0, cores off 7:1
//! ```

use super::{bit, domain_nibble, power_domain, power_domain_bit, u32_le};
use crate::buffer::TxWriter;
use crate::input::{Bytes, Parsed, array, u16_le};
use crate::nm::names::{Action, BootMode, CpuPowerCorrection, PolicyTrigger, Storage};
use crate::nm::policy::{PolicyId, PolicySettings, TargetLimit};
use crate::nm::request::Request;

pub(super) const COMMAND: u8 = 0xC1;
const ENABLED: u8 = 0x10;
/// Make or change it, rather than remove it.
const SET: u8 = 0x10;
const VOLATILE: u8 = 0x80;
/// Bytes of a removal, behind the policy's number.
const NOTHING: [u8; 12] = [0; 12];

pub(super) fn request(input: Bytes<'_>) -> Parsed<'_, Request> {
    let (rest, [head, number]) = array(input)?;
    let id = PolicyId { domain: domain_nibble(head), number };
    let (rest, (how, settings)) = fields(rest, id, head & ENABLED != 0)?;
    let request = if how & SET == 0 {
        Request::RemovePolicy(id)
    } else {
        Request::SetPolicy { settings, least_correction_time: false }
    };
    Ok((rest, request))
}

/// What an answer to Get Policy has as well, from the byte that says how; that byte, too.
pub(super) fn fields(input: Bytes<'_>, id: PolicyId, enabled: bool) -> Parsed<'_, (u8, PolicySettings)> {
    let (rest, [how, done]) = array(input)?;
    let (rest, limit) = u16_le(rest)?;
    let (rest, correction_time_ms) = u32_le(rest)?;
    let (rest, trigger_limit) = u16_le(rest)?;
    let (rest, reporting_period_seconds) = u16_le(rest)?;
    let trigger = PolicyTrigger::of(how & 0x0F);
    let settings = PolicySettings {
        id,
        enabled,
        trigger,
        cpu_power_correction: CpuPowerCorrection::of(how >> 5 & 3),
        storage: if how & VOLATILE == 0 { Storage::Persistent } else { Storage::Volatile },
        action: Action::of(done),
        power_domain: power_domain(done),
        target_limit: target_limit(trigger, limit),
        correction_time_ms,
        trigger_limit,
        reporting_period_seconds,
    };
    Ok((rest, (how, settings)))
}

fn target_limit(trigger: PolicyTrigger, limit: u16) -> TargetLimit {
    if trigger != PolicyTrigger::Boot {
        return TargetLimit::Value(limit);
    }
    let [low, _] = limit.to_le_bytes();
    let mode = if low & 1 == 0 { BootMode::Power } else { BootMode::Performance };
    TargetLimit::Boot { mode, cores_disabled: low >> 1 }
}

pub(super) fn emit(settings: &PolicySettings, w: &mut TxWriter<'_>) {
    w.add(&[settings.id.domain.number() & 0x0F | bit(settings.enabled, ENABLED), settings.id.number]);
    emit_fields(settings, true, w);
}

/// `set`: bit 4 of the byte that says how, which means something else in an answer.
pub(super) fn emit_fields(settings: &PolicySettings, set: bool, w: &mut TxWriter<'_>) {
    let correction = (settings.cpu_power_correction.number() & 3) << 5;
    let volatile = bit(settings.storage == Storage::Volatile, VOLATILE);
    let limit = match settings.target_limit {
        TargetLimit::Value(limit) => limit,
        TargetLimit::Boot { mode, cores_disabled } => {
            u16::from(cores_disabled & 0x7F) << 1 | u16::from(mode == BootMode::Performance)
        }
    };
    w.add(&[
        settings.trigger.number() & 0x0F | bit(set, SET) | correction | volatile,
        settings.action.bits() | power_domain_bit(settings.power_domain),
    ]);
    w.add(&limit.to_le_bytes());
    w.add(&settings.correction_time_ms.to_le_bytes());
    w.add(&settings.trigger_limit.to_le_bytes());
    w.add(&settings.reporting_period_seconds.to_le_bytes());
}

pub(super) fn emit_removal(policy: PolicyId, w: &mut TxWriter<'_>) {
    w.add(&[policy.domain.number() & 0x0F, policy.number]);
    w.add(&NOTHING);
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;
    use crate::nm::names::{Domain, PowerDomain};

    const SETTINGS: PolicySettings = PolicySettings {
        id: PolicyId { domain: Domain::Platform, number: 1 },
        enabled: true,
        trigger: PolicyTrigger::None,
        cpu_power_correction: CpuPowerCorrection::Auto,
        storage: Storage::Persistent,
        action: Action::None,
        power_domain: PowerDomain::Primary,
        target_limit: TargetLimit::Value(517),
        correction_time_ms: 20_000,
        trigger_limit: 100,
        reporting_period_seconds: 1,
    };

    fn set(settings: PolicySettings) -> Request {
        Request::SetPolicy { settings, least_correction_time: false }
    }

    /// The example of a vendor's manual.
    #[test]
    fn of_a_manual() {
        let bytes = [0x10, 0x01, 0x10, 0x00, 0x05, 0x02, 0x20, 0x4E, 0x00, 0x00, 0x64, 0x00, 0x01, 0x00];
        check::request(set(SETTINGS), &bytes);
        check::request(Request::RemovePolicy(SETTINGS.id), &[0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    }

    /// A disabled policy keeps its domain; an action is two bits.
    #[test]
    fn every_field() {
        let settings = PolicySettings {
            id: PolicyId { domain: Domain::Cpu, number: 255 },
            enabled: false,
            trigger: PolicyTrigger::Reset,
            cpu_power_correction: CpuPowerCorrection::Aggressive,
            storage: Storage::Volatile,
            action: Action::Shutdown,
            power_domain: PowerDomain::Secondary,
            target_limit: TargetLimit::Value(0xABCD),
            correction_time_ms: 0x8765_4321,
            trigger_limit: 0x1234,
            reporting_period_seconds: 0xFEDC,
        };
        let bytes = [0x01, 0xFF, 0xD3, 0x82, 0xCD, 0xAB, 0x21, 0x43, 0x65, 0x87, 0x34, 0x12, 0xDC, 0xFE];
        check::request(set(settings), &bytes);
        let alert = PolicySettings { action: Action::Alert, ..SETTINGS };
        check::request(set(alert), &[0x10, 1, 0x10, 1, 5, 2, 0x20, 0x4E, 0, 0, 100, 0, 1, 0]);
    }

    #[test]
    fn a_boot_policy_has_bits_for_a_limit() {
        let settings = PolicySettings {
            trigger: PolicyTrigger::Boot,
            target_limit: TargetLimit::Boot { mode: BootMode::Performance, cores_disabled: 127 },
            correction_time_ms: 0,
            ..SETTINGS
        };
        check::request(set(settings), &[0x10, 1, 0x14, 0, 0xFF, 0, 0, 0, 0, 0, 100, 0, 1, 0]);
        let settings =
            PolicySettings { target_limit: TargetLimit::Boot { mode: BootMode::Power, cores_disabled: 2 }, ..settings };
        check::request(set(settings), &[0x10, 1, 0x14, 0, 4, 0, 0, 0, 0, 0, 100, 0, 1, 0]);
    }

    #[test]
    fn numbers_without_a_name_are_kept() {
        let settings = PolicySettings {
            id: PolicyId { domain: Domain::Unknown(15), number: 1 },
            trigger: PolicyTrigger::Unknown(5),
            cpu_power_correction: CpuPowerCorrection::Unknown(3),
            ..SETTINGS
        };
        check::request(set(settings), &[0x1F, 1, 0x75, 0, 5, 2, 0x20, 0x4E, 0, 0, 100, 0, 1, 0]);
    }
}
