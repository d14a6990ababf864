//! The demo's machine with Intel AMT.

use std::net::SocketAddr;

use rackhand_adapters::sim;
use rackhand_adapters::sim::amt::Generation;
use rackhand_adapters::tokio::{Server, serve_stream};
use rackhand_core::http::digest::Credentials;
use rackhand_core::operation::{HardwareType, PowerTarget};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::Device;
use crate::sim::happenings;

/// The factory's.
const LOGIN: &str = "admin";

pub(super) struct Amt {
    server: Server<sim::Amt<u64>>,
}

impl Amt {
    pub(super) async fn start() -> Result<Self, String> {
        let credentials = Credentials::new(LOGIN, LOGIN).map_err(|_| "no such login".to_owned())?;
        let device = sim::Amt::new(credentials, Generation::Amt12);
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await;
        let server = listener.and_then(|listener| serve_stream(listener, device)).map_err(|error| error.to_string())?;
        Ok(Self { server })
    }
}

impl Device for Amt {
    fn hardware(&self) -> HardwareType {
        HardwareType::StagingAmt
    }

    fn place(&self) -> String {
        format!("AMT {}, {}", self.server.device().generation().version(), self.server.address())
    }

    fn name(&self) -> &'static str {
        "demo-amt"
    }

    fn driver_info(&self) -> Value {
        let address = self.server.address();
        json!({
            "amt_address": address.ip(),
            "amt_port": address.port(),
            "amt_username": LOGIN,
            "amt_password": LOGIN,
        })
    }

    fn port(&self) -> Option<String> {
        None
    }

    fn arguments(&self) -> String {
        let address = self.server.address();
        format!(
            "--driver staging-amt -i amt_address={} -i amt_port={} -i amt_username={LOGIN} -i amt_password={LOGIN}",
            address.ip(),
            address.port()
        )
    }

    fn judge(&self, step: PowerTarget) -> Result<(), String> {
        let device = self.server.device();
        let seen = (device.power_state(), device.starts());
        // PowerState, and how often it has started: off, it was started once; a reboot starts it again.
        let wanted = match step {
            PowerTarget::Off | PowerTarget::SoftOff => (8, 1),
            PowerTarget::On => (2, 1),
            PowerTarget::Reboot | PowerTarget::SoftReboot => (2, 2),
        };
        if seen == wanted {
            Ok(())
        } else {
            Err(format!("the simulated machine is not as it was said to be: PowerState {}, starts {}", seen.0, seen.1))
        }
    }

    // A reboot is seen whatever state it begins in.
    fn rest(&self) {}

    fn changes(&mut self) -> Vec<String> {
        happenings(&mut self.server.device())
    }
}
