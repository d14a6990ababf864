//! Random bytes, which the logins of AMT and IPMI take.

use rackhand_core::operation::Seed;
use sha2::{Digest, Sha256};

/// The board's entropy, and how often something was made of it.
pub(crate) struct Seeds {
    entropy: [u8; 16],
    made: u64,
}

impl Seeds {
    /// Seeds that only this `entropy` leads to.
    pub(crate) const fn new(entropy: [u8; 16]) -> Self {
        Self { entropy, made: 0 }
    }

    /// Another one: SHA-256, so that what a login shows of its seed tells nobody the next one.
    // Nothing of the hash may lie in the frame of a function that begins an order: the stack is deepest below that.
    #[inline(never)]
    pub(crate) fn next(&mut self) -> Seed {
        self.made = self.made.wrapping_add(1);
        Sha256::new().chain_update(self.entropy).chain_update(self.made.to_le_bytes()).finalize().into()
    }
}
