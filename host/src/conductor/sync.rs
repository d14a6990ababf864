//! The sync loop: reads power states and records them. It never forces one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use rackhand_core::operation::Action;
use tokio::time::MissedTickBehavior;
use uuid::Uuid;

use super::task::reading;
use super::{Conductor, Guard};
use crate::driver::DriverError;
use crate::error::Error;
use crate::model::{Node, PowerReading, ProvisionState, now};

/// How often states that an action has left unknown are read where nobody wants the others to be.
const UNSURE_INTERVAL: Duration = Duration::from_secs(60);

/// What a last_error of this loop begins with, so that it goes when the reason has gone.
const PREFIX: &str = "During sync_power_state, ";

/// Nodes whose device refused for a reason that only a person can mend, and at which revision of the node: no account is
/// locked out by asking again.
#[derive(Default)]
pub(super) struct Held(Mutex<HashMap<Uuid, u64>>);

/// What became of asking a device.
enum Asked {
    /// It said so, or failed.
    Said(Result<PowerReading, DriverError>),
    /// The node is another device's by now, or none's.
    Elsewhere,
    /// A person wants the device, or the daemon stops.
    HungUp,
}

impl Held {
    fn map(&self) -> MutexGuard<'_, HashMap<Uuid, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hold(&self, node: &Node) {
        self.map().insert(node.uuid, node.revision);
    }

    /// Forgets a node: a person acts on it.
    pub(super) fn release(&self, node: Uuid) {
        self.map().remove(&node);
    }

    fn holds(&self, node: &Node) -> bool {
        self.map().get(&node.uuid) == Some(&node.revision)
    }
}

impl Conductor {
    /// Reads the power states of all nodes again and again, until the daemon stops. A device that takes longer than the interval
    /// is left out of the rounds that follow, and keeps none of them waiting.
    pub(crate) async fn sync(self: Arc<Self>) {
        let interval = self.options.sync_power_state_interval;
        let mut ticks = tokio::time::interval(if interval.is_zero() { UNSURE_INTERVAL } else { interval });
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for round in 0_usize.. {
            tokio::select! {
                biased;
                () = self.stopping.cancelled() => return,
                _ = ticks.tick() => {}
            }
            let conductor = Arc::clone(&self);
            self.tasks.spawn(async move { conductor.sync_once(round).await });
        }
    }

    /// Reads the states of all nodes once.
    pub(super) async fn sync_once(&self, round: usize) {
        let mut devices: HashMap<Option<String>, Vec<Uuid>> = HashMap::new();
        let nodes: Vec<_> = self.inventory.read().nodes().filter(|node| self.is_synced(node)).cloned().collect();
        for node in nodes {
            // Settings that are wrong are told by validate; there is nobody to be asked.
            if let Ok((_, device)) = self.ready(node.uuid) {
                devices.entry(device.address().map(str::to_owned)).or_default().push(node.uuid);
            }
        }
        let read = |(address, mut nodes): (Option<String>, Vec<Uuid>)| {
            // Whoever often takes the device away takes it from another node each time.
            let first = round.checked_rem(nodes.len()).unwrap_or_default();
            nodes.rotate_left(first);
            self.sync_device(address, nodes)
        };
        stream::iter(devices.into_iter().map(read)).for_each_concurrent(None, |read| read).await;
    }

    /// Reads the states of all nodes of a device, in one go; leaves a busy one alone, and hangs up for a person.
    async fn sync_device(&self, address: Option<String>, nodes: Vec<Uuid>) {
        let conversation = match address {
            None => None,
            Some(address) => match self.devices.try_acquire(address) {
                Some(conversation) => Some(conversation),
                None => return,
            },
        };
        for uuid in nodes {
            // Others were waited for; in the meantime a person may have changed the node or begun to work on it.
            let node = self.inventory.read().node(uuid).filter(|node| self.is_synced(node)).cloned();
            let Some(node) = node else { continue };
            match self.ask(&node, conversation.as_ref()).await {
                Asked::Said(result) => self.keep(&node, result).await,
                Asked::Elsewhere => {}
                Asked::HungUp => return,
            }
        }
    }

    /// As in Ironic: not before somebody managed it, and not while it is in maintenance. Before it is managed, only a state is
    /// read that an action has left unknown.
    fn is_synced(&self, node: &Node) -> bool {
        let managed = matches!(node.provision_state, ProvisionState::Manageable | ProvisionState::Available);
        let wanted = managed && !self.options.sync_power_state_interval.is_zero();
        !node.maintenance
            && node.reservation.is_none()
            && (node.power_unsure || wanted)
            && self.drivers.get(&node.driver).is_some_and(|driver| driver.capabilities().tells_power)
            && !self.held.holds(node)
    }

