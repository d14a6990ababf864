//! The demo's server: a BMC, and Node Manager behind it.

use std::net::SocketAddr;

use rackhand_adapters::sim;
use rackhand_adapters::sim::bmc::{Config, Note, State};
use rackhand_adapters::tokio::{Server, serve_datagrams};
use rackhand_core::nm::{Domain, PolicyId, TargetLimit};
use rackhand_core::operation::{HardwareType, PowerTarget};
use rackhand_core::secret::Secret;
use serde_json::{Value, json};
use tokio::net::UdpSocket;

use super::Device;

/// The policy that limits its power, which is none of those that it has from the start, and to what.
const POLICY: u8 = 20;
const WATTS: u16 = 300;

/// Many makers'.
const LOGIN: &str = "admin";

/// What is random in the simulated device is the same each time.
const SEED: u64 = 1;

pub(super) struct Bmc {
    server: Server<sim::Bmc<SocketAddr>>,
}

impl Bmc {
    pub(super) async fn start() -> Result<Self, String> {
        let password = Secret::new(LOGIN).map_err(|_| "no such login".to_owned())?;
        let device = sim::Bmc::new(Config::new(LOGIN, password), SEED);
        let socket = UdpSocket::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await;
        let server = socket.and_then(|socket| serve_datagrams(socket, device)).map_err(|error| error.to_string())?;
        Ok(Self { server })
    }
}

impl Device for Bmc {
    fn hardware(&self) -> HardwareType {
        HardwareType::StagingNm
    }

    fn place(&self) -> String {
        format!("BMC with Node Manager, {}", self.server.address())
    }

    fn name(&self) -> &'static str {
        "demo-nm"
    }

    fn driver_info(&self) -> Value {
        let address = self.server.address();
        json!({
            "ipmi_address": address.ip(),
            "ipmi_port": address.port(),
            "ipmi_username": LOGIN,
            "ipmi_password": LOGIN,
        })
    }

    fn port(&self) -> Option<String> {
        None
    }

    fn arguments(&self) -> String {
        let address = self.server.address();
        format!(
            "--driver staging-nm -i ipmi_address={} -i ipmi_port={} -i ipmi_username={LOGIN} -i ipmi_password={LOGIN}",
            address.ip(),
            address.port()
        )
    }

    fn judge(&self, step: PowerTarget) -> Result<(), String> {
        let State { on, starts, .. } = self.server.device().state();
        // On, and how often it has started: off, it was started once; a reboot starts it again.
        let wanted = match step {
            PowerTarget::Off | PowerTarget::SoftOff => (false, 1),
            PowerTarget::On => (true, 1),
            PowerTarget::Reboot | PowerTarget::SoftReboot => (true, 2),
        };
        if (on, starts) == wanted {
            Ok(())
        } else {
            Err(format!("the simulated machine is not as it was said to be: on: {on}, starts {starts}"))
        }
    }

    fn cap(&self) -> Option<Value> {
        Some(json!({
            "domain_id": "platform",
            "enable": true,
            "policy_id": POLICY,
            "policy_trigger": "none",
            "action": "alert",
            "power_domain": "primary",
            "target_limit": WATTS,
            "reporting_period": 20_000,
        }))
    }

    fn is_capped(&self) -> bool {
        let policy = self.server.device().policy(PolicyId { domain: Domain::Platform, number: POLICY });
        policy
            .is_some_and(|policy| policy.settings.enabled && policy.settings.target_limit == TargetLimit::Value(WATTS))
    }

    // A reboot is seen whatever state it begins in.
    fn rest(&self) {}

    fn changes(&mut self) -> Vec<String> {
        let notes = self.server.device().take_notes().into_iter().map(|(_, note)| note);
        // Who comes and goes is no news of the machine.
        notes.filter(|note| !matches!(note, Note::Opened(_) | Note::Closed)).map(|note| format!("BMC {note}")).collect()
    }
}
