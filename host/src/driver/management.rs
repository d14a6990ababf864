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
}

/// Who knows what a node boots from. (Of a BMC it would be the device, which is asked.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keeper {
    /// Nobody: the answer is always the same, and what is set has no effect.
    Nobody(BootWish),
    /// The node. This is the answer while nothing is stored.
    Node(BootWish),
}

/// What a node boots from, as it is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Shown {
    boot_device: BootDevice,
    persistent: bool,
}

impl From<BootWish> for Shown {
    fn from(wish: BootWish) -> Self {
        Self { boot_device: wish.device, persistent: wish.persistent }
    }
}

impl Management {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        match name {
            "noop" => Some(Self::Noop),
            "fake" => Some(Self::Fake),
            "staging-amt" => Some(Self::StagingAmt),
            _ => None,
        }
    }

    /// The devices that it takes.
    pub(crate) const fn supported(self) -> &'static [BootDevice] {
        match self {
            Self::Noop => &[BootDevice::Pxe, BootDevice::Disk],
            Self::Fake => &[BootDevice::Pxe],
            Self::StagingAmt => &[BootDevice::Pxe, BootDevice::Disk, BootDevice::Cdrom, BootDevice::Bios],
        }
    }

    /// Who knows what the node boots from.
    pub(crate) const fn keeper(self) -> Keeper {
        let (device, persistent) = match self {
            Self::Noop => (BootDevice::Pxe, true),
            Self::Fake => (BootDevice::Pxe, false),
            // Of the interface that this one follows.
            Self::StagingAmt => (BootDevice::Disk, true),
        };
        let wish = BootWish { device, persistent };
        match self {
            Self::Noop | Self::Fake => Keeper::Nobody(wish),
            Self::StagingAmt => Keeper::Node(wish),
        }
    }
}
