//! `DELETE /v1/nodes/N`

use axum::extract::State;

use super::Named;
use crate::api::query::Query;
use crate::api::{Answer, App, Error, answer};
use crate::conductor::known;

/// Removes a node and its ports, once nobody works on it.
pub(in crate::api) async fn delete(State(app): State<App>, Named(node): Named, query: Query) -> Answer {
    query.end()?;
    let _guard = app.conductor.lock(&node).await?;
    let uuid = node.uuid;
    app.conductor
        .inventory
        .change(move |registry, changes| {
            let node = known(registry, uuid)?;
            if node.protected {
                return Err(Error::Protected(uuid.to_string()));
            }
            changes.delete_node(node);
            Ok(())
        })
        .await?;
    app.conductor.forget(&node);
    tracing::info!(node = %node.called(), %uuid, "node deleted");
    answer::no_content()
}
