//! The classes that a device has: their instances, and their methods. A file a group.

mod boot;
mod power;
mod redirection;
mod service;

use rackhand_core::time::Instant;
use rackhand_core::wsman::Subcode;
use rackhand_core::wsman::namespace::{ADDRESSING, AMT, ANONYMOUS, CIM, IPS, WSMAN};

use super::machine::Machine;
use super::node::Node;
use super::notes::{Note, Notes};
use super::refusal::Refusal;
use super::request::{Selectors, reference};
use super::{AmtFault, Boot, Faults, Generation};

/// The device, as the classes see it.
pub(super) struct World<'a> {
    pub(super) now: Instant,
    pub(super) generation: Generation,
    pub(super) machine: &'a mut Machine,
    pub(super) faults: &'a mut Faults<AmtFault>,
    pub(super) notes: &'a mut Notes,
    pub(super) client_control: bool,
}

impl World<'_> {
    /// Somebody must consent to a boot device; counts as a time that the fault strikes.
    fn is_denied(&mut self) -> bool {
        self.faults.strikes(&AmtFault::Consent) || self.client_control
    }

    const fn boot(&mut self) -> &mut Boot {
        &mut self.machine.boot
    }

    fn note(&mut self, note: Note) {
        self.notes.add(self.now, note);
    }
}

/// The value of a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    /// As often as there are values.
    List(Vec<String>),
    /// A reference to the instance of a class.
    Reference(&'static str, &'static [(&'static str, &'static str)]),
}

