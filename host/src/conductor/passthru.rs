//! Calls of vendor methods.

use std::sync::Arc;

use serde_json::Value;
use tokio::sync::OwnedSemaphorePermit;
use tracing::Instrument;

use super::Conductor;
use super::task::{Admitted, unbroken};
use crate::driver::{Device, DriverError, VendorMethod};
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
        Ok(self.called(&node, device.as_ref(), method, &arguments, place).await?)
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
        let host = self.host.clone();
        self.note(&node, |node| node.reservation = Some(host)).await?;
        let conductor = Arc::clone(self);
        let span = tracing::info_span!("task", node = %node.called(), uuid = %node.uuid, action = method.name);
        let work = async move {
            let result = conductor.called(&node, device.as_ref(), method, &arguments, place).await;
            let error = result.err().map(|error| format!("vendor method {} failed: {error}", method.name));
            let end = move |node: &mut Node| {
                node.reservation = None;
                node.last_error.clone_from(&error);
                node.updated_at = Some(now());
            };
            conductor.insist(node.uuid, end).await;
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
        let Some((_conversation, _worker)) = self.room(device, place).await else { return Err(DriverError::stopped()) };
        let begun = std::time::Instant::now();
        let result = tokio::select! {
            biased;
            () = self.giving_up.cancelled() => Err(DriverError::stopped()),
            result = unbroken(device.passthru(method, arguments, self.options.power_state_change_timeout)) => {
                result.map_err(|error| error.at(device.address()))
            }
        };
        self.metrics.action(&node.driver, method.name, result.as_ref().err().map(DriverError::label), begun.elapsed());
        if let Err(error) = &result {
            tracing::warn!(node = %node.called(), method = method.name, %error, "vendor method failed");
        }
        result
    }
}
