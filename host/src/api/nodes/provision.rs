//! `PUT /v1/nodes/N/states/provision`

use axum::extract::State;

use super::Named;
use crate::api::links::Base;
use crate::api::query::Query;
use crate::api::value::Arguments;
use crate::api::version::Version;
use crate::api::{Answer, App, answer};

/// Begins what a verb asks for.
pub(in crate::api) async fn provision(
    State(app): State<App>,
    Named(node): Named,
    base: Base,
    version: Version,
    query: Query,
    mut body: Arguments,
) -> Answer {
    query.end()?;
    let verb = body.text("target")?;
    // What else Ironic's verbs take (configdrive, clean_steps, …) belongs to verbs that are refused anyhow.
    if matches!(verb.as_str(), "manage" | "provide") {
        version.need(4, &verb)?;
        body.end()?;
    }
    app.conductor.provision(&node, &verb).await?;
    answer::accepted(Some(&base.at(&format!("/v1/nodes/{}/states", node.uuid))))
}
