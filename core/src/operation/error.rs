//! Why an operation failed, by the names of drivers.md, in words that name what is wrong and what is allowed.

use core::fmt;

use heapless::{String, Vec};
use serde::{Deserialize, Serialize};

#[cfg(feature = "amt")]
use crate::amt::{AmtFailure, AmtTrouble, story};
use crate::buffer::Full;
use crate::dxp::{Failure, Fault, Reading, Reception};
use crate::exchange::Cause;
#[cfg(feature = "ipmi")]
use crate::ipmi::{IpmiFailure, IpmiTrouble};
#[cfg(feature = "ipmi")]
use crate::nm::NmFailure;
use crate::operation::{ActionName, HardwareType, Setting, Settings};
use crate::wol::{MAX_PORTS, Mac};

/// What was given instead of what is allowed, cut to 64 bytes; a secret is never shown.
pub type Got = String<64>;

/// Why an operation failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Error {
    /// Required settings that are not there, all of them.
    MissingParameterValue(Settings),
    /// A setting that holds what it must not.
    InvalidParameterValue {
        /// Which.
        setting: Setting,
        /// What it holds.
        got: Got,
    },
    /// The time for the whole operation is less than a reboot, or all magic packets, must have.
    TimeoutTooShort {
        /// What it must be at least, in milliseconds.
        least_ms: u32,
    },
    /// The machine cannot do that.
    Unsupported {
        /// What kind of machine.
        hardware: HardwareType,
        /// What was asked of it.
        action: ActionName,
    },
    /// This program or image was built without the protocol.
    NotInThisBuild(HardwareType),
    /// Magic packets did not leave for some ports; they did for the others.
    NotWoken {
        /// The ports without a packet.
        macs: Vec<Mac, MAX_PORTS>,
        /// What the network said, or nothing when time ran out.
        cause: Option<Cause>,
        /// Packets that did leave.
        sent: u16,
    },
    /// The iBoot did not do what it was asked to.
    Iboot {
        /// What the operation says.
        failure: Failure,
        /// What went wrong with the last try that failed.
        fault: Option<Fault>,
        /// The device has answered at least once: it was reached.
        contact: bool,
        /// It failed because its time was over.
        out_of_time: bool,
    },
    /// AMT did not do what it was asked to.
    #[cfg(feature = "amt")]
    Amt {
        /// What the operation says.
        failure: AmtFailure,
        /// What went wrong with the last try that failed.
        trouble: Option<AmtTrouble>,
        /// The device has answered at least once: it was reached.
        contact: bool,
        /// It failed because its time was over.
        out_of_time: bool,
        /// A start that takes the boot device was accepted, or may have been: a one-time wish is fulfilled, whatever came of it.
        boot_device_used: bool,
        /// A boot device may be armed: the machine may start from there some other time.
        left_armed: bool,
    },
    /// The BMC, or Node Manager behind it, did not do what it was asked to.
    #[cfg(feature = "ipmi")]
    Ipmi {
        /// What the operation says.
        failure: IpmiFailure,
        /// What went wrong with the last try that failed.
        trouble: Option<IpmiTrouble>,
        /// The BMC has answered at least once: it was reached.
        contact: bool,
        /// It failed because its time was over.
        out_of_time: bool,
    },
    /// A buffer of the runner is too short.
    BufferTooShort {
        /// Bytes that it must have.
        needed: u32,
    },
    /// The runner broke the contract of [`Exchange`](crate::exchange::Exchange).
    OutOfTurn,
}

#[cfg(feature = "defmt")]
impl defmt::Format for Error {
    fn format(&self, f: defmt::Formatter<'_>) {
        match self {
            Self::Iboot { failure, fault, out_of_time, .. } => {
                defmt::write!(f, "iBoot: {} {}, out of time: {}", failure, fault, out_of_time);
            }
            #[cfg(feature = "amt")]
            Self::Amt { failure, trouble, out_of_time, left_armed, .. } => {
                defmt::write!(f, "AMT: {} {}, out of time: {}, armed: {}", failure, trouble, out_of_time, left_armed);
            }
            #[cfg(feature = "ipmi")]
            Self::Ipmi { failure, trouble, out_of_time, .. } => {
                defmt::write!(f, "IPMI: {} {}, out of time: {}", failure, trouble, out_of_time);
            }
            Self::NotWoken { sent, cause, .. } => defmt::write!(f, "not woken: {} sent, {}", sent, cause),
            Self::MissingParameterValue(settings) => defmt::write!(f, "missing: {}", settings),
            Self::InvalidParameterValue { setting, .. } => defmt::write!(f, "invalid: {}", setting),
            Self::TimeoutTooShort { least_ms } => defmt::write!(f, "the timeout must be at least {} ms", least_ms),
            Self::Unsupported { hardware, action } => defmt::write!(f, "{} has no {}", hardware, action),
            Self::NotInThisBuild(hardware) => defmt::write!(f, "{} is not in this build", hardware),
            Self::BufferTooShort { needed } => defmt::write!(f, "a buffer needs {} bytes", needed),
            Self::OutOfTurn => defmt::write!(f, "the runner gave an input out of turn"),
        }
    }
}

