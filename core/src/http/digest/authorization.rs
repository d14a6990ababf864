//! The answer to a challenge, as a server reads it. RFC 7616, section 3.4; the user's name in another form: RFC 8187,
//! section 3.2.1.

use core::fmt;

use heapless::String;
use subtle::ConstantTimeEq;

use super::params::{Cursor, NoText, Parameter, Value};
use super::response::Asked;
use super::{Algorithm, Challenge, Credentials, NONCE_LEN, OPAQUE_LEN, REALM_LEN};
use crate::http::fields::is_word;

/// Most bytes of a user name, a client's nonce and a target.
const TEXT_LEN: usize = 256;

/// The answer to a challenge. Texts are as they are meant, without quotes and escapes.
#[derive(Clone, PartialEq, Eq)]
pub struct Authorization {
    user: String<TEXT_LEN>,
    realm: String<REALM_LEN>,
    nonce: String<NONCE_LEN>,
    uri: String<TEXT_LEN>,
    /// As it came, and the client's nonce; none without quality of protection.
    counted: Option<(String<8>, String<TEXT_LEN>)>,
    response: String<64>,
    algorithm: Algorithm,
    opaque: Option<String<OPAQUE_LEN>>,
}

/// Why a value of the field `Authorization` is no answer to a challenge of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum AuthorizationError {
    /// It is of another scheme.
    NotDigest,
    /// It cannot be read, or a parameter comes twice.
    Malformed {
        /// Offset in the value.
        at: u32,
    },
    /// A parameter is not there.
    Missing {
        /// Which.
        name: &'static str,
    },
    /// A parameter has a value that is not supported, or is longer than there is room for.
    Unsupported {
        /// Which.
        name: &'static str,
    },
}

impl fmt::Display for AuthorizationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotDigest => f.write_str("the request does not use digest authentication"),
            Self::Malformed { at } => write!(f, "the request's authorization cannot be read from byte {at} on"),
            Self::Missing { name } => write!(f, "the request's authorization has no {name}"),
            Self::Unsupported { name } => {
                write!(f, "the {name} of the request's authorization is not supported, or too long")
            }
        }
    }
}

impl core::error::Error for AuthorizationError {}

const NAMES: [&str; 11] =
    ["username", "username*", "realm", "nonce", "uri", "qop", "nc", "cnonce", "response", "algorithm", "opaque"];

type Values<'a> = [Option<Parameter<'a>>; NAMES.len()];

impl Authorization {
    /// Reads the value of a field `Authorization`. `nc` and `qop` may be quoted.
    ///
    /// # Errors
    /// [`AuthorizationError`] when it is no answer to a challenge of ours.
    pub fn parse(value: &[u8]) -> Result<Self, AuthorizationError> {
        let mut cursor = Cursor::new(value);
        cursor.blanks();
        let digest = cursor.token().is_some_and(|scheme| is_word(scheme, "Digest"));
        if !digest || !matches!(cursor.rest, [b' ' | b'\t', ..]) {
            return Err(AuthorizationError::NotDigest);
        }
        let values = parameters(&mut cursor).map_err(|at| AuthorizationError::Malformed { at })?;
        let [user, user_extended, realm, nonce, uri, qop, nc, cnonce, response, algorithm, opaque] = values;
        let user = match (user, user_extended) {
            (Some(_), Some(Parameter { at, .. })) => return Err(AuthorizationError::Malformed { at }),
            (None, Some(Parameter { value, at, .. })) => decoded(value).ok_or(AuthorizationError::Malformed { at })?,
            (user, None) => text(user, "username")?,
        };
        let counted = match qop {
            None => None,
            Some(qop) if qop.value.is("auth") => {
                let nc: String<8> = text(nc, "nc")?;
                if u32::from_str_radix(&nc, 16).is_err() || nc.starts_with('+') {
                    return Err(AuthorizationError::Unsupported { name: "nc" });
                }
                Some((nc, text(cnonce, "cnonce")?))
            }
            Some(_) => return Err(AuthorizationError::Unsupported { name: "qop" }),
        };
        let algorithm = match algorithm {
            None => Algorithm::Md5,
            Some(it) if it.value.is("MD5") => Algorithm::Md5,
            Some(it) if it.value.is("SHA-256") => Algorithm::Sha256,
            Some(_) => return Err(AuthorizationError::Unsupported { name: "algorithm" }),
        };
        let mut response: String<64> = text(response, "response")?;
        response.make_ascii_lowercase();
        Ok(Self {
            user,
            realm: text(realm, "realm")?,
            nonce: text(nonce, "nonce")?,
            uri: text(uri, "uri")?,
            counted,
            response,
            algorithm,
            opaque: if opaque.is_some() { Some(text(opaque, "opaque")?) } else { None },
        })
    }

