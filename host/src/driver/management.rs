//! Management interfaces: where a node's boot device is kept, and which there are.

use rackhand_core::operation::BootDevice;
use serde::Serialize;

use crate::model::BootWish;

/// A management interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Management {
    /// `noop`: what the machine boots from is set on the machine; a wish is taken and has no effect, as in Ironic.
    Noop,
    /// `fake`: Ironic's for tests.
    Fake,
    /// `staging-amt`: AMT keeps no boot device, the node does; each start that is sent brings it along.
    StagingAmt,
    /// `staging-libvirt`: the domain's definition keeps it.
    StagingLibvirt,
    /// `ipmitool`: the BMC keeps it, and is asked and told at once.
    Ipmitool,
}

/// Who knows what a node boots from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keeper {
    /// The device, which is asked each time.
    Device,
    /// Nobody: the answer is always the same, and what is set has no effect.
    Nobody(BootWish),
    /// The node. This is the answer while nothing is stored.
    Node(BootWish),
}

/// What a node boots from, as it is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Shown {
    boot_device: Option<BootDevice>,
    persistent: Option<bool>,
}

impl From<Option<BootWish>> for Shown {
    /// None: nothing is set.
    fn from(wish: Option<BootWish>) -> Self {
        Self { boot_device: wish.map(|wish| wish.device), persistent: wish.map(|wish| wish.persistent) }
    }
}

impl Management {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        match name {
            "noop" => Some(Self::Noop),
            "fake" => Some(Self::Fake),
            "staging-amt" => Some(Self::StagingAmt),
            "staging-libvirt" => Some(Self::StagingLibvirt),
            "ipmitool" => Some(Self::Ipmitool),
            _ => None,
        }
    }

    /// The devices that it takes.
    pub(crate) const fn supported(self) -> &'static [BootDevice] {
        match self {
            Self::Noop => &[BootDevice::Pxe, BootDevice::Disk],
            Self::Fake => &[BootDevice::Pxe],
            Self::StagingAmt => &[BootDevice::Pxe, BootDevice::Disk, BootDevice::Cdrom, BootDevice::Bios],
            Self::StagingLibvirt => &[BootDevice::Pxe, BootDevice::Disk, BootDevice::Cdrom],
            Self::Ipmitool => {
                &[BootDevice::Pxe, BootDevice::Disk, BootDevice::Cdrom, BootDevice::Bios, BootDevice::Safe]
            }
        }
    }

    /// Who knows what the node boots from.
    pub(crate) const fn keeper(self) -> Keeper {
        match self {
            Self::Noop => Keeper::Nobody(BootWish { device: BootDevice::Pxe, persistent: true }),
            Self::Fake => Keeper::Nobody(BootWish { device: BootDevice::Pxe, persistent: false }),
            // Of the interface that this one follows.
            Self::StagingAmt => Keeper::Node(BootWish { device: BootDevice::Disk, persistent: true }),
            Self::Ipmitool | Self::StagingLibvirt => Keeper::Device,
        }
    }

    /// Whether it asks for the node's settings.
    pub(crate) const fn needs_settings(self) -> bool {
        !matches!(self.keeper(), Keeper::Nobody(_))
    }
}
