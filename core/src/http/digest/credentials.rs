//! Who logs in. RFC 7616, section 3.4.2 (what is hashed of them).

use core::fmt;

use heapless::String;
use serde::Serialize;

use crate::secret::{self, Secret};

/// Most bytes of a user name.
pub const USER_LEN: usize = 64;

/// Most bytes of a password.
pub const PASSWORD_LEN: usize = 64;

/// Who logs in.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Credentials {
    user: String<USER_LEN>,
    #[serde(serialize_with = "secret::on_the_channel")]
    password: Secret<PASSWORD_LEN>,
}

/// Why a text cannot be a user name or password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum CredentialsError {
    /// The user name has more than 64 bytes, or a control character or a colon in it: what is hashed has a colon behind it.
    User,
    /// The password has more than 64 bytes, or a control character in it.
    Password,
}

impl fmt::Display for CredentialsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::User => "a user name has at most 64 bytes, no control characters and no colon",
            Self::Password => "a password has at most 64 bytes and no control characters",
        })
    }
}

impl core::error::Error for CredentialsError {}

impl Credentials {
    /// A user name and a password of at most 64 bytes of UTF-8 each, without control characters; the user name has no colon.
    ///
    /// # Errors
    /// [`CredentialsError`] naming the one that does not fit.
    pub fn new(user: &str, password: &str) -> Result<Self, CredentialsError> {
        if user.bytes().any(|byte| byte.is_ascii_control() || byte == b':') {
            return Err(CredentialsError::User);
        }
        if password.bytes().any(|byte| byte.is_ascii_control()) {
            return Err(CredentialsError::Password);
        }
        Ok(Self {
            user: String::try_from(user).map_err(|_| CredentialsError::User)?,
            password: Secret::new(password).map_err(|_| CredentialsError::Password)?,
        })
    }

    /// The user name.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    #[cfg(feature = "amt")]
    pub(super) fn password(&self) -> &[u8] {
        self.password.bytes()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).field("password", &self.password).finish()
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;

    #[test]
    fn what_fits_and_what_does_not() {
        let longest = "x".repeat(64);
        assert!(Credentials::new(&longest, &longest).is_ok());
        let more = std::format!("{longest}x");
        assert_eq!(Credentials::new(&more, ""), Err(CredentialsError::User));
        assert_eq!(Credentials::new("", &more), Err(CredentialsError::Password));
        for bad in ["a:b", "a\nb", "\0", "\x7F"] {
            assert_eq!(Credentials::new(bad, ""), Err(CredentialsError::User));
        }
        assert_eq!(Credentials::new("", "a\rb"), Err(CredentialsError::Password));
        assert_eq!(Credentials::new("jürgen", "a:b\"\\").unwrap().user(), "jürgen");
    }

    #[test]
    fn the_password_is_not_shown() {
        let shown = std::format!("{:?}", Credentials::new("admin", "hunter2").unwrap());
        assert!(shown.contains("admin") && !shown.contains("hunter2"), "{shown}");
    }
}
