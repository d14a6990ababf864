//! What digest hashes with: MD5 (RFC 1321, section 3) and SHA-256 (FIPS 180-4, section 6.2).
//!
//! The rounds of SHA-256 are RustCrypto's. Its MD5 has each of its 64 steps written out, and each of the two its own buffer and
//! padding: 2.4 KB of a small board's flash, which this saves. `tests/tests/properties_http.rs` holds it to RustCrypto's.

use zeroize::Zeroize;

use super::Algorithm;

/// Bytes of a block.
const BLOCK: usize = 64;
/// Where in the last block the length stands.
const LENGTH_AT: usize = 56;

/// RFC 1321, section 3.4: 4294967296 times abs(sin(i)).
#[rustfmt::skip]
const SINES: [u32; 64] = [
    0xD76A_A478, 0xE8C7_B756, 0x2420_70DB, 0xC1BD_CEEE, 0xF57C_0FAF, 0x4787_C62A, 0xA830_4613, 0xFD46_9501,
    0x6980_98D8, 0x8B44_F7AF, 0xFFFF_5BB1, 0x895C_D7BE, 0x6B90_1122, 0xFD98_7193, 0xA679_438E, 0x49B4_0821,
    0xF61E_2562, 0xC040_B340, 0x265E_5A51, 0xE9B6_C7AA, 0xD62F_105D, 0x0244_1453, 0xD8A1_E681, 0xE7D3_FBC8,
    0x21E1_CDE6, 0xC337_07D6, 0xF4D5_0D87, 0x455A_14ED, 0xA9E3_E905, 0xFCEF_A3F8, 0x676F_02D9, 0x8D2A_4C8A,
    0xFFFA_3942, 0x8771_F681, 0x6D9D_6122, 0xFDE5_380C, 0xA4BE_EA44, 0x4BDE_CFA9, 0xF6BB_4B60, 0xBEBF_BC70,
    0x289B_7EC6, 0xEAA1_27FA, 0xD4EF_3085, 0x0488_1D05, 0xD9D4_D039, 0xE6DB_99E5, 0x1FA2_7CF8, 0xC4AC_5665,
    0xF429_2244, 0x432A_FF97, 0xAB94_23A7, 0xFC93_A039, 0x655B_59C3, 0x8F0C_CC92, 0xFFEF_F47D, 0x8584_5DD1,
    0x6FA8_7E4F, 0xFE2C_E6E0, 0xA301_4314, 0x4E08_11A1, 0xF753_7E82, 0xBD3A_F235, 0x2AD7_D2BB, 0xEB86_D391,
];

/// How far each step of a round rotates.
const ROTATIONS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];

/// FIPS 180-4, section 5.3.3.
const SHA256: [u32; 8] =
    [0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A, 0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19];
/// RFC 1321, section 3.3.
const MD5: [u32; 8] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0, 0, 0, 0];

/// A hash under way. Wiped when dropped: there may be a password in it.
pub(super) struct Hasher {
    algorithm: Algorithm,
    state: [u32; 8],
    block: [u8; BLOCK],
    filled: usize,
    /// Bytes in all.
    length: u64,
}

impl Hasher {
    pub(super) const fn new(algorithm: Algorithm) -> Self {
        let state = match algorithm {
            Algorithm::Md5 => MD5,
            Algorithm::Sha256 => SHA256,
        };
        Self { algorithm, state, block: [0; BLOCK], filled: 0, length: 0 }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.push(*byte);
        }
    }

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.block.get_mut(self.filled) {
            *place = byte;
        }
        self.filled = self.filled.wrapping_add(1);
        self.length = self.length.wrapping_add(1);
        if self.filled >= BLOCK {
            self.filled = 0;
            match self.algorithm {
                Algorithm::Md5 => md5(&mut self.state, &self.block),
                Algorithm::Sha256 => sha2::block_api::compress256(&mut self.state, core::slice::from_ref(&self.block)),
            }
        }
    }

    /// Writes the hash and says how many bytes it has.
    pub(super) fn finish(mut self, hash: &mut [u8; 32]) -> usize {
        let bits = self.length.wrapping_mul(8);
        self.push(0x80);
        while self.filled != LENGTH_AT {
            self.push(0);
        }
        let md5 = self.algorithm == Algorithm::Md5;
        self.update(&if md5 { bits.to_le_bytes() } else { bits.to_be_bytes() });
        for (bytes, word) in hash.chunks_exact_mut(4).zip(self.state) {
            crate::buffer::copy(bytes, &if md5 { word.to_le_bytes() } else { word.to_be_bytes() });
        }
        if md5 { 16 } else { 32 }
    }
}

impl Drop for Hasher {
    fn drop(&mut self) {
        self.state.zeroize();
        self.block.zeroize();
    }
}

/// RFC 1321, section 3.4: what a block does to the first four words.
fn md5(state: &mut [u32; 8], block: &[u8; BLOCK]) {
    let [mut a, mut b, mut c, mut d, ..] = *state;
    let word = |number: usize| {
        let at = number.wrapping_mul(4) % BLOCK;
        block.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u32::from_le_bytes(*bytes))
    };
    for (step, sine) in SINES.iter().enumerate() {
        let (mixed, number) = match step / 16 {
            0 => ((b & c) | (!b & d), step),
            1 => ((d & b) | (!d & c), step.wrapping_mul(5).wrapping_add(1)),
            2 => (b ^ c ^ d, step.wrapping_mul(3).wrapping_add(5)),
            _ => (c ^ (b | !d), step.wrapping_mul(7)),
        };
        let rotation = ROTATIONS.get(step / 16).and_then(|round| round.get(step % 4)).copied().unwrap_or(0);
        let sum = a.wrapping_add(mixed).wrapping_add(*sine).wrapping_add(word(number));
        (a, d, c, b) = (d, c, b, b.wrapping_add(sum.rotate_left(rotation)));
    }
    for (word, more) in state.iter_mut().zip([a, b, c, d]) {
        *word = word.wrapping_add(more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(algorithm: Algorithm, text: &str) -> ([u8; 32], usize) {
        let mut hasher = Hasher::new(algorithm);
        hasher.update(text.as_bytes());
        let mut hash = [0; 32];
        let len = hasher.finish(&mut hash);
        (hash, len)
    }

    /// RFC 1321, section A.5; FIPS 180-4's examples.
    #[test]
    fn known_hashes() {
        let long = "12345678901234567890123456789012345678901234567890123456789012345678901234567890";
        for (text, hash) in [
            ("", 0xd41d_8cd9_8f00_b204_e980_0998_ecf8_427e_u128),
            ("abc", 0x9001_5098_3cd2_4fb0_d696_3f7d_28e1_7f72),
            ("message digest", 0xf96b_697d_7cb7_938d_525a_2f31_aaf1_61d0),
            (long, 0x57ed_f4a2_2be3_c955_ac49_da2e_2107_b67a),
        ] {
            let (bytes, len) = of(Algorithm::Md5, text);
            assert_eq!((&bytes[..16], len), (&hash.to_be_bytes()[..], 16), "{text}");
        }
        for (text, first) in [
            ("abc", 0xba78_16bf_8f01_cfea_4141_40de_5dae_2223_u128),
            ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 0x248d_6a61_d206_38b8_e5c0_2693_0c3e_6039),
        ] {
            let (bytes, len) = of(Algorithm::Sha256, text);
            assert_eq!((&bytes[..16], len), (&first.to_be_bytes()[..], 32), "{text}");
        }
    }
}