    /// Reads the state of a node that an action has left unknown, as soon as the device is free. What cannot be read is left to
    /// the loop, which tells it.
    pub(super) async fn make_sure(&self, uuid: Uuid) {
        loop {
            let Ok((_, device)) = self.ready(uuid) else { return };
            let conversation = tokio::select! {
                () = self.stopping.cancelled() => return,
                conversation = async {
                    match device.address() {
                        // Readings of one device that hung up for each other would never end.
                        Some(address) => Some(self.devices.acquire_quietly(address.to_owned()).await),
                        None => None,
                    }
                } => conversation,
            };
            // Who works on it will know.
            let unsure = |node: &&Arc<Node>| node.power_unsure && node.reservation.is_none();
            let Some(node) = self.inventory.read().node(uuid).filter(unsure).cloned() else { return };
            match self.ask(&node, conversation.as_ref()).await {
                Asked::Said(Ok(state)) => self.keep(&node, Ok(state)).await,
                Asked::Said(Err(error)) => {
                    tracing::warn!(node = %node.called(), %uuid, %error, "power state not read");
                    return;
                }
                Asked::Elsewhere | Asked::HungUp => {}
            }
        }
    }

    /// Asks the node's device for its power state, within the bounds on such readings.
    async fn ask(&self, node: &Node, conversation: Option<&Guard<String>>) -> Asked {
        let Ok((_, device)) = self.ready(node.uuid) else { return Asked::Elsewhere };
        if device.address() != conversation.map(|conversation| conversation.key().as_str()) {
            return Asked::Elsewhere;
        }
        let reading = async {
            // Devices that do not answer take long: they never have all the places. The semaphores are never closed.
            let _suspect = match node.power_state {
                Some(PowerReading::Error) => self.suspects.acquire().await.ok(),
                _ => None,
            };
            let _reader = self.readers.acquire().await.ok();
            let begun = Instant::now();
            let result = device.perform(&Action::GetPower, self.options.power_state_change_timeout).await;
            self.metrics.action(&node.driver, "sync", result.as_ref().err().map(DriverError::label), begun.elapsed());
            result.map(|outcome| reading(outcome, node.power_state)).map_err(|error| error.at(device.address()))
        };
        let wanted = async {
            match conversation {
                Some(conversation) => conversation.wanted().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = wanted => Asked::HungUp,
            () = self.stopping.cancelled() => Asked::HungUp,
            result = reading => Asked::Said(result),
        }
    }

    async fn keep(&self, node: &Node, result: Result<PowerReading, DriverError>) {
        if let Err(error) = self.record(node, result).await {
            tracing::error!(node = %node.called(), %error, "a power state that was read cannot be kept");
        }
    }

    /// Records what was read, unless the node has changed meanwhile.
    async fn record(&self, node: &Node, result: Result<PowerReading, DriverError>) -> Result<(), Error> {
        let is_final = result.as_ref().is_err_and(DriverError::is_final);
        let (state, error) = match result {
            Ok(state) => (state, None),
            Err(error) => (PowerReading::Error, Some(format!("{PREFIX}the power state could not be read: {error}"))),
        };
        // What a person was told of an action stays until the next one.
        let last_error = match &node.last_error {
            Some(told) if !told.starts_with(PREFIX) => Some(told.clone()),
            _ => error.clone(),
        };
        let sure = !node.power_unsure || state == PowerReading::Error;
        if node.power_state == Some(state) && node.last_error == last_error && sure {
            if is_final {
                self.held.hold(node);
            }
            return Ok(());
        }
        if let Some(error) = &error {
            tracing::warn!(node = %node.called(), uuid = %node.uuid, %error, "power state not read");
        } else {
            tracing::info!(node = %node.called(), uuid = %node.uuid, state = state.as_str(), "power state read");
        }
        let (uuid, revision) = (node.uuid, node.revision);
        let kept = self
            .inventory
            .change(move |registry, changes| {
                // A node that changed since the reading began is read again next time.
                let Some(node) = registry.node(uuid).filter(|node| node.revision == revision) else { return Ok(None) };
                let mut node = Node::clone(node);
                node.see_power(state);
                node.last_error = last_error;
                node.updated_at = Some(now());
                Ok::<_, Error>(Some(changes.put_node(node)))
            })
            .await?;
        if let (true, Some(node)) = (is_final, kept) {
            self.held.hold(&node);
        }
        Ok(())
    }
}
