//! When something was measured. IPMI 2.0, section 37; Node Manager 3.0, section 2: what a platform without a clock says instead.

use core::fmt;

use serde::{Deserialize, Serialize};

/// Up to here it counts from the start of the Management Engine.
const SINCE_START: u32 = 0x2000_0000;
const UNSPECIFIED: u32 = 0xFFFF_FFFF;
const DAY: u32 = 86_400;

/// A moment as a BMC tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
pub enum Timestamp {
    /// It does not know.
    Unspecified,
    /// Its clock is not set: seconds since the start of the Management Engine.
    SinceStart(u32),
    /// Seconds since 1970, in UTC or in local time, as the platform has it.
    Seconds(u32),
}

impl Timestamp {
    /// Of the number on the wire.
    #[must_use]
    pub const fn of(number: u32) -> Self {
        match number {
            UNSPECIFIED => Self::Unspecified,
            0..=SINCE_START => Self::SinceStart(number),
            _ => Self::Seconds(number),
        }
    }

    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::Unspecified => UNSPECIFIED,
            Self::SinceStart(seconds) | Self::Seconds(seconds) => seconds,
        }
    }
}

/// Year, month and day, so many days after 1970-01-01. Howard Hinnant's algorithm: years begin in March, so that the day which some
/// of them lack is their last, and are counted in eras of 400.
const fn date(days: u32) -> (u32, u32, u32) {
    let days = days.saturating_add(719_468);
    let of_era = days % 146_097;
    let no_leaps =
        of_era.saturating_sub(of_era / 1_460).saturating_add(of_era / 36_524).saturating_sub(of_era / 146_096);
    let year_of_era = no_leaps / 365;
    let whole = (365_u32.saturating_mul(year_of_era)).saturating_add(year_of_era / 4).saturating_sub(year_of_era / 100);
    let of_year = of_era.saturating_sub(whole);
    let month = of_year.saturating_mul(5).saturating_add(2) / 153;
    let day = of_year.saturating_sub(month.saturating_mul(153).saturating_add(2) / 5).saturating_add(1);
    let year = year_of_era.saturating_add((days / 146_097).saturating_mul(400));
    if month < 10 {
        (year, month.saturating_add(3), day)
    } else {
        (year.saturating_add(1), month.saturating_sub(9), day)
    }
}

impl fmt::Display for Timestamp {
    /// As Ironic has it, without a zone; 1970-01-01T00:00:00 where there is no such moment.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = match *self {
            Self::Unspecified | Self::SinceStart(_) => 0,
            Self::Seconds(seconds) => seconds,
        };
        let (year, month, day) = date(seconds / DAY);
        let (hour, minute, second) = (seconds % DAY / 3600, seconds % 3600 / 60, seconds % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::ToString;

    use super::*;

    #[test]
    fn moments() {
        let told = |number| Timestamp::of(number).to_string();
        for nothing in [0, 1, SINCE_START, UNSPECIFIED] {
            assert_eq!(told(nothing), "1970-01-01T00:00:00");
            assert_eq!(Timestamp::of(nothing).number(), nothing);
        }
        assert_eq!(Timestamp::of(SINCE_START), Timestamp::SinceStart(SINCE_START));
        // One later: no start is so long ago.
        assert_eq!(told(SINCE_START + 1), "1987-01-05T18:48:33");
        // drivers.md; the page of a vendor.
        assert_eq!(told(1_454_530_432), "2016-02-03T20:13:52");
        assert_eq!(told(0x53F7_56EC), "2014-08-22T14:42:52");
        assert_eq!(told(951_782_400), "2000-02-29T00:00:00");
        assert_eq!(told(951_868_799), "2000-02-29T23:59:59");
        assert_eq!(told(1_709_251_200), "2024-03-01T00:00:00");
        assert_eq!(told(1_735_689_599), "2024-12-31T23:59:59");
        assert_eq!(told(4_107_542_400), "2100-03-01T00:00:00");
        assert_eq!(told(0xFFFF_FFFE), "2106-02-07T06:28:14");
    }

    /// Against a calendar that counts day by day.
    #[test]
    fn every_day_that_there_is() {
        let (mut year, mut month, mut day) = (1970, 1, 1);
        for days in 0..=u32::MAX / DAY {
            assert_eq!(date(days), (year, month, day));
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let length = match month {
                2 => 28 + u32::from(leap),
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            day += 1;
            if day > length {
                (day, month) = (1, month + 1);
            }
            if month > 12 {
                (month, year) = (1, year + 1);
            }
        }
    }
}
