//! Why a call of Node Manager failed, in words that say what to do (drivers.md, staging-nm; Node Manager 3.0, section 2).

use core::fmt;

use serde::{Deserialize, Serialize};

use super::completion::{command_name, words};
use super::names::names;
use crate::ipmi::Refusal;

names! {
    /// What of a policy the platform has a range for.
    LimitKey {
        /// Milliseconds.
        CorrectionTime "correction_time",
        /// Seconds.
        ReportingPeriod "reporting_period",
        /// Watts.
        TargetLimit "target_limit",
    }
}

impl LimitKey {
    const fn unit(self) -> &'static str {
        match self {
            Self::CorrectionTime => "ms",
            Self::ReportingPeriod => "s",
            Self::TargetLimit => "W",
        }
    }
}

/// Why it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum NmFailure {
    /// An answer that is too short, too long, of another domain, or not Intel's.
    BadAnswer,
    /// The platform cannot hold such a policy; it was not sent.
    Limit {
        /// What is out of range.
        key: LimitKey,
        /// What was asked for.
        got: u32,
        /// The least that the platform can.
        least: u32,
        /// The most that it can.
        most: u32,
    },
    /// No answer. `sent`: the command itself may have been carried out.
    NoContact {
        /// Whether the command was sent.
        sent: bool,
    },
    /// No record names a Node Manager that answers.
    NotFound {
        /// How the last one that a record names has refused; none when no record names any, or what answers is something else.
        refusal: Option<Refusal>,
    },
    /// Node Manager, or the BMC in between, refused a command.
    Refused {
        /// The command's number.
        command: u8,
        /// Who refused it, and how.
        refusal: Refusal,
    },
    /// The repository kept changing, or could not be read.
    Repository(Refusal),
}

impl fmt::Display for NmFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::BadAnswer => f.write_str("Node Manager's answer cannot be used"),
            Self::Limit { key, got, least, most } => {
                let unit = key.unit();
                write!(f, "{key} must be {least} to {most} {unit} on this platform, not {got}; nothing was changed")
            }
            Self::NoContact { sent: false } => f.write_str("the BMC did not answer; the command was not sent"),
            Self::NoContact { sent: true } => {
                f.write_str("no answer to the command: it may have been carried out; read before it is sent again")
            }
            Self::NotFound { refusal: None } => f.write_str(
                "no Node Manager was found: no sensor data record names one that answers (is it enabled in the firmware?)",
            ),
            Self::NotFound { refusal: Some(refusal) } => {
                write!(f, "no Node Manager was found: what a sensor data record names does not answer: {refusal}")
            }
            Self::Refused { command, refusal: Refusal::Completion(code) } => {
                write!(f, "Node Manager refused {}: completion code {code:02X}h", command_name(command))?;
                words(command, code).map_or(Ok(()), |words| write!(f, " ({words})"))
            }
            Self::Refused { command, refusal } => write!(f, "{}: {refusal}", command_name(command)),
            Self::Repository(refusal) => write!(f, "the sensor data repository cannot be read: {refusal}"),
        }
    }
}

impl core::error::Error for NmFailure {}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::ToString;

    use super::*;

    #[test]
    fn words_for_a_person() {
        let limit = NmFailure::Limit { key: LimitKey::TargetLimit, got: 50, least: 100, most: 4096 };
        assert_eq!(
            limit.to_string(),
            "target_limit must be 100 to 4096 W on this platform, not 50; nothing was changed"
        );
        let refused = |command, refusal| NmFailure::Refused { command, refusal }.to_string();
        assert_eq!(
            refused(0xC2, Refusal::Completion(0x80)),
            "Node Manager refused Get Policy: completion code 80h (there is no such policy)"
        );
        assert_eq!(refused(0xC2, Refusal::Completion(0x99)), "Node Manager refused Get Policy: completion code 99h");
        let bridge = refused(0xC8, Refusal::Bridge(0x83));
        assert!(bridge.starts_with("Get Statistics: the BMC could not hand the request on"), "{bridge}");
        let found = NmFailure::NotFound { refusal: Some(Refusal::Bridge(0xD4)) }.to_string();
        assert!(found.ends_with("D4h (insufficient privilege level)"), "{found}");
    }
}
