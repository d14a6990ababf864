//! What Ironic keeps of a node and nothing here has: lists that are empty.

use serde_json::json;

use super::Named;
use crate::api::links::Base;
use crate::api::query::Query;
use crate::api::{Answer, answer};

macro_rules! empty {
    ($($(#[$doc:meta])* $handler:ident $name:literal,)*) => {
        $(
            $(#[$doc])*
            pub(in crate::api) async fn $handler(Named(_): Named, mut query: Query) -> Answer {
                // How an empty list is cut or sorted makes no difference.
                for argument in ["detail", "fields", "limit", "marker", "sort_dir", "sort_key"] {
                    query.take(argument);
                }
                query.end()?;
                answer::ok(&json!({ $name: [] }))
            }
        )*
    };
}

empty! {
    /// `GET …/traits`
    traits "traits",
    /// `GET …/vifs`
    vifs "vifs",
    /// `GET …/bios`
    bios "bios",
    /// `GET …/history`
    history "history",
    /// `GET …/portgroups`
    portgroups "portgroups",
    /// `GET …/volume/connectors`
    volume_connectors "connectors",
    /// `GET …/volume/targets`
    volume_targets "targets",
}

/// `GET …/volume`
pub(in crate::api) async fn volume(Named(node): Named, base: Base, query: Query) -> Answer {
    query.end()?;
    let at = |name: &str| base.links(&format!("nodes/{}/volume{name}", node.uuid));
    answer::ok(&json!({ "links": at(""), "connectors": at("/connectors"), "targets": at("/targets") }))
}
