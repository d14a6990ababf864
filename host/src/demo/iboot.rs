//! The demo's iBoot.

use std::net::SocketAddr;

use rackhand_adapters::sim;
use rackhand_adapters::tokio::{Server, serve_stream};
use rackhand_core::dxp::{Credentials, Dialect};
use rackhand_core::operation::{HardwareType, PowerTarget};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::Device;
use crate::sim::moves;

/// The factory's.
const LOGIN: &str = "admin";

pub(super) struct Iboot {
    server: Server<sim::Iboot<u64>>,
}

impl Iboot {
    pub(super) async fn start() -> Result<Self, String> {
        let credentials = Credentials::new(LOGIN, LOGIN).map_err(|_| "no such login".to_owned())?;
        let device = sim::Iboot::new(credentials, Dialect::default(), 8);
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await;
        let server = listener.and_then(|listener| serve_stream(listener, device)).map_err(|error| error.to_string())?;
        Ok(Self { server })
    }
}

impl Device for Iboot {
    fn hardware(&self) -> HardwareType {
        HardwareType::StagingIboot
    }

    fn place(&self) -> String {
        format!("iBoot, relay 1 of 8, {}", self.server.address())
    }

    fn name(&self) -> &'static str {
        "demo-iboot"
    }

    fn driver_info(&self) -> Value {
        let address = self.server.address();
        json!({
            "iboot_address": address.ip(),
            "iboot_port": address.port(),
            "iboot_username": LOGIN,
            "iboot_password": LOGIN,
        })
    }

    fn port(&self) -> Option<String> {
        None
    }

    fn arguments(&self) -> String {
        let address = self.server.address();
        format!(
            "--driver staging-iboot -i iboot_address={} -i iboot_port={} -i iboot_username={LOGIN} -i iboot_password={LOGIN}",
            address.ip(),
            address.port()
        )
    }

    fn judge(&self, step: PowerTarget) -> Result<(), String> {
        let on = self.server.device().relays().first().copied();
        let wanted = step != PowerTarget::Off;
        if on == Some(wanted) {
            Ok(())
        } else {
            Err(format!("the simulated relay is not as it was said to be: {on:?}"))
        }
    }

    // A reboot is seen whatever state it begins in.
    fn rest(&self) {}

    fn changes(&mut self) -> Vec<String> {
        moves(&mut self.server.device())
    }
}
