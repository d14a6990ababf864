//! What the API does, thought of in plain lists; written without a look at how it is done.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

pub(super) const IBOOT: &str = "staging-iboot";
pub(super) const WOL: &str = "staging-wol";

/// A node as the API shows it.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) uuid: String,
    pub(super) name: Option<String>,
    pub(super) driver: &'static str,
    pub(super) info: Map<String, Value>,
    pub(super) extra: Map<String, Value>,
    pub(super) description: Option<String>,
    pub(super) protected: bool,
    pub(super) maintenance: bool,
    pub(super) reason: Option<String>,
    pub(super) management: Option<String>,
    pub(super) provision: &'static str,
    pub(super) power: Option<&'static str>,
    /// Whether there is a last error.
    pub(super) failed: bool,
    /// Whether its device is there.
    pub(super) answers: bool,
}

/// A port as the API shows it.
#[derive(Clone, Debug)]
pub(super) struct Port {
    pub(super) uuid: String,
    pub(super) node: String,
    pub(super) address: String,
    pub(super) extra: Map<String, Value>,
    pub(super) pxe: bool,
}

/// What there is, in the order of creation.
#[derive(Default)]
pub(super) struct Model {
    pub(super) nodes: Vec<Node>,
    pub(super) ports: Vec<Port>,
    /// The relays of the device that answers.
    relays: HashMap<u64, bool>,
}

