//! What is asked of a device while a client waits, and calls of vendor methods.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rackhand_core::operation::{Action, Outcome};
use serde_json::Value;
use tokio::sync::OwnedSemaphorePermit;
use tracing::Instrument;

use super::Conductor;
use super::task::{Admitted, label_of, unbroken};
use crate::driver::{Device, Doing, DriverError, VendorMethod};
use crate::error::Error;
use crate::model::{Node, Object, now};

impl Conductor {
    /// Calls a method and waits for its answer.
    pub(crate) async fn call(
        &self,
        node: &Node,
        method: &'static VendorMethod,
        arguments: Object,
    ) -> Result<Value, Error> {
        let Admitted { guard: _guard, place, node, device } = self.admit(node).await?;
        let result = self.called(&node, device.as_ref(), method, &arguments, place).await;
        let taught = device.taught();
        if !taught.is_empty() {
            let learn = move |node: &mut Node| {
                node.learn(taught);
                node.updated_at = Some(now());
            };
            // The answer is good all the same.
            if let Err(error) = self.note(&node, learn).await {
                tracing::error!(node = %node.called(), %error, "what the device has taught cannot be kept");
            }
        }
        Ok(result?)
    }

    /// Carries `action` out while the client waits for it.
    pub(super) async fn ask_now(&self, admitted: Admitted, action: &Action) -> Result<Outcome, Error> {
        let Admitted { guard: _guard, place, node, device } = admitted;
        let ask = |timeout| device.perform(action, timeout);
        Ok(self.spoken(&node, device.as_ref(), label_of(action), ask, place).await?)
    }

    /// Accepts a call whose failure is told in last_error.
    pub(crate) async fn begin_call(
        self: &Arc<Self>,
        node: &Node,
        method: &'static VendorMethod,
        arguments: Object,
    ) -> Result<(), Error> {
        if self.stopping.is_cancelled() {
            return Err(Error::Stopping);
        }
        let Admitted { guard, place, node, device } = self.admit(node).await?;
        let was_held = self.held.holds(&node);
        let host = self.host.clone();
        self.note(&node, |node| node.reservation = Some(host)).await?;
        let conductor = Arc::clone(self);
        let span = tracing::info_span!("task", node = %node.called(), uuid = %node.uuid, action = method.name);
        let work = async move {
            let result = conductor.called(&node, device.as_ref(), method, &arguments, place).await;
            // The node changes here, which is none of what the loop waits for.
            let stays_held = was_held && result.as_ref().is_err_and(DriverError::is_access);
            let error = result.err().map(|error| format!("vendor method {} failed: {error}", method.name));
            let taught = device.taught();
            let end = move |node: &mut Node| {
                node.reservation = None;
                node.learn(taught.clone());
                node.last_error.clone_from(&error);
                node.updated_at = Some(now());
            };
            conductor.insist(node.uuid, end).await;
            if let Some(node) = conductor.inventory.read().node(node.uuid).filter(|_| stays_held) {
                conductor.held.hold(node);
            }
            drop(guard);
        };
        self.tasks.spawn(work.instrument(span));
        Ok(())
    }

    async fn called(
        &self,
        node: &Node,
        device: &dyn Device,
        method: &'static VendorMethod,
        arguments: &Object,
        place: OwnedSemaphorePermit,
    ) -> Result<Value, DriverError> {
        let ask = |timeout| device.passthru(method, arguments, timeout);
        self.spoken(node, device, method.name, ask, place).await
    }

    /// Has the device to itself, and a place to run in, and asks it; `label` is a word for metrics and the log.
    async fn spoken<'a, T>(
        &self,
        node: &Node,
        device: &'a dyn Device,
        label: &'static str,
        ask: impl FnOnce(Duration) -> Doing<'a, T>,
        place: OwnedSemaphorePermit,
    ) -> Result<T, DriverError> {
        let Some(_room) = self.room(device, None, place).await else { return Err(DriverError::stopped()) };
        let begun = Instant::now();
        let result = tokio::select! {
            biased;
            () = self.giving_up.cancelled() => Err(DriverError::stopped()),
            result = unbroken(ask(self.options.power_state_change_timeout)) => {
                result.map_err(|error| error.at(device.address()))
            }
        };
        self.metrics.action(&node.driver, label, result.as_ref().err().map(DriverError::label), begun.elapsed());
        match &result {
            // Whatever it had refused before, it lets us in now.
            Ok(_) => self.held.release(node.uuid),
            Err(error) => tracing::warn!(node = %node.called(), action = label, %error, "device failed"),
        }
        result
    }
}
