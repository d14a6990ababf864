//! A build without libvirt's library: what it judges is judged, and everything else says how to get it.

use std::time::Duration;

use rackhand_adapters::libvirt::{Access, LibvirtTarget};
use rackhand_core::operation::{Action, Outcome};

use super::super::{Device, DriverError};
use super::{Domain, MISSING};

/// None.
pub(super) struct Hypervisors;

#[allow(clippy::unused_self, reason = "stands where the others are asked")]
impl Hypervisors {
    pub(super) const fn new(_: Duration) -> Self {
        Self
    }

    pub(super) fn domain(&self, _: LibvirtTarget) -> Result<Box<dyn Device>, DriverError> {
        Err(not_here())
    }

    pub(super) const fn sweep(&self) {}
}

/// Says that it cannot.
pub(crate) async fn perform(_: LibvirtTarget, _: &Action, _: Duration) -> Result<Outcome, DriverError> {
    Err(not_here())
}

/// Says that it cannot.
pub(crate) async fn domains(_: Access, _: Duration) -> Result<Vec<Domain>, DriverError> {
    Err(not_here())
}

fn not_here() -> DriverError {
    DriverError::not_in_this_build(MISSING)
}
