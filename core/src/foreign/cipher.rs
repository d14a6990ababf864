//! RustCrypto's keyed hashes and ciphers: their buffers are copied with checks of lengths that the optimiser cannot see through.

#[cfg(not(rackhand_proof))]
use aes::Aes128;
#[cfg(not(rackhand_proof))]
use aes::cipher::{Array, BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
#[cfg(not(rackhand_proof))]
use hmac::{Hmac, KeyInit, Mac};

/// Hashes all parts, one behind the other, and says how many bytes that gives. A key may have any length.
#[cfg(not(rackhand_proof))]
fn hashed<M: Mac + KeyInit>(key: &[u8], parts: &[&[u8]], to: &mut [u8; 32]) -> usize {
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(key) else { return 0 };
    for part in parts {
        mac.update(part);
    }
    let hash = mac.finalize().into_bytes();
    crate::buffer::copy(to, &hash);
    hash.len()
}

doors! {
    hmac = rackhand_foreign_hmac(sha256: bool, key: &[u8], parts: &[&[u8]], to: &mut [u8; 32]) -> usize {
        if sha256 { hashed::<Hmac<sha2::Sha256>>(key, parts, to) } else { hashed::<Hmac<sha1::Sha1>>(key, parts, to) }
    }

    aes_cbc_encrypt = rackhand_foreign_aes_cbc_encrypt(key: &[u8; 16], iv: &[u8; 16], text: &mut [u8]) -> () {
        let mut cipher = cbc::Encryptor::<Aes128>::new(key.into(), iv.into());
        for block in text.chunks_exact_mut(16) {
            if let Ok(block) = <&mut Array<u8, _>>::try_from(block) {
                cipher.encrypt_block(block);
            }
        }
    }

    aes_cbc_decrypt = rackhand_foreign_aes_cbc_decrypt(key: &[u8; 16], iv: &[u8; 16], text: &mut [u8]) -> () {
        let mut cipher = cbc::Decryptor::<Aes128>::new(key.into(), iv.into());
        for block in text.chunks_exact_mut(16) {
            if let Ok(block) = <&mut Array<u8, _>>::try_from(block) {
                cipher.decrypt_block(block);
            }
        }
    }
}
