//! Power: what a request may ask for, and its acceptance.

use std::sync::Arc;
use std::time::Duration;

use rackhand_core::operation::{Action, PowerTarget};

use super::Conductor;
use super::task::Task;
use crate::error::Error;
use crate::model::Node;

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PowerRequest {
    /// The state to be reached.
    pub(crate) target: PowerTarget,
    /// How long the whole may take.
    pub(crate) timeout: Option<Duration>,
}

impl Conductor {
    /// Accepts a change of the power state.
    pub(crate) async fn set_power(self: &Arc<Self>, node: &Node, request: PowerRequest) -> Result<(), Error> {
        let driver = self.drivers.of_node(&node.driver)?;
        let PowerRequest { target, timeout } = request;
        if !driver.capabilities().power_targets.contains(&target) {
            return Err(Error::UnsupportedPower { driver: node.driver.clone(), state: target.as_str() });
        }
        let timeout = timeout.unwrap_or(self.options.power_state_change_timeout);
        // Wrong settings are told at once, also when somebody works on the node.
        driver.prepare(node, &self.addresses(node.uuid))?.check(&Action::SetPower(target), timeout)?;
        self.accept(node, Task::Power(target), timeout, |_| Ok(())).await
    }
}
