//! The demo's sleeping machine.

use std::net::SocketAddr;

use rackhand_adapters::sim::Nic;
use rackhand_adapters::tokio::{Server, serve_datagrams};
use rackhand_core::operation::{HardwareType, PowerTarget};
use rackhand_core::wol::Mac;
use serde_json::{Value, json};
use tokio::net::UdpSocket;

use super::Device;
use crate::sim::{Told, wakings};

/// Locally administered: no card on sale has it.
const MAC: Mac = Mac::from_octets([0x02, 0, 0, 0, 0, 0x01]);

pub(super) struct Wol {
    server: Server<Nic>,
    told: Told,
}

impl Wol {
    pub(super) async fn start() -> Result<Self, String> {
        let socket = UdpSocket::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await;
        let server = socket
            .and_then(|socket| serve_datagrams(socket, Nic::new(MAC, None)))
            .map_err(|error| error.to_string())?;
        Ok(Self { server, told: Told::default() })
    }
}

impl Device for Wol {
    fn hardware(&self) -> HardwareType {
        HardwareType::StagingWol
    }

    fn place(&self) -> String {
        format!("sleeping machine {MAC}, {}", self.server.address())
    }

    fn name(&self) -> &'static str {
        "demo-wol"
    }

    fn driver_info(&self) -> Value {
        let address = self.server.address();
        json!({ "wol_host": address.ip(), "wol_port": address.port() })
    }

    fn port(&self) -> Option<String> {
        Some(MAC.to_string())
    }

    fn arguments(&self) -> String {
        let address = self.server.address();
        format!("--driver staging-wol --port {MAC} -i wol_host={} -i wol_port={}", address.ip(), address.port())
    }

    fn judge(&self, step: PowerTarget) -> Result<(), String> {
        let mut device = self.server.device();
        match step {
            // Wake-on-LAN cannot switch off: the machine goes to sleep as somebody's hand would make it.
            PowerTarget::Off => {
                device.sleep();
                Ok(())
            }
            _ if device.is_awake() => Ok(()),
            _ => Err("the simulated machine sleeps on".to_owned()),
        }
    }

    // It is awake since the reboot before, and nobody sees a machine wake that is awake.
    fn rest(&self) {
        self.server.device().sleep();
    }

    fn changes(&mut self) -> Vec<String> {
        wakings(&self.server.device(), &mut self.told)
    }
}
