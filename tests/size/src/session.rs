//! What an RMCP+ session of IPMI needs (IPMI 2.0, sections 13.28 and 13.29): HMAC-SHA1, HMAC-SHA256, AES-128-CBC both ways. What
//! the budget of a board says about them is known before their protocol is there.

use aes::Aes128;
use aes::cipher::{Block, BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;

use crate::{entries, memory};

/// Blocks of the longest message.
const BLOCKS: usize = 16;

memory! {
    /// All of it under way.
    SESSION_STATE: size_of::<(Hmac<Sha1>, Hmac<Sha256>, cbc::Encryptor<Aes128>, cbc::Decryptor<Aes128>)>();
}

entries! {
    /// Signs with SHA-1.
    fn session_sha1(key: &[u8; 20], text: &[u8; 64], len: usize, code: &mut [u8; 20]) {
        if let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(key) {
            mac.update(text.get(..len).unwrap_or(text));
            *code = mac.finalize().into_bytes().into();
        }
    }

    /// Signs with SHA-256.
    fn session_sha256(key: &[u8; 32], text: &[u8; 64], len: usize, code: &mut [u8; 32]) {
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) {
            mac.update(text.get(..len).unwrap_or(text));
            *code = mac.finalize().into_bytes().into();
        }
    }

    /// Encrypts in place.
    fn session_encrypt(key: &[u8; 16], iv: &[u8; 16], blocks: &mut [Block<Aes128>; BLOCKS]) {
        cbc::Encryptor::<Aes128>::new(key.into(), iv.into()).encrypt_blocks(blocks);
    }

    /// Decrypts in place.
    fn session_decrypt(key: &[u8; 16], iv: &[u8; 16], blocks: &mut [Block<Aes128>; BLOCKS]) {
        cbc::Decryptor::<Aes128>::new(key.into(), iv.into()).decrypt_blocks(blocks);
    }
}
