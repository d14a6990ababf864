//! `PUT` and `DELETE /v1/nodes/N/maintenance`: also while somebody works on the node.

use axum::extract::State;
use serde_json::Value;

use super::Named;
use crate::api::query::Query;
use crate::api::value::{Field, MaybeFields};
use crate::api::{Answer, App, Error, answer};
use crate::model::now;

/// Sets it, with a reason if one is given.
pub(in crate::api) async fn set_maintenance(
    State(app): State<App>,
    Named(node): Named,
    mut query: Query,
    MaybeFields(mut body): MaybeFields,
) -> Answer {
    let by_query = query.take("reason").map(Value::String);
    query.end()?;
    let value = body.remove("reason").or(by_query).unwrap_or_default();
    let reason = Field { of: "maintenance", name: "reason", value }.text(4096)?;
    if let Some(name) = body.keys().next() {
        return Err(Error::UnexpectedArguments(name.clone()));
    }
    app.conductor
        .note(&node, move |node| {
            node.maintenance = true;
            node.maintenance_reason = reason;
            node.updated_at = Some(now());
        })
        .await?;
    answer::accepted(None)
}

/// Unsets it.
pub(in crate::api) async fn unset_maintenance(State(app): State<App>, Named(node): Named, query: Query) -> Answer {
    query.end()?;
    app.conductor
        .note(&node, |node| {
            node.maintenance = false;
            node.maintenance_reason = None;
            node.updated_at = Some(now());
        })
        .await?;
    answer::accepted(None)
}
