//! Why an operation on AMT failed (drivers.md, staging-amt).

use serde::{Deserialize, Serialize};

use crate::amt::{BootSource, PowerCode, PowerCodes};

/// Why an operation failed, for whoever has to do something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
pub enum AmtFailure {
    /// The user lacks the realm; asking again will not help.
    AccessDenied,
    /// The device answered what nobody can read.
    BadAnswer,
    /// The device was busy to the end.
    Busy,
    /// Somebody at the machine must consent to a boot device, and has not.
    ConsentNeeded,
    /// The machine cannot be started from there.
    NoBootSource(BootSource),
    /// No answer to the last try.
    NoContact,
    /// The boot device could not be armed.
    NotArmed,
    /// The operating system cannot be asked to: AvailableRequestedPowerStates lacks it.
    NotAvailable {
        /// What was wanted.
        wanted: PowerCode,
        /// What there is.
        available: PowerCodes,
    },
    /// The device could not be disarmed.
    NotDisarmed,
    /// Every attempt was answered "not now": this ReturnValue.
    NotNow(u32),
    /// Every attempt was used up; the last PowerState seen.
    NotReached(u32),
    /// Every attempt was answered "not now", and a KVM session is open, which keeps the power from being cut.
    RedirectionOpen,
    /// The device refused with this ReturnValue, and asking again will not help.
    ReturnValue(u32),
    /// User name or password is wrong.
    Unauthorized,
    /// A PowerState that is neither on nor off, nor on the way.
    UnknownState(u32),
}

/// How an operation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AmtEnd {
    /// Why.
    pub failure: AmtFailure,
    /// A start that takes the boot device was accepted, or may have been: a one-time wish is fulfilled, whatever came of it.
    pub boot_device_used: bool,
    /// The boot configuration may still be armed: the machine may start from the boot device some other time.
    pub left_armed: bool,
}

impl From<AmtFailure> for AmtEnd {
    /// Of an operation that has armed nothing.
    fn from(failure: AmtFailure) -> Self {
        Self { failure, boot_device_used: false, left_armed: false }
    }
}
