//! Simulated devices: core's responders with state, and with named faults that can be switched on and off.
//!
//! They hold no socket and no clock, so that they serve over tokio ([`serve_stream`](crate::tokio::serve_stream)), on
//! virtual time in a test, and on the emulated network of a microcontroller alike.

mod faults;
mod iboot;
mod nic;

pub use faults::{FaultError, Faults, Named};
pub use iboot::{Iboot, IbootFault};
pub use nic::{Nic, NicFault};
