//! Simulated iBoots on real sockets, in the test's own process.

use std::sync::MutexGuard;
use std::time::Duration;

use rackhand_adapters::sim::{Iboot, IbootFault};
use rackhand_adapters::tokio::{Server, serve_stream};
use rackhand_core::dxp::{Credentials, Dialect};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use super::process::DXP_PASSWORD;

const USER: &str = "admin";

/// Devices that are served as long as this is there.
pub(crate) struct Rack {
    devices: Vec<Server<Iboot<u64>>>,
    _runtime: Runtime,
}

impl Rack {
    /// So many devices with so many relays each, all off.
    #[track_caller]
    pub(crate) fn new(devices: usize, relays: usize) -> Self {
        let runtime = Runtime::new().unwrap();
        let serve = || async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let credentials = Credentials::new(USER, DXP_PASSWORD).unwrap();
            serve_stream(listener, Iboot::new(credentials, Dialect::default(), relays)).unwrap()
        };
        let devices = (0..devices).map(|_| runtime.block_on(serve())).collect();
        Self { devices, _runtime: runtime }
    }

    /// How to reach a relay, counted from 1, of a device, counted from 0.
    pub(crate) fn driver_info(&self, device: usize, relay: usize) -> Value {
        json!({
            "iboot_address": "127.0.0.1",
            "iboot_port": self.devices[device].address().port(),
            "iboot_username": USER,
            "iboot_password": DXP_PASSWORD,
            "iboot_relay_id": relay,
        })
    }

    pub(crate) fn device(&self, device: usize) -> MutexGuard<'_, Iboot<u64>> {
        self.devices[device].device()
    }

    /// Whether the relay, counted from 1, is on.
    pub(crate) fn is_on(&self, device: usize, relay: usize) -> bool {
        self.device(device).relays()[relay - 1]
    }

    /// The state of a relay in the API's words.
    pub(crate) fn state(&self, device: usize, relay: usize) -> &'static str {
        if self.is_on(device, relay) { "power on" } else { "power off" }
    }

    /// The device takes everything and never answers, from the next connection on.
    pub(crate) fn hang(&self, device: usize) {
        self.device(device).faults().add(IbootFault::Mute, None);
    }

    /// The device answers so much later, and everything else is as ever.
    pub(crate) fn slow(&self, device: usize, pause: Duration) {
        self.device(device).faults().add(IbootFault::Slow(pause), None);
    }

    /// No device has a fault any more.
    pub(crate) fn heal(&self) {
        for device in &self.devices {
            device.device().faults().clear();
        }
    }
}
