//! What orders for AMT take that others do not: random bytes, and a refusal when they want TLS.

use rackhand_core::amt::{AmtFailure, AmtTrouble};
use rackhand_core::exchange::Cause;
use rackhand_core::operation::{AmtTarget, AmtTransport, Answer, Error, Order, Seed, Target};
use sha2::{Digest, Sha256};

/// The answer to an order that wants TLS, if it is one. No image has TLS. An operation would say the same, but only after it had
/// tried in vain as often as it is told to.
pub(crate) const fn refusal(order: &Order) -> Option<Answer> {
    let Target::Amt(AmtTarget { transport: AmtTransport::Https(_), .. }) = &order.target else { return None };
    Some(Answer::Failed(Error::Amt {
        failure: AmtFailure::NoContact,
        trouble: Some(AmtTrouble::Closed(Cause::Unsupported)),
        contact: false,
        out_of_time: false,
        boot_device_used: false,
        left_armed: false,
    }))
}

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
