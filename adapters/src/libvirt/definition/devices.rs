//! The devices that a domain can start from.

use std::collections::BTreeMap;
use std::ops::Range;

use rackhand_core::operation::BootDevice;
use rackhand_core::wol::Mac;

use super::DefinitionError;
use super::elements::Element;
use super::order::{number, plain};
use super::tree::Tree;

/// What `<boot order='…'/>` can be in.
const KINDS: [&str; 5] = ["disk", "filesystem", "hostdev", "interface", "redirdev"];

/// A device that can have a place in the boot order.
#[derive(Debug)]
pub(super) struct Device {
    /// Its element's place.
    pub(super) at: usize,
    /// Its element's name.
    kind: &'static str,
    /// What it is told by when its place in the definition may have changed: its kind with the target of a disk or the address of
    /// an interface; of others, and of those that share one, which of its kind it is.
    pub(super) reference: String,
    /// What it is to those who want the machine to start from it.
    pub(super) class: Option<BootDevice>,
    pub(super) mac: Option<Mac>,
    /// The places of its `<boot>` elements: there should be one at most.
    pub(super) boots: Vec<usize>,
    /// The number that it has in the boot order, and where that stands.
    pub(super) order: Option<(u32, Range<usize>)>,
}

impl Device {
    fn read(tree: &Tree<'_>, element: &Element<'_>, kind: &'static str, nth: usize) -> Self {
        let child =
            |name: &str, attribute: &str| tree.child(element, name).and_then(|child| child.value(tree.xml, attribute));
        let (mut class, mut mac, mut id) = (None, None, None);
        match kind {
            "disk" => {
                class = match element.value(tree.xml, "device").as_deref() {
                    None | Some("disk" | "lun") => Some(BootDevice::Disk),
                    Some("cdrom") => Some(BootDevice::Cdrom),
                    Some(_) => None,
                };
                id = child("target", "dev");
            }
            "interface" => {
                class = Some(BootDevice::Pxe);
                mac = child("mac", "address").and_then(|text| text.parse::<Mac>().ok());
                id = mac.map(|mac| mac.to_string());
            }
            _ => {}
        }
        let boots: Vec<_> = tree.children(element).filter(|child| child.is("boot")).map(|child| child.at).collect();
        let order = boots
            .first()
            .and_then(|at| tree.elements.get(*at)?.attribute(tree.xml, "order"))
            // What is not as libvirt writes it could not be written back.
            .and_then(|(_, place)| Some((number(tree.xml.get(place.clone())?)?, place)));
        let reference = id.map_or_else(|| nth_of(kind, nth), |id| format!("{kind}/{}", plain(&id)));
        Self { at: element.at, kind, reference, class, mac, boots, order }
    }

    /// All of the definition, in its order.
    pub(super) fn all(tree: &Tree<'_>, devices: &Element<'_>) -> Vec<Self> {
        let mut counts = BTreeMap::new();
        let mut all: Vec<_> = tree
            .children(devices)
            .filter_map(|child| Some((child, KINDS.into_iter().find(|kind| child.is(kind))?)))
            .map(|(element, kind)| {
                let count = counts.entry(kind).or_insert(0_usize);
                *count = count.saturating_add(1);
                (*count, Self::read(tree, element, kind, *count))
            })
            .collect();
        let mut shared = BTreeMap::new();
        for (_, device) in &all {
            let count = shared.entry(device.reference.clone()).or_insert(0_usize);
            *count = count.saturating_add(1);
        }
        for (nth, device) in &mut all {
            if shared.get(&device.reference).is_some_and(|count| *count > 1) {
                device.reference = nth_of(device.kind, *nth);
            }
        }
        all.into_iter().map(|(_, device)| device).collect()
    }

    /// Whether it is an interface with one of these addresses.
    pub(super) fn has_any(&self, macs: &[Mac]) -> bool {
        self.mac.is_some_and(|mac| macs.contains(&mac))
    }

    /// Its number in the boot order, if it has one.
    ///
    /// # Errors
    /// Its `<boot>` is not as libvirt writes it.
    pub(super) fn number(&self) -> Result<Option<u32>, DefinitionError> {
        match (self.boots.len(), &self.order) {
            (0, _) => Ok(None),
            (1, Some((order, _))) => Ok(Some(*order)),
            (1, None) => {
                let allowed = "a number from 1 to 4294967295";
                Err(DefinitionError::Value { element: "boot", attribute: "order", allowed })
            }
            _ => Err(DefinitionError::Twice { element: "boot", within: self.kind }),
        }
    }
}

/// No name of a disk or an interface begins like this.
fn nth_of(kind: &str, nth: usize) -> String {
    format!("{kind}/#{nth}")
}