/// What kind of failure, for whoever has to act on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ErrorKind {
    /// The settings are wrong; nothing was sent.
    Parameters,
    /// The machine or this build cannot do it; nothing was sent.
    Unsupported,
    /// User name, password, certificate or rights: another try can only do harm until somebody changes them.
    Access,
    /// The device could not be reached, or does not speak its protocol.
    NoContact,
    /// The device was reached and did not do it.
    Failed,
    /// A fault of the program.
    Internal,
}

impl Error {
    /// Ironic's name of the error where it has one.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::MissingParameterValue(_) => "MissingParameterValue",
            Self::InvalidParameterValue { .. } | Self::TimeoutTooShort { .. } => "InvalidParameterValue",
            Self::Unsupported { .. } => "UnsupportedDriverExtension",
            Self::NotInThisBuild(_) => "NotInThisBuild",
            Self::NotWoken { .. } | Self::Iboot { .. } => "PowerStateFailure",
            #[cfg(feature = "amt")]
            Self::Amt { .. } => "PowerStateFailure",
            #[cfg(feature = "ipmi")]
            Self::Ipmi { failure: IpmiFailure::NotReached { .. } | IpmiFailure::NotOnAgain(_), .. } => {
                "PowerStateFailure"
            }
            #[cfg(feature = "ipmi")]
            Self::Ipmi { .. } => "IPMIFailure",
            Self::BufferTooShort { .. } => "BufferTooShort",
            Self::OutOfTurn => "OutOfTurn",
        }
    }

    /// What kind of failure it is.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::MissingParameterValue(_) | Self::InvalidParameterValue { .. } | Self::TimeoutTooShort { .. } => {
                ErrorKind::Parameters
            }
            Self::Unsupported { .. } | Self::NotInThisBuild(_) => ErrorKind::Unsupported,
            #[cfg(feature = "amt")]
            Self::Amt { failure, trouble, contact, .. } => {
                if access(*failure, *trouble) {
                    ErrorKind::Access
                } else if *contact {
                    ErrorKind::Failed
                } else {
                    ErrorKind::NoContact
                }
            }
            #[cfg(feature = "ipmi")]
            Self::Ipmi { trouble: Some(trouble), .. } if trouble.is_final() => ErrorKind::Access,
            #[cfg(feature = "ipmi")]
            Self::Ipmi { contact, .. } => {
                if *contact {
                    ErrorKind::Failed
                } else {
                    ErrorKind::NoContact
                }
            }
            Self::NotWoken { .. } | Self::Iboot { contact: false, .. } => ErrorKind::NoContact,
            Self::Iboot { .. } => ErrorKind::Failed,
            Self::BufferTooShort { .. } | Self::OutOfTurn => ErrorKind::Internal,
        }
    }
}

impl From<Full> for Error {
    fn from(full: Full) -> Self {
        Self::BufferTooShort { needed: u32::try_from(full.needed).unwrap_or(u32::MAX) }
    }
}

/// Whether a failure of AMT is one of user name, password, certificate or rights.
#[cfg(feature = "amt")]
const fn access(failure: AmtFailure, trouble: Option<AmtTrouble>) -> bool {
    let failed = matches!(failure, AmtFailure::AccessDenied | AmtFailure::ConsentNeeded | AmtFailure::Unauthorized);
    failed || matches!(trouble, Some(AmtTrouble::Closed(cause)) if cause.is_final())
}

/// Whether a failure says no more than that nobody answered.
#[cfg(feature = "ipmi")]
const fn is_no_contact(failure: IpmiFailure) -> bool {
    matches!(failure, IpmiFailure::NoContact | IpmiFailure::NodeManager(NmFailure::NoContact { sent: false }))
}

const fn on_or_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

/// What became of a request and what was read of its relay, in words. `doubtful`: that may come from wrong state codes.
fn account(f: &mut fmt::Formatter<'_>, request: Reception, seen: Reading, doubtful: bool) -> fmt::Result {
    f.write_str(match request {
        Reception::NeverSent => "was never sent, and the relay ",
        Reception::Unanswered => "was not answered, and the relay ",
        Reception::Refused => "was refused, and the relay ",
        Reception::Accepted => "was accepted, and the relay ",
    })?;
    reads(f, seen)?;
    if doubtful || matches!(seen, Reading::Unknown(_)) {
        f.write_str(" (does iboot_state_codes fit the device?)")?;
    }
    Ok(())
}

fn reads(f: &mut fmt::Formatter<'_>, seen: Reading) -> fmt::Result {
    match seen {
        Reading::On => f.write_str("last read on"),
        Reading::Off => f.write_str("last read off"),
        Reading::Unknown(byte) => write!(f, "last read {byte}, which is neither on (1) nor off (0)"),
        Reading::NotRead => f.write_str("could not be read"),
    }
}

