//! Provision states: enroll, verifying, manageable, available and nothing else (ironic-api.md, section 10).

use std::sync::Arc;

use super::Conductor;
use super::task::Task;
use crate::error::Error;
use crate::model::{Node, ProvisionState, now};

impl Conductor {
    /// Begins what a verb asks for.
    pub(crate) async fn provision(self: &Arc<Self>, node: &Node, verb: &str) -> Result<(), Error> {
        match verb {
            "manage" if node.provision_state == ProvisionState::Enroll => self.verify(node).await,
            "manage" | "provide" => self.step(node, verb.to_owned()).await,
            _ => Err(refused(node, verb)),
        }
    }

    async fn verify(self: &Arc<Self>, node: &Node) -> Result<(), Error> {
        let timeout = self.options.power_state_change_timeout;
        let judge = |node: &Node| match node.provision_state {
            ProvisionState::Enroll => Ok(()),
            _ => Err(refused(node, "manage")),
        };
        match self.accept(node, Task::Verify, timeout, judge).await {
            // Settings that are wrong are found by verifying: the request is taken, and last_error tells.
            Err(error @ (Error::MissingParameterValue(_) | Error::InvalidParameterValue(_))) => {
                let text = error.to_string();
                self.note(node, move |node| {
                    node.last_error = Some(format!("Failed to get power state for node {}: {text}", node.uuid));
                    node.updated_at = Some(now());
                })
                .await
            }
            other => other,
        }
    }

    /// A step that needs nothing but to be kept.
    async fn step(&self, node: &Node, verb: String) -> Result<(), Error> {
        let _guard = self.lock(node).await?;
        let step = move |node: &mut Node| {
            node.provision_state = match (node.provision_state, verb.as_str()) {
                (ProvisionState::Available, "manage") => ProvisionState::Manageable,
                (ProvisionState::Manageable, "provide") => ProvisionState::Available,
                _ => return Err(refused(node, &verb)),
            };
            node.last_error = None;
            node.provision_updated_at = Some(now());
            node.updated_at = node.provision_updated_at.clone();
            Ok(())
        };
        self.update(node.uuid, step).await.map(drop)
    }
}

fn refused(node: &Node, verb: &str) -> Error {
    Error::InvalidStateRequested {
        action: verb.to_owned(),
        node: node.uuid.to_string(),
        state: node.provision_state.as_str().to_owned(),
    }
}
