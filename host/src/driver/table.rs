//! What hardware types can do.

use rackhand_core::operation::{HardwareType, PowerTarget, Setting};

use super::DriverError;
use crate::model::{Interface, Object};

/// What a hardware type can do.
pub(crate) struct Capabilities {
    /// Which it is.
    pub(crate) hardware: HardwareType,
    /// The power states that can be asked for.
    pub(crate) power_targets: &'static [PowerTarget],
    /// Whether the device can be asked for its state; elsewhere the stored one holds, and nothing is synchronized.
    pub(crate) tells_power: bool,
    /// Settings without which nothing can be done.
    pub(crate) required: &'static [Setting],
    /// What stands where an optional setting is not given.
    pub(crate) defaults: &'static [(Setting, &'static str)],
    /// Implementations of the power interface, the default first.
    pub(crate) power: &'static [&'static str],
    /// Implementations of the management interface, the default first.
    pub(crate) management: &'static [&'static str],
    /// Implementations of the vendor interface, the default first.
    pub(crate) vendor: &'static [&'static str],
    /// What implementations of the vendor interface offer, by their names; one that is not here offers nothing.
    pub(crate) vendor_methods: &'static [(&'static str, &'static [VendorMethod])],
}

impl Capabilities {
    /// Each setting of driver_info with its description.
    pub(crate) fn properties(&self) -> impl Iterator<Item = (&'static str, String)> {
        settings(self.hardware).map(|setting| {
            let default = self.defaults.iter().find(|(with_default, _)| *with_default == setting);
            let need = match default {
                _ if self.required.contains(&setting) => "Required.".to_owned(),
                Some((_, default)) => format!("Optional, {default} unless given."),
                None => "Optional.".to_owned(),
            };
            (setting.as_str(), format!("{}. {need}", setting.allowed()))
        })
    }
}

/// The settings of a hardware type's own.
pub(crate) fn settings(hardware: HardwareType) -> impl Iterator<Item = Setting> {
    let shared = |setting: Setting| matches!(setting, Setting::Port | Setting::Relay);
    Setting::ALL.iter().copied().filter(move |setting| setting.is_of(hardware) && !shared(*setting))
}

/// A method of a vendor interface.
pub(crate) struct VendorMethod {
    /// Its name in the path.
    pub(crate) name: &'static str,
    /// The verbs that it takes.
    pub(crate) verbs: &'static [&'static str],
    /// What it does.
    pub(crate) description: &'static str,
    /// Judges the arguments of the method of this name; the error is in words that name the offender and what is allowed.
    pub(crate) judge: fn(&str, &Object) -> Result<(), DriverError>,
}

/// The implementations of the interfaces that have to do with deploying, which nothing here does: a node may name those that
/// definitions made for Ironic name.
pub(super) const fn others(interface: Interface) -> &'static [&'static str] {
    match interface {
        Interface::Bios => &["no-bios"],
        Interface::Boot => &["ipxe", "pxe"],
        Interface::Console => &["no-console"],
        Interface::Deploy => &["direct"],
        Interface::Inspect => &["no-inspect"],
        Interface::Network => &["noop", "flat"],
        Interface::Raid => &["no-raid"],
        Interface::Rescue => &["no-rescue"],
        Interface::Storage => &["noop"],
        Interface::Power | Interface::Management | Interface::Vendor => &[],
    }
}
