//! Simulated iBoots in a process of their own, so that what they cost is not counted as the client's.

use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Stdio};

use rackhand_adapters::sim::Iboot;
use rackhand_adapters::tokio::serve_stream;
use rackhand_core::dxp::{Credentials, Dialect};
use rackhand_core::operation::{HardwareType, Target, Value};
use rackhand_tests::bench::again;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

/// Relays of each device.
pub(crate) const RELAYS: u8 = 8;
/// Who may ask.
pub(crate) const USER: &str = "admin";
/// The password of each device.
pub(crate) const PASSWORD: &str = "administrator";

/// Devices on loopback, each with a listener of its own; they end when this is dropped.
pub(crate) struct Devices {
    process: Child,
    /// Where they listen.
    pub(crate) addresses: Vec<SocketAddr>,
}

impl Devices {
    /// Starts `count` devices with this fault, by running the present program again: see [`serve_if_asked`].
    pub(crate) fn start(count: usize, fault: Option<&str>) -> Self {
        let mut command = again(["devices", &count.to_string(), fault.unwrap_or("")]);
        let mut process =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the devices' process starts");
        let says = BufReader::new(process.stdout.take().expect("its stdout is a pipe"));
        let lines = says.lines().map(|line| line.expect("an address").parse().expect("an address"));
        let addresses: Vec<_> = lines.take(count).collect();
        assert_eq!(addresses.len(), count, "the devices' process ended early");
        Self { process, addresses }
    }
}

impl Drop for Devices {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Serves devices and does not return when the arguments say so.
pub(crate) fn serve_if_asked() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [devices, count, fault] = arguments.as_slice() else { return };
    if devices != "devices" {
        return;
    }
    let count = count.parse().expect("a number");
    // When the other end of the pipe is gone, so is whoever needs the devices.
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    runtime().block_on(async {
        let mut servers = Vec::new();
        for _ in 0..count {
            let credentials = Credentials::new(USER, PASSWORD).expect("short enough");
            let mut device = Iboot::new(credentials, Dialect::default(), RELAYS.into());
            if !fault.is_empty() {
                device.faults().add_named(fault).expect("a fault");
            }
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
            let server = serve_stream(listener, device).expect("it has an address");
            println!("{}", server.address());
            servers.push(server);
        }
        std::future::pending::<()>().await;
    });
}

/// A runtime like the host's.
pub(crate) fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// The last relay of the device at `address`: its status needs every byte.
#[allow(dead_code, reason = "the daemon asks by itself")]
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
#[allow(dead_code, reason = "the daemon asks by itself")]
pub(crate) async fn status(target: &Target) {
    use rackhand_adapters::tokio::{Channel, run};
    use rackhand_core::operation::{Action, Outcome, PowerState, RX_LEN, TX_LEN};

    let operation = rackhand_tests::targets::operation(target, &Action::GetPower);
    let mut channel = Channel::new(target.link());
    let (mut tx, mut window) = ([0; TX_LEN], [0; RX_LEN]);
    let outcome = run(operation, &mut channel, &mut tx, &mut window, |_| ()).await;
    assert_eq!(outcome, Ok(Outcome::Power(PowerState::Off)));
}
