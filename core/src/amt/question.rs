//! What AMT is asked, and how its answers look to a dialog. CIM_PowerManagementService and CIM_BootService, DSP1027 and
//! DSP1012; Intel AMT SDK, "Set or Disable Boot Settings and Options".

use crate::dialog::{Protocol, Slot};

/// WS-Management with AMT's classes.
#[derive(Clone, Copy, Debug)]
pub struct Amt;

impl Protocol for Amt {
    type View<'a> = Body<'a>;
    type Code = AmtFault;
    type Writer<'w> = Call;
}

/// A fault of WS-Management, as far as a dialog tells faults apart (DSP0226, section 14.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AmtFault {
    /// `AccessDenied`: the user lacks the realm, or user consent is missing. Final.
    AccessDenied,
    /// Anything that may pass.
    Other,
}

/// The properties in the body of an answer.
#[derive(Clone, Copy, Debug)]
pub struct Body<'a>(&'a [(&'a str, &'a str)]);

impl<'a> Body<'a> {
    /// A body with these properties, name and text each, in the order of the answer.
    #[must_use]
    pub const fn new(properties: &'a [(&'a str, &'a str)]) -> Self {
        Self(properties)
    }

    /// The whole number that the first property of this name holds.
    #[must_use]
    pub fn number(self, name: &str) -> Option<u32> {
        self.0.iter().find(|(known, _)| *known == name).and_then(|(_, text)| text.trim().parse().ok())
    }

    /// Which of the known boot settings are there.
    #[must_use]
    pub fn boot_properties(self) -> BootProperties {
        let mut present = BootProperties::NONE;
        for (bit, known) in BootProperties::NAMES.iter().enumerate() {
            if self.0.iter().any(|(name, _)| name == known) {
                present.0 |= u32::try_from(bit).ok().and_then(|bit| 1_u32.checked_shl(bit)).unwrap_or(0);
            }
        }
        present
    }
}

/// A value of RequestedPowerState in RequestPowerStateChange (DSP1027, section 8.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PowerCode {
    /// 2.
    On,
    /// 8: power is cut, whatever the name says.
    OffSoft,
}

/// Where a machine starts from once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BootSource {
    /// `Intel(r) AMT: Force CD/DVD Boot`.
    Cdrom,
    /// `Intel(r) AMT: Force Hard-drive Boot`.
    Disk,
    /// `Intel(r) AMT: Force PXE Boot`.
    Pxe,
}

/// The settings of AMT_BootSettingData that were present when it was read: the Put must hold them all. One bit each, in
/// the order of [`BootProperties::NAMES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BootProperties(u32);

impl BootProperties {
    /// None was there.
    pub const NONE: Self = Self(0);

    /// The settings that are known, in the order in which AMT sends them. All are put back as false, 0 or empty.
    pub const NAMES: [&'static str; 25] = [
        "BIOSPause",
        "BIOSSetup",
        "BootMediaIndex",
        "ConfigurationDataReset",
        "ElementName",
        "EnforceSecureBoot",
        "FirmwareVerbosity",
        "ForcedProgressEvents",
        "IDERBootDevice",
        "InstanceID",
        "LockKeyboard",
        "LockPowerButton",
        "LockResetButton",
        "LockSleepButton",
        "OwningEntity",
        "PlatformErase",
        "RSEPassword",
        "ReflashBIOS",
        "SecureErase",
        "UefiBootNumberOfParams",
        "UefiBootParametersArray",
        "UseIDER",
        "UseSOL",
        "UseSafeMode",
        "UserPasswordBypass",
    ];

    /// Whether the setting with this place in [`BootProperties::NAMES`] was there.
    #[must_use]
    pub const fn has(self, place: u32) -> bool {
        matches!(1_u32.checked_shl(place), Some(bit) if self.0 & bit != 0)
    }
}

/// One request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Question {
    /// Get CIM_AssociatedPowerManagementService.
    GetPower,
    /// Get AMT_BootSettingData.
    GetBootSettings,
    /// ChangeBootOrder; none clears it.
    ChangeBootOrder(Option<BootSource>),
    /// Put AMT_BootSettingData with every option off.
    PutBootSettings(BootProperties),
    /// SetBootConfigRole: 1 (armed: next single use) or 32768 (disarmed: not next).
    SetBootConfigRole {
        /// Whether the next start shall use the boot configuration.
        armed: bool,
    },
    /// RequestPowerStateChange.
    RequestPowerStateChange(PowerCode),
}

/// Where a dialog puts its question.
pub type Call = Slot<Question>;
