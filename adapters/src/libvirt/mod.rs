//! Virtual machines of libvirt as bare metal.
//!
//! The only driver that is no [`Exchange`](rackhand_core::exchange::Exchange): libvirt has a library of its own that speaks its
//! protocol, and its calls block. What needs no library, the judging of settings and the editing of definitions, is there with
//! the feature `libvirt-model`; connections come with `libvirt`.

pub mod definition;
mod error;
mod policy;
mod target;
mod uri;

#[cfg(feature = "libvirt")]
mod boot;
#[cfg(feature = "libvirt")]
mod calls;
#[cfg(feature = "libvirt")]
mod cause;
#[cfg(feature = "libvirt")]
mod events;
#[cfg(feature = "libvirt")]
mod hypervisor;
#[cfg(feature = "libvirt")]
mod hypervisors;
#[cfg(feature = "libvirt")]
mod known;
#[cfg(feature = "libvirt")]
mod lanes;
#[cfg(feature = "libvirt")]
mod orders;
#[cfg(feature = "libvirt")]
mod perform;
#[cfg(feature = "libvirt")]
mod places;
#[cfg(feature = "libvirt")]
mod power;
#[cfg(feature = "libvirt")]
mod reboot;
#[cfg(feature = "libvirt")]
mod session;
#[cfg(feature = "libvirt")]
mod start;
#[cfg(feature = "libvirt")]
mod states;
#[cfg(all(test, feature = "libvirt"))]
mod tests;

pub use error::Error;
#[cfg(feature = "libvirt")]
pub use hypervisor::Hypervisor;
#[cfg(feature = "libvirt")]
pub use hypervisors::Hypervisors;
#[cfg(feature = "libvirt")]
pub use perform::check;
pub use policy::{Policy, UriPattern};
pub use target::{Access, LibvirtTarget};
pub use uri::{DEFAULT_URI, Transport, Uri};

/// A reboot needs so much time, so that there is always some left to start again.
pub const LEAST_REBOOT: std::time::Duration = std::time::Duration::from_secs(10);

/// A domain, for whoever wants to make a node of it.
#[cfg(feature = "libvirt")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainSummary {
    /// Its name.
    pub name: String,
    /// Its UUID.
    pub uuid: uuid::Uuid,
    /// The addresses of its interfaces, in the order of its definition.
    pub macs: Vec<rackhand_core::wol::Mac>,
    /// Why its definition cannot be read, if it cannot: then there are no addresses.
    pub wrong: Option<String>,
    /// Whether it is active.
    pub running: bool,
}
