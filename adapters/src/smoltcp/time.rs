//! Core's time and the stack's.

use ::smoltcp::time::Instant as StackInstant;
use rackhand_core::time::Instant;

/// Core's time as the stack's.
#[must_use]
pub fn stack_time(now: Instant) -> StackInstant {
    StackInstant::from_millis(i64::try_from(now.as_millis()).unwrap_or(i64::MAX))
}

/// The stack's time as core's, of which it is the first millisecond that is not before the stack's own moment: the stack counts
/// in microseconds, and too early would be too early again and again.
#[must_use]
pub fn core_time(at: StackInstant) -> Instant {
    Instant::from_millis(u64::try_from(at.total_micros()).unwrap_or(0).div_ceil(1000))
}
