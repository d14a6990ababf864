//! A build with libvirt's library.

use std::time::Duration;

use rackhand_adapters::libvirt::{self, Access, DomainSummary, Hypervisor, LibvirtTarget};
use rackhand_core::operation::{Action, Outcome, PowerTarget};
use rackhand_core::wol::Mac;

use super::super::{Device, Doing, DriverError, Waiting};
use super::Domain as Summary;

/// A connection that nobody has used for so long is closed.
const IDLE: Duration = Duration::from_secs(300);

/// The hypervisors of all nodes.
pub(super) struct Hypervisors(libvirt::Hypervisors);

impl Hypervisors {
    pub(super) const fn new(patience: Duration) -> Self {
        Self(libvirt::Hypervisors::new(patience))
    }

    pub(super) fn domain(&self, target: LibvirtTarget) -> Result<Box<dyn Device>, DriverError> {
        let address = target.address();
        Ok(Box::new(Domain { hypervisor: self.0.get(&target.access), macs: target.macs, address }))
    }

    pub(super) fn sweep(&self) {
        self.0.sweep(IDLE);
    }
}

/// Carries out one action, without a daemon. `timeout` is also how long the hypervisor may be silent.
pub(crate) async fn perform(target: LibvirtTarget, action: &Action, timeout: Duration) -> Result<Outcome, DriverError> {
    let hypervisor = Hypervisor::new(target.access, timeout);
    Ok(hypervisor.perform(&target.macs, action, timeout).await?)
}

/// All domains of a hypervisor, by name, without a daemon. `timeout` is also how long it may be silent.
pub(crate) async fn domains(access: Access, timeout: Duration) -> Result<Vec<Summary>, DriverError> {
    let domains = Hypervisor::new(access, timeout).domains(timeout).await?;
    let summary = |DomainSummary { name, uuid, macs, wrong, .. }| {
        let mut once: Vec<Mac> = Vec::with_capacity(macs.len());
        for mac in macs {
            if !once.contains(&mac) {
                once.push(mac);
            }
        }
        Summary { name, uuid, macs: once, wrong }
    };
    Ok(domains.into_iter().map(summary).collect())
}

/// A virtual machine. Others of the same hypervisor are spoken with at the same time: one that takes its time to shut down keeps
/// nobody waiting.
struct Domain {
    hypervisor: Hypervisor,
    macs: Vec<Mac>,
    address: String,
}

impl Device for Domain {
    fn address(&self) -> Option<&str> {
        Some(&self.address)
    }

    fn check(&self, action: &Action, timeout: Duration) -> Result<(), DriverError> {
        Ok(libvirt::check(action, timeout)?)
    }

    fn perform<'a>(&'a self, action: &'a Action, timeout: Duration) -> Doing<'a, Outcome> {
        Box::pin(async move { Ok(self.hypervisor.perform(&self.macs, action, timeout).await?) })
    }

    fn turn<'a>(&'a self, action: &'a Action) -> Waiting<'a> {
        Box::pin(self.hypervisor.turn(action))
    }

    fn only_waits(&self, action: &Action) -> bool {
        // For the guest.
        matches!(action, Action::SetPower(PowerTarget::SoftOff | PowerTarget::SoftReboot))
    }

    fn answers_many_at_once(&self) -> bool {
        true
    }
}
