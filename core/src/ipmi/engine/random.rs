//! Random bytes for a whole conversation out of one seed: a counter, encrypted (NIST SP 800-38A, appendix C, on unpredictable
//! initialization vectors; what they are for: IPMI 2.0, sections 13.20 and 13.29).

use zeroize::Zeroize;

use crate::foreign::aes_cbc_encrypt;
use crate::operation::Seed;

/// Random bytes, sixteen at a time. Wiped when dropped.
#[derive(Clone)]
pub(super) struct Random {
    key: [u8; 16],
    counter: [u8; 16],
}

impl Random {
    pub(super) fn new(seed: &Seed) -> Self {
        let first = seed.first_chunk().copied().unwrap_or_default();
        Self { key: first, counter: seed.last_chunk().copied().unwrap_or_default() }
    }

    /// The next ones.
    pub(super) fn next(&mut self) -> [u8; 16] {
        self.counter = u128::from_le_bytes(self.counter).wrapping_add(1).to_le_bytes();
        let mut block = [0; 16];
        aes_cbc_encrypt(&self.key, &self.counter, &mut block);
        block
    }
}

impl Drop for Random {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

/// What comes next is nobody's to see.
impl core::fmt::Debug for Random {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Random")
    }
}