/// An instance: its properties in the order of their names.
pub(super) type Instance = Vec<(&'static str, Value)>;

fn text(name: &'static str, value: &(impl ToString + ?Sized)) -> (&'static str, Value) {
    (name, Value::Text(value.to_string()))
}

/// What the URI of a class begins with, and its name.
fn split(resource: &str) -> Option<(&'static str, &str)> {
    [CIM, AMT, IPS].into_iter().find_map(|base| Some((base, resource.strip_prefix(base)?)))
}

/// All instances of a class; none when the device has no such class.
pub(super) fn instances(world: &World<'_>, resource: &str) -> Option<Vec<Instance>> {
    match split(resource)? {
        (CIM, "CIM_AssociatedPowerManagementService") => Some(vec![power::associated(world)]),
        (CIM, "CIM_PowerManagementService") => Some(vec![power::service()]),
        (CIM, "CIM_ComputerSystem") => Some(power::computer_systems()),
        (IPS, "IPS_PowerManagementService") => power::saving(world).map(|instance| vec![instance]),
        (AMT, "AMT_BootCapabilities") => Some(vec![boot::capabilities(world)]),
        (AMT, "AMT_BootSettingData") => Some(vec![boot::settings(world)]),
        (CIM, "CIM_BootConfigSetting") => Some(vec![boot::config()]),
        (CIM, "CIM_BootService") => Some(vec![boot::service()]),
        (CIM, "CIM_BootSourceSetting") => Some(boot::sources(world)),
        (IPS, "IPS_OptInService") => Some(vec![redirection::opt_in(world)]),
        (CIM, "CIM_KVMRedirectionSAP") => Some(vec![redirection::kvm(world)]),
        (AMT, "AMT_SetupAndConfigurationService") => Some(vec![service::setup(world)]),
        (AMT, "AMT_GeneralSettings") => Some(vec![service::general()]),
        (CIM, "CIM_SoftwareIdentity") => Some(service::software(world)),
        _ => None,
    }
}

/// The one instance of a class that is chosen; a class that has only one needs no selectors.
pub(super) fn select(all: Vec<Instance>, selectors: &Selectors) -> Result<Instance, Refusal> {
    let fits = |instance: &Instance| {
        selectors.iter().all(|(name, value)| {
            instance.iter().any(|(known, is)| known == name && matches!(is, Value::Text(is) if is == value))
        })
    };
    let mut chosen = all.into_iter().filter(fits);
    match (chosen.next(), chosen.next()) {
        (Some(instance), None) => Ok(instance),
        _ => Err(Refusal::of(Subcode::InvalidSelectors)),
    }
}

/// An instance as an element of its class.
pub(super) fn element(resource: &str, instance: &Instance) -> Node {
    let class = split(resource).map_or(resource, |(_, class)| class);
    Node::of(resource, class, properties(resource, instance))
}

/// Properties, or the parameters of a method.
pub(super) fn properties(resource: &str, instance: &Instance) -> Vec<Node> {
    let mut nodes = Vec::new();
    for (name, value) in instance {
        match value {
            Value::Text(text) => nodes.push(Node::text(resource, *name, text)),
            Value::List(list) => nodes.extend(list.iter().map(|text| Node::text(resource, *name, text))),
            Value::Reference(class, which) => nodes.push(Node::of(resource, *name, refer(class, which))),
        }
    }
    nodes
}

/// What an element that refers to an instance holds.
fn refer(class: &str, which: &[(&str, &str)]) -> Vec<Node> {
    let selector = |(name, value): &(&str, &str)| {
        let mut node = Node::text(WSMAN, "Selector", *value);
        node.selects = Some((*name).to_owned());
        node
    };
    let parameters = vec![
        Node::text(WSMAN, "ResourceURI", format!("{CIM}{class}")),
        Node::of(WSMAN, "SelectorSet", which.iter().map(selector).collect()),
    ];
    vec![Node::text(ADDRESSING, "Address", ANONYMOUS), Node::of(ADDRESSING, "ReferenceParameters", parameters)]
}

/// Writes an instance.
pub(super) fn put(world: &mut World<'_>, resource: &str, body: &Node) -> Result<(), Refusal> {
    match split(resource) {
        Some((AMT, "AMT_BootSettingData")) => boot::put_settings(world, body),
        _ => Err(Refusal::of(Subcode::ActionNotSupported)),
    }
}

/// Calls a method; returns its output.
pub(super) fn invoke(world: &mut World<'_>, resource: &str, method: &str, input: &Node) -> Result<Instance, Refusal> {
    match (split(resource), method) {
        (Some((CIM, "CIM_PowerManagementService")), "RequestPowerStateChange") => power::request(world, input),
        (Some((CIM, "CIM_BootConfigSetting")), "ChangeBootOrder") => boot::change_order(world, input),
        (Some((CIM, "CIM_BootService")), "SetBootConfigRole") => boot::set_role(world, input),
        (Some((AMT, "AMT_SetupAndConfigurationService")), "GetUuid") => Ok(service::uuid()),
        _ => Err(Refusal::of(Subcode::ActionNotSupported)),
    }
}

/// Whether a device has the method: what it is asked for is a change of something.
pub(super) fn has_method(resource: &str, method: &str) -> bool {
    matches!(
        (split(resource), method),
        (Some((CIM, "CIM_PowerManagementService")), "RequestPowerStateChange")
            | (Some((CIM, "CIM_BootConfigSetting")), "ChangeBootOrder")
            | (Some((CIM, "CIM_BootService")), "SetBootConfigRole")
            | (Some((AMT, "AMT_SetupAndConfigurationService")), "GetUuid")
    )
}

/// The output of a method that says nothing but how it ended.
fn output(value: u32) -> Instance {
    vec![text("ReturnValue", &value)]
}

/// The parameters of a method, which are of its class, known by these names and in this order.
fn parameters<'n>(input: &'n Node, names: &[&str]) -> Result<Vec<(&'n str, &'n Node)>, Refusal> {
    let wrong = || Refusal::of(Subcode::SchemaValidationError);
    let mut last = 0;
    let mut found = Vec::new();
    for node in input.nodes() {
        let place = names.iter().position(|name| node.is(&input.namespace, name)).ok_or_else(wrong)?;
        if place < last {
            return Err(wrong());
        }
        last = place;
        found.push((node.local.as_str(), node));
    }
    Ok(found)
}

/// A number that a method must be told.
fn number(found: &[(&str, &Node)], name: &str) -> Result<u32, Refusal> {
    let node = found.iter().find(|(known, _)| *known == name).map(|(_, node)| node);
    let text = node.and_then(|node| node.as_text());
    text.and_then(|text| text.parse().ok()).ok_or(Refusal::of(Subcode::SchemaValidationError))
}

/// Whether a parameter refers to the instance of `class` with this key.
fn refers_to(node: &Node, class: &str, key: (&str, &str)) -> bool {
    let is_key = |(name, value): &(String, String)| name == key.0 && value == key.1;
    reference(node)
        .is_some_and(|(resource, selectors)| resource.strip_prefix(CIM) == Some(class) && selectors.iter().any(is_key))
}
