//! The answer to a challenge, client to server. RFC 7616, section 3.4; without quality of protection RFC 2069, section 2.4.
//!
//! ```text
//!  Digest username="admin", realm="…", nonce="…", uri="/wsman", qop=auth, nc=00000001, cnonce="0123456789abcdef",
//!   response="97e40832769d0326496271d4ca9da34d"                             in one line
//!
//!  response = H(H(user:realm:password):nonce:nc:cnonce:qop:H(method:uri)), each H in hexadecimal digits
//! ```

use zeroize::Zeroize;

use super::hash::Hasher;
use super::{Algorithm, Challenge, Credentials};
use crate::buffer::{Full, TxWriter};
use crate::digits::hex;

/// What the answer to a challenge is made of, besides method and target of the request.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// The challenge.
    pub challenge: &'a Challenge,
    /// Who logs in.
    pub credentials: &'a Credentials,
    /// How many requests have answered this challenge, this one included.
    pub nc: u32,
    /// The client's part of what is hashed: random bytes.
    pub cnonce: &'a [u8; 8],
}

/// Hexadecimal digits of a hash: as many as there are of the algorithm, zeros behind them. Wiped when dropped.
pub(super) struct Hash {
    digits: [u8; 64],
    len: usize,
}

impl Hash {
    /// The hash of the parts with colons between them.
    pub(super) fn of(algorithm: Algorithm, parts: &[&[u8]]) -> Self {
        let mut hash = Self { digits: [0; 64], len: 0 };
        let mut bytes = [0; 32];
        let mut hasher = Hasher::new(algorithm);
        let mut colon: &[u8] = b"";
        for part in parts {
            hasher.update(colon);
            hasher.update(part);
            colon = b":";
        }
        let len = hasher.finish(&mut bytes);
        hex(bytes.get(..len).unwrap_or(&[]), &mut hash.digits);
        hash.len = len.saturating_mul(2);
        bytes.zeroize();
        hash
    }

    pub(super) fn digits(&self) -> &[u8] {
        self.digits.get(..self.len).unwrap_or(&[])
    }
}

impl Drop for Hash {
    fn drop(&mut self) {
        self.digits.zeroize();
    }
}

/// What is hashed for one answer, apart from user and password.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) algorithm: Algorithm,
    pub(super) realm: &'a [u8],
    pub(super) nonce: &'a [u8],
    /// nc and cnonce as they are sent; none without quality of protection.
    pub(super) counted: Option<(&'a [u8], &'a [u8])>,
    pub(super) method: &'a [u8],
    pub(super) uri: &'a [u8],
}

impl Asked<'_> {
    /// The response of whoever knows user and password.
    pub(super) fn response(&self, credentials: &Credentials) -> Hash {
        let Self { algorithm, realm, nonce, counted, method, uri } = *self;
        let who = Hash::of(algorithm, &[credentials.user().as_bytes(), realm, credentials.password()]);
        let what = Hash::of(algorithm, &[method, uri]);
        match counted {
            Some((nc, cnonce)) => Hash::of(algorithm, &[who.digits(), nonce, nc, cnonce, b"auth", what.digits()]),
            None => Hash::of(algorithm, &[who.digits(), nonce, what.digits()]),
        }
    }
}

/// Appends `name="value"` with quotes and backslashes escaped, and what separates it from the next.
fn quoted(w: &mut TxWriter<'_>, name: &str, value: &[u8]) {
    w.add(name.as_bytes());
    w.add(b"=\"");
    for byte in value {
        if matches!(byte, b'"' | b'\\') {
            w.add(b"\\");
        }
        // A control character would end the line.
        w.add(&[if byte.is_ascii_control() { b' ' } else { *byte }]);
    }
    w.add(b"\"");
}

/// Writes the value of the field `Authorization` that answers `challenge`, for a request of this method and target. `nc` counts
/// the requests that have answered it, this one included; `cnonce` are random bytes. Neither is sent, nor hashed, when the
/// challenge has no quality of protection.
///
/// # Errors
/// [`Full`] when the buffer is too short.
pub fn authorization(
    challenge: &Challenge,
    credentials: &Credentials,
    method: &str,
    uri: &str,
    nc: u32,
    cnonce: &[u8; 8],
    w: &mut TxWriter<'_>,
) -> Result<(), Full> {
    let (mut count, mut nonce) = ([0; 8], [0; 16]);
    hex(&nc.to_be_bytes(), &mut count);
    hex(cnonce, &mut nonce);
    let asked = Asked {
        algorithm: challenge.algorithm,
        realm: challenge.realm.as_bytes(),
        nonce: challenge.nonce.as_bytes(),
        counted: challenge.qop.map(|_| (&count[..], &nonce[..])),
        method: method.as_bytes(),
        uri: uri.as_bytes(),
    };
    w.add(b"Digest ");
    quoted(w, "username", credentials.user().as_bytes());
    quoted(w, ", realm", asked.realm);
    quoted(w, ", nonce", asked.nonce);
    quoted(w, ", uri", asked.uri);
    if let Some((nc, cnonce)) = asked.counted {
        w.add(b", qop=auth, nc=");
        w.add(nc);
        quoted(w, ", cnonce", cnonce);
    }
    quoted(w, ", response", asked.response(credentials).digits());
    if challenge.algorithm == Algorithm::Sha256 {
        w.add(b", algorithm=SHA-256");
    }
    if let Some(opaque) = &challenge.opaque {
        quoted(w, ", opaque", opaque.as_bytes());
    }
    w.went()
}

impl Challenge {
    /// Writes the value of the field `WWW-Authenticate`, with its commas as Intel's firmware has them.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short.
    pub fn emit(&self, w: &mut TxWriter<'_>) -> Result<(), Full> {
        w.add(b"Digest ");
        quoted(w, "realm", self.realm.as_bytes());
        quoted(w, ", nonce", self.nonce.as_bytes());
        quoted(w, ",stale", if self.stale { b"true" } else { b"false" });
        if self.qop.is_some() {
            quoted(w, ",qop", b"auth");
        }
        if self.algorithm == Algorithm::Sha256 {
            w.add(b",algorithm=SHA-256");
        }
        if let Some(opaque) = &self.opaque {
            quoted(w, ",opaque", opaque.as_bytes());
        }
        w.went()
    }
}
