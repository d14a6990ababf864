//! What Node Manager measures (Node Manager 3.0, section 2, Get and Reset Statistics; drivers.md, staging-nm).

use serde::{Deserialize, Serialize};

use super::names::{Domain, numbers};
use super::timestamp::Timestamp;

numbers! {
    /// What is measured. The names are Ironic's parameter_name; what a policy measures shares two of them.
    Mode {
        /// Of a domain: power, in watts.
        Power 0x01 "power",
        /// Inlet temperature, in degrees Celsius.
        Temperature 0x02 "temperature",
        /// Throttling, in percent.
        Throttling 0x03 "throttling",
        /// Volumetric airflow, in tenths of a cubic foot a minute.
        Airflow 0x04 "airflow",
        /// Outlet temperature, in degrees Celsius.
        AirflowTemperature 0x05 "airflow_temperature",
        /// Power of the chassis, in watts.
        ChassisPower 0x06 "chassis_power",
        /// Of the platform: requests of the host that were not handled.
        UnhandledRequests 0x1B "unhandled_requests",
        /// The host's time to respond, in hundredths of a second.
        ResponseTime 0x1C "response_time",
        /// Throttling of the processors, in percent.
        CpuThrottling 0x1D "cpu_throttling",
        /// Throttling of the memory, in percent.
        MemoryThrottling 0x1E "memory_throttling",
        /// Failures of communication with the host, in hundredths of a second.
        CommunicationFailures 0x1F "communication_failures",
    }
}

impl Mode {
    /// Whether it is one of the five that the platform alone has, and that can be reset each.
    #[must_use]
    pub const fn is_platforms(self) -> bool {
        matches!(
            self,
            Self::UnhandledRequests
                | Self::ResponseTime
                | Self::CpuThrottling
                | Self::MemoryThrottling
                | Self::CommunicationFailures
        )
    }
}

numbers! {
    /// What is measured of a policy. The names are Ironic's parameter_name.
    PolicyMode {
        /// Power, in watts.
        Power 0x11 "power",
        /// What triggers it, in degrees Celsius.
        Trigger 0x12 "trigger",
        /// Throttling, in percent.
        Throttling 0x13 "throttling",
    }
}

/// Which statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
pub enum StatisticsOf {
    /// A domain's.
    Domain {
        /// Which.
        domain: Domain,
        /// What.
        mode: Mode,
    },
    /// A policy's.
    Policy {
        /// Of which domain.
        domain: Domain,
        /// Its number there.
        number: u8,
        /// What.
        mode: PolicyMode,
    },
}

impl StatisticsOf {
    /// The domain.
    #[must_use]
    pub const fn domain(self) -> Domain {
        match self {
            Self::Domain { domain, .. } | Self::Policy { domain, .. } => domain,
        }
    }
}

/// Which statistics begin anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
pub enum Reset {
    /// All of a domain, but those of its policies.
    Domain(Domain),
    /// One of the platform's own five ([`Mode::is_platforms`]).
    Platforms(Mode),
    /// Those of a policy.
    Policy(super::policy::PolicyId),
}

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(deny_unknown_fields)]
pub struct Statistics {
    /// Of which domain, as the answer says.
    pub domain: Domain,
    /// Now.
    pub current: u16,
    /// The least.
    pub minimum: u16,
    /// The most.
    pub maximum: u16,
    /// On average.
    pub average: u16,
    /// When it was measured.
    pub timestamp: Timestamp,
    /// Seconds over which it was.
    pub reporting_period_seconds: u32,
    /// Whether policies are switched on for the domain, or the policy is (administrative_enabled).
    pub enabled: bool,
    /// Whether a policy acts (operational_state).
    pub operational: bool,
    /// Whether it is being measured (measurement_state).
    pub measuring: bool,
    /// Whether the limit is being held down to just now (activation_state).
    pub limiting: bool,
}
