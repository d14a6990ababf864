//! What is wrong with the arguments of a method (drivers.md, staging-nm).

use core::fmt;

use crate::nm::Method;
use crate::operation::Got;

/// All arguments that can be missing, one bit each.
const NAMES: [&str; 32] = [
    "scope",
    "enable",
    "domain_id",
    "policy_id",
    "policy_trigger",
    "action",
    "power_domain",
    "target_limit",
    "target_limit.boot_mode",
    "target_limit.cores_disabled",
    "reporting_period",
    "cpu_power_correction",
    "storage",
    "correction_time",
    "trigger_limit",
    "parameter_name",
    "periods",
    "periods[0].start",
    "periods[0].stop",
    "periods[0].days",
    "periods[1].start",
    "periods[1].stop",
    "periods[1].days",
    "periods[2].start",
    "periods[2].stop",
    "periods[2].days",
    "periods[3].start",
    "periods[3].stop",
    "periods[3].days",
    "periods[4].start",
    "periods[4].stop",
    "periods[4].days",
];

/// Arguments that are not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Missing(u32);

impl Missing {
    /// Adds one by its name.
    pub(super) fn insert(&mut self, name: &str) {
        let at = NAMES.iter().position(|known| *known == name).and_then(|at| u32::try_from(at).ok());
        self.0 |= at.and_then(|at| 1_u32.checked_shl(at)).unwrap_or(0);
    }

    /// Their names.
    pub fn iter(self) -> impl Iterator<Item = &'static str> {
        NAMES.iter().enumerate().filter_map(move |(at, name)| {
            let bit = u32::try_from(at).ok().and_then(|at| 1_u32.checked_shl(at))?;
            (self.0 & bit != 0).then_some(*name)
        })
    }

    /// None is missing, or they are.
    pub(super) const fn into_result(self) -> Result<(), BadArgument> {
        if self.0 == 0 { Ok(()) } else { Err(BadArgument::Missing(self)) }
    }
}

/// What is wrong with the arguments of a method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadArgument {
    /// It holds what it must not.
    Invalid {
        /// Where: the path of the value.
        key: Got,
        /// What is there.
        got: Got,
        /// What is allowed, in words.
        allowed: &'static str,
    },
    /// Required arguments that are not there, all of them.
    Missing(Missing),
    /// The method knows no such argument.
    Unknown {
        /// The path of the value.
        key: Got,
        /// What is there.
        got: Got,
        /// Which method.
        method: Method,
    },
}

impl BadArgument {
    /// Ironic's name of the error.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Missing(_) => "MissingParameterValue",
            Self::Invalid { .. } | Self::Unknown { .. } => "InvalidParameterValue",
        }
    }
}

/// Names, a comma between each two.
fn list(f: &mut fmt::Formatter<'_>, names: impl Iterator<Item = &'static str>) -> fmt::Result {
    let mut separator = "";
    for name in names {
        write!(f, "{separator}{name}")?;
        separator = ", ";
    }
    Ok(())
}

impl fmt::Display for BadArgument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid { key, got, allowed } => write!(f, "{key} must be {allowed}, not '{got}'"),
            Self::Missing(missing) => {
                f.write_str("missing: ")?;
                list(f, missing.iter())
            }
            Self::Unknown { key, got, method } if method.arguments().is_empty() => {
                write!(f, "{method} takes no arguments, and got {key} ('{got}')")
            }
            Self::Unknown { key, got, method } => {
                write!(f, "{method} has no argument {key} ('{got}'); it takes ")?;
                list(f, method.arguments().iter().copied())
            }
        }
    }
}

impl core::error::Error for BadArgument {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_a_bit_of_its_own() {
        for (at, name) in NAMES.iter().enumerate() {
            let mut missing = Missing::default();
            missing.insert(name);
            assert_eq!(missing.0, 1 << at, "{name}");
            assert!(missing.iter().eq([*name]));
        }
        for name in Method::ALL.iter().flat_map(|method| method.arguments()) {
            assert!(NAMES.contains(name), "{name}");
        }
    }
}
