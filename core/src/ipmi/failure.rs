//! Why a BMC did not do what it was asked to. What a BMC says while a session is opened: IPMI 2.0, section 13.24.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::exchange::Cause;
use crate::ipmi::{BootSetting, Refusal};
use crate::nm::NmFailure;
use crate::operation::BootDevice;

/// What was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Query {
    /// Chassis Control.
    ChassisControl,
    /// Get Chassis Status.
    ChassisStatus,
    /// Get System Boot Options.
    GetBootOptions,
    /// A request that was given as it stands.
    Raw,
    /// Set System Boot Options.
    SetBootOptions,
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ChassisControl => "Chassis Control",
            Self::ChassisStatus => "Get Chassis Status",
            Self::GetBootOptions => "Get System Boot Options",
            Self::Raw => "the request",
            Self::SetBootOptions => "Set System Boot Options",
        })
    }
}

/// What became of a request that changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
pub enum Reception {
    /// It was accepted.
    Accepted,
    /// It never left.
    NeverSent,
    /// It was refused.
    Refused(Refusal),
    /// No answer came: it may have been carried out.
    Unanswered,
}

impl fmt::Display for Reception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted => f.write_str("the request was accepted"),
            Self::NeverSent => f.write_str("the request was never sent"),
            Self::Refused(refusal) => write!(f, "the request was refused: {refusal}"),
            Self::Unanswered => f.write_str("the request was not answered"),
        }
    }
}

/// Why an operation on a BMC failed, for whoever has to do something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
pub enum IpmiFailure {
    /// The BMC answered what nobody can read.
    BadAnswer(Query),
    /// The BMC took the boot device and does not show it.
    BootNotKept {
        /// What was set.
        wanted: BootDevice,
        /// What it shows.
        kept: BootSetting,
    },
    /// No answer.
    NoContact,
    /// Node Manager's part of it failed.
    NodeManager(NmFailure),
    /// The machine was switched off and could not be switched on again.
    NotOnAgain(Reception),
    /// The power state was not reached.
    NotReached {
        /// It should be on.
        on: bool,
        /// The operating system was asked to shut down.
        soft: bool,
        /// What became of the last request.
        request: Reception,
    },
    /// The BMC said no.
    Refused {
        /// What was asked.
        what: Query,
        /// What it said.
        refusal: Refusal,
    },
}

impl fmt::Display for IpmiFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadAnswer(what) => write!(f, "the BMC's answer to {what} cannot be used"),
            Self::BootNotKept { wanted, kept } => {
                write!(f, "the BMC took the boot device '{wanted}' and shows ")?;
                match kept.device {
                    Some(device) => write!(f, "'{device}'"),
                    None => f.write_str("none"),
                }
            }
            Self::NoContact => f.write_str("the BMC could not be asked"),
            Self::NodeManager(failure) => write!(f, "{failure}"),
            Self::NotOnAgain(request) => write!(f, "the machine is off and could not be switched on again: {request}"),
            Self::NotReached { on, soft, request } => {
                let state = if *on { "on" } else { "off" };
                write!(f, "the machine should be {state} and does not show it: {request}")?;
                f.write_str(if *soft { " (does its operating system answer to ACPI?)" } else { "" })
            }
            Self::Refused { what, refusal } => write!(f, "the BMC refused {what}: {refusal}"),
        }
    }
}

/// Why there is no session, and will not be one before a person has acted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LoginFailure {
    /// The BMC does not have the same Kg.
    Kg,
    /// The BMC takes none of the cipher suites that may be used.
    NoCipherSuite,
    /// The BMC has no free session.
    NoRoom,
    /// The BMC speaks IPMI 1.5 only.
    Only15,
    /// The password is wrong.
    Password,
    /// The user may not have the privilege that is asked for.
    Privilege,
    /// The BMC opened a session and then said nothing any more: some do so when they do not know the user.
    Silent,
    /// The BMC refused with this status, which no setting here accounts for.
    Status(u8),
    /// There is no such user.
    User,
}

impl LoginFailure {
    /// Whether a setting is to blame: trying again can only do harm.
    #[must_use]
    pub const fn is_final(self) -> bool {
        match self {
            Self::Kg | Self::NoCipherSuite | Self::Only15 | Self::Password | Self::Privilege | Self::User => true,
            Self::NoRoom | Self::Silent | Self::Status(_) => false,
        }
    }
}

impl fmt::Display for LoginFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kg => "the BMC and ipmi_hex_kg_key do not have the same Kg (a BMC without one takes none)",
            Self::NoCipherSuite => {
                "the BMC takes no cipher suite that may be used (17 and 3, unless ipmi_cipher_suite names another one)"
            }
            Self::NoRoom => "the BMC has no free session: others are open, or were not closed; it drops idle ones after a minute",
            Self::Only15 => "the BMC speaks IPMI 1.5 only, whose sessions are not safe",
            Self::Password => "ipmi_password is wrong",
            Self::Privilege => "the user may not have the privilege of ipmi_priv_level",
            Self::Silent => {
                "the BMC began a session and did not go on: some BMCs say nothing to a user that they do not know (ipmi_username)"
            }
            Self::Status(number) => {
                #[cfg(feature = "ipmi")]
                return write!(f, "the BMC refused the login: {}", crate::ipmi::Status::of(*number));
                #[cfg(not(feature = "ipmi"))]
                return write!(f, "the BMC refused the login with status {number:02X}h");
            }
            Self::User => "the BMC knows no user of the name in ipmi_username who may log in",
        })
    }
}

/// What went wrong with the last try that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum IpmiTrouble {
    /// The network said no.
    Closed(Cause),
    /// There is no session.
    Login(LoginFailure),
    /// The BMC, or what is behind it, said no.
    Refused(Refusal),
    /// Nothing that counts came in time.
    Silence,
}

impl IpmiTrouble {
    /// Whether a setting is to blame: trying again can only do harm.
    #[must_use]
    pub const fn is_final(self) -> bool {
        match self {
            Self::Closed(cause) => cause.is_final(),
            Self::Login(failure) => failure.is_final(),
            Self::Refused(Refusal::Completion(code)) => code == 0xD4,
            Self::Refused(Refusal::Bridge(_)) | Self::Silence => false,
        }
    }
}

impl fmt::Display for IpmiTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed(cause) => write!(f, "{cause}"),
            Self::Login(failure) => write!(f, "{failure}"),
            Self::Refused(refusal) => write!(f, "{refusal}"),
            Self::Silence => f.write_str("nothing answered in time"),
        }
    }
}
