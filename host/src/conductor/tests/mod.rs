//! The conductor with a stand-in for its devices.

mod boot;
mod locks;
mod recover;
mod sync;
mod task;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rackhand_core::operation::PowerTarget;
use serde_json::json;
use uuid::Uuid;

use super::{Conductor, PowerRequest};
use crate::config::Config;
use crate::driver::{Drivers, StandIn};
use crate::error::Error;
use crate::model::{Node, ProvisionState};
use crate::store::{Inventory, Memory};

/// A conductor, its devices and its store.
struct Bench {
    conductor: Arc<Conductor>,
    device: StandIn,
    store_fails: Arc<AtomicBool>,
}

impl Bench {
    fn new() -> Self {
        Self::with(&Config::default(), Memory::default())
    }

    fn with(config: &Config, memory: Memory) -> Self {
        let device = StandIn::new();
        let store_fails = Arc::clone(&memory.fails);
        let drivers = Drivers::of(vec![Arc::new(device.clone())], config).unwrap();
        let (inventory, _) = Inventory::open(memory).unwrap();
        Self { conductor: Conductor::new(config, inventory, drivers), device, store_fails }
    }

    /// A node of a device at `address`.
    async fn node(&self, address: &str, state: ProvisionState) -> Arc<Node> {
        let node = blank(address, state);
        self.conductor.inventory.change(|_, changes| Ok::<_, Error>(changes.create_node(node))).await.unwrap()
    }

    /// What is known of it now.
    fn now(&self, node: &Node) -> Arc<Node> {
        self.conductor.node(&node.uuid.to_string()).unwrap()
    }

    async fn power(&self, node: &Node, target: PowerTarget) -> Result<(), Error> {
        self.conductor.set_power(node, PowerRequest { target, timeout: None }).await
    }

    /// Waits until nobody works on the node.
    async fn done(&self, node: &Node) -> Arc<Node> {
        until("the end of the work on a node", || self.now(node).reservation.is_none()).await;
        self.now(node)
    }

    /// Waits until the store has failed so often.
    async fn failures(&self, number: u64) {
        let stats = self.conductor.inventory.stats();
        until("failures of the store", || stats.failures.load(Ordering::Relaxed) >= number).await;
    }
}

/// Waits until `holds`, by the wall's clock: where time is paused, the store's thread still takes some.
async fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(60), "not within a minute: {what}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn blank(address: &str, state: ProvisionState) -> Node {
    let mut node = Node::new(Uuid::new_v4(), "staging-nm".to_owned(), state);
    node.driver_info.insert("address".to_owned(), json!(address));
    node
}
