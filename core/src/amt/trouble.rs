//! What went wrong with a try to ask AMT, in words that say what to look at.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::exchange::Cause;

/// What went wrong with the last try that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AmtTrouble {
    /// The connection failed.
    Closed(Cause),
    /// Nothing, or not all of it, came in time.
    Silence,
    /// The device answered with this status of HTTP, and no fault that says more.
    Status(u16),
}

impl fmt::Display for AmtTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed(cause) => cause.fmt(f),
            Self::Silence => f.write_str("nothing answered in time"),
            Self::Status(401) => f.write_str("the login was refused (HTTP 401)"),
            Self::Status(status) => write!(f, "HTTP status {status}"),
        }
    }
}
