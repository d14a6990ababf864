//! Which packets of a session were seen: each number counts once. IPMI 2.0, section 6.12.13.
//!
//! Only packets whose authentication code is good come here, so a number far ahead is the BMC's, after a stretch in which nothing
//! arrived: it is taken, unlike the section has it. Those that are far behind are not.

/// Numbers behind the highest that may still come.
const BEHIND: u32 = 16;

/// The numbers that were seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Window {
    highest: u32,
    /// Bit n: the number n below the highest was seen.
    seen: u32,
}

impl Window {
    /// Whether a packet with this number is new; it is not any more then.
    pub(super) fn is_new(&mut self, number: u32) -> bool {
        let ahead = number.wrapping_sub(self.highest);
        let behind = self.highest.wrapping_sub(number);
        if ahead != 0 && ahead <= u32::MAX >> 1 {
            self.seen = self.seen.checked_shl(ahead).unwrap_or(0) | 1;
            self.highest = number;
            return true;
        }
        let bit = 1_u32.checked_shl(behind).unwrap_or(0);
        // Nothing has the number 0: a session begins with 1.
        let new = behind <= BEHIND && self.seen & bit == 0 && number != 0;
        if new {
            self.seen |= bit;
        }
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_counts_once() {
        let mut window = Window::default();
        for (number, new) in [
            (0, false),
            (3, true),
            (3, false),
            (1, true),
            (2, true),
            (1, false),
            (18, true),
            (2, false),
            (4, true),
            (4, false),
            (19, true),
            (3, false),
            (5, true),
            (500, true),
            (483, false),
            (484, true),
            (u32::MAX, false),
        ] {
            assert_eq!(window.is_new(number), new, "{number}");
        }
        let mut wraps = Window { highest: u32::MAX, seen: 1 };
        assert!(wraps.is_new(1));
        assert!(wraps.is_new(u32::MAX - 1));
        assert!(!wraps.is_new(u32::MAX));
    }
}