    /// Who says to log in.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The realm of the challenge.
    #[must_use]
    pub fn realm(&self) -> &str {
        &self.realm
    }

    /// The nonce of the challenge.
    #[must_use]
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// The target: the request's own, unless somebody cheats.
    #[must_use]
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// How many requests have answered the challenge, as the client counts; none without quality of protection.
    #[must_use]
    pub fn nc(&self) -> Option<u32> {
        self.counted.as_ref().and_then(|(nc, _)| u32::from_str_radix(nc, 16).ok())
    }

    /// The digits of that count: eight, of most clients.
    #[must_use]
    pub fn nc_digits(&self) -> Option<&str> {
        self.counted.as_ref().map(|(nc, _)| nc.as_str())
    }

    /// Whether it is the answer of somebody with these credentials to this challenge, for a request of this method. That
    /// [`Self::uri`] is the target of the request, and [`Self::nc`] is new, is for the caller to see.
    #[must_use]
    pub fn verify(&self, credentials: &Credentials, challenge: &Challenge, method: &str) -> bool {
        let asked = Asked {
            algorithm: challenge.algorithm,
            realm: challenge.realm.as_bytes(),
            nonce: challenge.nonce.as_bytes(),
            counted: self.counted.as_ref().map(|(nc, cnonce)| (nc.as_bytes(), cnonce.as_bytes())),
            method: method.as_bytes(),
            uri: self.uri.as_bytes(),
        };
        let same = self.user == credentials.user()
            && self.realm == challenge.realm
            && self.nonce == challenge.nonce
            && self.algorithm == challenge.algorithm
            && self.opaque == challenge.opaque
            // Where protection is offered the older form is taken, too (RFC 2617, section 3.2.1), but not the other way.
            && (self.counted.is_none() || challenge.qop.is_some());
        same & bool::from(asked.response(credentials).digits().ct_eq(self.response.as_bytes()))
    }
}

/// Shows who and what, and not the response: whoever has it can try passwords on it.
impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorization")
            .field("user", &self.user)
            .field("realm", &self.realm)
            .field("nonce", &self.nonce)
            .field("uri", &self.uri)
            .field("nc", &self.nc_digits())
            .finish_non_exhaustive()
    }
}

/// The parameters up to the end. An error is the place of what cannot be read.
fn parameters<'a>(cursor: &mut Cursor<'a>) -> Result<Values<'a>, u32> {
    let mut values = Values::default();
    while let Some(parameter) = cursor.parameter()? {
        parameter.sort(&NAMES, &mut values)?;
    }
    if cursor.rest.is_empty() { Ok(values) } else { Err(cursor.at()) }
}

fn text<const N: usize>(value: Option<Parameter<'_>>, name: &'static str) -> Result<String<N>, AuthorizationError> {
    let Parameter { value, at, .. } = value.ok_or(AuthorizationError::Missing { name })?;
    let mut room = [0; TEXT_LEN];
    let text = value.copy(&mut room).map_err(|why| match why {
        NoText::TooLong => AuthorizationError::Unsupported { name },
        NoText::NotUtf8 => AuthorizationError::Malformed { at },
    })?;
    String::try_from(text).map_err(|_| AuthorizationError::Unsupported { name })
}

/// The text of `UTF-8''j%C3%BCrgen`.
fn decoded(value: Value<'_>) -> Option<String<TEXT_LEN>> {
    let quote = |byte: &u8| *byte == b'\'';
    let (charset, rest) = value.0.split_at_checked(value.0.iter().position(quote)?)?;
    let rest = rest.strip_prefix(b"'")?;
    let (_, text) = rest.split_at_checked(rest.iter().position(quote)?)?;
    if !is_word(charset, "UTF-8") {
        return None;
    }
    let (mut room, mut len) = ([0; TEXT_LEN], 0_usize);
    let mut bytes = text.strip_prefix(b"'")?.iter();
    while let Some(byte) = bytes.next() {
        let byte = if *byte == b'%' { digit(bytes.next()?)? << 4 | digit(bytes.next()?)? } else { *byte };
        *room.get_mut(len)? = byte;
        len = len.saturating_add(1);
    }
    String::try_from(core::str::from_utf8(room.get(..len)?).ok()?).ok()
}

fn digit(byte: &u8) -> Option<u8> {
    char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
