//! Generations of Intel AMT and what tells them apart, as far as a client sees it.

/// A generation of Intel AMT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Generation {
    /// AMT 7: power codes 2, 5, 8 and 10.
    Amt7,
    /// AMT 9: the operating system can be asked (4, 7, 12, 14).
    Amt9,
    /// AMT 11: NMI (11), Modern Standby; its `Server` field says no version.
    Amt11,
    /// AMT 12.
    Amt12,
    /// AMT 14: offers `auth-int` beside `auth`.
    Amt14,
    /// AMT 16: demands counts of eight digits.
    Amt16,
}

impl Generation {
    /// All of them, the oldest first.
    pub const ALL: [Self; 6] = [Self::Amt7, Self::Amt9, Self::Amt11, Self::Amt12, Self::Amt14, Self::Amt16];

    /// Its number: 7, 9, 11, 12, 14 or 16.
    #[must_use]
    pub const fn number(self) -> u16 {
        match self {
            Self::Amt7 => 7,
            Self::Amt9 => 9,
            Self::Amt11 => 11,
            Self::Amt12 => 12,
            Self::Amt14 => 14,
            Self::Amt16 => 16,
        }
    }

    /// The generation with this number; none when it is not one of [`Generation::ALL`].
    #[must_use]
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.number() == number)
    }

    /// The version of the firmware: what CIM_SoftwareIdentity says of `AMT`.
    #[must_use]
    pub const fn version(self) -> &'static str {
        match self {
            Self::Amt7 => "7.1.91",
            Self::Amt9 => "9.0.30",
            Self::Amt11 => "11.8.86",
            Self::Amt12 => "12.0.67",
            Self::Amt14 => "14.1.67",
            Self::Amt16 => "16.1.25",
        }
    }

    /// The field `Server` of its answers.
    pub(super) fn server(self) -> String {
        match self {
            Self::Amt11 => "AMT".to_owned(),
            other => format!("Intel(R) Active Management Technology {}", other.version()),
        }
    }

    /// The qop of its challenge, as it is written.
    pub(super) const fn qop(self) -> &'static str {
        if self.number() < 14 { "auth" } else { "auth-int, auth" }
    }

    /// Counts of fewer than eight digits are refused.
    pub(super) const fn wants_eight_digits(self) -> bool {
        self.number() >= 16
    }

    /// The operating system can be asked to sleep, shut down and restart.
    pub(super) const fn asks_system(self) -> bool {
        self.number() >= 9
    }

    /// NMI can be asked for, and OSPowerSavingState is there.
    pub(super) const fn knows_standby(self) -> bool {
        self.number() >= 10
    }

    /// Disks can be erased.
    pub(super) const fn erases(self) -> bool {
        self.number() >= 11
    }

    /// One-Click-Recovery: options of UEFI, and PlatformErase.
    pub(super) const fn recovers(self) -> bool {
        self.number() >= 16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_versions_agree() {
        for it in Generation::ALL {
            assert_eq!(Generation::from_number(it.number()), Some(it));
            assert!(it.version().starts_with(&format!("{}.", it.number())));
            assert!(it == Generation::Amt11 || it.server().ends_with(it.version()));
        }
        assert_eq!(Generation::from_number(8), None);
    }
}
