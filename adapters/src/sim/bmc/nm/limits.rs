//! What policies a domain can have: Get Capabilities, and what Set Policy holds them to. Node Manager 3.0, section 2.

use rackhand_core::nm::{
    Capabilities, CapabilitiesOf, CpuPowerCorrection, Domain, PolicySettings, PolicyTrigger, PowerDomain, TargetLimit,
};

use super::codes;

/// Policies that a domain can have at once.
pub(super) const MOST_POLICIES: u8 = 16;
/// The shortest and the longest correction time, in milliseconds.
const CORRECTION_TIME_MS: (u32, u32) = (10, 100_000);
/// The shortest and the longest reporting period, in seconds.
const PERIOD_SECONDS: (u16, u16) = (100, 32_768);
/// Degrees Celsius of an inlet's temperature that triggers.
const DEGREES: (u16, u16) = (20, 80);
/// Percent of throttling.
const PERCENT: (u16, u16) = (0, 100);
/// Tenths of a second that trigger.
const TENTHS: (u16, u16) = (1, u16::MAX);

/// Whether there is such a domain.
pub(super) const fn exists(domain: Domain) -> Result<(), u8> {
    if matches!(domain, Domain::Unknown(_)) { Err(codes::DOMAIN) } else { Ok(()) }
}

/// Whether there is such a domain, and it can have policies.
pub(super) const fn has_policies(domain: Domain) -> Result<(), u8> {
    if matches!(domain, Domain::Protection | Domain::Unknown(_)) { Err(codes::DOMAIN) } else { Ok(()) }
}

/// The least and the most watts that a domain can be limited to.
const fn watts(domain: Domain) -> (u16, u16) {
    match domain {
        Domain::Platform => (100, 4096),
        Domain::Cpu => (20, 500),
        _ => (10, 300),
    }
}

/// Whether a domain's policies can have this trigger.
const fn has_trigger(domain: Domain, trigger: PolicyTrigger) -> Result<(), u8> {
    match trigger {
        PolicyTrigger::None | PolicyTrigger::Temperature | PolicyTrigger::Reset => Ok(()),
        PolicyTrigger::Power | PolicyTrigger::Boot if matches!(domain, Domain::Platform) => Ok(()),
        _ => Err(codes::TRIGGER),
    }
}

/// What is asked by Get Capabilities.
pub(super) fn of(of: CapabilitiesOf) -> Result<Capabilities, u8> {
    has_policies(of.domain)?;
    has_trigger(of.domain, of.trigger)?;
    let (min_limit, max_limit) = match of.trigger {
        PolicyTrigger::Temperature => DEGREES,
        PolicyTrigger::Power => PERCENT,
        _ => watts(of.domain),
    };
    let (min_correction_time_ms, max_correction_time_ms) = CORRECTION_TIME_MS;
    let (min_reporting_period_seconds, max_reporting_period_seconds) = PERIOD_SECONDS;
    Ok(Capabilities {
        of,
        max_policies: MOST_POLICIES,
        max_limit,
        min_limit,
        min_correction_time_ms,
        max_correction_time_ms,
        min_reporting_period_seconds,
        max_reporting_period_seconds,
        limits: of.power_domain,
    })
}

fn within<T: PartialOrd>(value: &T, (least, most): (T, T), code: u8) -> Result<(), u8> {
    if *value >= least && *value <= most { Ok(()) } else { Err(code) }
}

/// Whether a policy may be as it is wanted.
pub(super) fn judge(settings: &PolicySettings) -> Result<(), u8> {
    let domain = settings.id.domain;
    has_policies(domain)?;
    has_trigger(domain, settings.trigger)?;
    if settings.power_domain == PowerDomain::Secondary && domain != Domain::Platform {
        return Err(codes::ACTION);
    }
    match settings.cpu_power_correction {
        CpuPowerCorrection::Unknown(_) => return Err(codes::AGGRESSIVE),
        CpuPowerCorrection::Auto => {}
        _ if matches!(domain, Domain::Platform | Domain::Cpu) => {}
        _ => return Err(codes::AGGRESSIVE),
    }
    if let TargetLimit::Value(limit) = settings.target_limit {
        let range = if settings.trigger == PolicyTrigger::Power { PERCENT } else { watts(domain) };
        within(&limit, range, codes::LIMIT)?;
    }
    let times = if settings.trigger == PolicyTrigger::Boot { (0, 0) } else { CORRECTION_TIME_MS };
    within(&settings.correction_time_ms, times, codes::CORRECTION_TIME)?;
    match settings.trigger {
        PolicyTrigger::Temperature => within(&settings.trigger_limit, DEGREES, codes::TRIGGER_LIMIT)?,
        PolicyTrigger::Power | PolicyTrigger::Reset => within(&settings.trigger_limit, TENTHS, codes::TRIGGER_LIMIT)?,
        _ => {}
    }
    within(&settings.reporting_period_seconds, PERIOD_SECONDS, codes::REPORTING_PERIOD)
}

/// Whether a policy may alert at this.
pub(super) fn threshold(settings: &PolicySettings, threshold: u16) -> Result<(), u8> {
    let (_, most) = if settings.trigger == PolicyTrigger::Power { PERCENT } else { watts(settings.id.domain) };
    within(&threshold, (0, most), codes::LIMIT)
}
