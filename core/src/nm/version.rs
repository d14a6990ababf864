//! What Node Manager is (Node Manager 3.0, section 2, Get Version).

use serde::{Deserialize, Serialize};

/// Versions of Node Manager, and of its firmware.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// The number that stands for the version of Node Manager.
    pub nm: u8,
    /// The number that stands for the version of its interface in IPMI.
    pub ipmi: u8,
    /// The patch.
    pub patch: u8,
    /// The firmware's, before the point.
    pub major: u8,
    /// The firmware's, behind the point.
    pub minor: u8,
}

impl Version {
    /// The version of Node Manager; `unknown` for a number that nobody has explained yet.
    #[must_use]
    pub const fn nm_version(self) -> &'static str {
        match self.nm {
            1 => "1.0",
            2 => "1.5",
            3 => "2.0",
            4 => "2.5",
            5 => "3.0",
            6 => "4.0",
            _ => "unknown",
        }
    }

    /// The version of the interface; `unknown` for a number that nobody has explained yet.
    #[must_use]
    pub const fn ipmi_version(self) -> &'static str {
        match self.ipmi {
            1 => "1.0",
            2 => "2.0",
            3 => "3.0",
            _ => "unknown",
        }
    }
}
