//! Who asks: the two names in the head of every request. Chapter "DxP Protocol", section "Header" (both are called reserved in
//! the oldest manuals; the iBoot checks them).

use core::fmt;

use heapless::String;
use serde::Serialize;

use crate::buffer::{Full, TxWriter};
use crate::input::{Bytes, ParseErrorKind, Parsed, array};
use crate::secret::{self, Secret};

/// Most bytes of a user name or password: the field has room for 20 and a NUL.
pub const NAME_LEN: usize = 20;
const FIELD: usize = NAME_LEN + 1;

/// Who asks.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Credentials {
    user: String<NAME_LEN>,
    #[serde(serialize_with = "secret::on_the_channel")]
    password: Secret<NAME_LEN>,
}

/// Why a text cannot be a user name or password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum CredentialsError {
    /// The user name has more than 20 bytes or holds a NUL, at which the device would cut it.
    User,
    /// The same of the password.
    Password,
}

impl Credentials {
    pub(super) const FIELD_LEN: usize = FIELD;

    /// A user name and a password of at most 20 bytes of UTF-8 each, without a NUL.
    ///
    /// # Errors
    /// [`CredentialsError`] naming the one that does not fit.
    pub fn new(user: &str, password: &str) -> Result<Self, CredentialsError> {
        if user.bytes().any(|byte| byte == 0) {
            return Err(CredentialsError::User);
        }
        if password.bytes().any(|byte| byte == 0) {
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

    pub(super) fn parse(input: Bytes<'_>) -> Parsed<'_, Self> {
        let (rest, user) = array::<FIELD>(input)?;
        let (rest, password) = array::<FIELD>(rest)?;
        let user = text(&user).and_then(|text| String::try_from(text).ok());
        let password = text(&password).and_then(|text| Secret::new(text).ok());
        let Some((user, password)) = user.zip(password) else { return Err(input.error(ParseErrorKind::BadValue)) };
        Ok((rest, Self { user, password }))
    }

    pub(super) fn emit(&self, writer: &mut TxWriter<'_>) -> Result<(), Full> {
        put_field(writer, self.user.as_bytes())?;
        put_field(writer, self.password.bytes())
    }
}

/// The text before the first NUL; none without a NUL, or when it is no UTF-8.
fn text(field: &[u8; FIELD]) -> Option<&str> {
    let len = field.iter().position(|byte| *byte == 0)?;
    core::str::from_utf8(field.get(..len)?).ok()
}

/// The text and as many NULs as fill the field.
fn put_field(writer: &mut TxWriter<'_>, text: &[u8]) -> Result<(), Full> {
    writer.put(text)?;
    writer.put([0; FIELD].get(text.len()..).unwrap_or(&[]))
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).field("password", &self.password).finish()
    }
}
