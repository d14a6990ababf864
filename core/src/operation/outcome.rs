//! How an action ended well.

use core::fmt;

use serde::{Deserialize, Serialize};

#[cfg(feature = "amt")]
use crate::amt::AmtInfo;
use crate::dxp::Reading;
#[cfg(feature = "ipmi")]
use crate::ipmi::{BootSetting, RawAnswer};

/// The power states that a device can be in, by Ironic's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum PowerState {
    /// `power on`.
    #[serde(rename = "power on")]
    On,
    /// `power off`.
    #[serde(rename = "power off")]
    Off,
}

impl PowerState {
    /// Ironic's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::On => "power on",
            Self::Off => "power off",
        }
    }

    /// The state of a relay or plug.
    #[must_use]
    pub const fn from_on(on: bool) -> Self {
        if on { Self::On } else { Self::Off }
    }
}

impl fmt::Display for PowerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How an action ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// The device was asked, and this is what it said.
    Power(PowerState),
    /// The device cannot be asked (staging-wol). This is the state to store; none: the stored one holds, `power off` where
    /// none is stored.
    Stored(Option<PowerState>),
    /// The pulse was accepted; what the relay was right after it.
    Pulsed(Reading),
    /// Every relay of the list reads as it shall be.
    Switched,
    /// The power state was reached, and a boot device was to be started from.
    #[cfg(feature = "amt")]
    Started {
        /// The power state.
        state: PowerState,
        /// A start from the boot device was accepted: a wish for one start is fulfilled.
        boot_device_used: bool,
        /// It was not, and could not be taken back: the machine may start from there some other time.
        left_armed: bool,
    },
    /// The machine is on its way from one state to another, and stays so: what was known of it holds (staging-amt).
    Changing,
    /// Nothing is armed.
    Disarmed,
    /// What the device says about itself (staging-amt).
    #[cfg(feature = "amt")]
    Described(AmtInfo),
    /// What the device says the next start is from; after it was set, what is kept of that (ipmi, staging-nm).
    #[cfg(feature = "ipmi")]
    BootDevice(BootSetting),
    /// What Node Manager answered (staging-nm).
    #[cfg(feature = "ipmi")]
    NodeManager(crate::nm::Response),
    /// What was answered to a request of IPMI.
    #[cfg(feature = "ipmi")]
    Raw(RawAnswer),
}

impl Outcome {
    /// The state that this outcome tells of the machine.
    #[must_use]
    pub const fn power_state(self) -> Option<PowerState> {
        match self {
            Self::Power(state) => Some(state),
            #[cfg(feature = "amt")]
            Self::Started { state, .. } => Some(state),
            #[cfg(feature = "amt")]
            Self::Described(_) => None,
            #[cfg(feature = "ipmi")]
            Self::BootDevice(_) | Self::NodeManager(_) | Self::Raw(_) => None,
            Self::Stored(state) => state,
            Self::Pulsed(Reading::On) => Some(PowerState::On),
            Self::Pulsed(Reading::Off) => Some(PowerState::Off),
            Self::Pulsed(Reading::Unknown(_) | Reading::NotRead) | Self::Switched | Self::Changing | Self::Disarmed => {
                None
            }
        }
    }
}
