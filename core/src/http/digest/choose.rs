//! Which challenge of an answer 401 is answered. RFC 9110, section 11.6.1: a field has several challenges, and there may be
//! several fields; what separates challenges separates the parameters of one, too.
//!
//! ```text
//!  Negotiate, Basic realm="x", Digest realm="x", nonce="y", qop="auth-int, auth", NTLM TlRMTVNTUAAC==
//! ```

use heapless::String;

use super::challenge::{Algorithm, Challenge, ChallengeError, ChallengePart, Qop};
use super::params::{Cursor, NoText, Parameter};
use super::{NONCE_LEN, OPAQUE_LEN, REALM_LEN};
use crate::http::fields::{Elements, is_word};

/// The parameters of a challenge, as they came.
#[derive(Clone, Copy, Debug, Default)]
struct Offer<'a> {
    /// In the order of [`NAMES`].
    values: [Option<Parameter<'a>>; NAMES.len()],
}

const NAMES: [&str; 6] = ["realm", "nonce", "opaque", "algorithm", "qop", "stale"];

impl Challenge {
    /// The first challenge that can be answered, of all the values of `WWW-Authenticate`.
    ///
    /// # Errors
    /// [`ChallengeError`] when there is none.
    pub fn choose<'a>(www_authenticate: impl Iterator<Item = &'a [u8]>) -> Result<Self, ChallengeError> {
        let mut nearest = ChallengeError::NoDigest;
        for value in www_authenticate {
            let mut cursor = Cursor::new(value);
            loop {
                match next_offer(&mut cursor) {
                    Ok(None) => break,
                    Ok(Some(offer)) => match offer.challenge() {
                        Ok(challenge) => return Ok(challenge),
                        Err(error) => nearest = nearer(nearest, error),
                    },
                    Err(at) => {
                        nearest = nearer(nearest, ChallengeError::Malformed { at });
                        break;
                    }
                }
            }
        }
        Err(nearest)
    }
}

/// The later one of the list of errors; of equals the first.
fn nearer(one: ChallengeError, other: ChallengeError) -> ChallengeError {
    if rank(other) > rank(one) { other } else { one }
}

const fn rank(error: ChallengeError) -> u8 {
    match error {
        ChallengeError::NoDigest => 0,
        ChallengeError::UnsupportedAlgorithm => 1,
        ChallengeError::UnsupportedQop => 2,
        ChallengeError::NoNonce => 3,
        ChallengeError::NoRealm => 4,
        ChallengeError::TooLong { .. } => 5,
        ChallengeError::Malformed { .. } => 6,
    }
}

/// The next challenge of the scheme Digest. An error is the place of what cannot be read.
fn next_offer<'a>(cursor: &mut Cursor<'a>) -> Result<Option<Offer<'a>>, u32> {
    loop {
        cursor.commas();
        if cursor.rest.is_empty() {
            return Ok(None);
        }
        let at = cursor.at();
        let scheme = cursor.token().ok_or(at)?;
        // A parameter without a scheme before it.
        if !matches!(cursor.rest, [] | [b' ' | b'\t' | b',', ..]) {
            return Err(cursor.at());
        }
        cursor.blanks();
        let mut offer = Offer::default();
        if !credentials_of_68(cursor) {
            while let Some(parameter) = cursor.parameter()? {
                parameter.sort(&NAMES, &mut offer.values)?;
            }
        }
        if is_word(scheme, "Digest") {
            return Ok(Some(offer));
        }
    }
}

/// Takes what some schemes have in place of parameters (token68): `TlRMTVNTUAAC==`.
fn credentials_of_68(cursor: &mut Cursor<'_>) -> bool {
    let mut ahead = *cursor;
    let run = ahead.run(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/'));
    let _ = ahead.run(|byte| byte == b'=');
    let is_one = !run.is_empty() && ahead.separator();
    if is_one {
        *cursor = ahead;
    }
    is_one
}

impl Offer<'_> {
    #[cfg_attr(target_pointer_width = "32", inline(never))]
    fn challenge(&self) -> Result<Challenge, ChallengeError> {
        let [realm, nonce, opaque, algorithm, qop, stale] = self.values;
        let algorithm = match algorithm {
            None => Algorithm::Md5,
            Some(it) if it.value.is("MD5") => Algorithm::Md5,
            Some(it) if it.value.is("SHA-256") => Algorithm::Sha256,
            Some(_) => return Err(ChallengeError::UnsupportedAlgorithm),
        };
        let mut offered = false;
        let mut chosen = None;
        for element in Elements::of(qop.map_or(&[], |it| it.value.0)).filter(|it| !it.is_empty()) {
            offered = true;
            if is_word(element, "auth") {
                chosen = Some(Qop::Auth);
            }
        }
        if offered && chosen.is_none() {
            return Err(ChallengeError::UnsupportedQop);
        }
        let (nonce, realm) = (nonce.ok_or(ChallengeError::NoNonce)?, realm.ok_or(ChallengeError::NoRealm)?);
        let mut room = [0; NONCE_LEN];
        Ok(Challenge {
            realm: text(realm, ChallengePart::Realm, REALM_LEN, &mut room)?,
            nonce: text(nonce, ChallengePart::Nonce, NONCE_LEN, &mut room)?,
            opaque: match opaque {
                Some(opaque) => Some(text(opaque, ChallengePart::Opaque, OPAQUE_LEN, &mut room)?),
                None => None,
            },
            algorithm,
            qop: chosen,
            stale: stale.is_some_and(|it| it.value.is("true")),
        })
    }
}

/// A value as a text of `most` bytes.
fn text<const N: usize>(
    parameter: Parameter<'_>,
    what: ChallengePart,
    most: usize,
    room: &mut [u8],
) -> Result<String<N>, ChallengeError> {
    let too_long = ChallengeError::TooLong { what, most: crate::http::error::number(most) };
    let text = parameter.value.copy(room).map_err(|why| match why {
        NoText::TooLong => too_long,
        NoText::NotUtf8 => ChallengeError::Malformed { at: parameter.at },
    })?;
    String::try_from(text).map_err(|_| too_long)
}
