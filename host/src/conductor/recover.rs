//! The start: what a daemon that ended without warning has left behind.

use std::sync::Arc;

use futures_util::{StreamExt, stream};

use super::Conductor;
use super::boot::LEFT_ARMED;
use crate::driver::Enabled;
use crate::error::Error;
use crate::model::{Node, ProvisionState, now};

impl Conductor {
    /// Frees every node that was worked on and tells it; nothing can be working on one now. How far the work came is not
    /// known, so a state that can be read is forgotten, and read again at once, and what may have been left armed is taken back
    /// before that; so is what an earlier daemon had left open.
    pub(crate) async fn recover(self: &Arc<Self>) -> Result<(), Error> {
        let tells: Vec<_> = self.drivers.iter().filter(|it| it.capabilities().tells_power).map(Enabled::name).collect();
        let left = self
            .inventory
            .change(move |registry, changes| {
                let mut left = Vec::new();
                for node in registry.nodes().filter(|node| is_left_behind(node)) {
                    let mut node = Node::clone(node);
                    let tells_power = tells.contains(&node.driver.as_str());
                    free(&mut node, tells_power);
                    left.push(changes.put_node(node));
                }
                Ok::<_, Error>(left)
            })
            .await?;
        for node in &left {
            tracing::warn!(node = %node.called(), uuid = %node.uuid, "was being worked on when the service ended; freed");
        }
        let conductor = Arc::clone(self);
        let open: Vec<_> = self
            .inventory
            .read()
            .nodes()
            .filter(|node| node.power_unsure || node.armed)
            .map(|node| node.uuid)
            .collect();
        self.tasks.spawn(async move {
            let read = |uuid| {
                let conductor = Arc::clone(&conductor);
                async move { conductor.make_sure(uuid).await }
            };
            // All at once: those that share a device wait for it.
            stream::iter(open).for_each_concurrent(None, read).await;
        });
        Ok(())
    }
}

fn is_left_behind(node: &Node) -> bool {
    node.reservation.is_some()
        || node.target_power_state.is_some()
        || node.target_provision_state.is_some()
        || node.provision_state == ProvisionState::Verifying
}

fn free(node: &mut Node, tells_power: bool) {
    let what = match (node.target_power_state, node.provision_state) {
        (Some(target), _) => format!("Failed to change power state to '{}'", target.as_str()),
        (None, ProvisionState::Verifying) => format!("Failed to get power state for node {}", node.uuid),
        (None, _) => "The action failed".to_owned(),
    };
    let armed = if node.armed { format!("; {LEFT_ARMED}") } else { String::new() };
    node.last_error =
        Some(format!("{what}: the service ended before it was done, and how far it came is not known{armed}."));
    if tells_power && node.target_power_state.is_some() {
        node.forget_power();
    }
    node.reservation = None;
    node.target_power_state = None;
    node.target_provision_state = None;
    if node.provision_state == ProvisionState::Verifying {
        node.provision_state = ProvisionState::Enroll;
        node.provision_updated_at = Some(now());
    }
    node.updated_at = Some(now());
}
