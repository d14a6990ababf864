//! The demo's virtual machine: the one that libvirt's own test driver has in every process. The daemon's connection and ours are
//! both in this one, and so they share it.

use std::time::Duration;

use rackhand_adapters::libvirt::{Access, Error, Hypervisor, Policy};
use rackhand_core::operation::{Action, HardwareType, PowerTarget, Setting, Value as Given};
use rackhand_core::wol::Mac;
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::task::block_in_place;

use super::Device;

const URI: &str = "test:///default";

/// The one domain that it has.
const DOMAIN: &str = "test";
const MAC: Mac = Mac::from_octets([0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF]);

/// There is nobody to wait for.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) struct Libvirt {
    /// A connection of our own: the daemon's word is not taken for it. As long as it is open, the machine stays as it is.
    hypervisor: Hypervisor,
    /// Whether it was on when that was last told.
    on: Option<bool>,
}

impl Libvirt {
    pub(super) async fn start() -> Result<Self, String> {
        let info = [(Setting::LibvirtUri.as_str(), Given::Str(URI))];
        let access = Access::new(&info.into_iter(), &Policy::default()).map_err(|error| error.to_string())?;
        let device = Self { hypervisor: Hypervisor::new(access, PATIENCE), on: None };
        // It is on from the start, and nobody sees a machine come on that is on.
        device.power_off().await.map_err(|error| error.to_string())?;
        Ok(device)
    }

    async fn power_off(&self) -> Result<(), Error> {
        self.hypervisor.perform(&[MAC], &Action::SetPower(PowerTarget::Off), PATIENCE).await.map(drop)
    }

    /// Whether it is on, as the hypervisor says.
    fn is_on(&self) -> Result<bool, String> {
        let active = block_in_place(|| Handle::current().block_on(self.hypervisor.is_active(&[MAC])));
        active.map_err(|error| error.to_string())
    }
}

impl Device for Libvirt {
    fn hardware(&self) -> HardwareType {
        HardwareType::StagingLibvirt
    }

    fn place(&self) -> String {
        format!("domain '{DOMAIN}' of libvirt's test driver, {URI}")
    }

    fn name(&self) -> &'static str {
        "demo-libvirt"
    }

    fn driver_info(&self) -> Value {
        json!({ "libvirt_uri": URI })
    }

    fn port(&self) -> Option<String> {
        Some(MAC.to_string())
    }

    fn arguments(&self) -> String {
        format!("--driver staging-libvirt --port {MAC} -i libvirt_uri={URI}")
    }

    fn beyond(&self) -> Option<&'static str> {
        Some("libvirt's test driver lives in each process: past the daemon it is another domain 'test', which is on.")
    }

    fn judge(&self, step: PowerTarget) -> Result<(), String> {
        // It is off before the first step and before the reboot: on, it was started.
        let wanted = !matches!(step, PowerTarget::Off | PowerTarget::SoftOff);
        if self.is_on()? == wanted {
            Ok(())
        } else {
            Err(format!("the domain is not as it was said to be: on: {}", !wanted))
        }
    }

    fn rest(&self) {
        // What it does not do now, the first of the lines shows.
        let _ = block_in_place(|| Handle::current().block_on(self.power_off()));
    }

    /// A reboot takes no time here: only one that begins in another state is seen.
    fn changes(&mut self) -> Vec<String> {
        let Ok(on) = self.is_on() else { return Vec::new() };
        if self.on.replace(on) == Some(on) {
            return Vec::new();
        }
        vec![format!("domain {DOMAIN} is {}", if on { "on" } else { "off" })]
    }
}