/// A change of a node, as an operation of a patch.
#[derive(Clone, Debug)]
pub(super) enum Edit {
    Name(Option<String>),
    Description(Option<String>),
    Extra(&'static str, Option<u8>),
    Address(bool),
    Relay(u8),
    Management(Option<&'static str>),
    Protected(bool),
    Maintenance(bool),
    /// driver_info as it was shown, with its password hidden.
    SendBack,
    /// Something that no client may change.
    Uuid,
    Driver(&'static str),
}

fn is_name(name: &str) -> bool {
    name != "detail" && name.len() != 36 && !name.contains('/')
}

impl Node {
    fn ready(&self, ports: &[Port]) -> bool {
        match self.driver {
            WOL => ports.iter().any(|port| port.node == self.uuid),
            _ => self.info.contains_key("iboot_address"),
        }
    }

    fn relay(&self) -> u64 {
        self.info.get("iboot_relay_id").and_then(Value::as_u64).unwrap_or(1)
    }

    pub(super) fn shown_info(&self) -> Value {
        let mut info = self.info.clone();
        if let Some(password) = info.get_mut("iboot_password") {
            *password = "******".into();
        }
        info.into()
    }

    /// The patch's operation that makes the edit.
    pub(super) fn operation(&self, edit: &Edit) -> Value {
        let set = |path: &str, value: Value| json!({ "op": "add", "path": path, "value": value });
        let remove = |path: &str| json!({ "op": "remove", "path": path });
        match edit {
            Edit::Name(Some(name)) => set("/name", json!(name)),
            Edit::Name(None) => remove("/name"),
            Edit::Description(Some(text)) => set("/description", json!(text)),
            Edit::Description(None) => remove("/description"),
            Edit::Extra(key, Some(value)) => set(&format!("/extra/{key}"), json!(value)),
            Edit::Extra(key, None) => remove(&format!("/extra/{key}")),
            Edit::Address(true) => set("/driver_info/iboot_address", json!("127.0.0.1")),
            Edit::Address(false) => remove("/driver_info/iboot_address"),
            Edit::Relay(relay) => set("/driver_info/iboot_relay_id", json!(relay)),
            Edit::Management(Some(name)) => set("/management_interface", json!(name)),
            Edit::Management(None) => remove("/management_interface"),
            Edit::Protected(flag) => set("/protected", json!(flag)),
            Edit::Maintenance(flag) => set("/maintenance", json!(flag)),
            Edit::SendBack => set("/driver_info", self.shown_info()),
            Edit::Uuid => json!({ "op": "replace", "path": "/uuid", "value": self.uuid }),
            Edit::Driver(driver) => json!({ "op": "replace", "path": "/driver", "value": driver }),
        }
    }

    /// The node after all of `edits`, or nothing if one cannot be.
    fn edited(&self, edits: &[Edit]) -> Option<Self> {
        let mut node = self.clone();
        let mut driver = node.driver;
        // What was removed in this patch cannot be removed once more.
        let mut gone = HashSet::new();
        let mut put = |field: &'static str, there: bool| {
            if there {
                gone.remove(field);
            }
            there || gone.insert(field)
        };
        for edit in edits {
            let fits = match edit {
                Edit::Name(name) => {
                    node.name.clone_from(name);
                    put("name", name.is_some())
                }
                Edit::Description(text) => {
                    node.description.clone_from(text);
                    put("description", text.is_some())
                }
                Edit::Extra(key, Some(value)) => {
                    node.extra.insert((*key).to_owned(), json!(value));
                    true
                }
                Edit::Extra(key, None) => node.extra.remove(*key).is_some(),
                Edit::Address(true) => {
                    node.info.insert("iboot_address".to_owned(), json!("127.0.0.1"));
                    true
                }
                Edit::Address(false) => node.info.remove("iboot_address").is_some(),
                Edit::Relay(relay) => {
                    node.info.insert("iboot_relay_id".to_owned(), json!(relay));
                    true
                }
                Edit::Management(name) => {
                    node.management = name.map(str::to_owned);
                    put("management", name.is_some())
                }
                Edit::Protected(flag) => {
                    node.protected = *flag;
                    true
                }
                Edit::Maintenance(flag) => {
                    node.maintenance = *flag;
                    true
                }
                Edit::SendBack => {
                    node.info = self.info.clone();
                    true
                }
                Edit::Uuid => false,
                Edit::Driver(name) => {
                    driver = name;
                    true
                }
            };
            if !fits {
                return None;
            }
        }
        if !node.maintenance {
            node.reason = None;
        }
        let good = node.name.as_deref().is_none_or(is_name)
            && driver == node.driver
            && node.management.as_deref().is_none_or(|name| ["noop", "fake"].contains(&name));
        good.then_some(node)
    }
}

impl Model {
    pub(super) fn find(&self, ident: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.uuid == ident || node.name.as_deref() == Some(ident))
    }

    /// Whether a step would keep the test waiting: magic packets have pauses between them.
    pub(super) fn is_slow(&self, ident: &str) -> bool {
        let node = self.find(ident).map(|index| &self.nodes[index]);
        node.is_some_and(|node| self.ports.iter().filter(|port| port.node == node.uuid).count() > 1)
    }

    /// Makes a node, if nothing is `spoiled` about the request.
    pub(super) fn create(&mut self, node: Node, spoiled: bool) -> u16 {
        if spoiled || node.name.as_deref().is_some_and(|name| !is_name(name)) {
            return 400;
        }
        let taken = |other: &Node| other.uuid == node.uuid || (node.name.is_some() && other.name == node.name);
        if self.nodes.iter().any(taken) {
            return 409;
        }
        self.nodes.push(node);
        201
    }

    pub(super) fn patch(&mut self, ident: &str, edits: &[Edit]) -> u16 {
        let Some(index) = self.find(ident) else { return 404 };
        let Some(node) = self.nodes[index].edited(edits) else { return 400 };
        let taken = |(at, other): (usize, &Node)| at != index && node.name.is_some() && other.name == node.name;
        if self.nodes.iter().enumerate().any(taken) {
            return 409;
        }
        self.nodes[index] = node;
        200
    }

    pub(super) fn delete(&mut self, ident: &str) -> u16 {
        let Some(index) = self.find(ident) else { return 404 };
        if self.nodes[index].protected {
            return 403;
        }
        let node = self.nodes.remove(index);
        self.ports.retain(|port| port.node != node.uuid);
        204
    }

    /// Puts a port where one was, or at the end; `made` is the status of success.
    pub(super) fn put_port(&mut self, at: Option<usize>, port: Port, made: u16) -> u16 {
        if port.address.len() != 17 || !self.nodes.iter().any(|node| node.uuid == port.node) {
            return 400;
        }
        let taken = |other: &Port| other.address == port.address || other.uuid == port.uuid;
        if self.ports.iter().enumerate().any(|(index, other)| Some(index) != at && taken(other)) {
            return 409;
        }
        match at {
            Some(at) => self.ports[at] = port,
            None => self.ports.push(port),
        }
        made
    }

    pub(super) fn maintain(&mut self, ident: &str, reason: Option<&Option<String>>) -> u16 {
        let Some(index) = self.find(ident) else { return 404 };
        let node = &mut self.nodes[index];
        node.maintenance = reason.is_some();
        node.reason = reason.cloned().flatten();
        202
    }

    pub(super) fn provision(&mut self, ident: &str, verb: &str) -> u16 {
        let Some(index) = self.find(ident) else { return 404 };
        let ready = self.nodes[index].ready(&self.ports);
        let node = &mut self.nodes[index];
        match (node.provision, verb) {
            ("enroll", "manage") if !ready || !node.answers => node.failed = true,
            ("enroll", "manage") => {
                node.provision = "manageable";
                node.failed = false;
                node.power = match node.driver {
                    WOL => node.power.or(Some("power off")),
                    _ if self.relays.get(&node.relay()) == Some(&true) => Some("power on"),
                    _ => Some("power off"),
                };
            }
            ("available", "manage") => (node.provision, node.failed) = ("manageable", false),
            ("manageable", "provide") => (node.provision, node.failed) = ("available", false),
            _ => return 400,
        }
        202
    }

    pub(super) fn power(&mut self, ident: &str, target: &str) -> u16 {
        let Some(index) = self.find(ident) else { return 404 };
        let state = match target {
            "power on" | "rebooting" => "power on",
            "power off" => "power off",
            _ => return 400,
        };
        if !self.nodes[index].ready(&self.ports) {
            return 400;
        }
        let node = &mut self.nodes[index];
        node.failed = !node.answers;
        if node.answers {
            node.power = Some(state);
            if node.driver == IBOOT {
                self.relays.insert(node.relay(), state == "power on");
            }
        }
        202
    }
}
