//! What a node is to start from.

use rackhand_core::operation::BootDevice;
use serde::{Deserialize, Serialize};

/// What a person wants a machine to start from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BootWish {
    pub(crate) device: BootDevice,
    /// For every start of this daemon's; else for the next one.
    pub(crate) persistent: bool,
}