fn iboot(f: &mut fmt::Formatter<'_>, failure: Failure, fault: Option<Fault>, out_of_time: bool) -> fmt::Result {
    if out_of_time {
        f.write_str("time is up")?;
        if failure != Failure::NoContact {
            f.write_str(": ")?;
        }
    }
    match failure {
        Failure::NoContact if out_of_time => {}
        Failure::NoContact => f.write_str("the iBoot could not be asked")?,
        Failure::Refused => f.write_str("the iBoot refused it")?,
        Failure::NotReached { relay, wanted, request, seen, untried } => {
            write!(f, "relay {} should be {}; the request ", relay.get(), on_or_off(wanted))?;
            // One that is done, and not.
            let doubtful = matches!((wanted, request, seen), (false, Reception::Accepted, Reading::On));
            account(f, request, seen, doubtful)?;
            if untried > 0 {
                write!(f, "; requests of the list that were never sent: {untried}")?;
            }
        }
        Failure::NeverOff { relay, request, seen } => {
            write!(
                f,
                "relay {} did not read off when it should, so the reboot was given up; the request to set it on again ",
                relay.get()
            )?;
            account(f, request, seen, seen == Reading::On)?;
        }
        Failure::NotOnAgain { relay, request, seen } => {
            write!(f, "relay {} was told to go off and read off; ", relay.get())?;
            f.write_str(match seen {
                Reading::Off => "it could not be switched on again: the request ",
                _ => "whether it is on again is not known: the request ",
            })?;
            account(f, request, seen, false)?;
        }
        Failure::UnknownState(byte) => {
            write!(f, "the iBoot reports state {byte}, which is neither on (1) nor off (0)")?;
        }
        Failure::Unanswered { relay, seen } => {
            write!(
                f,
                "the pulse of relay {} got no answer and is not repeated: it may have been carried out; the relay ",
                relay.get()
            )?;
            reads(f, seen)?;
        }
    }
    fault.map_or(Ok(()), |fault| write!(f, "; last: {fault}"))
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingParameterValue(settings) => {
                write!(f, "missing: {settings}")?;
                // The one name that could be taken for something else.
                if settings.contains(Setting::Port) {
                    f.write_str(" (a port is the node's: its MAC address)")
                } else {
                    Ok(())
                }
            }
            Self::InvalidParameterValue { setting, got } => {
                write!(f, "{setting} must be {}, not '{got}'", setting.allowed())
            }
            Self::TimeoutTooShort { least_ms } => {
                let seconds = least_ms.div_ceil(1000);
                write!(
                    f,
                    "timeout must be at least {seconds} s: for a reboot reboot_delay and 15 s (iBoot), twice action_wait and \
                     10 s (AMT), or 15 s (IPMI), or the machine might stay off; 0.5 s for each magic packet (ports times wol_repeat)"
                )
            }
            Self::Unsupported { hardware, action } => write!(f, "{hardware} does not support {action}"),
            Self::NotInThisBuild(hardware) => write!(f, "{hardware} is not in this build"),
            Self::NotWoken { macs, cause, sent } => {
                f.write_str("no magic packet left for ")?;
                let mut separator = "";
                for mac in macs {
                    write!(f, "{separator}{mac}")?;
                    separator = ", ";
                }
                match cause {
                    Some(cause) => write!(f, ": {cause}")?,
                    None => f.write_str(": time is up")?,
                }
                if *sent > 0 { write!(f, " ({sent} packets left for other ports)") } else { Ok(()) }
            }
            Self::Iboot { failure, fault, out_of_time, .. } => iboot(f, *failure, *fault, *out_of_time),
            #[cfg(feature = "amt")]
            Self::Amt { failure, trouble, out_of_time, boot_device_used, left_armed, .. } => {
                story(f, *failure, *trouble, *out_of_time)?;
                match (left_armed, boot_device_used) {
                    (true, _) => f.write_str("; a boot device may still be armed"),
                    (false, true) => f.write_str("; a start from the boot device was accepted"),
                    (false, false) => Ok(()),
                }
            }
            #[cfg(feature = "ipmi")]
            Self::Ipmi { failure, trouble, out_of_time, .. } => {
                f.write_str(if *out_of_time { "time is up: " } else { "" })?;
                match trouble {
                    // The failure says it.
                    None | Some(IpmiTrouble::Refused(_)) => write!(f, "{failure}"),
                    Some(trouble) if is_no_contact(*failure) => write!(f, "{trouble}"),
                    Some(trouble) => write!(f, "{failure}; last: {trouble}"),
                }
            }
            Self::BufferTooShort { needed } => write!(f, "a buffer is too short: {needed} bytes are needed"),
            Self::OutOfTurn => f.write_str("the runner gave an input that was not demanded"),
        }
    }
}

impl core::error::Error for Error {}
