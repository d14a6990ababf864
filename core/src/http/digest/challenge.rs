//! A challenge, server to client. RFC 7616, section 3.3.
//!
//! ```text
//!  Digest realm="Digest:10DF…", nonce="+S5HDg4i…",stale="false",qop="auth"
//! ```

use core::fmt;

use heapless::String;
use serde::{Deserialize, Serialize};

/// Most bytes of a realm.
pub const REALM_LEN: usize = 64;

/// Most bytes of a nonce.
pub const NONCE_LEN: usize = 128;

/// Most bytes of what a server wants back as it is.
pub const OPAQUE_LEN: usize = 64;

/// What is hashed with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
pub enum Algorithm {
    /// MD5, when nothing else is said.
    #[default]
    Md5,
    /// SHA-256.
    Sha256,
}

/// Quality of protection: what is hashed of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
pub enum Qop {
    /// Method and target.
    Auth,
}

/// A challenge that can be answered. Texts are as they are meant, without quotes and escapes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(deny_unknown_fields)]
pub struct Challenge {
    /// For what the password is.
    pub realm: String<REALM_LEN>,
    /// The server's part of what is hashed.
    pub nonce: String<NONCE_LEN>,
    /// What the server wants back as it is.
    pub opaque: Option<String<OPAQUE_LEN>>,
    /// What is hashed with.
    pub algorithm: Algorithm,
    /// What is hashed; without it, the form of RFC 2069.
    pub qop: Option<Qop>,
    /// The nonce of the request was too old, user and password were right.
    pub stale: bool,
}

/// Part of a challenge that there is only so much room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
pub enum ChallengePart {
    /// The realm.
    Realm,
    /// The nonce.
    Nonce,
    /// What the server wants back.
    Opaque,
}

/// Why no challenge of an answer 401 can be answered. Of several reasons the one that was nearest to a challenge that can: they
/// are in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
pub enum ChallengeError {
    /// Digest is not offered.
    NoDigest,
    /// Digest is offered with other algorithms only.
    UnsupportedAlgorithm,
    /// Digest is offered with protection of the body only.
    UnsupportedQop,
    /// There is no nonce.
    NoNonce,
    /// There is no realm.
    NoRealm,
    /// A part is longer than there is room for.
    TooLong {
        /// Which.
        what: ChallengePart,
        /// Bytes that there is room for.
        most: u32,
    },
    /// A field is no list of challenges.
    Malformed {
        /// Offset in the field's value.
        at: u32,
    },
}

impl fmt::Display for ChallengeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoDigest => "the device does not offer digest authentication",
            Self::UnsupportedAlgorithm => "the device offers digest with algorithms other than MD5 and SHA-256 only",
            Self::UnsupportedQop => "the device offers digest with a quality of protection other than auth only",
            Self::NoNonce => "the device's digest challenge has no nonce",
            Self::NoRealm => "the device's digest challenge has no realm",
            Self::TooLong { what, most } => {
                let what = match what {
                    ChallengePart::Realm => "realm",
                    ChallengePart::Nonce => "nonce",
                    ChallengePart::Opaque => "opaque",
                };
                return write!(f, "{what} of the device's digest challenge has more than {most} bytes");
            }
            Self::Malformed { at } => return write!(f, "the device's challenge cannot be read from byte {at} on"),
        })
    }
}

impl core::error::Error for ChallengeError {}
