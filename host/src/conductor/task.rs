//! An accepted task, from its reservation to its end.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use rackhand_core::operation::{Action, Outcome, PowerTarget};
use tokio::sync::OwnedSemaphorePermit;
use tracing::Instrument;
use uuid::Uuid;

use super::boot::{Ended, LEFT_ARMED, Plan};
use super::{Conductor, Guard};
use crate::driver::{Device, DriverError, Turn};
use crate::error::Error;
use crate::model::{Node, PowerReading, ProvisionState, now};

/// What is to be done with a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    /// Reach a power state.
    Power(PowerTarget),
    /// See whether the device answers, before the node becomes manageable.
    Verify,
}

/// How it did not end.
pub(super) enum Unfinished {
    /// The driver says so.
    Failed(DriverError),
    /// The daemon was told to end before it began.
    NotBegun,
    /// The daemon had to end before it was done.
    GivenUp,
}

impl Task {
    /// The node while the task is not done.
    fn begin(self, node: &mut Node, host: &str) {
        node.reservation = Some(host.to_owned());
        node.last_error = None;
        match self {
            Self::Power(target) => node.target_power_state = Some(PowerReading::end_of(target)),
            Self::Verify => {
                node.provision_state = ProvisionState::Verifying;
                node.target_provision_state = Some(ProvisionState::Manageable);
                node.provision_updated_at = Some(now());
            }
        }
        node.updated_at = Some(now());
    }

    /// The node when the task is done, one way or the other.
    fn end(self, node: &mut Node, result: &Result<Outcome, Unfinished>, tells_power: bool) {
        node.reservation = None;
        node.target_power_state = None;
        node.updated_at = Some(now());
        if let Some(state) = result.as_ref().ok().and_then(|outcome| reading(*outcome, node.power_state)) {
            node.see_power(state);
        }
        if tells_power && matches!(self, Self::Power(_)) {
            match result {
                Err(Unfinished::GivenUp) => node.forget_power(),
                // How far it came is to be seen.
                Err(Unfinished::Failed(error)) => node.power_unsure |= !error.sent_nothing(),
                Ok(outcome) => node.power_unsure |= matches!(outcome, Outcome::Changing),
                Err(Unfinished::NotBegun) => {}
            }
        }
        let error = result.as_ref().err().map(|unfinished| match unfinished {
            Unfinished::Failed(error) => error.to_string(),
            Unfinished::NotBegun => "the service was stopped before it began, and nothing was sent".to_owned(),
            Unfinished::GivenUp => {
                "the service was stopped before it was done, and how far it came is not known".to_owned()
            }
        });
        match self {
            Self::Power(target) => {
                let error = error.map(|text| format!("Failed to change power state to '{target}': {text}"));
                let armed = node.armed.then(|| LEFT_ARMED.to_owned());
                node.last_error = match (error, armed) {
                    (Some(error), Some(armed)) => Some(format!("{error}; {armed}")),
                    (error, armed) => error.or(armed),
                };
            }
            Self::Verify => {
                node.target_provision_state = None;
                node.provision_updated_at = Some(now());
                node.provision_state =
                    if error.is_none() { ProvisionState::Manageable } else { ProvisionState::Enroll };
                node.last_error = error.map(|text| format!("Failed to get power state for node {}: {text}", node.uuid));
            }
        }
    }
}

/// What may be done: the node and a place in the queue are kept for it.
pub(super) struct Admitted {
    pub(super) guard: Guard<Uuid>,
    pub(super) place: OwnedSemaphorePermit,
    /// As it is now.
    pub(super) node: Arc<Node>,
    pub(super) device: Box<dyn Device>,
}

/// What an outcome tells of a node of which `stored` was known; nothing while the machine is on its way to another state.
pub(super) fn reading(outcome: Outcome, stored: Option<PowerReading>) -> Option<PowerReading> {
    match outcome {
        Outcome::Changing => None,
        _ => outcome.power_state().map(PowerReading::from).or(stored).or(Some(PowerReading::Off)),
    }
}

impl Conductor {
    /// Waits for the node, takes a place in the queue, and judges the settings as they are then.
    pub(super) async fn admit(&self, node: &Node) -> Result<Admitted, Error> {
        let guard = self.lock(node).await?;
        self.admitted(guard, node.uuid)
    }

