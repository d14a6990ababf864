//! Nodes and ports in memory, found by whatever names them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use uuid::Uuid;

use super::{Change, Contents};
use crate::model::{Node, Port};

/// All nodes and ports.
#[derive(Clone, Default)]
pub(crate) struct Registry {
    nodes: BTreeMap<u64, Arc<Node>>,
    uuids: HashMap<Uuid, u64>,
    names: HashMap<String, u64>,
    instances: HashMap<Uuid, u64>,
    ports: BTreeMap<u64, Arc<Port>>,
    port_uuids: HashMap<Uuid, u64>,
    addresses: HashMap<String, u64>,
    ports_of: HashMap<Uuid, BTreeSet<u64>>,
    last_id: u64,
}

impl Registry {
    pub(super) fn new(contents: Contents) -> Self {
        let mut registry = Self::default();
        for node in contents.nodes {
            registry.apply(&Change::PutNode(Arc::new(node)));
        }
        for port in contents.ports {
            registry.apply(&Change::PutPort(Arc::new(port)));
        }
        registry
    }

    /// The node with this UUID.
    pub(crate) fn node(&self, uuid: Uuid) -> Option<&Arc<Node>> {
        self.nodes.get(self.uuids.get(&uuid)?)
    }

    /// The node with this name.
    pub(crate) fn named(&self, name: &str) -> Option<&Arc<Node>> {
        self.nodes.get(self.names.get(name)?)
    }

    /// The node that this instance is on.
    pub(crate) fn of_instance(&self, instance: Uuid) -> Option<&Arc<Node>> {
        self.nodes.get(self.instances.get(&instance)?)
    }

    /// All nodes, in the order of their creation.
    pub(crate) fn nodes(&self) -> impl DoubleEndedIterator<Item = &Arc<Node>> {
        self.nodes.values()
    }

    /// The port with this UUID.
    pub(crate) fn port(&self, uuid: Uuid) -> Option<&Arc<Port>> {
        self.ports.get(self.port_uuids.get(&uuid)?)
    }

    /// The port with this address, in the form of [`mac`](crate::model::mac).
    pub(crate) fn port_at(&self, address: &str) -> Option<&Arc<Port>> {
        self.ports.get(self.addresses.get(address)?)
    }

    /// All ports, in the order of their creation.
    pub(crate) fn ports(&self) -> impl DoubleEndedIterator<Item = &Arc<Port>> {
        self.ports.values()
    }

    /// The ports of a node, in the order of their creation.
    pub(crate) fn ports_of(&self, node: Uuid) -> impl DoubleEndedIterator<Item = &Arc<Port>> {
        self.ports_of.get(&node).into_iter().flatten().filter_map(|id| self.ports.get(id))
    }

    /// A number that no node and no port has.
    pub(super) const fn next_id(&self) -> u64 {
        self.last_id.saturating_add(1)
    }

    pub(super) fn apply(&mut self, change: &Change) {
        match change {
            Change::PutNode(node) => {
                self.forget_node(node.id);
                self.last_id = self.last_id.max(node.id);
                self.uuids.insert(node.uuid, node.id);
                if let Some(name) = &node.name {
                    self.names.insert(name.clone(), node.id);
                }
                if let Some(instance) = node.instance_uuid {
                    self.instances.insert(instance, node.id);
                }
                self.nodes.insert(node.id, Arc::clone(node));
            }
            Change::DeleteNode(id) => {
                if let Some(node) = self.forget_node(*id) {
                    for port in self.ports_of.remove(&node.uuid).into_iter().flatten() {
                        self.forget_port(port);
                    }
                }
            }
            Change::PutPort(port) => {
                self.forget_port(port.id);
                self.last_id = self.last_id.max(port.id);
                self.port_uuids.insert(port.uuid, port.id);
                self.addresses.insert(port.address.clone(), port.id);
                self.ports_of.entry(port.node_uuid).or_default().insert(port.id);
                self.ports.insert(port.id, Arc::clone(port));
            }
            Change::DeletePort(id) => {
                self.forget_port(*id);
            }
        }
    }

    fn forget_node(&mut self, id: u64) -> Option<Arc<Node>> {
        let node = self.nodes.remove(&id)?;
        self.uuids.remove(&node.uuid);
        if let Some(name) = &node.name {
            self.names.remove(name);
        }
        if let Some(instance) = node.instance_uuid {
            self.instances.remove(&instance);
        }
        Some(node)
    }

    fn forget_port(&mut self, id: u64) {
        let Some(port) = self.ports.remove(&id) else { return };
        self.port_uuids.remove(&port.uuid);
        self.addresses.remove(&port.address);
        if let Some(ports) = self.ports_of.get_mut(&port.node_uuid) {
            ports.remove(&id);
            if ports.is_empty() {
                self.ports_of.remove(&port.node_uuid);
            }
        }
    }
}
