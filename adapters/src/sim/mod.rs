//! Simulated devices: core's responders with state, and with named faults that can be switched on and off.
//!
//! They hold no socket and no clock, so that they serve over tokio ([`serve_stream`](crate::tokio::serve_stream)), on
//! virtual time in a test, and on the emulated network of a microcontroller alike. For the last two there is `Station` (with
//! the feature `smoltcp`): a machine with a network stack, whose frames somebody else moves.

pub mod amt;
pub mod bmc;
mod faults;
mod iboot;
mod nic;
mod outbox;
#[cfg(feature = "smoltcp")]
mod station;

pub use amt::{Amt, AmtFault};
pub use bmc::{Bmc, BmcFault};
pub use faults::{FaultError, Faults, Named};
pub use iboot::{Iboot, IbootFault};
pub use nic::{Nic, NicFault};
#[cfg(feature = "smoltcp")]
pub use station::{Frames, Station};