    /// The same for whoever has the node already.
    pub(super) fn admitted(&self, guard: Guard<Uuid>, node: Uuid) -> Result<Admitted, Error> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| Error::Busy)?;
        let (node, device) = self.ready(node)?;
        Ok(Admitted { guard, place, node, device })
    }

    /// Accepts a task: when this returns, the node's reservation and target are kept, and the task will be done or told why
    /// not.
    pub(super) async fn accept(
        self: &Arc<Self>,
        node: &Node,
        task: Task,
        timeout: Duration,
        judge: impl FnOnce(&Node) -> Result<(), Error> + Send + 'static,
    ) -> Result<(), Error> {
        if self.stopping.is_cancelled() {
            return Err(Error::Stopping);
        }
        // The node may have changed while it was waited for.
        let Admitted { guard, place, node, device } = self.admit(node).await?;
        let management = self.drivers.get(&node.driver).and_then(|driver| driver.management(&node));
        let plan = Plan::new(task, &node, management);
        device.check(&plan.action, timeout)?;
        let host = self.host.clone();
        let begins = plan.clone();
        let begin = move |node: &mut Node| {
            judge(node)?;
            task.begin(node, &host);
            begins.begin(node);
            Ok(())
        };
        let node = self.update(node.uuid, begin).await?;
        let conductor = Arc::clone(self);
        let span =
            tracing::info_span!("task", node = %node.called(), uuid = %node.uuid, action = label_of(&plan.action));
        self.tasks.spawn(
            async move { conductor.carry_out(&node, plan, device, timeout, guard, place).await }
                .instrument(span.or_current()),
        );
        Ok(())
    }

    async fn carry_out(
        &self,
        node: &Node,
        plan: Plan,
        device: Box<dyn Device>,
        timeout: Duration,
        guard: Guard<Uuid>,
        place: OwnedSemaphorePermit,
    ) {
        let waited = Instant::now();
        // Cleared settings may have changed what the device said no to.
        self.held.release(node.uuid);
        let (ended, conversation) = self.converse(node, device.as_ref(), &plan, timeout, place).await;
        match &ended.result {
            Ok(outcome) => tracing::info!(?outcome, seconds = waited.elapsed().as_secs_f64(), "done"),
            Err(Unfinished::Failed(error)) => {
                tracing::warn!(%error, seconds = waited.elapsed().as_secs_f64(), "failed");
            }
            Err(Unfinished::NotBegun) => tracing::warn!("not begun: the service stops"),
            Err(Unfinished::GivenUp) => tracing::warn!("given up: the service stops"),
        }
        let no_access = matches!(&ended.result, Err(Unfinished::Failed(error)) if error.is_access());
        self.end(node.uuid, plan, ended).await;
        let unsure = {
            let registry = self.inventory.read();
            let node = registry.node(node.uuid);
            if let Some(node) = node.filter(|_| no_access) {
                self.held.hold(node);
            }
            node.is_some_and(|node| node.power_unsure)
        };
        // The sync loop is let in only now: what it reads is later than what was kept.
        drop((conversation, guard));
        if unsure {
            self.make_sure(node.uuid).await;
        }
    }

    /// Has the device to itself, and a place to run in, and carries `plan` out.
    async fn converse(
        &self,
        node: &Node,
        device: &dyn Device,
        plan: &Plan,
        timeout: Duration,
        place: OwnedSemaphorePermit,
    ) -> (Ended, Option<Guard<String>>) {
        let Some((conversation, room)) = self.room(device, Some(&plan.action), place).await else {
            return (Err(Unfinished::NotBegun).into(), None);
        };
        let begun = Instant::now();
        let mut disarmed = false;
        let result = tokio::select! {
            biased;
            () = self.giving_up.cancelled() => Err(Unfinished::GivenUp),
            result = unbroken(plan.carry_out(device, timeout, &mut disarmed)) => {
                result.map_err(|error| Unfinished::Failed(error.at(device.address())))
            }
        };
        drop(room);
        let label = match &result {
            Ok(_) => None,
            Err(Unfinished::Failed(error)) => Some(error.label()),
            Err(Unfinished::NotBegun | Unfinished::GivenUp) => Some("interrupted"),
        };
        self.metrics.action(&node.driver, label_of(&plan.action), label, begun.elapsed());
        (Ended { result, disarmed }, conversation)
    }

    /// Waits for the device to be free, and for places to run in; in this order, so that whoever waits for one device or hypervisor
    /// keeps nobody from the others. `action`: none for a vendor method. None: the daemon stops, and nothing begins.
    pub(super) async fn room(
        &self,
        device: &dyn Device,
        action: Option<&Action>,
        place: OwnedSemaphorePermit,
    ) -> Option<(Option<Guard<String>>, Room)> {
        let room = async {
            let conversation = match device.address() {
                Some(address) => Some(self.devices.acquire(address.to_owned()).await),
                None => None,
            };
            let turn = match action {
                Some(action) => device.turn(action).await,
                None => None,
            };
            let only_waits = action.is_some_and(|action| device.only_waits(action));
            let places = if only_waits { &self.waiters } else { &self.workers };
            // They are never closed.
            let worker = Arc::clone(places).acquire_owned().await.ok();
            (conversation, Room { _turn: turn, _worker: worker })
        };
        tokio::select! {
            biased;
            () = self.stopping.cancelled() => None,
            room = room => {
                drop(place);
                Some(room)
            }
        }
    }

    async fn end(&self, uuid: Uuid, plan: Plan, ended: Ended) {
        let tells = self.inventory.read().node(uuid).and_then(|node| self.drivers.get(&node.driver));
        let tells_power = tells.is_some_and(|driver| driver.capabilities().tells_power);
        let end = move |node: &mut Node| {
            plan.end(node, &ended);
            plan.task.end(node, &ended.result, tells_power);
        };
        self.insist(uuid, end).await;
    }

    /// Keeps how something ended. A store that cannot keep it is asked again until it can: till then the node stays reserved,
    /// and after a restart it is told that the task was interrupted.
    pub(super) async fn insist(&self, uuid: Uuid, end: impl Fn(&mut Node) + Send + Sync + 'static) {
        let end = Arc::new(end);
        let mut pause = Duration::from_millis(100);
        loop {
            let end = Arc::clone(&end);
            let kept = self.inventory.change(move |registry, changes| {
                if let Some(node) = registry.node(uuid) {
                    let mut node = Node::clone(node);
                    end(&mut node);
                    changes.put_node(node);
                }
                Ok::<_, Error>(())
            });
            match kept.await {
                Ok(()) => return,
                Err(error) if self.giving_up.is_cancelled() => {
                    tracing::error!(%error, "how the action ended could not be kept");
                    return;
                }
                Err(error) => {
                    tracing::error!(%error, "how the action ended cannot be kept; trying again");
                    tokio::select! {
                        () = tokio::time::sleep(pause) => {}
                        () = self.giving_up.cancelled() => {}
                    }
                    pause = pause.saturating_mul(2).min(Duration::from_secs(5));
                }
            }
        }
    }
}

/// Places to run in, as long as this is there.
pub(super) struct Room {
    _turn: Turn,
    _worker: Option<OwnedSemaphorePermit>,
}

/// What a driver does; if it panics, that is an error of its, and the node is not left reserved.
pub(super) async fn unbroken<T>(doing: impl Future<Output = Result<T, DriverError>>) -> Result<T, DriverError> {
    let done = AssertUnwindSafe(doing).catch_unwind().await;
    done.unwrap_or_else(|_| Err(DriverError::internal("the driver broke off; please report it with the log")))
}

/// A word for metrics.
pub(super) const fn label_of(action: &Action) -> &'static str {
    match action {
        Action::GetPower => "get_power",
        Action::SetPower(target) | Action::StartFrom { target, .. } => match target {
            PowerTarget::On => "power_on",
            PowerTarget::Off => "power_off",
            PowerTarget::Reboot => "reboot",
            PowerTarget::SoftOff => "soft_power_off",
            PowerTarget::SoftReboot => "soft_reboot",
        },
        Action::Disarm => "disarm",
        Action::GetBootDevice => "get_boot_device",
        Action::SetBootDevice { .. } => "set_boot_device",
        _ => "other",
    }
}
