//! Completion codes. IPMI 2.0, section 5.2, table 5-2; those of Send Message: section 22.7.

use core::fmt;

use serde::{Deserialize, Serialize};

/// Who said no to a request, and with what completion code (never 00h).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Whom the request was for.
    Completion(u8),
    /// The BMC, which was to hand it on: the request did not get there.
    Bridge(u8),
}

impl Refusal {
    /// The completion code.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Completion(code) | Self::Bridge(code) => code,
        }
    }
}

/// What a completion code says that every command may have; none of those that a command has for itself.
#[must_use]
pub const fn words(code: u8) -> Option<&'static str> {
    Some(match code {
        0xC0 => "node busy",
        0xC1 => "invalid command",
        0xC2 => "command invalid for this logical unit",
        0xC3 => "timeout while processing the command",
        0xC4 => "out of space",
        0xC5 => "reservation cancelled or invalid",
        0xC6 => "request data truncated",
        0xC7 => "request data length invalid",
        0xC8 => "request data field length limit exceeded",
        0xC9 => "parameter out of range",
        0xCA => "cannot return as many bytes as requested",
        0xCB => "requested sensor, data or record not present",
        0xCC => "invalid data field in the request",
        0xCD => "command illegal for this sensor or record",
        0xCE => "response could not be provided",
        0xCF => "duplicated request",
        0xD0 => "sensor data repository in update mode",
        0xD1 => "device in firmware update mode",
        0xD2 => "initialization in progress",
        0xD3 => "destination unavailable",
        0xD4 => "insufficient privilege level",
        0xD5 => "not supported in the present state",
        0xD6 => "sub-function disabled or unavailable",
        0xFF => "unspecified error",
        _ => return None,
    })
}

/// What a completion code of Send Message itself says.
const fn bridge_words(code: u8) -> Option<&'static str> {
    Some(match code {
        0x80 => "invalid session handle",
        0x81 => "lost arbitration",
        0x82 => "bus error",
        0x83 => "nobody answers at that address of the bus",
        other => return words(other),
    })
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (code, words) = match *self {
            Self::Completion(code) => (code, words(code)),
            Self::Bridge(code) => {
                f.write_str("the BMC could not hand the request on: ")?;
                (code, bridge_words(code))
            }
        };
        write!(f, "completion code {code:02X}h")?;
        words.map_or(Ok(()), |words| write!(f, " ({words})"))
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::ToString;

    use super::*;

    #[test]
    fn the_same_code_means_other_things_from_others() {
        assert_eq!(Refusal::Completion(0xD4).to_string(), "completion code D4h (insufficient privilege level)");
        assert_eq!(Refusal::Completion(0x83).to_string(), "completion code 83h");
        let bridge = Refusal::Bridge(0x83).to_string();
        assert!(bridge.starts_with("the BMC could not") && bridge.contains("83h (nobody answers"), "{bridge}");
        assert!(Refusal::Bridge(0xCC).to_string().contains("invalid data field"));
        assert_eq!(Refusal::Bridge(0x99).code(), 0x99);
    }
}
