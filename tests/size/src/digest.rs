//! The hashes that AMT's HTTP digest needs (RFC 7616, section 3.3): MD5, SHA-256. What the budget of a board says about them
//! is known before their protocol is there.

use md5::Md5;
use sha2::{Digest, Sha256};

use crate::{entries, memory};

memory! {
    /// Both hashes under way.
    DIGEST_STATE: size_of::<(Md5, Sha256)>();
}

entries! {
    /// Hashes with MD5.
    fn digest_md5(text: &[u8; 64], len: usize, hash: &mut [u8; 16]) {
        *hash = Md5::digest(text.get(..len).unwrap_or(text)).into();
    }

    /// Hashes with SHA-256.
    fn digest_sha256(text: &[u8; 64], len: usize, hash: &mut [u8; 32]) {
        *hash = Sha256::digest(text.get(..len).unwrap_or(text)).into();
    }
}
