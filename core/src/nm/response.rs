//! What Node Manager answers (Node Manager 3.0, section 2; drivers.md, staging-nm).

use serde::{Deserialize, Serialize};

use super::days::Periods;
use super::names::Domain;
use super::policy::{Capabilities, Policy, PolicyId, Thresholds};
use super::statistics::Statistics;
use super::version::Version;

/// The answer to a [`Request`](super::Request). What the device does not repeat of the question is put back in, so that it can be
/// told without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
pub enum Response {
    /// At what a policy alerts.
    AlertThresholds {
        /// Which was asked for.
        policy: PolicyId,
        /// At what.
        thresholds: Thresholds,
    },
    /// What policies there can be.
    Capabilities(Capabilities),
    /// It is done; there is nothing to tell.
    Done,
    /// Which policy limits a domain just now.
    LimitingPolicy {
        /// Which was asked for.
        domain: Domain,
        /// The policy's number; none limits.
        number: Option<u8>,
    },
    /// A policy.
    Policy(Policy),
    /// What was measured.
    Statistics(Statistics),
    /// When a policy does not act.
    SuspendPeriods {
        /// Which was asked for.
        policy: PolicyId,
        /// When.
        periods: Periods,
    },
    /// Versions.
    Version(Version),
}
