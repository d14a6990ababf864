//! What can be asked of Node Manager, a variant a command or a use of one (Node Manager 3.0, section 2; drivers.md, staging-nm).

use serde::Serialize;

use super::days::Periods;
use super::names::Domain;
use super::policy::{CapabilitiesOf, PolicyId, PolicySettings, PowerDrawRange, Scope, Thresholds};
use super::statistics::{Reset, StatisticsOf};

/// One request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Switches policies on or off.
    ControlPolicies {
        /// Which.
        scope: Scope,
        /// On.
        enable: bool,
    },
    /// Reads at what a policy alerts.
    GetAlertThresholds(PolicyId),
    /// Reads what policies there can be.
    GetCapabilities(CapabilitiesOf),
    /// Reads which policy of a domain limits it just now.
    GetLimitingPolicy(Domain),
    /// Reads a policy.
    GetPolicy(PolicyId),
    /// Reads what was measured.
    GetStatistics(StatisticsOf),
    /// Reads when a policy does not act.
    GetSuspendPeriods(PolicyId),
    /// Reads the versions.
    GetVersion,
    /// Removes a policy.
    RemovePolicy(PolicyId),
    /// Lets a policy act at all times.
    RemoveSuspendPeriods(PolicyId),
    /// Lets statistics begin anew.
    ResetStatistics(Reset),
    /// Says at what a policy alerts.
    SetAlertThresholds {
        /// Which.
        policy: PolicyId,
        /// At what.
        thresholds: Thresholds,
    },
    /// Makes a policy, or changes it.
    SetPolicy {
        /// What it says.
        settings: PolicySettings,
        /// Nobody has named a correction time: the platform's own least is asked for first, and put in the settings.
        least_correction_time: bool,
    },
    /// Says what power a domain may draw.
    SetPowerDrawRange(PowerDrawRange),
    /// Says when a policy does not act.
    SetSuspendPeriods {
        /// Which.
        policy: PolicyId,
        /// When: at least once.
        periods: Periods,
    },
}

impl Request {
    /// The number of its command.
    #[must_use]
    pub const fn command(&self) -> u8 {
        match self {
            Self::ControlPolicies { .. } => 0xC0,
            Self::SetPolicy { .. } | Self::RemovePolicy(_) => 0xC1,
            Self::GetPolicy(_) => 0xC2,
            Self::SetAlertThresholds { .. } => 0xC3,
            Self::GetAlertThresholds(_) => 0xC4,
            Self::SetSuspendPeriods { .. } | Self::RemoveSuspendPeriods(_) => 0xC5,
            Self::GetSuspendPeriods(_) => 0xC6,
            Self::ResetStatistics(_) => 0xC7,
            Self::GetStatistics(_) => 0xC8,
            Self::GetCapabilities(_) => 0xC9,
            Self::GetVersion => 0xCA,
            Self::SetPowerDrawRange(_) => 0xCB,
            Self::GetLimitingPolicy(_) => 0xF2,
        }
    }

    /// Whether sending it twice is the same as once, as far as anybody can tell.
    ///
    /// Reading is. Switches, periods, thresholds and ranges are set to what they shall be, whatever they were; a second reset forgets
    /// but the moment between the two. A policy is not to be set twice: once enabled it may refuse to be changed (D5h), and what was
    /// done would be called a failure; nor removed: it is not there any more the second time (80h).
    #[must_use]
    pub const fn repeatable(&self) -> bool {
        !matches!(self, Self::SetPolicy { .. } | Self::RemovePolicy(_))
    }

    /// Whether it only reads.
    #[must_use]
    pub const fn reads(&self) -> bool {
        matches!(
            self,
            Self::GetAlertThresholds(_)
                | Self::GetCapabilities(_)
                | Self::GetLimitingPolicy(_)
                | Self::GetPolicy(_)
                | Self::GetStatistics(_)
                | Self::GetSuspendPeriods(_)
                | Self::GetVersion
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_sent_twice() {
        let policy = PolicyId { domain: Domain::Platform, number: 1 };
        assert!(Request::GetVersion.reads() && Request::GetVersion.repeatable());
        let suspend = Request::RemoveSuspendPeriods(policy);
        assert!(suspend.repeatable() && !suspend.reads());
        assert!(!Request::RemovePolicy(policy).repeatable());
        assert!(size_of::<Request>() <= 32, "{}", size_of::<Request>());
    }
}
