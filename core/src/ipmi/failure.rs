//! Why a BMC did not do what it was asked to. What a BMC says while a session is opened: IPMI 2.0, section 13.24.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::exchange::Cause;
use crate::ipmi::Refusal;

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
