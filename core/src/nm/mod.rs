//! Intel Node Manager over IPMI (Intel Intelligent Power Node Manager 3.0 External Interface Specification, section 2).
//!
//! A [`Request`] is what can be asked, a [`Response`] what is answered; `wire` makes bytes of the one and reads the other. [`args()`] makes
//! a request of the arguments of one of Ironic's methods ([`Method`]). The dialog `Call` finds Node Manager behind a BMC and puts the
//! request to it.

mod args;
#[cfg(feature = "ipmi")]
mod call;
#[cfg(feature = "ipmi")]
mod channel;
mod completion;
mod days;
mod failure;
mod few;
mod method;
mod names;
mod policy;
mod request;
mod response;
mod statistics;
mod timestamp;
mod version;
#[cfg(feature = "ipmi")]
mod wire;

pub use args::{BadArgument, Missing, args};
#[cfg(feature = "ipmi")]
pub use call::{Call, Called};
#[cfg(feature = "ipmi")]
pub(crate) use channel::on_the_channel;
pub use completion::{command_name, words};
pub use days::{Day, Days, MOST_PERIODS, Period, Periods};
pub use failure::{LimitKey, NmFailure};
pub use few::Few;
pub use method::Method;
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
