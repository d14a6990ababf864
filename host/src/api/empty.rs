//! What Ironic has and nothing here needs: lists that are empty, so that clients which look go on.

use std::collections::BTreeMap;

use axum::extract::State;
use serde_json::json;

use super::links::Base;
use super::query::Query;
use super::{Answer, App, answer};

macro_rules! empty {
    ($($(#[$doc:meta])* $handler:ident $name:literal,)*) => {
        $(
            $(#[$doc])*
            pub(super) async fn $handler(_: Query) -> Answer {
                // Whatever it is restricted to, it is empty.
                answer::ok(&json!({ $name: [] }))
            }
        )*
    };
}

empty! {
    /// `GET /v1/chassis`
    chassis "chassis",
    /// `GET /v1/portgroups`
    portgroups "portgroups",
    /// `GET /v1/allocations`
    allocations "allocations",
    /// `GET /v1/deploy_templates`
    deploy_templates "deploy_templates",
    /// `GET /v1/volume/connectors`
    volume_connectors "connectors",
    /// `GET /v1/volume/targets`
    volume_targets "targets",
}

/// `GET /v1/volume`
pub(super) async fn volume(base: Base, query: Query) -> Answer {
    query.end()?;
    answer::ok(&json!({
        "links": base.links("volume/"),
        "connectors": base.links("volume/connectors"),
        "targets": base.links("volume/targets"),
    }))
}

/// `GET /v1/shards`: how many nodes are in each.
pub(super) async fn shards(State(app): State<App>, query: Query) -> Answer {
    query.end()?;
    let mut counts: BTreeMap<Option<String>, usize> = BTreeMap::new();
    for node in app.conductor.inventory.read().nodes() {
        let count = counts.entry(node.shard.clone()).or_default();
        *count = count.saturating_add(1);
    }
    let shards: Vec<_> = counts.into_iter().map(|(name, count)| json!({ "name": name, "count": count })).collect();
    answer::ok(&json!({ "shards": shards }))
}
