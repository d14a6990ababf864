//! Machines with AMT, and how one is asked for its power state.

use std::net::SocketAddr;
use std::time::Duration;

use rackhand_adapters::sim::Amt;
use rackhand_adapters::sim::amt::Generation;
use rackhand_adapters::tokio::{Channel, Server, run};
use rackhand_core::http::digest::Credentials;
use rackhand_core::operation::{
    Action, HardwareType, Memory, Operation, Outcome, PowerState, RX_LEN, TX_LEN, Target, Value,
};

use super::Devices;

/// What the devices' process calls them.
pub(super) const KIND: &str = "amt";
/// Who may ask.
pub(crate) const USER: &str = "admin";
/// The password of each device.
pub(crate) const PASSWORD: &str = "Adm1n!Pass";
/// Bytes of the daemon's window for AMT.
const WINDOW: usize = 65_536;

/// Starts `count` AMTs with this fault. Their machines are off.
pub(crate) fn start(count: usize, fault: Option<&str>) -> Devices {
    Devices::start(KIND, count, fault)
}

/// An AMT with this fault.
pub(super) fn device(fault: Option<&str>) -> Amt<u64> {
    let credentials = Credentials::new(USER, PASSWORD).expect("short enough");
    let mut device = Amt::new(credentials, Generation::Amt12);
    if let Some(fault) = fault {
        device.faults().add_named(fault).expect("a fault");
    }
    device
}

/// What all devices of a process have seen together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Requests of HTTP, those that were not let in among them.
    pub(crate) requests: u64,
    /// Those of them that wait for their answer.
    pub(crate) in_flight: u64,
    /// The most that ever waited at one device.
    pub(crate) most_in_flight: u64,
    /// Logins with a wrong user name or password.
    pub(crate) failed_logins: u64,
}

/// Asks the devices' process what they have seen.
pub(crate) fn seen(devices: &mut Devices) -> Seen {
    let numbers = serde_json::from_str(&devices.ask()).expect("four numbers");
    let [requests, in_flight, most_in_flight, failed_logins] = numbers;
    Seen { requests, in_flight, most_in_flight, failed_logins }
}

/// That, as the devices' process says it.
pub(super) fn tell(servers: &[Server<Amt<u64>>]) -> String {
    let sum = |number: fn(&Amt<u64>) -> u64| servers.iter().map(|server| number(&server.device())).sum::<u64>();
    let requests = sum(Amt::requests);
    let in_flight = sum(|device| device.in_flight() as u64);
    let most_in_flight = servers.iter().map(|server| server.device().most_in_flight()).max();
    format!("[{requests}, {in_flight}, {}, {}]", most_in_flight.unwrap_or(0), sum(Amt::failed_logins))
}

/// The device at `address`.
pub(crate) fn target(address: SocketAddr) -> Target {
    let host = address.ip().to_string();
    let info = [
        ("amt_address", Value::Str(&host)),
        ("amt_port", Value::Int(address.port().into())),
        ("amt_username", Value::Str(USER)),
        ("amt_password", Value::Str(PASSWORD)),
    ];
    Target::new(HardwareType::StagingAmt, info.into_iter(), std::iter::empty()).expect("valid")
}

/// What one status leaves to the next, as the daemon keeps it.
#[derive(Default)]
pub(crate) struct Kept {
    channel: Option<Channel>,
    /// What the device has taught.
    pub(crate) memory: Memory,
}

/// A status of a device of which this is known.
pub(crate) fn operation(target: &Target, memory: &Memory) -> Operation {
    Operation::new(target, &Action::GetPower, Duration::from_secs(60), memory, &[0; 32]).expect("valid")
}

/// Asks a device for its power state as the daemon does, with what is `kept` of the last time. The machine is off.
pub(crate) async fn status(target: &Target, kept: Kept) -> Kept {
    let mut operation = operation(target, &kept.memory);
    let mut channel = kept.channel.unwrap_or_else(|| Channel::new(target.link()));
    let (mut tx, mut window) = (vec![0; TX_LEN], vec![0; WINDOW.max(RX_LEN)]);
    let outcome = run(&mut operation, &mut channel, &mut tx, &mut window, |_| ()).await;
    assert_eq!(outcome, Ok(Outcome::Power(PowerState::Off)));
    Kept { channel: operation.keeps_link().then_some(channel), memory: operation.memory() }
}
