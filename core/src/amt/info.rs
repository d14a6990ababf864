//! What a device says about itself (CIM_AssociatedPowerManagementService, DSP1027; Intel AMT SDK, "Boot Capabilities").

use serde::{Deserialize, Serialize};

use crate::amt::{BootCapabilities, PowerCodes, Provisioning, Version};

/// What a device says about itself. What its firmware does not tell is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(deny_unknown_fields)]
pub struct AmtInfo {
    /// The version of AMT.
    pub version: Option<Version>,
    /// How it was set up.
    pub provisioning: Option<Provisioning>,
    /// PowerState.
    pub power_state: u32,
    /// AvailableRequestedPowerStates.
    pub power_codes: PowerCodes,
    /// OSPowerSavingState: 2 full power, 3 saving power though PowerState says on.
    pub power_saving: Option<u32>,
    /// Where it can be started from.
    pub boot: BootCapabilities,
}
