//! The configuration options `[amt_driver]` (drivers.md, staging-amt).

use serde::Serialize;

/// The configuration options `[amt_driver]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct AmtOptions {
    /// `awake_interval`, here in milliseconds: a device that was silent for longer may be asleep. 0: none ever is.
    pub awake_interval_ms: u32,
    /// `max_attempts`: power requests in all.
    pub max_attempts: u8,
    /// `action_wait`, here in milliseconds: how long an accepted request may take to show.
    pub action_wait_ms: u32,
}

impl Default for AmtOptions {
    fn default() -> Self {
        Self { awake_interval_ms: 60_000, max_attempts: 3, action_wait_ms: 10_000 }
    }
}
