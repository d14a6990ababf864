//! The arguments of set_nm_policy_suspend (drivers.md, staging-nm).

use super::{Arguments, BadArgument, Missing, invalid, number, text};
use crate::nm::Request;
use crate::nm::days::{Day, Days, MOST_PERIODS, Period, Periods};
use crate::operation::Value;

const PERIODS: &str = "a list of 1 to 5 periods, each with start, stop and days";
const PERIOD: &str = "an object with start, stop and days";
const START: &str = "a whole number from 0 to 239 (tenths of an hour since midnight)";
const STOP: &str = "a whole number from 1 to 240 (tenths of an hour since midnight), and more than start";
const DAYS: &str = "a list of days, at least one: 'monday' to 'sunday'";
const DAY: &str = "a day that the list has not named yet: 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', \
                   'saturday' or 'sunday'";

/// The names of a period's three values.
const NAMES: [[&str; 3]; MOST_PERIODS] = [
    ["periods[0].start", "periods[0].stop", "periods[0].days"],
    ["periods[1].start", "periods[1].stop", "periods[1].days"],
    ["periods[2].start", "periods[2].stop", "periods[2].days"],
    ["periods[3].start", "periods[3].stop", "periods[3].days"],
    ["periods[4].start", "periods[4].stop", "periods[4].days"],
];

/// Where a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// `periods`.
    All,
    /// `periods[0]`.
    Period(usize),
    /// `periods[0].start` or `periods[0].stop`.
    Time(usize),
    /// `periods[0].days`.
    Days(usize),
    /// `periods[0].days[0]`.
    Day(usize),
}

/// The number in brackets that a path begins with, and what follows.
fn index(path: &str) -> Option<(usize, &str)> {
    let (digits, rest) = path.strip_prefix('[')?.split_once(']')?;
    let number = crate::digits::number(digits.as_bytes())?;
    Some((usize::try_from(number).ok()?, rest))
}

impl Place {
    pub(super) fn of(key: &str) -> Option<Self> {
        let path = key.strip_prefix("periods")?;
        if path.is_empty() {
            return Some(Self::All);
        }
        let (period, path) = index(path)?;
        match path {
            "" => Some(Self::Period(period)),
            ".start" | ".stop" => Some(Self::Time(period)),
            ".days" => Some(Self::Days(period)),
            _ => index(path.strip_prefix(".days")?).filter(|(_, path)| path.is_empty()).map(|_| Self::Day(period)),
        }
    }

    /// Of which period it is.
    const fn period(self) -> Option<usize> {
        match self {
            Self::All => None,
            Self::Period(at) | Self::Time(at) | Self::Days(at) | Self::Day(at) => Some(at),
        }
    }
}

/// What was gathered of the lists.
#[derive(Default)]
struct Lists {
    /// Periods that there are.
    count: usize,
    /// The days of each.
    days: [Days; MOST_PERIODS],
}

impl Lists {
    fn take(&mut self, key: &str, value: Value<'_>) -> Result<(), BadArgument> {
        // What is no place has been refused before, or is another argument.
        let Some(place) = Place::of(key) else { return Ok(()) };
        if let Some(at) = place.period() {
            if at >= MOST_PERIODS {
                return Err(invalid(key, value, PERIODS));
            }
            self.count = self.count.max(at.saturating_add(1));
        }
        match (place, value) {
            // Those two have a name of their own, and are looked up by it.
            (Place::Time(_), _) | (Place::All | Place::Days(_), Value::Null) | (Place::Period(_), Value::Empty) => {
                Ok(())
            }
            (Place::All, value) => Err(invalid(key, value, PERIODS)),
            (Place::Period(_), value) => Err(invalid(key, value, PERIOD)),
            (Place::Days(_), value) => Err(invalid(key, value, DAYS)),
            (Place::Day(at), value) => {
                let day = text(value).and_then(Day::from_name);
                let new = day.zip(self.days.get_mut(at)).is_some_and(|(day, days)| days.insert(day));
                if new { Ok(()) } else { Err(invalid(key, value, DAY)) }
            }
        }
    }
}

impl Arguments<'_, '_> {
    pub(super) fn set_suspend_periods(self) -> Result<Request, BadArgument> {
        let mut lists = Lists::default();
        self.judge(&mut |key, value| lists.take(key, value))?;
        let there = || NAMES.iter().zip(lists.days).take(lists.count);
        let mut missing = Missing::default();
        for key in ["domain_id", "policy_id"].iter().filter(|key| self.get(key).is_none()) {
            missing.insert(key);
        }
        if lists.count == 0 {
            missing.insert("periods");
        }
        for ([start, stop, days], found) in there() {
            for key in [start, stop].into_iter().filter(|key| self.get(key).is_none()) {
                missing.insert(key);
            }
            if found == Days::default() {
                missing.insert(days);
            }
        }
        missing.into_result()?;
        let policy = self.policy()?;
        let mut periods = Periods::default();
        for ([start, stop, _], days) in there() {
            let start = self.needed(start, START, |value| number::<u8>(value).filter(|start| *start < 240))?;
            let stop = self
                .needed(stop, STOP, |value| number(value).filter(|stop| (1..=240).contains(stop) && *stop > start))?;
            // There is room for as many as are counted.
            let _ = periods.push(Period { start, stop, days });
        }
        Ok(Request::SetSuspendPeriods { policy, periods })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        assert_eq!(Place::of("periods"), Some(Place::All));
        assert_eq!(Place::of("periods[4]"), Some(Place::Period(4)));
        assert_eq!(Place::of("periods[0].stop"), Some(Place::Time(0)));
        assert_eq!(Place::of("periods[12].days"), Some(Place::Days(12)));
        assert_eq!(Place::of("periods[1].days[6]"), Some(Place::Day(1)));
        for other in [
            "",
            "period",
            "periods.start",
            "periods[]",
            "periods[-1]",
            "periods[0",
            "periods[0].days[0].x",
            "periods[0].day",
        ] {
            assert_eq!(Place::of(other), None, "{other}");
        }
    }
}
