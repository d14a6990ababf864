//! How an operation on AMT failed, worded for a person (drivers.md, staging-amt).

use core::fmt;

#[cfg(feature = "amt")]
use crate::amt::AmtTrouble;
use crate::amt::{AmtFailure, PowerCode};
#[cfg(feature = "amt")]
use crate::exchange::Cause;

/// What a PowerState is called.
const fn state_name(state: u32) -> &'static str {
    match state {
        1 => "other",
        2 => "on",
        3 | 4 => "asleep",
        5 | 9 => "being power cycled",
        6 => "off (hard)",
        7 => "hibernating",
        8 => "off",
        10 => "being reset",
        11 => "handling an NMI",
        12 | 13 => "off (graceful)",
        14..=17 => "restarting",
        _ => "unknown",
    }
}

impl fmt::Display for PowerCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::On => "2 (power on)",
            Self::OffSoft => "8 (power off)",
            Self::OffSoftGraceful => "12 (graceful shutdown)",
            Self::MasterBusResetGraceful => "14 (graceful reset)",
        })
    }
}

impl fmt::Display for AmtFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AccessDenied => f.write_str("AMT denies access: the user lacks the realm for this"),
            Self::BadAnswer => f.write_str("the device's answer cannot be used"),
            Self::Busy => f.write_str("the device is busy"),
            Self::ConsentNeeded => f.write_str(
                "somebody at the machine must consent before it can be started from a chosen device (client control mode, \
                 or user consent required for all): set it up in admin control mode, or start without a boot device",
            ),
            Self::NoBootSource(source) => {
                write!(f, "the machine cannot be started from there: AMT_BootCapabilities says no {}", source.capability())
            }
            Self::NoContact => f.write_str("AMT could not be asked"),
            Self::NotArmed => f.write_str("the boot device could not be armed, so the machine was not started"),
            Self::NotAvailable { wanted, available } => write!(
                f,
                "{wanted} is not among the power states that can be asked for now ({available}): the operating system, its \
                 driver and Intel's service must be running"
            ),
            Self::NotDisarmed => f.write_str("the boot device could not be disarmed"),
            Self::NotNow(value) => write!(
                f,
                "every request was answered 'not now' (ReturnValue {value}): the state does not allow it, or a KVM, SOL or \
                 IDE-R session is open, which keeps the power from being cut"
            ),
            Self::NotReached(state) => write!(f, "the machine stayed in power state {state} ({})", state_name(*state)),
            Self::RedirectionOpen => {
                f.write_str("a KVM session is open, and while it is the power cannot be cut: close it")
            }
            Self::ReturnValue(value) => write!(
                f,
                "the device refused the power change: ReturnValue {value}{}",
                match value {
                    1 => " (not supported)",
                    5 => " (invalid parameter)",
                    32_768.. => " (AMT's own: 32768 and a PT_STATUS)",
                    _ => "",
                }
            ),
            Self::Unauthorized => f.write_str("user name or password is wrong; nothing is tried again"),
            Self::UnknownState(state) => {
                write!(f, "the device reports power state {state} ({}), which is neither on nor off", state_name(*state))
            }
        }
    }
}

/// The whole story of a failure.
#[cfg(feature = "amt")]
pub(crate) fn story(
    f: &mut fmt::Formatter<'_>,
    failure: AmtFailure,
    trouble: Option<AmtTrouble>,
    out_of_time: bool,
) -> fmt::Result {
    if out_of_time {
        f.write_str("time is up: ")?;
    }
    if let (AmtFailure::Unauthorized, Some(AmtTrouble::Challenge(error))) = (failure, trouble) {
        // Neither user name nor password was tried.
        return write!(f, "nobody can log in: {error}");
    }
    write!(f, "{failure}")?;
    if let Some(trouble) = trouble {
        write!(f, "; last: {trouble}")?;
        let silent = matches!(
            trouble,
            AmtTrouble::Silence | AmtTrouble::Closed(Cause::Refused | Cause::Reset | Cause::Unreachable | Cause::Ended)
        );
        if failure == AmtFailure::NoContact && silent {
            f.write_str(
                " (AMT may be asleep, not provisioned or switched off; from AMT 16.1 on it speaks TLS on port 16993 only)",
            )?;
        }
    }
    Ok(())
}
