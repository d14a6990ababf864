//! The relay's part: its desk, and the slots that its orders run in.

mod desk;
mod slots;

pub use desk::relay_desk;
pub use slots::smoltcp_slots;
