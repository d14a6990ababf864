//! Management interfaces that no device is behind.

use serde::Serialize;

/// What a node boots from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct BootDevice {
    /// By Ironic's name.
    pub(crate) boot_device: &'static str,
    /// Whether for longer than the next start.
    pub(crate) persistent: bool,
}

/// A management interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Management {
    /// `noop`: what the machine boots from is set on the machine; a wish is taken and has no effect, as in Ironic.
    Noop,
    /// `fake`: Ironic's for tests.
    Fake,
}

impl Management {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        match name {
            "noop" => Some(Self::Noop),
            "fake" => Some(Self::Fake),
            _ => None,
        }
    }

    /// The devices that it takes.
    pub(crate) const fn supported(self) -> &'static [&'static str] {
        match self {
            Self::Noop => &["pxe", "disk"],
            Self::Fake => &["pxe"],
        }
    }

    /// What the node boots from, as far as this interface knows.
    pub(crate) const fn boot_device(self) -> BootDevice {
        BootDevice { boot_device: "pxe", persistent: matches!(self, Self::Noop) }
    }
}
