//! The sync loop: reads power states and records them. It never forces one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use futures_util::{StreamExt, stream};
use rackhand_core::operation::Action;
use tokio::time::MissedTickBehavior;
use uuid::Uuid;

use super::task::reading;
use super::{Conductor, Guard};
use crate::driver::{Device, DriverError};
use crate::error::Error;
use crate::model::{Node, PowerReading, ProvisionState, now};

/// What a last_error of this loop begins with, so that it goes when the reason has gone.
const PREFIX: &str = "During sync_power_state, ";

/// Nodes whose device refused for a reason that only a person can mend, and at which revision of the node: no account is
/// locked out by asking again.
#[derive(Default)]
pub(super) struct Held(Mutex<HashMap<Uuid, u64>>);

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

/// Who gives way to a person that wants the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    /// Leaves a busy device alone, and hangs up for a person.
    Yields,
    /// Waits for its turn, and is not disturbed.
    Waits,
}

impl Conductor {
    /// Reads the power states of all nodes again and again, until the daemon stops.
    pub(crate) async fn sync(self: Arc<Self>) {
        let interval = self.options.sync_power_state_interval;
        if interval.is_zero() {
            return;
        }
        let mut ticks = tokio::time::interval(interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = self.stopping.cancelled() => return,
                _ = ticks.tick() => {}
            }
            tokio::select! {
                biased;
                () = self.stopping.cancelled() => return,
                () = self.sync_once() => {}
            }
        }
    }

    pub(super) async fn sync_once(&self) {
        let nodes: Vec<_> = self.inventory.read().nodes().filter(|node| self.is_synced(node)).cloned().collect();
        let read = |node: Arc<Node>| async move { self.read_power(&node, Patience::Yields).await };
        stream::iter(nodes).for_each_concurrent(self.options.sync_power_state_workers, read).await;
    }

    /// As in Ironic: not before somebody managed it, and not while it is in maintenance. Before it is managed, only a state is
    /// read that an interrupted action has left unknown.
    fn is_synced(&self, node: &Node) -> bool {
        !node.maintenance
            && node.reservation.is_none()
            && (node.power_unsure
                || matches!(node.provision_state, ProvisionState::Manageable | ProvisionState::Available))
            && self.drivers.get(&node.driver).is_some_and(|driver| driver.capabilities().tells_power)
            && !self.held.holds(node)
    }

    /// Asks the node's device for its power state and records it, unless the node has changed meanwhile.
    pub(super) async fn read_power(&self, node: &Node, patience: Patience) {
        let Some(driver) = self.drivers.get(&node.driver) else { return };
        // Settings that are wrong are told by validate; there is nobody to be asked.
        let Ok(device) = driver.prepare(node, &self.addresses(node.uuid)) else { return };
        let conversation = match (device.address(), patience) {
            (None, _) => None,
            (Some(address), Patience::Waits) => Some(self.devices.acquire(address.to_owned()).await),
            (Some(address), Patience::Yields) => match self.devices.try_acquire(address.to_owned()) {
                Some(conversation) => Some(conversation),
                None => return,
            },
        };
        let _reader = match patience {
            // The semaphore is never closed.
            Patience::Waits => self.readers.acquire().await.ok(),
            // Bounded by the loop.
            Patience::Yields => None,
        };
        let Some(result) = self.ask(node, device.as_ref(), conversation.as_ref(), patience).await else { return };
        if let Err(error) = self.record(node, result).await {
            tracing::error!(node = %node.called(), %error, "a power state that was read cannot be kept");
        }
        drop(conversation);
    }

    async fn ask(
        &self,
        node: &Node,
        device: &dyn Device,
        conversation: Option<&Guard<String>>,
        patience: Patience,
    ) -> Option<Result<PowerReading, DriverError>> {
        let begun = Instant::now();
        let wanted = async {
            match conversation {
                Some(conversation) if patience == Patience::Yields => conversation.wanted().await,
                _ => std::future::pending().await,
            }
        };
        let result = tokio::select! {
            biased;
            () = wanted => return None,
            () = self.giving_up.cancelled() => return None,
            result = device.perform(&Action::GetPower, self.options.power_state_change_timeout) => result,
        };
        self.metrics.action(&node.driver, "sync", result.as_ref().err().map(DriverError::label), begun.elapsed());
        Some(result.map(|outcome| reading(outcome, node.power_state)).map_err(|error| error.at(device.address())))
    }

    async fn record(&self, node: &Node, result: Result<PowerReading, DriverError>) -> Result<(), Error> {
        let is_final = result.as_ref().is_err_and(DriverError::is_final);
        let (state, error) = match result {
            Ok(state) => (state, None),
            Err(error) => (PowerReading::Error, Some(format!("{PREFIX}the power state could not be read: {error}"))),
        };
        let ours = node.last_error.as_deref().is_some_and(|text| text.starts_with(PREFIX));
        let told = if ours { error == node.last_error } else { error.is_none() };
        if node.power_state == Some(state) && told {
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
                let cleared = node.last_error.as_deref().is_some_and(|text| text.starts_with(PREFIX));
                if error.is_some() || cleared {
                    node.last_error = error;
                }
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
