//! The boot order in the definition of a domain, as XML (libvirt.org/formatdomain.html), edited to the byte.
//!
//! A definition is what `virDomainGetXMLDesc` gives with `VIR_DOMAIN_XML_INACTIVE` and `VIR_DOMAIN_XML_SECURE`. It is never
//! written anew: a reader of XML tells where the elements stand that matter, and the new text is the old one but for these.
//!
//! There are two kinds of order, and libvirt takes one of them in a definition: a list of classes in `<os>`
//! (`<boot dev='network'/>`), and numbers in single devices (`<boot order='1'/>`). Each is kept as what it is.
//!
//! An order for one start leaves a marker with the order before it in `<metadata>`; who sees that the domain has started since
//! writes what [`Definition::undone`] gives.

mod devices;
mod edits;
mod elements;
mod error;
mod list;
mod marker;
mod numbers;
mod order;
#[cfg(test)]
mod tests;
mod tree;

use std::fmt;

use rackhand_core::operation::BootDevice;
use rackhand_core::wol::Mac;

pub use error::DefinitionError;

use devices::Device;
use edits::Edits;
use marker::Marker;
use order::Order;
use tree::Tree;

/// Bytes of the longest definition that is read: libvirt itself sends no longer string.
pub const MAX_LEN: usize = 4 << 20;
/// As deep as elements may lie in each other.
pub const MAX_DEPTH: usize = 128;
/// As many elements as may be there down to those in devices.
pub const MAX_ELEMENTS: usize = 65_536;
/// As many attributes as an element may have.
pub const MAX_ATTRIBUTES: usize = 256;

/// What libvirt writes before `<metadata>`.
const BEFORE_METADATA: [&str; 5] = ["name", "uuid", "genid", "title", "description"];

/// For how many starts a boot device is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Often {
    /// Until another is set.
    Always,
    /// For the next start.
    Once {
        /// What tells this setting from all others, so that it is known again in the definition of a running domain, which is
        /// what it was started from. None: nothing does.
        nonce: Option<u32>,
    },
}

/// A boot order that is for one start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Once {
    /// What tells the setting from all others. None: nothing, or the marker cannot be read.
    pub nonce: Option<u32>,
    /// Whether the order is still the one that was set, and the one before it comes back with [`Definition::undone`]. Else
    /// somebody has changed it meanwhile, or the marker cannot be read: the order stays.
    pub in_force: bool,
}

/// The definition of a domain. It borrows the text.
pub struct Definition<'a> {
    tree: Tree<'a>,
    name: String,
    uuid: String,
    devices: Vec<Device>,
    macs: Vec<Mac>,
    /// The places of elements in the domain.
    os: Option<usize>,
    metadata: Option<usize>,
}

/// Nothing of the text: there are passwords in it.
impl fmt::Debug for Definition<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Definition").field("name", &self.name).field("uuid", &self.uuid).finish_non_exhaustive()
    }
}

impl<'a> Definition<'a> {
    /// Of a domain. What its boot order is like is judged when it is to be changed.
    ///
    /// # Errors
    /// It is no XML, larger or deeper than anything that libvirt writes, or no domain with a name and a UUID; or `<os>`,
    /// `<devices>` or `<metadata>` come twice.
    pub fn parse(xml: &'a str) -> Result<Self, DefinitionError> {
        let tree = Tree::read(xml)?;
        let (name, uuid) = (tree.text("name")?, tree.text("uuid")?);
        let devices = tree.only("devices")?.map(|devices| Device::all(&tree, devices)).unwrap_or_default();
        let macs = devices.iter().filter_map(|device| device.mac).collect();
        let os = tree.only("os")?.map(|element| element.at);
        let metadata = tree.only("metadata")?.map(|element| element.at);
        Ok(Self { tree, name, uuid, devices, macs, os, metadata })
    }

    /// The name of the domain.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its UUID, as it is written.
    #[must_use]
    pub fn uuid(&self) -> &str {
        &self.uuid
    }

    /// The addresses of its interfaces, in their order. What is no address of a single interface is left out.
    #[must_use]
    pub fn macs(&self) -> &[Mac] {
        &self.macs
    }

