//! HTTP Digest (RFC 7616, and the older forms of RFC 2617 and RFC 2069), as devices use it: MD5 or SHA-256, quality of
//! protection `auth` or none; no session keys, no user hashes, no `auth-int`.
//!
//! A client picks a [`Challenge`] out of what an answer 401 says and answers it by `authorization`. A server reads the
//! `Authorization` that comes back and verifies it against the challenge that it gave.

mod challenge;
mod credentials;

#[cfg(feature = "amt")]
mod authorization;
#[cfg(feature = "amt")]
mod choose;
#[cfg(feature = "amt")]
mod hash;
#[cfg(feature = "amt")]
mod params;
#[cfg(feature = "amt")]
mod response;

#[cfg(feature = "amt")]
pub use authorization::{Authorization, AuthorizationError};
pub use challenge::{Algorithm, Challenge, ChallengeError, ChallengePart, NONCE_LEN, OPAQUE_LEN, Qop, REALM_LEN};
pub use credentials::{Credentials, CredentialsError, PASSWORD_LEN, USER_LEN};
#[cfg(feature = "amt")]
pub use response::{Answer, authorization};
