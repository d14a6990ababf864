//! What to do with a machine.

use core::fmt;
use core::num::NonZeroU16;

use serde::{Deserialize, Serialize};

use crate::dxp::RelayChanges;
#[cfg(feature = "ipmi")]
use crate::ipmi::RawRequest;

/// The power states that a person can ask for, by Ironic's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum PowerTarget {
    /// `power on`.
    #[serde(rename = "power on")]
    On,
    /// `power off`, without asking the operating system.
    #[serde(rename = "power off")]
    Off,
    /// `rebooting`: off, then on.
    #[serde(rename = "rebooting")]
    Reboot,
    /// `soft power off`: the operating system is asked to.
    #[serde(rename = "soft power off")]
    SoftOff,
    /// `soft rebooting`.
    #[serde(rename = "soft rebooting")]
    SoftReboot,
}

impl PowerTarget {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::On, Self::Off, Self::Reboot, Self::SoftOff, Self::SoftReboot];

    /// Ironic's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::On => "power on",
            Self::Off => "power off",
            Self::Reboot => "rebooting",
            Self::SoftOff => "soft power off",
            Self::SoftReboot => "soft rebooting",
        }
    }
}

impl fmt::Display for PowerTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a machine can start from, by Ironic's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "lowercase")]
pub enum BootDevice {
    /// `bios`: the set-up.
    Bios,
    /// `cdrom`.
    Cdrom,
    /// `disk`.
    Disk,
    /// `pxe`.
    Pxe,
    /// `safe`: the disk, in a mode for repairs.
    Safe,
}

impl BootDevice {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Bios, Self::Cdrom, Self::Disk, Self::Pxe, Self::Safe];

    /// Ironic's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bios => "bios",
            Self::Cdrom => "cdrom",
            Self::Disk => "disk",
            Self::Pxe => "pxe",
            Self::Safe => "safe",
        }
    }

    /// The one with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|device| device.as_str() == name)
    }
}

impl fmt::Display for BootDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Action {
    /// Tell the power state.
    GetPower,
    /// Reach a power state.
    SetPower(PowerTarget),
    /// Put the target's relay into a state for a while (staging-iboot).
    PulseRelay {
        /// On or off.
        on: bool,
        /// For how long.
        seconds: NonZeroU16,
    },
    /// Switch relays one by one (staging-iboot), whichever the target names.
    SwitchRelays(RelayChanges),
    /// Reach a power state; the start that this takes, if it takes one, is from this device, once (staging-amt).
    StartFrom {
        /// What to start from.
        boot: BootDevice,
        /// What to reach.
        target: PowerTarget,
    },
    /// Take back a boot device that an operation armed and did not live to disarm (staging-amt).
    Disarm,
    /// Tell what the device is and can do (staging-amt).
    Describe,
    /// Tell what the device says the next start is from (ipmi, staging-nm).
    #[cfg(feature = "ipmi")]
    GetBootDevice,
    /// Have the device start the machine from there (ipmi, staging-nm).
    #[cfg(feature = "ipmi")]
    SetBootDevice {
        /// From where.
        device: BootDevice,
        /// Every start; else the next one.
        persistent: bool,
        /// Whether the machine's firmware is EFI; none: as the device has it now.
        efi: Option<bool>,
    },
    /// A method of Node Manager (staging-nm).
    #[cfg(feature = "ipmi")]
    NodeManager(#[serde(serialize_with = "crate::nm::on_the_channel")] crate::nm::Request),
    /// A request of IPMI as it stands (ipmi, staging-nm).
    #[cfg(feature = "ipmi")]
    Raw(RawRequest),
}

/// The kinds of actions, for errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ActionName {
    /// See [`Action::GetPower`].
    GetPower,
    /// See [`Action::SetPower`].
    SetPower(PowerTarget),
    /// See [`Action::PulseRelay`].
    PulseRelay,
    /// See [`Action::SwitchRelays`].
    SwitchRelays,
    /// See [`Action::StartFrom`].
    StartFrom(BootDevice),
    /// See [`Action::Disarm`].
    Disarm,
    /// See [`Action::Describe`].
    Describe,
    /// Reading what the next start is from.
    GetBootDevice,
    /// Setting what the next start is from.
    SetBootDevice(BootDevice),
    /// Methods of Node Manager.
    NodeManager,
    /// Requests of IPMI as they stand.
    Raw,
}

impl Action {
    /// Its kind.
    #[must_use]
    pub const fn name(&self) -> ActionName {
        match self {
            Self::GetPower => ActionName::GetPower,
            Self::SetPower(target) => ActionName::SetPower(*target),
            Self::PulseRelay { .. } => ActionName::PulseRelay,
            Self::SwitchRelays(_) => ActionName::SwitchRelays,
            Self::StartFrom { boot, .. } => ActionName::StartFrom(*boot),
            Self::Disarm => ActionName::Disarm,
            Self::Describe => ActionName::Describe,
            #[cfg(feature = "ipmi")]
            Self::GetBootDevice => ActionName::GetBootDevice,
            #[cfg(feature = "ipmi")]
            Self::SetBootDevice { device, .. } => ActionName::SetBootDevice(*device),
            #[cfg(feature = "ipmi")]
            Self::NodeManager(_) => ActionName::NodeManager,
            #[cfg(feature = "ipmi")]
            Self::Raw(_) => ActionName::Raw,
        }
    }
}

impl fmt::Display for ActionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GetPower => f.write_str("the power state"),
            Self::SetPower(target) => write!(f, "the power state '{target}'"),
            Self::PulseRelay => f.write_str("pulses"),
            Self::SwitchRelays => f.write_str("lists of relays"),
            Self::StartFrom(boot) | Self::SetBootDevice(boot) => write!(f, "the boot device '{boot}'"),
            Self::Disarm => f.write_str("disarming"),
            Self::Describe => f.write_str("a description"),
            Self::GetBootDevice => f.write_str("reading the boot device"),
            Self::NodeManager => f.write_str("Node Manager"),
            Self::Raw => f.write_str("requests of IPMI"),
        }
    }
}
