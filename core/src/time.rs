//! Time as an argument: core has no clock (DESIGN, core rule 5).

use core::time::Duration;

use serde::{Deserialize, Serialize};

/// A moment in milliseconds since an arbitrary start that the runner chose.
///
/// Arithmetic saturates: a deadline beyond the end of time is the end of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Instant(u64);

/// A part of the time that is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Share {
    /// All of it.
    All,
    /// Half of it.
    Half,
    /// A quarter of it.
    Quarter,
    /// Three quarters of it.
    ThreeQuarters,
}

impl Instant {
    /// The arbitrary start.
    pub const ZERO: Self = Self(0);

    /// The moment `millis` milliseconds after the start.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the start.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// The moment `duration` after this one, whole milliseconds, rounded up so that a wait is never too short.
    #[must_use]
    #[cfg_attr(target_pointer_width = "32", inline(never))]
    pub const fn after(self, duration: Duration) -> Self {
        let millis = duration.as_secs().saturating_mul(1000);
        let part = duration.subsec_micros().div_ceil(1000) as u64;
        Self(self.0.saturating_add(millis).saturating_add(part))
    }

    /// The moment `millis` milliseconds after this one.
    #[must_use]
    pub const fn after_millis(self, millis: u64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// The moment `millis` milliseconds before this one; the start when there is none.
    #[must_use]
    pub const fn before_millis(self, millis: u64) -> Self {
        Self(self.0.saturating_sub(millis))
    }

    /// The moment at which `share` of the time from this moment to `end` has gone by; this one when `end` is over.
    #[must_use]
    #[cfg_attr(target_pointer_width = "32", inline(never))]
    pub const fn part_way(self, end: Self, share: Share) -> Self {
        let left = end.0.saturating_sub(self.0);
        // Shifts, because a division of 64 bits costs a kilobyte of a small board's flash.
        self.after_millis(match share {
            Share::All => left,
            Share::Half => left >> 1,
            Share::Quarter => left >> 2,
            Share::ThreeQuarters => left.saturating_sub(left >> 2),
        })
    }

    /// How long it is from `earlier` until this moment; zero when `earlier` is the later one.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_up_and_saturates() {
        assert_eq!(Instant::ZERO.after(Duration::from_micros(1)).as_millis(), 1);
        assert_eq!(Instant::ZERO.after(Duration::from_millis(1500)).as_millis(), 1500);
        assert_eq!(Instant::from_millis(u64::MAX).after(Duration::MAX).as_millis(), u64::MAX);
        assert_eq!(Instant::ZERO.since(Instant::from_millis(5)), Duration::ZERO);
        assert_eq!(Instant::from_millis(7).after_millis(u64::MAX).as_millis(), u64::MAX);
        let part = |share| Instant::from_millis(100).part_way(Instant::from_millis(108), share).as_millis();
        assert_eq!([part(Share::All), part(Share::Half), part(Share::Quarter)], [108, 104, 102]);
        assert_eq!(part(Share::ThreeQuarters), 106);
        assert_eq!(Instant::from_millis(9).part_way(Instant::ZERO, Share::All).as_millis(), 9);
        assert_eq!(Instant::from_millis(7).before_millis(2).as_millis(), 5);
        assert_eq!(Instant::from_millis(7).before_millis(u64::MAX), Instant::ZERO);
        assert_eq!(Instant::from_millis(7).since(Instant::from_millis(5)), Duration::from_millis(2));
    }
}
