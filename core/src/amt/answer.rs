//! What AMT answers, as far as a dialog tells answers apart. Classes of DSP1027, DSP1012 and of the Intel AMT SDK; faults of
//! DSP0226, section 14.6.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::amt::{BootCapabilities, BootProperties, PowerStatus};
use crate::digits;

/// An answer, read and judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// AMT_BootCapabilities.
    BootCapabilities(BootCapabilities),
    /// AMT_BootSettingData: which settings there are.
    BootSettings(BootProperties),
    /// CIM_KVMRedirectionSAP.
    Kvm(Kvm),
    /// IPS_OptInService.
    OptIn(OptIn),
    /// CIM_AssociatedPowerManagementService.
    Power(PowerStatus),
    /// IPS_PowerManagementService: OSPowerSavingState, which is absent when the machine is off.
    PowerSaving(Option<u32>),
    /// AMT_SetupAndConfigurationService.
    Provisioning(Provisioning),
    /// A Put was done.
    Put,
    /// A method's ReturnValue.
    ReturnValue(u32),
    /// CIM_SoftwareIdentity: VersionString.
    Version(Version),
}

impl Answer {
    /// The ReturnValue, when this is the answer of a method.
    #[must_use]
    pub const fn return_value(self) -> Option<u32> {
        match self {
            Self::ReturnValue(value) => Some(value),
            _ => None,
        }
    }

    /// The power status, when this is one.
    #[must_use]
    pub const fn power(self) -> Option<PowerStatus> {
        match self {
            Self::Power(status) => Some(status),
            _ => None,
        }
    }
}

/// Why there is no such answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// `AccessDenied`, or HTTP's 403: the user lacks the realm, or user consent is missing. Final.
    AccessDenied,
    /// The device is still busy after it was given time.
    Busy,
    /// Another fault.
    Fault,
    /// This firmware has no such class or instance.
    NotThere,
    /// User name or password is wrong. Final: another try might lock the account.
    Unauthorized,
    /// What came is not what was asked for.
    Unreadable,
}

/// IPS_OptInService.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OptIn {
    /// OptInRequired: 0 never, 1 for KVM, 4294967295 for all that redirects or sets a boot device.
    pub required: u32,
    /// OptInState: 0 not started, 1 requested, 2 displayed, 3 received, 4 in session.
    pub state: u32,
}

impl OptIn {
    /// Somebody at the machine must consent to a boot device, and has not.
    #[must_use]
    pub const fn missing(self) -> bool {
        self.required > 1 && !matches!(self.state, 3 | 4)
    }
}

/// CIM_KVMRedirectionSAP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Kvm {
    /// EnabledState: 2 enabled and in session, 6 enabled but offline, 3 disabled.
    pub enabled_state: u32,
}

impl Kvm {
    /// Somebody looks at the machine's screen right now.
    #[must_use]
    pub const fn in_session(self) -> bool {
        self.enabled_state == 2
    }
}

/// AMT_SetupAndConfigurationService.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(deny_unknown_fields)]
pub struct Provisioning {
    /// ProvisioningMode: 1 admin control, 4 client control.
    pub mode: u32,
    /// ProvisioningState: 0 pre, 1 in, 2 post.
    pub state: u32,
}

impl fmt::Display for Provisioning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mode {
            1 => f.write_str("admin control mode")?,
            4 => f.write_str("client control mode")?,
            mode => write!(f, "mode {mode}")?,
        }
        match self.state {
            0 => f.write_str(", not provisioned"),
            1 => f.write_str(", being provisioned"),
            2 => f.write_str(", provisioned"),
            state => write!(f, ", state {state}"),
        }
    }
}

/// A version of AMT, as `12.0.67`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// The generation: 7, 12, 16.
    pub major: u16,
    /// The second number.
    pub minor: u16,
    /// The third number; 0 when there is none.
    pub revision: u16,
}

impl Version {
    /// Reads `12.0.67`; what stands behind the third number is left alone.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::of(text.as_bytes())
    }

    pub(super) fn of(text: &[u8]) -> Option<Self> {
        let mut numbers = [None; 3];
        for (number, digits) in numbers.iter_mut().zip(text.split(|byte| *byte == b'.')) {
            *number = Some(u16::try_from(digits::number(digits)?).ok()?);
        }
        let [major, minor, revision] = numbers;
        Some(Self { major: major?, minor: minor?, revision: revision.unwrap_or(0) })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.revision)
    }
}
