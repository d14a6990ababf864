//! Intel Node Manager over IPMI (Intel Intelligent Power Node Manager 3.0 External Interface Specification, section 2).
//!
//! Here so far: the discovery and the call that every method rides on, as one dialog. The methods and their arguments
//! come with Node Manager's own issue.

#[cfg(feature = "ipmi")]
mod invoke;

#[cfg(feature = "ipmi")]
pub use invoke::{Command, Invoke, Invoked, NmFailure};

/// Intel's IANA enterprise number, which leads every request and answer.
pub const IANA: [u8; 3] = [0x57, 0x01, 0x00];
