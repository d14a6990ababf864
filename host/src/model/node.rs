//! A node: a machine, how it is reached, and the state that it is in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{BootWish, Object, PowerReading, now};

/// In driver_internal_info: what is not a device's to teach.
const POWER_CHANGED: &str = "last_power_state_change";

/// A machine as Ironic's API has it. It has no `Debug`: passwords are in its driver_info.
///
/// As JSON it is what the store keeps; a field that a later version adds has a default.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Node {
    /// Its place in the order of creation.
    #[serde(skip)]
    pub(crate) id: u64,
    /// Rises with each change since the daemon started.
    #[serde(skip)]
    pub(crate) revision: u64,
    pub(crate) uuid: Uuid,
    pub(crate) name: Option<String>,
    pub(crate) driver: String,
    #[serde(default)]
    pub(crate) driver_info: Object,
    #[serde(default)]
    pub(crate) driver_internal_info: Object,
    #[serde(default)]
    pub(crate) properties: Object,
    #[serde(default)]
    pub(crate) extra: Object,
    #[serde(default)]
    pub(crate) instance_info: Object,
    #[serde(default)]
    pub(crate) network_data: Object,
    /// The interfaces that were asked for by name; the driver's defaults stand for the others.
    #[serde(default)]
    pub(crate) interfaces: BTreeMap<Interface, String>,
    pub(crate) created_at: String,
    pub(crate) updated_at: Option<String>,

    pub(crate) power_state: Option<PowerReading>,
    /// An action was interrupted and nobody has seen the state since: it is to be read, if need be by a later daemon.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) power_unsure: bool,
    pub(crate) target_power_state: Option<PowerReading>,
    /// What it is to start from, where that is kept here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) boot: Option<BootWish>,
    /// A boot device may be armed on the device, and would be started from some other time: it is to be taken back, if need be
    /// by a later daemon.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) armed: bool,
    pub(crate) provision_state: ProvisionState,
    pub(crate) target_provision_state: Option<ProvisionState>,
    pub(crate) provision_updated_at: Option<String>,
    /// The host that works on it.
    pub(crate) reservation: Option<String>,
    pub(crate) last_error: Option<String>,

    #[serde(default)]
    pub(crate) maintenance: bool,
    pub(crate) maintenance_reason: Option<String>,
    pub(crate) automated_clean: Option<bool>,
    #[serde(default)]
    pub(crate) conductor_group: String,
    pub(crate) description: Option<String>,
    pub(crate) instance_uuid: Option<Uuid>,
    pub(crate) lessee: Option<String>,
    pub(crate) owner: Option<String>,
    #[serde(default)]
    pub(crate) protected: bool,
    pub(crate) protected_reason: Option<String>,
    pub(crate) resource_class: Option<String>,
    #[serde(default)]
    pub(crate) retired: bool,
    pub(crate) retired_reason: Option<String>,
    pub(crate) shard: Option<String>,
}

impl Node {
    /// A node as it is right after it was created.
    pub(crate) fn new(uuid: Uuid, driver: String, provision_state: ProvisionState) -> Self {
        Self {
            id: 0,
            revision: 0,
            uuid,
            name: None,
            driver,
            driver_info: Object::new(),
            driver_internal_info: Object::new(),
            properties: Object::new(),
            extra: Object::new(),
            instance_info: Object::new(),
            network_data: Object::new(),
            interfaces: BTreeMap::new(),
            created_at: now(),
            updated_at: None,
            power_state: None,
            power_unsure: false,
            target_power_state: None,
            boot: None,
            armed: false,
            provision_state,
            target_provision_state: None,
            provision_updated_at: None,
            reservation: None,
            last_error: None,
            maintenance: false,
            maintenance_reason: None,
            automated_clean: None,
            conductor_group: String::new(),
            description: None,
            instance_uuid: None,
            lessee: None,
            owner: None,
            protected: false,
            protected_reason: None,
            resource_class: None,
            retired: false,
            retired_reason: None,
            shard: None,
        }
    }

    /// What a person calls it: its name, else its UUID.
    pub(crate) fn called(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.uuid.to_string())
    }

    /// Records what a device is in, and when that changed (Ironic keeps the time in `driver_internal_info`).
    pub(crate) fn see_power(&mut self, state: PowerReading) {
        if self.power_state != Some(state) {
            self.driver_internal_info.insert(POWER_CHANGED.to_owned(), super::now_without_offset().into());
        }
        self.power_state = Some(state);
        self.power_unsure &= state == PowerReading::Error;
    }

    /// Keeps what a device has taught (see `Device::taught`).
    pub(crate) fn learn(&mut self, taught: Object) {
        for (key, value) in taught {
            match value {
                Value::Null => drop(self.driver_internal_info.remove(&key)),
                value => drop(self.driver_internal_info.insert(key, value)),
            }
        }
    }

    /// Forgets what a device has taught: it may be another one now.
    pub(crate) fn forget_taught(&mut self) {
        self.driver_internal_info.retain(|key, _| key == POWER_CHANGED);
    }

    /// An action was interrupted: how far it came is not known, and not claimed.
    pub(crate) const fn forget_power(&mut self) {
        self.power_state = None;
        self.power_unsure = true;
    }
}

/// The provision states that there are (ironic-api.md, section 10): nothing is deployed here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ProvisionState {
    Enroll,
    Verifying,
    Manageable,
    Available,
}

impl ProvisionState {
    /// Ironic's name.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Enroll => "enroll",
            Self::Verifying => "verifying",
            Self::Manageable => "manageable",
            Self::Available => "available",
        }
    }
}

macro_rules! interfaces {
    ($($variant:ident $name:literal $since:literal,)*) => {
        /// The interfaces of a hardware type that a node can choose an implementation of.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "lowercase")]
        pub(crate) enum Interface { $($variant,)* }

        impl Interface {
            /// All of them, in Ironic's order.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Ironic's name.
            pub(crate) const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The name of the node's field that chooses it.
            pub(crate) const fn field(self) -> &'static str {
                match self { $(Self::$variant => concat!($name, "_interface"),)* }
            }

            /// The microversion (its minor number) from which a node has it.
            pub(crate) const fn since(self) -> u16 {
                match self { $(Self::$variant => $since,)* }
            }
        }
    };
}

interfaces! {
    Bios "bios" 40,
    Boot "boot" 31,
    Console "console" 31,
    Deploy "deploy" 31,
    Inspect "inspect" 31,
    Management "management" 31,
    Network "network" 20,
    Power "power" 31,
    Raid "raid" 31,
    Rescue "rescue" 38,
    Storage "storage" 33,
    Vendor "vendor" 31,
}
