//! BMCs, each with a socket of its own, in the process of their own that all devices are in.

use std::net::SocketAddr;

use rackhand_adapters::sim::bmc::{Bmc, Config};
use rackhand_core::operation::{HardwareType, Target, Value};
use rackhand_core::secret::Secret;

use super::Devices;

/// What the devices' process calls them.
pub(super) const KIND: &str = "bmc";
/// Who may ask.
pub(crate) const USER: &str = "admin";
/// The password of each device.
pub(crate) const PASSWORD: &str = "administrator";

/// Starts `count` BMCs with these faults, separated by commas. What they take for random differs from one to the next, and is the
/// same each time.
pub(crate) fn start(count: usize, faults: Option<&str>) -> Devices {
    Devices::start(KIND, count, faults)
}

/// The BMC of this number, with these faults.
pub(super) fn device(number: usize, faults: Option<&str>) -> Bmc<SocketAddr> {
    let config = Config::new(USER, Secret::new(PASSWORD).expect("short enough"));
    let mut device = Bmc::new(config, number.try_into().expect("few"));
    for fault in faults.into_iter().flat_map(|faults| faults.split(',')) {
        device.faults().add_named(fault).expect("a fault");
    }
    device
}

/// The BMC at `address`, with a Node Manager, asked in the cipher suite that all clients have.
pub(crate) fn target(address: SocketAddr) -> Target {
    let host = address.ip().to_string();
    let info = [
        ("ipmi_address", Value::Str(&host)),
        ("ipmi_port", Value::Int(address.port().into())),
        ("ipmi_username", Value::Str(USER)),
        ("ipmi_password", Value::Str(PASSWORD)),
        ("ipmi_cipher_suite", Value::Int(3)),
    ];
    Target::new(HardwareType::StagingNm, info.into_iter(), std::iter::empty()).expect("valid")
}
