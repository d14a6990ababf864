//! What a machine starts from once, and the settings that the same start takes. CIM_BootConfigSetting and CIM_BootService,
//! DSP1012; Intel AMT SDK, "Set or Disable Boot Settings and Options".

use serde::{Deserialize, Serialize};

/// Where a machine starts from once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
pub enum BootSource {
    /// The set-up of the BIOS: no entry of the boot order, but the option BIOSSetup.
    Bios,
    /// `Intel(r) AMT: Force CD/DVD Boot`.
    Cdrom,
    /// `Intel(r) AMT: Force Hard-drive Boot`.
    Disk,
    /// `Intel(r) AMT: Force PXE Boot`.
    Pxe,
}

impl BootSource {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Bios, Self::Cdrom, Self::Disk, Self::Pxe];

    /// The InstanceID of its CIM_BootSourceSetting; none for the BIOS.
    #[must_use]
    pub const fn instance_id(self) -> Option<&'static str> {
        match self {
            Self::Bios => None,
            Self::Cdrom => Some("Intel(r) AMT: Force CD/DVD Boot"),
            Self::Disk => Some("Intel(r) AMT: Force Hard-drive Boot"),
            Self::Pxe => Some("Intel(r) AMT: Force PXE Boot"),
        }
    }

    /// The property of AMT_BootCapabilities that tells whether the machine has it.
    #[must_use]
    pub const fn capability(self) -> &'static str {
        match self {
            Self::Bios => "BIOSSetup",
            Self::Cdrom => "ForceCDorDVDBoot",
            Self::Disk => "ForceHardDriveBoot",
            Self::Pxe => "ForcePXEBoot",
        }
    }

    const fn bit(self) -> u8 {
        match self {
            Self::Bios => 1,
            Self::Cdrom => 2,
            Self::Disk => 4,
            Self::Pxe => 8,
        }
    }
}

/// What AMT_BootCapabilities says of each boot source: yes, no, or nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(deny_unknown_fields)]
pub struct BootCapabilities {
    yes: u8,
    no: u8,
}

impl BootCapabilities {
    /// Notes what was said of `source`.
    pub const fn note(&mut self, source: BootSource, has: bool) {
        if has {
            self.yes |= source.bit();
        } else {
            self.no |= source.bit();
        }
    }

    /// Whether the machine has `source`; none when nothing was said.
    #[must_use]
    pub const fn has(self, source: BootSource) -> Option<bool> {
        let bit = source.bit();
        if self.yes & bit != 0 {
            Some(true)
        } else if self.no & bit != 0 {
            Some(false)
        } else {
            None
        }
    }
}

/// The settings of AMT_BootSettingData that were present when it was read: the Put must hold them all. One bit each, in
/// the order of [`BootProperties::ALL`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct BootProperties(u32);

impl BootProperties {
    /// None was there.
    pub const NONE: Self = Self(0);

    /// The settings that are known, in the order in which AMT sends them, and what each is put back as: every option false, 0 or
    /// empty, PlatformErase and SecureErase, which erase disks, among them. What tells who the instance is stays what it is.
    pub const ALL: &'static [(&'static str, &'static str)] = &[
        ("BIOSPause", "false"),
        ("BIOSSetup", "false"),
        ("BootMediaIndex", "0"),
        ("ConfigurationDataReset", "false"),
        ("ElementName", "Intel(r) AMT Boot Configuration Settings"),
        ("EnforceSecureBoot", "false"),
        ("FirmwareVerbosity", "0"),
        ("ForcedProgressEvents", "false"),
        ("IDERBootDevice", "0"),
        ("InstanceID", "Intel(r) AMT:BootSettingData 0"),
        ("LockKeyboard", "false"),
        ("LockPowerButton", "false"),
        ("LockResetButton", "false"),
        ("LockSleepButton", "false"),
        ("OwningEntity", "Intel(r) AMT"),
        ("PlatformErase", "false"),
        ("RSEPassword", ""),
        ("ReflashBIOS", "false"),
        ("SecureErase", "false"),
        ("UefiBootNumberOfParams", "0"),
        ("UefiBootParametersArray", ""),
        ("UseIDER", "false"),
        ("UseSOL", "false"),
        ("UseSafeMode", "false"),
        ("UserPasswordBypass", "false"),
    ];

    /// Notes that the setting with this name was there. Unknown names are left alone.
    pub fn note(&mut self, name: &str) {
        for (bit, (known, _)) in (0_u32..).zip(Self::ALL) {
            if *known == name {
                self.0 |= 1_u32.wrapping_shl(bit);
            }
        }
    }

    /// Whether the setting with this place in [`BootProperties::ALL`] was there.
    #[must_use]
    pub const fn has(self, place: u32) -> bool {
        matches!(1_u32.checked_shl(place), Some(bit) if self.0 & bit != 0)
    }
}

/// AMT_BootSettingData as it is put: every option off, but for the BIOS set-up if that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BootSettings {
    /// What was there when it was read.
    pub present: BootProperties,
    /// BIOSSetup.
    pub bios_setup: bool,
}
