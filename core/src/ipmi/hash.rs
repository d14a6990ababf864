//! What sessions hash with: HMAC-SHA1 (RFC 2104) and HMAC-SHA256 (RFC 4868). IPMI 2.0, section 13.28.

use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use crate::foreign;

/// Bytes of the longest hash.
const LONGEST: usize = 32;

/// Which hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    Sha1,
    Sha256,
}

/// A keyed hash, or a key that was made by one. Wiped when dropped.
#[derive(Clone)]
pub(super) struct Code {
    bytes: [u8; LONGEST],
    len: usize,
}

impl Code {
    /// No code, where a suite has none.
    pub(super) const NONE: Self = Self { bytes: [0; LONGEST], len: 0 };

    /// The hash of all parts, one behind the other.
    pub(super) fn of(algorithm: Algorithm, key: &[u8], parts: &[&[u8]]) -> Self {
        let mut code = Self::NONE;
        code.len = foreign::hmac(algorithm == Algorithm::Sha256, key, parts, &mut code.bytes).min(LONGEST);
        code
    }

    /// The first bytes of it.
    pub(super) fn cut(mut self, len: usize) -> Self {
        self.len = self.len.min(len);
        self
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or(&[])
    }

    /// Whether it is this one; how long that takes does not show where they differ.
    pub(super) fn is(&self, other: &[u8]) -> bool {
        self.bytes().ct_eq(other).into()
    }
}

impl Drop for Code {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}
