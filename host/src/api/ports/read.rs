//! `GET /v1/ports`, `/v1/ports/detail`, `/v1/ports/UUID` and `/v1/nodes/N/ports`

use std::cmp::Ordering;
use std::sync::Arc;

use axum::extract::State;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Named;
use super::view::{PortView, Selection};
use crate::api::links::Base;
use crate::api::nodes;
use crate::api::page::Page;
use crate::api::query::Query;
use crate::api::version::Version;
use crate::api::{Answer, App, Error, answer};
use crate::model::{Port, mac};

/// `GET /v1/ports/UUID`
pub(in crate::api) async fn show(Named(port): Named, base: Base, version: Version, mut query: Query) -> Answer {
    let selection = match query.take("fields") {
        Some(names) => Selection::named(&names, version)?,
        None => Selection::whole(version),
    };
    query.end()?;
    answer::ok(&PortView { port: &port, base: &base, selection: &selection })
}

/// `GET /v1/ports`
pub(in crate::api) async fn list(State(app): State<App>, base: Base, version: Version, query: Query) -> Answer {
    listed(&app, &base, version, query, "ports", None)
}

/// `GET /v1/ports/detail`
pub(in crate::api) async fn detail(State(app): State<App>, base: Base, version: Version, query: Query) -> Answer {
    listed(&app, &base, version, query, "ports/detail", None)
}

/// `GET /v1/nodes/N/ports`
pub(in crate::api) async fn of_node(
    State(app): State<App>,
    nodes::Named(node): nodes::Named,
    base: Base,
    version: Version,
    query: Query,
) -> Answer {
    let path = format!("nodes/{}/ports", node.uuid);
    listed(&app, &base, version, query, &path, Some(node.uuid))
}

fn listed(app: &App, base: &Base, version: Version, mut query: Query, path: &str, mut node: Option<Uuid>) -> Answer {
    let mut keep = Vec::new();
    let page = Page::take(&mut query, app.max_limit)?;
    // The path may have said all.
    let whole = path.ends_with("/detail");
    let fields = if whole { None } else { query.take("fields") };
    let detail = match if whole { None } else { query.flag("detail")? } {
        Some(detail) => {
            version.need(43, "detail")?;
            detail
        }
        None => whole,
    };
    let selection = match (&fields, detail) {
        (Some(_), true) => {
            return Err(Error::InvalidParameterValue(
                "Can't fetch a subset of fields with 'detail' set: give either 'fields' or 'detail'.".to_owned(),
            ));
        }
        (Some(names), false) => Selection::named(names, version)?,
        (None, true) => Selection::whole(version),
        (None, false) => Selection::brief(),
    };
    if let Some(names) = fields {
        keep.push(("fields", names));
    } else if detail && !whole {
        keep.push(("detail", "True".to_owned()));
    }
    // Below a node, the path has said which.
    let by_query: &[&str] = if node.is_none() { &["node", "node_uuid"] } else { &[] };
    for argument in by_query {
        if let Some(ident) = query.take(argument) {
            node = Some(nodes::named(app, version, &ident)?.uuid);
            keep.push((argument, ident));
        }
    }
    let address = match query.take("address") {
        None => None,
        Some(text) => {
            let address = mac(&Value::String(text.clone())).ok_or_else(|| Error::InvalidMac(text.clone()))?;
            keep.push(("address", text));
            Some(address)
        }
    };
    // There are no port groups here.
    let nowhere = query.take("portgroup").is_some();
    query.end()?;
    let compare = order(&page.sort_key)?;
    let mut ports: Vec<Arc<Port>> = {
        let registry = app.conductor.inventory.read();
        match node {
            // The marker may have been moved to another node since the page before.
            Some(node) => {
                let moved = page.marker().and_then(|marker| registry.port(marker)).filter(|it| it.node_uuid != node);
                registry.ports_of(node).chain(moved).cloned().collect()
            }
            None => registry.ports().cloned().collect(),
        }
    };
    ports.sort_by(|one, other| compare(one, other));
    if page.descending {
        ports.reverse();
    }
    let wanted = |port: &Arc<Port>| {
        !nowhere
            && node.is_none_or(|node| port.node_uuid == node)
            && address.as_ref().is_none_or(|address| port.address == *address)
    };
    let (ports, more) = page.cut(ports, |port| port.uuid, wanted, Error::PortNotFound)?;
    let views: Vec<_> = ports.iter().map(|port| PortView { port, base, selection: &selection }).collect();
    let mut body = json!({ "ports": views });
    if let (true, Some(last), Some(body)) = (more, ports.last(), body.as_object_mut()) {
        body.insert("next".to_owned(), page.next(base, path, &keep, last.uuid).into());
    }
    answer::ok(&body)
}

/// How ports compare.
fn order(key: &str) -> Result<fn(&Port, &Port) -> Ordering, Error> {
    Ok(match key {
        "id" => |one, other| one.id.cmp(&other.id),
        "uuid" => |one, other| one.uuid.cmp(&other.uuid),
        "address" => |one, other| one.address.cmp(&other.address),
        "node_uuid" => |one, other| one.node_uuid.cmp(&other.node_uuid),
        "created_at" => |one, other| one.created_at.cmp(&other.created_at),
        "updated_at" => |one, other| one.updated_at.cmp(&other.updated_at),
        "physical_network" => |one, other| one.physical_network.cmp(&other.physical_network),
        "pxe_enabled" => |one, other| one.pxe_enabled.cmp(&other.pxe_enabled),
        _ => {
            let wrong = format!("The sort_key value \"{key}\" is invalid for sorting");
            return Err(Error::InvalidParameterValue(wrong));
        }
    })
}
