//! The work: who may do what when, and how it ends.
//!
//! Two locks are taken, always in this order: the node's, held from before a task is accepted until its end is kept; then the
//! device's, since a device has one conversation at a time and several nodes may hang on it. A task then waits for its turn, where
//! devices share something that takes a few at a time, and takes one of the bounded places to run in, unless it hardly does more
//! than wait. So a device that hangs holds its own nodes and one place, and nobody else.

mod boot;
mod locks;
mod passthru;
mod power;
mod provision;
mod recover;
mod sync;
mod task;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::config::Config;
use crate::driver::{Device, Drivers};
use crate::error::Error;
use crate::metrics::Metrics;
use crate::model::{Node, now};
use crate::store::{Inventory, Registry};

pub(crate) use locks::Guard;
use locks::Locks;
pub(crate) use power::PowerRequest;

/// How long a request waits for a node that somebody works on before it is refused.
const LOCK_PATIENCE: Duration = Duration::from_secs(3);

/// All that the daemon knows and does.
pub(crate) struct Conductor {
    /// The nodes and ports.
    pub(crate) inventory: Inventory,
    /// The hardware types that are enabled.
    pub(crate) drivers: Drivers,
    /// What is counted.
    pub(crate) metrics: Metrics,
    /// Its name.
    pub(crate) host: String,
    /// Since when it runs.
    pub(crate) started_at: String,
    options: crate::config::Conductor,
    nodes: Arc<Locks<Uuid>>,
    devices: Arc<Locks<String>>,
    /// Accepted tasks that wait.
    places: Arc<Semaphore>,
    /// Tasks that run.
    workers: Arc<Semaphore>,
    /// As many as anybody wants, for tasks that only wait: it counts them.
    waiters: Arc<Semaphore>,
    /// Readings that nobody asked for.
    readers: Semaphore,
    /// Those among them of devices that did not answer the last time.
    suspects: Semaphore,
    tasks: TaskTracker,
    /// No task begins any more.
    stopping: CancellationToken,
    /// What still runs is given up.
    giving_up: CancellationToken,
    /// Nodes whose device refused for a reason that only a person can mend, and at which revision.
    held: sync::Held,
}

