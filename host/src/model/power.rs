//! Power states by Ironic's names.

use rackhand_core::operation::{PowerState, PowerTarget};
use serde::{Deserialize, Serialize};

/// What `power_state` and `target_power_state` can be, beside nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum PowerReading {
    #[serde(rename = "power on")]
    On,
    #[serde(rename = "power off")]
    Off,
    /// The device could not be asked.
    #[serde(rename = "error")]
    Error,
}

impl PowerReading {
    /// Ironic's name.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::On => "power on",
            Self::Off => "power off",
            Self::Error => "error",
        }
    }

    /// The state in which an action ends; that of a reboot is `power on`.
    pub(crate) const fn end_of(target: PowerTarget) -> Self {
        match target {
            PowerTarget::On | PowerTarget::Reboot | PowerTarget::SoftReboot => Self::On,
            PowerTarget::Off | PowerTarget::SoftOff => Self::Off,
        }
    }
}

impl From<PowerState> for PowerReading {
    fn from(state: PowerState) -> Self {
        match state {
            PowerState::On => Self::On,
            PowerState::Off => Self::Off,
        }
    }
}
