//! Intel Node Manager over IPMI (Intel Intelligent Power Node Manager 3.0 External Interface Specification, section 2).
//!
//! A [`Request`] is what can be asked, a [`Response`] what is answered; `wire` makes bytes of the one and reads the other.

mod days;
mod few;
#[cfg(feature = "ipmi")]
mod invoke;
mod names;
mod policy;
mod request;
mod response;
mod statistics;
mod timestamp;
mod version;
#[cfg(feature = "ipmi")]
mod wire;

pub use days::{Day, Days, MOST_PERIODS, Period, Periods};
pub use few::Few;
#[cfg(feature = "ipmi")]
pub use invoke::{Command, Invoke, Invoked, NmFailure};
pub use names::{Action, BootMode, CpuPowerCorrection, Domain, PolicyTrigger, PowerDomain, Storage};
pub use policy::{
    Capabilities, CapabilitiesOf, MOST_THRESHOLDS, Policy, PolicyId, PolicySettings, PowerDrawRange, Scope,
    TargetLimit, Thresholds,
};
pub use request::Request;
pub use response::Response;
pub use statistics::{Mode, PolicyMode, Reset, Statistics, StatisticsOf};
pub use timestamp::Timestamp;
pub use version::Version;

/// Intel's IANA enterprise number, which leads every request and answer.
pub const IANA: [u8; 3] = [0x57, 0x01, 0x00];
