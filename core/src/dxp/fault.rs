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

/// Why an operation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// No try got through.
    NoContact,
    /// The device refused every try.
    Refused,
    /// A relay was read back and is not what it was switched to.
    NotReached {
        /// Which relay.
        relay: RelayId,
        /// What it was switched to.
        wanted: bool,
        /// Whether it is on; none when it could not be read.
        seen: Option<bool>,
    },
    /// A reboot was given up because the relay never read off; it was set on again.
    NeverOff {
        /// Which relay.
        relay: RelayId,
        /// Whether it is on now; none when it could not be read.
        seen: Option<bool>,
    },
    /// The device reports a state that is neither on nor off.
    UnknownState(u8),
    /// A pulse got no answer, and must not be repeated: it may have been carried out.
    Unanswered {
        /// Which relay.
        relay: RelayId,
        /// Whether it was on when it was read afterwards; none when it could not be read.
        seen: Option<bool>,
    },
    /// The time for the whole operation is over.
    OutOfTime {
        /// A relay may have been switched and was not read back since.
        unverified: bool,
    },
}
