//! What AMT is asked. CIM_PowerManagementService and CIM_BootService, DSP1027 and DSP1012; Intel AMT SDK, "Set or Disable
//! Boot Settings and Options".

use crate::amt::{Answer, BootSettings, BootSource, PowerCode, Refusal};
use crate::dialog::{Protocol, Slot};

/// WS-Management with AMT's classes.
#[derive(Clone, Copy, Debug)]
pub struct Amt;

impl Protocol for Amt {
    type View<'a> = Answer;
    type Code = Refusal;
    type Writer<'w> = Call;
}

/// One request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Question {
    /// ChangeBootOrder; none clears it.
    ChangeBootOrder(Option<BootSource>),
    /// Get AMT_BootCapabilities.
    GetBootCapabilities,
    /// Get AMT_BootSettingData.
    GetBootSettings,
    /// Get CIM_KVMRedirectionSAP.
    GetKvm,
    /// Get IPS_OptInService.
    GetOptIn,
    /// Get CIM_AssociatedPowerManagementService.
    GetPower,
    /// Get IPS_PowerManagementService.
    GetPowerSaving,
    /// Get AMT_SetupAndConfigurationService.
    GetProvisioning,
    /// Get CIM_SoftwareIdentity of AMT itself.
    GetVersion,
    /// Put AMT_BootSettingData.
    PutBootSettings(BootSettings),
    /// RequestPowerStateChange.
    RequestPowerStateChange(PowerCode),
    /// SetBootConfigRole: 1 (armed: next single use) or 32768 (disarmed: not next).
    SetBootConfigRole {
        /// Whether the next start shall use the boot configuration.
        armed: bool,
    },
}

/// Where a dialog puts its question.
pub type Call = Slot<Question>;
