//! What can go wrong with a device that speaks DxP, in words that say what to look at.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::dxp::RelayId;
use crate::exchange::Cause;

/// Where a try was when it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Opening the connection.
    Connect,
    /// Saying hello, or waiting for its answer.
    Hello,
    /// Sending a request, or waiting for its answer.
    Request,
}

/// What went wrong with a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// The connection failed.
    Closed(Cause),
    /// The device answered with a status other than success.
    Refused(u8),
    /// Nothing, or not all of it, came in time.
    Silence,
    /// More bytes came than the answer has.
    TooMuch,
}

/// Why the last try failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Where.
    pub stage: Stage,
    /// What.
    pub trouble: Trouble,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.stage, self.trouble) {
            (Stage::Connect, Trouble::Closed(cause)) => write!(f, "no connection: {cause}"),
            (Stage::Connect, _) => f.write_str("no connection: nothing answered in time"),
            (Stage::Hello, Trouble::Closed(cause)) => write!(f, "at hello: {cause}"),
            (Stage::Hello, Trouble::TooMuch) => f.write_str(
                "hello was answered with more than the two bytes of DxP: this is another protocol (first-generation \
                 iBoots, SSH and web servers look like this)",
            ),
            (Stage::Hello, _) => f.write_str(
                "hello was not answered: this is not DxP, the device serves another client, or a passphrase is set \
                 for AES, which is not supported",
            ),
            (Stage::Request, Trouble::Refused(code)) => write!(f, "the device answered failure, status {code}"),
            (Stage::Request, Trouble::TooMuch) => {
                f.write_str("the device sent more status bytes than iboot_relay_count says it has relays")
            }
            (Stage::Request, Trouble::Closed(cause)) => {
                write!(
                    f,
                    "the request was not answered: {cause}, or it refuses user name or password (it does not say)"
                )
            }
            (Stage::Request, Trouble::Silence) => f.write_str(
                "the request was not answered in time: the device is slow, has fewer relays than asked for, or refuses \
                 user name or password (it does not say)",
            ),
        }
    }
}

/// What a relay was when it was last read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// On.
    On,
    /// Off.
    Off,
    /// This byte, which means neither.
    Unknown(u8),
    /// Nobody could read it since a request that may have switched it.
    #[default]
    NotRead,
}

impl Reading {
    /// Whether it is on; none when nobody knows.
    #[must_use]
    pub const fn is_on(self) -> Option<bool> {
        match self {
            Self::On => Some(true),
            Self::Off => Some(false),
            Self::Unknown(_) | Self::NotRead => None,
        }
    }
}

/// What became of the request to switch a relay: of the last try that may have reached the device, if any did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
pub enum Reception {
    /// No try left.
    NeverSent,
    /// No answer came: it may have been carried out.
    Unanswered,
    /// The device answered with a status other than success.
    Refused,
    /// The device answered success.
    Accepted,
}

/// Why an operation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// No try got through; no relay was switched.
    NoContact,
    /// The device refused every try.
    Refused,
    /// A relay is not what it should be, or nobody could see that it is.
    NotReached {
        /// Which relay.
        relay: RelayId,
        /// What it should be.
        wanted: bool,
        /// What became of the request.
        request: Reception,
        /// What was read afterwards.
        seen: Reading,
        /// So many changes, the last ones of the list, were never asked for.
        untried: u8,
    },
    /// A reboot was given up because the relay did not read off.
    NeverOff {
        /// Which relay.
        relay: RelayId,
        /// What became of the request to set it on again.
        request: Reception,
        /// What was read last.
        seen: Reading,
    },
    /// In a reboot the relay has read off, and it is not on again, or nobody could see that it is.
    NotOnAgain {
        /// Which relay.
        relay: RelayId,
        /// What became of the request to set it on again.
        request: Reception,
        /// What was read last; nothing when the request may have switched the relay since.
        seen: Reading,
    },
    /// The device reports a state that is neither on nor off.
    UnknownState(u8),
    /// A pulse got no answer, and must not be repeated: it may have been carried out.
    Unanswered {
        /// Which relay.
        relay: RelayId,
        /// What was read afterwards.
        seen: Reading,
    },
}
