//! What went wrong with a try to ask AMT, in words that say what to look at (faults: DSP0226, section 14.6).

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::exchange::Cause;
use crate::http::HttpError;
use crate::http::digest::ChallengeError;
use crate::input::ParseError;
use crate::wsman::FaultKind;

/// What went wrong with the last try that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AmtTrouble {
    /// The device asks for a login that cannot be given.
    Challenge(ChallengeError),
    /// The connection failed.
    Closed(Cause),
    /// The device answered with a fault.
    Fault(FaultKind),
    /// What came is no HTTP, or more of it than is read.
    Http(HttpError),
    /// Nothing, or not all of it, came in time.
    Silence,
    /// The device answered with this status of HTTP, and no fault that says more.
    Status(u16),
    /// What came is not the answer to what was asked.
    Unreadable(ParseError),
}

impl fmt::Display for AmtTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Challenge(error) => write!(f, "the login that the device asks for: {error}"),
            Self::Closed(cause) => write!(f, "{cause}"),
            Self::Fault(fault) => write!(f, "the device answered with a fault: {fault}"),
            Self::Http(error) => write!(f, "{error}"),
            Self::Unreadable(error) => write!(f, "the answer of WS-Management: {error}"),
            Self::Silence => f.write_str("nothing answered in time"),
            Self::Status(401) => f.write_str("the login was refused (HTTP 401)"),
            Self::Status(status) => write!(f, "HTTP status {status}"),
        }
    }
}
