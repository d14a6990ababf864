//! `ipmi`: a BMC; and `staging-nm`: one with Intel Node Manager behind it.

use std::sync::Arc;
use std::time::Duration;

use rackhand_core::nm::Method;
use rackhand_core::operation::{Action, HardwareType, Outcome, PowerTarget, Setting};
use serde_json::Value;

use super::codec::{self, Codec};
use super::links::Links;
use super::nm::{self, NodeManager, Searches};
use super::raw;
use super::{Capabilities, Device, Doing, Driver, DriverError, VendorMethod};
use crate::model::{Node, Object};

const PLAIN: Capabilities = Capabilities {
    hardware: HardwareType::Ipmi,
    power_targets: &PowerTarget::ALL,
    tells_power: true,
    required: &[Setting::IpmiAddress],
    defaults: &[
        (Setting::IpmiBridging, "no"),
        (Setting::IpmiCipherSuite, "17, else 3,"),
        (Setting::IpmiHexKgKey, "no key of the BMC's own"),
        (Setting::IpmiLocalAddress, "0x20"),
        (Setting::IpmiPassword, "the empty one"),
        (Setting::IpmiPort, "623"),
        (Setting::IpmiPrivLevel, "ADMINISTRATOR"),
        (Setting::IpmiUsername, "the user without a name"),
    ],
    power: &["ipmitool"],
    management: &["ipmitool", "noop"],
    vendor: &["ipmitool", "no-vendor"],
    vendor_methods: &[("ipmitool", &raw::METHODS)],
};

const WITH_NODE_MANAGER: Capabilities = Capabilities {
    hardware: HardwareType::StagingNm,
    vendor: &["staging-nm", "ipmitool", "no-vendor"],
    vendor_methods: &[("staging-nm", &nm::METHODS), ("ipmitool", &raw::METHODS)],
    ..PLAIN
};

/// The hardware types.
pub(super) struct Ipmi {
    table: &'static Capabilities,
    links: Arc<Links>,
    searches: Arc<Searches>,
}

impl Ipmi {
    pub(super) fn plain(links: Arc<Links>) -> Self {
        Self { table: &PLAIN, links, searches: Arc::default() }
    }

    pub(super) fn with_node_manager(links: Arc<Links>) -> Self {
        Self { table: &WITH_NODE_MANAGER, ..Self::plain(links) }
    }
}

impl Driver for Ipmi {
    fn capabilities(&self) -> &'static Capabilities {
        self.table
    }

    fn prepare(&self, node: &Node, addresses: &[String]) -> Result<Box<dyn Device>, DriverError> {
        let target = codec::target(self.table.hardware, &node.driver_info, addresses)?;
        Ok(Box::new(Bmc {
            codec: Codec::remembering(target, Arc::clone(&self.links)),
            node_manager: NodeManager::new(&node.driver_internal_info, Arc::clone(&self.searches)),
            called: node.called(),
        }))
    }
}

/// All vendor methods of a hardware type, whichever implementation offers them.
pub(crate) fn vendor_methods(hardware: HardwareType) -> impl Iterator<Item = &'static VendorMethod> {
    let table = [PLAIN, WITH_NODE_MANAGER].into_iter().find(|table| table.hardware == hardware);
    table.into_iter().flat_map(|table| table.vendor_methods).flat_map(|(_, methods)| *methods)
}

/// What a vendor method does with its arguments.
pub(crate) fn vendor_action(method: &str, arguments: &Object) -> Result<Action, DriverError> {
    match Method::from_name(method) {
        Some(method) => Ok(Action::NodeManager(nm::request(method, arguments)?)),
        None => raw::request(method, arguments).map(Action::Raw),
    }
}

/// What it answers.
pub(crate) fn vendor_answer(outcome: Outcome) -> Result<Value, DriverError> {
    match outcome {
        Outcome::NodeManager(response) => Ok(nm::answer(&response)),
        Outcome::Raw(answer) => Ok(raw::answer(&answer)),
        _ => Err(DriverError::internal("another answer than to a vendor method")),
    }
}

/// A BMC, and what is known of a Node Manager behind it.
struct Bmc {
    codec: Codec,
    node_manager: NodeManager,
    called: String,
}

impl Device for Bmc {
    fn address(&self) -> Option<&str> {
        self.codec.address()
    }

    fn check(&self, action: &Action, timeout: Duration) -> Result<(), DriverError> {
        self.codec.check(action, timeout)
    }

    fn perform<'a>(&'a self, action: &'a Action, timeout: Duration) -> Doing<'a, Outcome> {
        self.codec.perform(action, timeout)
    }

    fn forget(&self) {
        self.codec.forget();
        self.node_manager.forget(&self.codec);
    }

    /// A session that is not closed takes one of the few places that a BMC has, for a minute.
    fn grace(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn taught(&self) -> Object {
        self.node_manager.taught()
    }

    fn passthru<'a>(
        &'a self,
        method: &'static VendorMethod,
        arguments: &'a Object,
        timeout: Duration,
    ) -> Doing<'a, Value> {
        Box::pin(async move {
            let action = vendor_action(method.name, arguments)?;
            let outcome = match &action {
                Action::NodeManager(request) => self.node_manager.call(&self.codec, *request, timeout).await?,
                action => self.codec.perform(action, timeout).await?,
            };
            let answer = vendor_answer(outcome)?;
            if matches!(action, Action::Raw(_)) {
                // Ironic answers nobody with it either.
                tracing::info!(node = %self.called, method = method.name, %answer, "answered");
            }
            Ok(answer)
        })
    }
}
