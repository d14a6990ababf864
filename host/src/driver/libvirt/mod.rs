//! `staging-libvirt`: virtual machines as bare metal.

#[cfg(not(feature = "libvirt"))]
mod absent;
#[cfg(feature = "libvirt")]
mod present;

use rackhand_adapters::libvirt::{DEFAULT_URI, LibvirtTarget, Policy};
use rackhand_core::operation::{HardwareType, PowerTarget, Setting};
use rackhand_core::wol::Mac;
use uuid::Uuid;

use super::{Capabilities, Device, Driver, DriverError, codec};
use crate::config::Libvirt as Options;
use crate::model::Node;

#[cfg(not(feature = "libvirt"))]
use absent::Hypervisors;
#[cfg(not(feature = "libvirt"))]
pub(crate) use absent::{domains, perform};
#[cfg(feature = "libvirt")]
use present::Hypervisors;
#[cfg(feature = "libvirt")]
pub(crate) use present::{domains, perform};

const TABLE: Capabilities = Capabilities {
    hardware: HardwareType::StagingLibvirt,
    power_targets: &PowerTarget::ALL,
    tells_power: true,
    required: &[],
    defaults: &[(Setting::LibvirtUri, DEFAULT_URI), (Setting::SshNoVerify, "false")],
    power: &["staging-libvirt"],
    management: &["staging-libvirt"],
    vendor: &["no-vendor"],
    vendor_methods: &[],
};

/// How a build that lacks it is told, and what to do about it.
#[cfg(not(feature = "libvirt"))]
pub(crate) const MISSING: &str = "staging-libvirt is not in this build of rackhand, which was made without libvirt's library: \
                                  install libvirt-dev and pkg-config, and build it with --features libvirt";

/// A domain, as far as a node is made of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Domain {
    /// Its name; libvirt takes nearly any text.
    pub(crate) name: String,
    pub(crate) uuid: Uuid,
    /// The addresses of its interfaces, in the order of its definition; none twice.
    pub(crate) macs: Vec<Mac>,
    /// Why its definition cannot be read, if it cannot.
    pub(crate) wrong: Option<String>,
}

/// The hardware type.
pub(super) struct Libvirt {
    policy: Policy,
    hypervisors: Hypervisors,
}

impl Libvirt {
    pub(super) fn new(options: &Options) -> Self {
        Self { policy: options.policy(), hypervisors: Hypervisors::new(options.call_timeout) }
    }
}

impl Driver for Libvirt {
    fn capabilities(&self) -> &'static Capabilities {
        &TABLE
    }

    fn prepare(&self, node: &Node, addresses: &[String]) -> Result<Box<dyn Device>, DriverError> {
        let info = node.driver_info.iter().map(|(key, value)| (key.as_str(), codec::plain(value)));
        let target = LibvirtTarget::new(&info, addresses.iter().map(String::as_str), &self.policy)?;
        self.hypervisors.domain(target)
    }

    fn sweep(&self) {
        self.hypervisors.sweep();
    }
}
