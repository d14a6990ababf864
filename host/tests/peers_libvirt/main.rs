//! The libvirt driver against hypervisors that are not ours: libvirtd with QEMU domains. Both the command line and the daemon run in a
//! hypervisor's mount namespace; virsh is the judge of what really happened.
#![cfg(all(feature = "libvirt", target_os = "linux"))]

#[path = "../common/mod.rs"]
#[allow(dead_code, reason = "each test uses its part")]
mod common;

mod bed;
mod boot;
mod hung;
mod killed;
mod nodes;
mod once;
mod refusals;
mod soft;
mod sync;
mod transports;
mod uris;
