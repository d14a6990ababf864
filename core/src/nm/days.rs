//! When a policy does not act: periods of the day, on days of the week (Node Manager 3.0, section 2; drivers.md, staging-nm).

use serde::{Deserialize, Serialize};

use super::few::Few;
use super::names::names;

names! {
    /// A day of the week. Monday is bit 0 on the wire, Sunday bit 6.
    Day {
        /// Bit 0.
        Monday "monday",
        /// Bit 1.
        Tuesday "tuesday",
        /// Bit 2.
        Wednesday "wednesday",
        /// Bit 3.
        Thursday "thursday",
        /// Bit 4.
        Friday "friday",
        /// Bit 5.
        Saturday "saturday",
        /// Bit 6.
        Sunday "sunday",
    }
}

impl Day {
    const fn bit(self) -> u8 {
        match self {
            Self::Monday => 1,
            Self::Tuesday => 2,
            Self::Wednesday => 4,
            Self::Thursday => 8,
            Self::Friday => 16,
            Self::Saturday => 32,
            Self::Sunday => 64,
        }
    }
}

/// A set of days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Days(u8);

impl Days {
    /// Of the bits on the wire; bit 7 stands for nothing.
    #[must_use]
    pub const fn of(bits: u8) -> Self {
        Self(bits & 0x7F)
    }

    /// The bits on the wire.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Adds a day. False: it was there.
    pub const fn insert(&mut self, day: Day) -> bool {
        let new = self.0 & day.bit() == 0;
        self.0 |= day.bit();
        new
    }

    /// The days in it, from Monday.
    pub fn iter(self) -> impl Iterator<Item = Day> {
        Day::ALL.iter().copied().filter(move |day| self.0 & day.bit() != 0)
    }
}

/// A period in which a policy does not act, in tenths of an hour since midnight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// When it begins: 0 to 239 tenths of an hour.
    pub start: u8,
    /// When it ends, later than it begins: 1 to 240 tenths of an hour, 240 being midnight.
    pub stop: u8,
    /// On which days.
    pub days: Days,
}

/// Periods of a policy that there can be.
pub const MOST_PERIODS: usize = 5;

/// The periods of a policy.
pub type Periods = Few<Period, MOST_PERIODS>;

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use super::*;

    #[test]
    fn days_are_bits_from_monday() {
        let mut days = Days::default();
        for (bit, day) in Day::ALL.iter().enumerate() {
            assert_eq!(usize::from(day.bit()), 1 << bit);
            assert_eq!((days.insert(*day), days.insert(*day)), (true, false), "{day}");
        }
        assert_eq!((days.bits(), Days::of(0xFF)), (0x7F, days));
        assert_eq!(Days::of(0x50).iter().collect::<Vec<_>>(), [Day::Friday, Day::Sunday]);
    }
}
