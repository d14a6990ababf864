//! The vocabulary that everything shares: what to do with which device, and how it ended.
//!
//! A [`Target`] is what Ironic calls driver_info, validated. An [`Action`] is what to do. An [`Operation`] is both, as one
//! [`Exchange`](crate::exchange::Exchange) that any runner drives to an [`Outcome`] or an [`Error`]. [`Order`] and
//! [`Answer`] are their JSON, one datagram each between a host and its relay.

mod action;
mod address;
mod error;
mod host;
mod machine;
#[cfg(feature = "relay")]
mod order;
mod outcome;
#[cfg(all(feature = "relay", not(rackhand_proof)))]
pub(crate) mod read;
mod settings;
mod target;

pub use action::{Action, ActionName, BootDevice, PowerTarget};
pub use error::{Error, ErrorKind, Got};
pub use host::{Host, HostError, InterfaceName, Link};
#[cfg(feature = "ipmi")]
pub use machine::IpmiMemory;
pub use machine::{Memory, Operation, RX_LEN, Seed, TX_LEN};
#[cfg(feature = "relay")]
pub use order::{ANSWER_LEN, Answer, JSON_LEN, JsonError, Order};
pub use outcome::{Outcome, PowerState};
pub use settings::{HardwareType, Setting, Settings, Value};
#[cfg(feature = "ipmi")]
pub use target::IpmiTarget;
#[cfg(feature = "amt")]
pub use target::{AmtTarget, AmtTransport};
pub use target::{IbootOptions, IbootTarget, Ports, PortsError, Target, Transport, WolTarget};
pub(crate) use target::{cut, shown};

pub use crate::trust::{Fingerprint, FingerprintError, Trust};
