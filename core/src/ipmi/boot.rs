//! What a BMC says a machine starts from (IPMI 2.0, section 28.13, parameter 5).

use serde::{Deserialize, Serialize};

#[cfg(feature = "ipmi")]
use crate::ipmi::command::{BootDevice as Source, BootFlags};
use crate::operation::BootDevice;

/// What the next start, or every one, is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(deny_unknown_fields)]
pub struct BootSetting {
    /// From where; none: the machine's own order counts, or it is something that has no name here.
    pub device: Option<BootDevice>,
    /// Every start; else the next one.
    pub persistent: bool,
    /// Of EFI firmware; else of a PC's BIOS.
    pub efi: bool,
}

#[cfg(feature = "ipmi")]
impl From<BootFlags> for BootSetting {
    fn from(flags: BootFlags) -> Self {
        let device = match flags.device {
            _ if !flags.valid => None,
            Source::Pxe => Some(BootDevice::Pxe),
            Source::Disk | Source::RemoteDisk => Some(BootDevice::Disk),
            Source::DiskSafe => Some(BootDevice::Safe),
            Source::Cdrom | Source::RemoteCdrom => Some(BootDevice::Cdrom),
            Source::Bios => Some(BootDevice::Bios),
            Source::None
            | Source::Diagnostic
            | Source::RemoteFloppy
            | Source::RemotePrimary
            | Source::Floppy
            | Source::Other(_) => None,
        };
        Self { device, persistent: flags.persistent, efi: flags.efi }
    }
}
