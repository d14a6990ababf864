//! Policies: what limits a domain, and when (Node Manager 3.0, section 2, Set and Get Policy; drivers.md, staging-nm).

use serde::{Deserialize, Serialize};

use super::few::Few;
use super::names::{Action, BootMode, CpuPowerCorrection, Domain, PolicyTrigger, PowerDomain, Storage};

/// Which policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(deny_unknown_fields)]
pub struct PolicyId {
    /// Of which domain.
    pub domain: Domain,
    /// Its number there, 0 to 255.
    pub number: u8,
}

/// What a policy holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
pub enum TargetLimit {
    /// Of a boot policy.
    Boot {
        /// What is optimized.
        mode: BootMode,
        /// Cores that are switched off: 0 to 127.
        cores_disabled: u8,
    },
    /// Of any other: watts, or percent of throttling where missing power readings trigger it.
    Value(u16),
}

/// What a policy says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(deny_unknown_fields)]
pub struct PolicySettings {
    /// Which it is.
    pub id: PolicyId,
    /// Whether it acts.
    pub enabled: bool,
    /// What makes it act.
    pub trigger: PolicyTrigger,
    /// How hard a processor's power is cut.
    pub cpu_power_correction: CpuPowerCorrection,
    /// Whether it outlives a restart of Node Manager.
    pub storage: Storage,
    /// What is done when the limit cannot be held.
    pub action: Action,
    /// Where power is measured.
    pub power_domain: PowerDomain,
    /// What it holds.
    pub target_limit: TargetLimit,
    /// Milliseconds in which the limit must be held before the action is taken; 0 for a boot policy.
    pub correction_time_ms: u32,
    /// When it acts, in the unit of its trigger.
    pub trigger_limit: u16,
    /// Seconds over which its statistics are taken.
    pub reporting_period_seconds: u16,
}

/// A policy as Node Manager has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// What it says. Its domain is that of the answer, its number that which was asked for.
    pub settings: PolicySettings,
    /// Whether policies of its domain act at all.
    pub domain_enabled: bool,
    /// Whether policies of any domain act at all.
    pub global_enabled: bool,
    /// Whether it was made through Node Manager; what another manager has made can only be read through it.
    pub created_by_nm: bool,
    /// Whether it limits power.
    pub power_policy: bool,
}

/// What the switches of policies are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// All policies.
    Global,
    /// Those of a domain.
    Domain(Domain),
    /// One.
    Policy(PolicyId),
}

/// Alert thresholds of a policy that there can be.
pub const MOST_THRESHOLDS: usize = 3;

/// The alert thresholds of a policy, in the unit of its limit.
pub type Thresholds = Few<u16, MOST_THRESHOLDS>;

/// Which of a platform's capabilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(deny_unknown_fields)]
pub struct CapabilitiesOf {
    /// Of which domain.
    pub domain: Domain,
    /// For policies with which trigger.
    pub trigger: PolicyTrigger,
    /// On which side of the power supplies.
    pub power_domain: PowerDomain,
}

/// What policies a platform can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(deny_unknown_fields)]
pub struct Capabilities {
    /// What was asked.
    pub of: CapabilitiesOf,
    /// Policies that there can be at once.
    pub max_policies: u8,
    /// The largest limit, in the trigger's unit: watts without a trigger.
    pub max_limit: u16,
    /// The smallest limit, in the trigger's unit.
    pub min_limit: u16,
    /// The shortest correction time, in milliseconds.
    pub min_correction_time_ms: u32,
    /// The longest correction time, in milliseconds.
    pub max_correction_time_ms: u32,
    /// The shortest reporting period, in seconds.
    pub min_reporting_period_seconds: u16,
    /// The longest reporting period, in seconds.
    pub max_reporting_period_seconds: u16,
    /// Where the answer says that power is limited.
    pub limits: PowerDomain,
}

/// The power that a domain may draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(deny_unknown_fields)]
pub struct PowerDrawRange {
    /// Which domain.
    pub domain: Domain,
    /// The least, in watts.
    pub min_watts: u16,
    /// The most, in watts.
    pub max_watts: u16,
}
