//! The names that Ironic's methods use, and the numbers that they are on the wire (drivers.md, staging-nm; Node Manager 3.0, section
//! 2). A number without a name is kept as it is.

use serde::{Deserialize, Serialize};

/// Values with a name each.
macro_rules! names {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident $text:literal,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$doc])* $variant,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Ironic's name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The one of this name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Some(match name {
                    $($text => Self::$variant,)*
                    _ => return None,
                })
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}
pub(super) use names;

/// Values with a number and a name each, and those that have but a number.
macro_rules! numbers {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident $number:literal $text:literal,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$doc])* $variant,)*
            /// A number without a name.
            Unknown(u8),
        }

        impl $name {
            /// All that have a name.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The one of this number.
            #[must_use]
            pub const fn of(number: u8) -> Self {
                match number {
                    $($number => Self::$variant,)*
                    other => Self::Unknown(other),
                }
            }

            /// Its number on the wire.
            #[must_use]
            pub const fn number(self) -> u8 {
                match self {
                    $(Self::$variant => $number,)*
                    Self::Unknown(number) => number,
                }
            }

            /// Ironic's name; `unknown` for a number without one.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Unknown(_) => "unknown",
                }
            }

            /// The one of this name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Some(match name {
                    $($text => Self::$variant,)*
                    _ => return None,
                })
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

pub(super) use numbers;

numbers! {
    /// What a policy or a statistic is of. The ids of policies are each domain's own.
    Domain {
        /// The whole machine.
        Platform 0 "platform",
        /// Its processors.
        Cpu 1 "cpu",
        /// Its memory.
        Memory 2 "memory",
        /// Hardware protection; in statistics only.
        Protection 3 "protection",
        /// High power input and output.
        Io 4 "io",
    }
}

numbers! {
    /// What makes a policy act. The unit of its trigger_limit follows.
    PolicyTrigger {
        /// Nothing: it limits always. The trigger_limit is ignored.
        None 0 "none",
        /// The inlet temperature, in degrees Celsius.
        Temperature 1 "temperature",
        /// Power readings are missing for so long, in tenths of a second.
        Power 2 "power",
        /// So long after the host's reset, in tenths of a second.
        Reset 3 "reset",
        /// The time of booting. The trigger_limit is ignored.
        Boot 4 "boot",
    }
}

numbers! {
    /// How hard a processor's power is cut; in the domains of platform and processors only. Spelt as Ironic does.
    CpuPowerCorrection {
        /// As Node Manager thinks best.
        Auto 0 "auto",
        /// Not aggressively.
        Unagressive 1 "unagressive",
        /// Aggressively.
        Aggressive 2 "aggressive",
    }
}

names! {
    /// What a policy does when its limit cannot be held. `Alert` is bit 0 on the wire, `Shutdown` bit 1.
    Action {
        /// Nothing: in answers only.
        None "none",
        /// An alert is sent.
        Alert "alert",
        /// The machine is shut down.
        Shutdown "shutdown",
        /// Both; Ironic has no name for it.
        AlertAndShutdown "alert and shutdown",
    }
}

impl Action {
    /// Of the two bits on the wire.
    #[must_use]
    pub const fn of(bits: u8) -> Self {
        match bits & 3 {
            0 => Self::None,
            1 => Self::Alert,
            2 => Self::Shutdown,
            _ => Self::AlertAndShutdown,
        }
    }

    /// The two bits on the wire.
    #[must_use]
    pub const fn bits(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Alert => 1,
            Self::Shutdown => 2,
            Self::AlertAndShutdown => 3,
        }
    }

    /// What Ironic calls it in an answer: who is shut down need not be told of the alert.
    #[must_use]
    pub const fn answered(self) -> &'static str {
        match self {
            Self::AlertAndShutdown => Self::Shutdown.as_str(),
            other => other.as_str(),
        }
    }
}

names! {
    /// Which side of the power supplies is measured and limited; bit 7 on the wire.
    PowerDomain {
        /// The mains' side.
        Primary "primary",
        /// The machine's side.
        Secondary "secondary",
    }
}

names! {
    /// Whether a policy outlives a restart of Node Manager; bit 7 on the wire is set for what does not.
    Storage {
        /// It does.
        Persistent "persistent",
        /// It does not.
        Volatile "volatile",
    }
}

names! {
    /// What a boot policy optimizes; bit 0 of its limit.
    BootMode {
        /// Power.
        Power "power",
        /// Performance.
        Performance "performance",
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::ToString;

    use super::*;

    #[test]
    fn numbers_and_names_there_and_back() {
        for number in 0..=255 {
            assert_eq!(Domain::of(number).number(), number);
            assert_eq!(PolicyTrigger::of(number).number(), number);
            assert_eq!(CpuPowerCorrection::of(number).number(), number);
        }
        for domain in Domain::ALL {
            assert_eq!(Domain::from_name(domain.as_str()), Some(*domain));
        }
        assert_eq!((Domain::Io.number(), Domain::of(5).to_string().as_str()), (4, "unknown"));
        assert_eq!((Domain::from_name("unknown"), Domain::from_name("CPU")), (None, None));
        assert_eq!(PolicyTrigger::ALL.iter().map(|it| it.as_str()).collect::<std::vec::Vec<_>>().join(" "), {
            "none temperature power reset boot"
        });
        assert_eq!(CpuPowerCorrection::from_name("unagressive"), Some(CpuPowerCorrection::Unagressive));
        assert_eq!(Storage::from_name("volatile"), Some(Storage::Volatile));
        assert_eq!(PowerDomain::Secondary.to_string(), "secondary");
    }

    #[test]
    fn an_action_is_two_bits() {
        for bits in 0..4 {
            assert_eq!(Action::of(bits | 0x84).bits(), bits);
        }
        assert_eq!([0, 1, 2, 3].map(|bits| Action::of(bits).answered()), ["none", "alert", "shutdown", "shutdown"]);
    }
}
