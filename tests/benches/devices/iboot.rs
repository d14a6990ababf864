//! iBoots, and how one is asked for its state.

use std::net::SocketAddr;

use rackhand_adapters::sim::Iboot;
use rackhand_adapters::tokio::{Channel, run};
use rackhand_core::dxp::{Credentials, Dialect};
use rackhand_core::operation::{Action, HardwareType, Outcome, PowerState, RX_LEN, TX_LEN, Target, Value};

use super::Devices;

/// What the devices' process calls them.
pub(super) const KIND: &str = "iboot";
/// Relays of each device.
pub(crate) const RELAYS: u8 = 8;
/// Who may ask.
pub(crate) const USER: &str = "admin";
/// The password of each device.
pub(crate) const PASSWORD: &str = "administrator";

/// Starts `count` iBoots with this fault.
pub(crate) fn start(count: usize, fault: Option<&str>) -> Devices {
    Devices::start(KIND, count, fault)
}

/// An iBoot with this fault.
pub(super) fn device(fault: Option<&str>) -> Iboot<u64> {
    let credentials = Credentials::new(USER, PASSWORD).expect("short enough");
    let mut device = Iboot::new(credentials, Dialect::default(), RELAYS.into());
    if let Some(fault) = fault {
        device.faults().add_named(fault).expect("a fault");
    }
    device
}

/// The last relay of the device at `address`: its status needs every byte.
pub(crate) fn target(address: SocketAddr) -> Target {
    let host = address.ip().to_string();
    let info = [
        ("iboot_address", Value::Str(&host)),
        ("iboot_port", Value::Int(address.port().into())),
        ("iboot_username", Value::Str(USER)),
        ("iboot_password", Value::Str(PASSWORD)),
        ("iboot_relay_id", Value::Int(RELAYS.into())),
    ];
    Target::new(HardwareType::StagingIboot, info.into_iter(), std::iter::empty()).expect("valid")
}

/// Asks a device for its state, connection included. Its relays are off.
pub(crate) async fn status(target: &Target) {
    let operation = rackhand_tests::targets::operation(target, &Action::GetPower);
    let mut channel = Channel::new(target.link());
    let (mut tx, mut window) = ([0; TX_LEN], [0; RX_LEN]);
    let outcome = run(operation, &mut channel, &mut tx, &mut window, |_| ()).await;
    assert_eq!(outcome, Ok(Outcome::Power(PowerState::Off)));
}