    /// The element in `<os>` with that name.
    fn in_os(&self, name: &str) -> Option<&elements::Element<'a>> {
        self.tree.child(self.tree.get(self.os)?, name)
    }

    /// Whether its firmware is UEFI: `<os firmware='efi'>`, or a `<loader type='pflash'>` of its own.
    #[must_use]
    pub fn is_efi(&self) -> bool {
        let xml = self.tree.xml;
        let is = |element: Option<&elements::Element<'_>>, attribute, value| {
            element.and_then(|it| it.value(xml, attribute)).as_deref() == Some(value)
        };
        is(self.tree.get(self.os), "firmware", "efi") || is(self.in_os("loader"), "type", "pflash")
    }

    /// What its next start is from, by the first of its boot order. None: that is a floppy, a device of the host or one that is
    /// redirected, a kernel that is started directly, or not said.
    #[must_use]
    pub fn first(&self) -> Option<BootDevice> {
        let os = self.tree.get(self.os)?;
        if self.in_os("kernel").is_some() {
            return None;
        }
        if self.has_numbers() {
            let numbered = self.devices.iter().filter_map(|device| Some((device.order.as_ref()?.0, device)));
            return numbered.min_by_key(|(order, _)| *order)?.1.class;
        }
        order::device(&list::elements(&self.tree, os).first()?.value(self.tree.xml, "dev")?)
    }

    fn has_numbers(&self) -> bool {
        self.devices.iter().any(|device| !device.boots.is_empty())
    }

    /// The whole order.
    ///
    /// # Errors
    /// It is not as libvirt writes it.
    fn order(&self) -> Result<Order, DefinitionError> {
        let missing = DefinitionError::Missing { element: "os", within: "domain" };
        let os = self.tree.get(self.os).filter(|os| !os.is_one_tag()).ok_or(missing)?;
        let list = list::read(&self.tree, os)?;
        if !self.has_numbers() {
            return Ok(Order::Os(list));
        }
        if !list.is_empty() {
            return Err(DefinitionError::BothOrders);
        }
        let numbers = numbers::read(&self.devices)?;
        Ok(Order::Devices(numbers.into_iter().map(|(device, order)| (device.reference.clone(), order)).collect()))
    }

    fn reorder(&self, wanted: &Order, edits: &mut Edits) {
        match (wanted, self.tree.get(self.os)) {
            (Order::Os(list), Some(os)) => list::rearrange(&self.tree, os, list, edits),
            (Order::Devices(numbers), _) => numbers::renumber(&self.tree, &self.devices, numbers, edits),
            (Order::Os(_), None) => {}
        }
    }

    fn markers(&self) -> Vec<&elements::Element<'a>> {
        self.tree.get(self.metadata).map(|metadata| marker::elements(&self.tree, metadata)).unwrap_or_default()
    }

    /// What `markers` say, if that can be read and is still so: else whether it can be read.
    fn marker(&self, markers: &[&elements::Element<'a>]) -> (Option<Marker>, bool) {
        let marker = match markers {
            [marker] => Marker::read(self.tree.xml, marker),
            _ => None,
        };
        let in_force = marker.as_ref().is_some_and(|marker| self.order().as_ref() == Ok(&marker.set));
        (marker, in_force)
    }

    /// Whether the order is for one start.
    #[must_use]
    pub fn once(&self) -> Option<Once> {
        let markers = self.markers();
        let (marker, in_force) = self.marker(&markers);
        (!markers.is_empty()).then(|| Once { nonce: marker.and_then(|marker| marker.nonce), in_force })
    }

    /// The definition that starts from `device` first and from what it started from before after that.
    ///
    /// Nothing is changed when it does so already, unless it is for one start and shall be for always, or the other way round. What was
    /// set for one start before is undone first. Where single devices are ordered, the interface of which the address is one of
    /// `ports` comes before other interfaces, and is added if it is not among them; else, if none of this kind is, the first is.
    ///
    /// # Errors
    /// The order is not as libvirt writes it; no boot device has an effect; or no device can be `device`.
    pub fn start_from(&self, device: BootDevice, ports: &[Mac], often: Often) -> Result<String, DefinitionError> {
        let class = order::class(device).ok_or(DefinitionError::Unsupported(device))?;
        match self.undone() {
            // No marker is left in it.
            Some(before) => Definition::parse(&before)?.first_from(device, class, ports, often),
            None => self.first_from(device, class, ports, often),
        }
    }

    fn first_from(
        &self,
        device: BootDevice,
        class: &'static str,
        ports: &[Mac],
        often: Often,
    ) -> Result<String, DefinitionError> {
        if self.in_os("kernel").is_some() {
            return Err(DefinitionError::Kernel);
        }
        let before = self.order()?;
        let set = match &before {
            Order::Os(list) => Order::Os(list::with_first(list, class)),
            Order::Devices(_) => Order::Devices(numbers::with_first(&self.tree, &self.devices, device, ports)?),
        };
        let mut edits = Edits::default();
        self.reorder(&set, &mut edits);
        if let Often::Once { nonce } = often {
            let domain = self.tree.domain()?;
            let is_before = |child: &&elements::Element<'_>| BEFORE_METADATA.iter().any(|name| child.is(name));
            let behind = self.tree.children(domain).filter(is_before).last();
            let behind = behind.ok_or(DefinitionError::Missing { element: "name", within: "domain" })?;
            let marker = Marker { before, set, nonce, metadata: marker::Metadata::Kept };
            marker.write(&self.tree, behind, self.tree.get(self.metadata), &mut edits);
        }
        Ok(edits.apply(self.tree.xml))
    }

    /// What it was before a boot device was set for one start; the order stays when somebody has changed it meanwhile. None: nothing
    /// is to be undone.
    #[must_use]
    pub fn undone(&self) -> Option<String> {
        let (markers, metadata) = (self.markers(), self.tree.get(self.metadata)?);
        if markers.is_empty() {
            return None;
        }
        let (marker, in_force) = self.marker(&markers);
        let mut edits = Edits::default();
        if let Some(marker) = marker.as_ref().filter(|_| in_force) {
            self.reorder(&marker.before, &mut edits);
        }
        marker::remove(self.tree.xml, metadata, &markers, marker.map(|marker| marker.metadata), &mut edits);
        Some(edits.apply(self.tree.xml))
    }
}