impl Conductor {
    pub(crate) fn new(config: &Config, inventory: Inventory, drivers: Drivers) -> Arc<Self> {
        let options = config.conductor.clone();
        Arc::new(Self {
            inventory,
            drivers,
            metrics: Metrics::default(),
            host: config.default.host.clone(),
            started_at: now(),
            nodes: Arc::default(),
            devices: Arc::default(),
            places: Arc::new(Semaphore::new(options.queue_size)),
            workers: Arc::new(Semaphore::new(options.workers_pool_size)),
            waiters: Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)),
            readers: Semaphore::new(options.sync_power_state_workers),
            suspects: Semaphore::new(options.sync_power_state_workers.div_ceil(2)),
            options,
            tasks: TaskTracker::new(),
            stopping: CancellationToken::new(),
            giving_up: CancellationToken::new(),
            held: sync::Held::default(),
        })
    }

    /// The node that a path or an argument names, by UUID or name.
    pub(crate) fn node(&self, ident: &str) -> Result<Arc<Node>, Error> {
        let registry = self.inventory.read();
        let found = Uuid::try_parse(ident).map_or_else(|_| registry.named(ident), |uuid| registry.node(uuid));
        found.cloned().ok_or_else(|| Error::NodeNotFound(ident.to_owned()))
    }

    /// The addresses of a node's ports.
    pub(crate) fn addresses(&self, node: Uuid) -> Vec<String> {
        addresses(&self.inventory.read(), node)
    }

    /// The node as it is now, and its device.
    fn ready(&self, uuid: Uuid) -> Result<(Arc<Node>, Box<dyn Device>), Error> {
        let (node, addresses) = {
            let registry = self.inventory.read();
            (known(&registry, uuid)?.clone(), addresses(&registry, uuid))
        };
        let device = self.drivers.of_node(&node.driver)?.prepare(&node, &addresses)?;
        Ok((node, device))
    }

    /// Changes a node, alone with it, unless `change` refuses. Whoever must keep others from working on the node meanwhile
    /// has its lock.
    async fn update(
        &self,
        uuid: Uuid,
        change: impl FnOnce(&mut Node) -> Result<(), Error> + Send + 'static,
    ) -> Result<Arc<Node>, Error> {
        self.inventory
            .change(move |registry, changes| {
                let mut node = Node::clone(known(registry, uuid)?);
                change(&mut node)?;
                Ok(changes.put_node(node))
            })
            .await
    }

    /// Keeps a remark with a node, whoever works on it.
    pub(crate) async fn note(&self, node: &Node, change: impl FnOnce(&mut Node) + Send + 'static) -> Result<(), Error> {
        let noted = move |node: &mut Node| {
            change(node);
            Ok(())
        };
        self.update(node.uuid, noted).await.map(drop)
    }

    /// Forgets what is remembered of a node that is gone, or has another device or other settings by now.
    pub(crate) fn forget(&self, node: &Node) {
        self.held.release(node.uuid);
        let driver = self.drivers.get(&node.driver);
        if let Some(Ok(device)) = driver.map(|driver| driver.prepare(node, &self.addresses(node.uuid))) {
            device.forget();
        }
    }

    /// Waits a while for the node to be free, and keeps it.
    pub(crate) async fn lock(&self, node: &Node) -> Result<Guard<Uuid>, Error> {
        tokio::time::timeout(LOCK_PATIENCE, self.nodes.acquire(node.uuid))
            .await
            .map_err(|_| Error::NodeLocked { node: node.uuid.to_string(), host: self.host.clone() })
    }

    /// Ends the work: no task begins any more, running ones have their time, and what is left is told.
    pub(crate) async fn stop(&self) {
        self.stopping.cancel();
        self.tasks.close();
        let running = self.running();
        if running > 0 {
            let patience = self.options.graceful_shutdown_timeout;
            tracing::info!(running, patience_seconds = patience.as_secs(), "waiting for running actions to finish");
        }
        if tokio::time::timeout(self.options.graceful_shutdown_timeout, self.tasks.wait()).await.is_err() {
            tracing::warn!(running = self.running(), "giving up actions that still run");
            self.giving_up.cancel();
            // What is left to do is a commit each.
            let _ = tokio::time::timeout(Duration::from_secs(10), self.tasks.wait()).await;
        }
    }

    /// Tasks that run.
    pub(crate) fn running(&self) -> usize {
        let working = self.options.workers_pool_size.saturating_sub(self.workers.available_permits());
        working.saturating_add(Semaphore::MAX_PERMITS.saturating_sub(self.waiters.available_permits()))
    }

    /// Accepted tasks that wait.
    pub(crate) fn waiting(&self) -> usize {
        self.options.queue_size.saturating_sub(self.places.available_permits())
    }

    /// Devices that may be spoken with at a time.
    pub(crate) const fn conversations(&self) -> usize {
        self.options.workers_pool_size.saturating_add(self.options.sync_power_state_workers)
    }

    /// Nodes and devices that somebody has.
    pub(crate) fn locked(&self) -> (usize, usize) {
        (self.nodes.len(), self.devices.len())
    }
}

/// The node with this UUID, or the error that there is none.
pub(crate) fn known(registry: &Registry, uuid: Uuid) -> Result<&Arc<Node>, Error> {
    registry.node(uuid).ok_or_else(|| Error::NodeNotFound(uuid.to_string()))
}

fn addresses(registry: &Registry, node: Uuid) -> Vec<String> {
    registry.ports_of(node).map(|port| port.address.clone()).collect()
}

#[cfg(test)]
mod tests;
