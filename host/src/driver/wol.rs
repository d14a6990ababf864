//! `staging-wol`: Wake-on-LAN.

use std::time::Duration;

use rackhand_core::operation::{Action, HardwareType, Outcome, PowerTarget, Setting};

use super::codec::{self, Codec};
use super::{Capabilities, Device, Doing, Driver, DriverError};
use crate::model::Node;

const TABLE: Capabilities = Capabilities {
    hardware: HardwareType::StagingWol,
    power_targets: &[PowerTarget::On, PowerTarget::Off, PowerTarget::Reboot],
    tells_power: false,
    required: &[],
    defaults: &[
        (Setting::WolHost, "255.255.255.255"),
        (Setting::WolPort, "9"),
        (Setting::WolRepeat, "1"),
        (Setting::WolTransport, "udp"),
        (Setting::WolProbe, "none"),
    ],
    power: &["staging-wol"],
    management: &["noop", "fake"],
    vendor: &["no-vendor"],
    vendor_methods: &[],
};

/// The hardware type.
pub(super) struct Wol;

impl Driver for Wol {
    fn capabilities(&self) -> &'static Capabilities {
        &TABLE
    }

    fn prepare(&self, node: &Node, addresses: &[String]) -> Result<Box<dyn Device>, DriverError> {
        if addresses.is_empty() {
            return Err(DriverError::missing(
                "Wake-On-Lan needs at least one port resource to be registered in the node",
            ));
        }
        let target = codec::target(TABLE.hardware, &node.driver_info, addresses)?;
        Ok(Box::new(Sleeper { codec: Codec::new(target), called: node.called() }))
    }
}

/// A machine that can be woken and nothing else.
struct Sleeper {
    codec: Codec,
    called: String,
}

impl Device for Sleeper {
    fn address(&self) -> Option<&str> {
        self.codec.address()
    }

    fn check(&self, action: &Action, timeout: Duration) -> Result<(), DriverError> {
        self.codec.check(action, timeout)
    }

    fn perform<'a>(&'a self, action: &'a Action, timeout: Duration) -> Doing<'a, Outcome> {
        if matches!(action, Action::SetPower(PowerTarget::Off)) {
            tracing::info!(
                node = %self.called,
                "power off of a staging-wol node sends nothing: manual intervention is needed to power the machine off"
            );
        }
        self.codec.perform(action, timeout)
    }
}
