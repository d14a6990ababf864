//! The sync loop: reads power states and records them. It never forces one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use rackhand_core::operation::{Action, ErrorKind};
use tokio::sync::SemaphorePermit;
use tokio::time::MissedTickBehavior;
use uuid::Uuid;

use super::boot::without_armed;
use super::task::reading;
use super::{Conductor, Guard};
use crate::driver::{Device, DriverError};
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

/// What a device said.
struct Said {
    /// Its power state, nothing while it is on its way to another one, or why it cannot be had.
    power: Result<Option<PowerReading>, DriverError>,
    /// What became of taking back what an action had left armed, where there was that to do.
    disarmed: Option<Result<(), DriverError>>,
}

/// What became of asking a device.
enum Asked {
    /// It said so, or failed.
    Said(Said),
    /// The node is another device's by now, or none's.
    Elsewhere,
    /// A person wants the device, or the daemon stops.
    HungUp,
}

impl Said {
    /// Whether it leaves nothing open.
    fn is_settled(&self) -> bool {
        matches!(self.power, Ok(Some(_))) && !matches!(self.disarmed, Some(Err(_)))
    }
}

impl Held {
    fn map(&self) -> MutexGuard<'_, HashMap<Uuid, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn hold(&self, node: &Node) {
        self.map().insert(node.uuid, node.revision);
    }

    /// Forgets a node: a person acts on it.
    pub(super) fn release(&self, node: Uuid) {
        self.map().remove(&node);
    }

    pub(super) fn holds(&self, node: &Node) -> bool {
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
            self.drivers.sweep();
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
                Asked::Said(said) => self.keep(&node, said).await,
                Asked::Elsewhere => {}
                Asked::HungUp => return,
            }
        }
    }

    /// As in Ironic: not before somebody managed it, and not while it is in maintenance. Before it is managed, only what an action
    /// has left open is settled: a state that is not known, a boot device that may be armed.
    fn is_synced(&self, node: &Node) -> bool {
        let managed = matches!(node.provision_state, ProvisionState::Manageable | ProvisionState::Available);
        let wanted = managed && !self.options.sync_power_state_interval.is_zero();
        !node.maintenance
            && node.reservation.is_none()
            && (node.power_unsure || node.armed || wanted)
            && self.drivers.get(&node.driver).is_some_and(|driver| driver.capabilities().tells_power)
            && !self.held.holds(node)
    }

    /// Reads the state of a node that an action has left unknown, and takes back what it has left armed, as soon as the device is
    /// free. What cannot be done now is left to the loop, which tells it.
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
            let unsure = |node: &&Arc<Node>| {
                (node.power_unsure || node.armed) && node.reservation.is_none() && !self.held.holds(node)
            };
            let Some(node) = self.inventory.read().node(uuid).filter(unsure).cloned() else { return };
            match self.ask(&node, conversation.as_ref()).await {
                Asked::Said(Said { power: Err(error), .. }) if !error.is_access() => {
                    tracing::warn!(node = %node.called(), %uuid, %error, "power state not read");
                    return;
                }
                Asked::Said(said) => {
                    let settled = said.is_settled();
                    self.keep(&node, said).await;
                    if !settled {
                        return;
                    }
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
            let _place = self.place_to_read(node, device.as_ref()).await;
            self.said(node, device.as_ref()).await
        };
        let wanted = async {
            match conversation {
                Some(conversation) => {
                    conversation.wanted().await;
                    tokio::time::sleep(device.grace()).await;
                }
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

    /// Waits for a place among the readings that may go on at a time. Devices that do not answer take long: they never have all
    /// the places. Those of which many are asked at once share one question, which no place has to be kept for.
    async fn place_to_read(&self, node: &Node, device: &dyn Device) -> Option<[Option<SemaphorePermit<'_>>; 2]> {
        if device.answers_many_at_once() {
            return None;
        }
        // The semaphores are never closed.
        let suspect = match node.power_state {
            Some(PowerReading::Error) => self.suspects.acquire().await.ok(),
            _ => None,
        };
        Some([suspect, self.readers.acquire().await.ok()])
    }

    /// Takes back what is noted as armed, and reads the power state.
    async fn said(&self, node: &Node, device: &dyn Device) -> Said {
        let timeout = self.options.power_state_change_timeout;
        let ask = async |action: Action, label| {
            let begun = Instant::now();
            let result = device.perform(&action, timeout).await;
            self.metrics.action(&node.driver, label, result.as_ref().err().map(DriverError::label), begun.elapsed());
            result.map_err(|error| error.at(device.address()))
        };
        let mut disarmed = None;
        if node.armed {
            match ask(Action::Disarm, "disarm").await {
                Ok(_) => disarmed = Some(Ok(())),
                // Its power state can be asked for all the same.
                Err(error) if error.kind() == ErrorKind::Failed => disarmed = Some(Err(error)),
                Err(error) => return Said { power: Err(error), disarmed: None },
            }
        }
        let power = ask(Action::GetPower, "sync").await.map(|outcome| reading(outcome, node.power_state));
        Said { power, disarmed }
    }

    async fn keep(&self, node: &Node, said: Said) {
        if let Err(error) = self.record(node, said).await {
            tracing::error!(node = %node.called(), %error, "a power state that was read cannot be kept");
        }
    }

    /// Records what was said, unless the node has changed meanwhile.
    async fn record(&self, node: &Node, Said { power, disarmed }: Said) -> Result<(), Error> {
        let is_final = power.as_ref().is_err_and(DriverError::is_final);
        let (state, error) = match power {
            Ok(state) => (state, None),
            Err(error) => {
                (Some(PowerReading::Error), Some(format!("{PREFIX}the power state could not be read: {error}")))
            }
        };
        let is_disarmed = matches!(disarmed, Some(Ok(())));
        let error = error.or_else(|| match disarmed {
            Some(Err(error)) => {
                Some(format!("{PREFIX}a boot device that may be armed could not be taken back: {error}"))
            }
            _ => None,
        });
        // What a person was told of an action stays until the next one.
        let last_error = match &node.last_error {
            Some(told) if !told.starts_with(PREFIX) && is_disarmed => without_armed(told).or_else(|| error.clone()),
            Some(told) if !told.starts_with(PREFIX) => Some(told.clone()),
            _ => error.clone(),
        };
        let same = state.is_none_or(|state| {
            node.power_state == Some(state) && (!node.power_unsure || state == PowerReading::Error)
        });
        if same && node.last_error == last_error && !is_disarmed {
            if is_final {
                self.held.hold(node);
            }
            return Ok(());
        }
        if let Some(error) = &error {
            tracing::warn!(node = %node.called(), uuid = %node.uuid, %error, "device not read");
        } else {
            let state = state.map_or("changing", PowerReading::as_str);
            tracing::info!(node = %node.called(), uuid = %node.uuid, state, disarmed = is_disarmed, "device read");
        }
        let (uuid, revision) = (node.uuid, node.revision);
        let kept = self
            .inventory
            .change(move |registry, changes| {
                // A node that changed since the reading began is read again next time.
                let Some(node) = registry.node(uuid).filter(|node| node.revision == revision) else { return Ok(None) };
                let mut node = Node::clone(node);
                if let Some(state) = state {
                    node.see_power(state);
                }
                node.armed &= !is_disarmed;
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
