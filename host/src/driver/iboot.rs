//! `staging-iboot`: Dataprobe iBoot.

use std::time::Duration;

use rackhand_core::operation::{HardwareType, PowerTarget, Setting, Target};

use super::codec::{self, Codec};
use super::{Capabilities, Device, Driver, DriverError};
use crate::config::Iboot as Options;
use crate::model::Node;

const TABLE: Capabilities = Capabilities {
    hardware: HardwareType::StagingIboot,
    power_targets: &[PowerTarget::On, PowerTarget::Off, PowerTarget::Reboot],
    tells_power: true,
    required: &[Setting::IbootAddress, Setting::IbootUsername, Setting::IbootPassword],
    defaults: &[
        (Setting::IbootPort, "9100"),
        (Setting::IbootRelayId, "1"),
        (Setting::IbootRelayBase, "1"),
        (Setting::IbootStateCodes, "boot"),
    ],
    power: &["staging-iboot"],
    management: &["noop", "fake"],
    vendor: &["no-vendor"],
    vendor_methods: &[],
};

/// The hardware type.
pub(super) struct Iboot {
    max_retry: u8,
    retry_interval_ms: u32,
    reboot_delay_ms: u32,
}

impl Iboot {
    pub(super) fn new(options: &Options) -> Self {
        let millis = |time: Duration| u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
        Self {
            max_retry: options.max_retry,
            retry_interval_ms: millis(options.retry_interval),
            reboot_delay_ms: millis(options.reboot_delay),
        }
    }
}

impl Driver for Iboot {
    fn capabilities(&self) -> &'static Capabilities {
        &TABLE
    }

    fn prepare(&self, node: &Node, addresses: &[String]) -> Result<Box<dyn Device>, DriverError> {
        let mut target = codec::target(TABLE.hardware, &node.driver_info, addresses)?;
        if let Target::Iboot(iboot) = &mut target {
            iboot.options.max_retry = self.max_retry;
            iboot.options.retry_interval_ms = self.retry_interval_ms;
            iboot.options.reboot_delay_ms = self.reboot_delay_ms;
        }
        Ok(Box::new(Codec::new(target)))
    }
}
