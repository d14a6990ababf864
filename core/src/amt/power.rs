//! Power states and power codes. CIM_AssociatedPowerManagementService and CIM_PowerManagementService, DSP1027, section 8.1
//! and the value maps of CIM 2.4x; what they mean for us: drivers.md, staging-amt.

use core::fmt;

use serde::{Deserialize, Serialize};

/// A value of PowerState in RequestPowerStateChange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
pub enum PowerCode {
    /// 2.
    On,
    /// 8: power is cut, whatever the name says.
    OffSoft,
    /// 12: the operating system is asked to shut down.
    OffSoftGraceful,
    /// 14: the operating system is asked to restart.
    MasterBusResetGraceful,
}

impl PowerCode {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::On, Self::OffSoft, Self::OffSoftGraceful, Self::MasterBusResetGraceful];

    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::On => 2,
            Self::OffSoft => 8,
            Self::OffSoftGraceful => 12,
            Self::MasterBusResetGraceful => 14,
        }
    }
}

/// A set of power codes from 0 to 31, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct PowerCodes(u32);

impl PowerCodes {
    /// Adds a code; none above 31 is known.
    pub fn insert(&mut self, code: u32) {
        self.0 |= 1_u32.checked_shl(code).unwrap_or(0);
    }

    /// Whether the code is in it.
    #[must_use]
    pub fn contains(self, code: u32) -> bool {
        1_u32.checked_shl(code).is_some_and(|bit| self.0 & bit != 0)
    }

    /// The codes in it, in rising order.
    pub fn iter(self) -> impl Iterator<Item = u32> {
        (0..32).filter(move |code| self.contains(*code))
    }
}

impl fmt::Display for PowerCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("none");
        }
        let mut separator = "";
        for code in self.iter() {
            write!(f, "{separator}{code}")?;
            separator = ", ";
        }
        Ok(())
    }
}

/// What CIM_AssociatedPowerManagementService tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PowerStatus {
    /// PowerState.
    pub state: u32,
    /// AvailableRequestedPowerStates; none on firmware before AMT 7.
    pub available: PowerCodes,
}

/// What a PowerState means for us (drivers.md, staging-amt).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowerMeaning {
    /// 2.
    On,
    /// 3 and 4: on for whoever asks, and a power-on still wakes it.
    Asleep,
    /// 6, 7, 8, 12 and 13.
    Off,
    /// 5, 9 to 11 and 14 to 17: on its way.
    Changing,
    /// Any other.
    Strange,
}

impl PowerMeaning {
    /// What this PowerState means.
    #[must_use]
    pub const fn of(state: u32) -> Self {
        match state {
            2 => Self::On,
            3 | 4 => Self::Asleep,
            6 | 7 | 8 | 12 | 13 => Self::Off,
            5 | 9 | 10 | 11 | 14..=17 => Self::Changing,
            _ => Self::Strange,
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::ToString;

    use super::*;

    #[test]
    fn a_set_of_codes() {
        let mut codes = PowerCodes::default();
        assert_eq!(codes.to_string(), "none");
        for code in [14, 2, 31, 32, u32::MAX] {
            codes.insert(code);
        }
        assert_eq!(codes.to_string(), "2, 14, 31");
        assert!(codes.contains(14) && !codes.contains(12) && !codes.contains(32));
    }
}
