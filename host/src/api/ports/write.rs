//! `POST /v1/ports`, `PATCH` and `DELETE /v1/ports/UUID`

use std::sync::Arc;

use axum::extract::State;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Named;
use super::view::{FIELDS, PortView, Selection};
use crate::api::links::Base;
use crate::api::patch::Patch;
use crate::api::query::Query;
use crate::api::value::{Field, Fields, Json};
use crate::api::version::Version;
use crate::api::{Answer, App, Error, answer};
use crate::conductor::Guard;
use crate::model::{Node, Port, mac, now};
use crate::store::Registry;

/// What clients may set, in the order of Ironic's message.
pub(super) const WRITABLE: [&str; 7] =
    ["address", "extra", "is_smartnic", "local_link_connection", "node_uuid", "physical_network", "pxe_enabled"];

/// Makes a port.
pub(in crate::api) async fn create(
    State(app): State<App>,
    base: Base,
    version: Version,
    query: Query,
    Fields(body): Fields,
) -> Answer {
    query.end()?;
    let required = |name: &str| {
        if body.get(name).is_none_or(Value::is_null) {
            return Err(Error::Schema { what: "port", wrong: format!("'{name}' is a required property") });
        }
        Ok(())
    };
    required("address")?;
    required("node_uuid")?;
    let mut port = Port::new(Uuid::new_v4(), Uuid::nil(), String::new());
    for (name, value) in body {
        match FIELDS.into_iter().find(|(field, _)| *field == name) {
            Some(("uuid", _)) => {
                if let Some(uuid) = (Field { of: "port", name: "uuid", value }).uuid()? {
                    port.uuid = uuid;
                }
            }
            Some(("portgroup_uuid", since)) => {
                version.need(since, "the field 'portgroup_uuid'")?;
                Field { of: "port", name: "portgroup_uuid", value }.nothing("there are no port groups here")?;
            }
            Some((field, since)) if WRITABLE.contains(&field) => {
                version.need(since, &format!("the field '{field}'"))?;
                set(&mut port, field, value)?;
            }
            _ => {
                let wrong = format!("Additional properties are not allowed ('{name}' was unexpected)");
                return Err(Error::Schema { what: "port", wrong });
            }
        }
    }
    // The node is locked so that a task that is about to begin has either all of its ports or none of this one.
    let node = app.conductor.node(&port.node_uuid.to_string()).map_err(unknown_node)?;
    let _guard = app.conductor.lock(&node).await?;
    let port = app
        .conductor
        .inventory
        .change(move |registry, changes| {
            unique(registry, &port)?;
            Ok::<_, Error>(changes.create_port(port))
        })
        .await?;
    let selection = Selection::whole(version);
    answer::created(
        &PortView { port: &port, base: &base, selection: &selection },
        &base.at(&format!("/v1/ports/{}", port.uuid)),
    )
}

/// Changes a port.
pub(in crate::api) async fn patch(
    State(app): State<App>,
    Named(port): Named,
    base: Base,
    version: Version,
    query: Query,
    Json(body): Json,
) -> Answer {
    query.end()?;
    let patch = Patch::read(body)?;
    for root in patch.roots() {
        let Some((_, since)) = FIELDS.iter().find(|(field, _)| *field == root && WRITABLE.contains(&root)) else {
            return Err(Error::CannotPatch { path: format!("/{root}"), allowed: WRITABLE.join(", ") });
        };
        version.need(*since, &format!("the field '{root}'"))?;
    }
    // The present node's task is not to lose the port half way, nor the new one's to be given it. What is refused is refused by
    // the change; here it locks only the present one.
    let other = |port: &Port| patched(port, &patch).map_or(port.node_uuid, |new| new.node_uuid);
    let _guards = locked(&app, port.uuid, other).await?;
    let uuid = port.uuid;
    let port = app
        .conductor
        .inventory
        .change(move |registry, changes| {
            let old = registry.port(uuid).ok_or_else(|| Error::PortNotFound(uuid.to_string()))?;
            let new = patched(old, &patch)?;
            unique(registry, &new)?;
            Ok::<_, Error>(changes.put_port(new))
        })
        .await?;
    let selection = Selection::whole(version);
    answer::ok(&PortView { port: &port, base: &base, selection: &selection })
}

/// Removes a port.
pub(in crate::api) async fn delete(State(app): State<App>, Named(port): Named, query: Query) -> Answer {
    query.end()?;
    let uuid = port.uuid;
    let _guards = locked(&app, uuid, |port| port.node_uuid).await?;
    app.conductor
        .inventory
        .change(move |registry, changes| {
            changes.delete_port(registry.port(uuid).ok_or_else(|| Error::PortNotFound(uuid.to_string()))?);
            Ok::<_, Error>(())
        })
        .await?;
    answer::no_content()
}

/// Locks the node of a port, and the one that it is to have, in the order of their UUIDs: two who swap ports between two nodes
/// do not wait for each other.
async fn locked(app: &App, uuid: Uuid, target: impl Fn(&Port) -> Uuid) -> Result<Vec<Guard<Uuid>>, Error> {
    loop {
        let wanted = wanted(app, uuid, &target)?;
        let mut guards = Vec::new();
        for node in &wanted {
            guards.push(app.conductor.lock(node).await?);
        }
        // Somebody may have moved the port while the locks were waited for.
        let same = |now: Vec<Arc<Node>>| now.iter().map(|it| it.uuid).eq(wanted.iter().map(|it| it.uuid));
        if same(self::wanted(app, uuid, &target)?) {
            return Ok(guards);
        }
    }
}

/// The nodes to be locked, as of now. A new node that is not there is not locked.
fn wanted(app: &App, uuid: Uuid, target: impl Fn(&Port) -> Uuid) -> Result<Vec<Arc<Node>>, Error> {
    let registry = app.conductor.inventory.read();
    let port = registry.port(uuid).ok_or_else(|| Error::PortNotFound(uuid.to_string()))?;
    let mut uuids = [port.node_uuid, target(port)].to_vec();
    uuids.sort_unstable();
    uuids.dedup();
    Ok(uuids.into_iter().filter_map(|uuid| registry.node(uuid)).cloned().collect())
}

fn patched(old: &Port, patch: &Patch) -> Result<Port, Error> {
    let mut document = json!({
        "address": old.address,
        "extra": old.extra,
        "is_smartnic": old.is_smartnic,
        "local_link_connection": old.local_link_connection,
        "node_uuid": old.node_uuid,
        "physical_network": old.physical_network,
        "pxe_enabled": old.pxe_enabled,
    });
    let before = document.clone();
    patch.apply(&mut document)?;
    let mut port = old.clone();
    for name in WRITABLE {
        let value = document.get_mut(name).map(Value::take).unwrap_or_default();
        // What stays is not judged again.
        if before.get(name) != Some(&value) {
            set(&mut port, name, value)?;
        }
    }
    port.updated_at = Some(now());
    Ok(port)
}

fn set(port: &mut Port, name: &'static str, value: Value) -> Result<(), Error> {
    let given = |value| Field { of: "port", name, value };
    match name {
        "address" => {
            port.address = mac(&value)
                .ok_or_else(|| Error::InvalidMac(value.as_str().map_or_else(|| value.to_string(), str::to_owned)))?;
        }
        "extra" => port.extra = given(value).object()?,
        "is_smartnic" => port.is_smartnic = given(value).flag()?.unwrap_or_default(),
        "local_link_connection" => port.local_link_connection = given(value).object()?,
        "node_uuid" => {
            let missing = || Error::Schema { what: "port", wrong: "'node_uuid' is a required property".to_owned() };
            port.node_uuid = given(value).uuid()?.ok_or_else(missing)?;
        }
        "physical_network" => port.physical_network = given(value).text(64)?,
        "pxe_enabled" => port.pxe_enabled = given(value).flag()?.unwrap_or(true),
        _ => {}
    }
    Ok(())
}

/// The node is an argument here, not the thing that is asked for.
fn unknown_node(error: Error) -> Error {
    match error {
        Error::NodeNotFound(_) => Error::InvalidParameterValue(error.to_string()),
        other => other,
    }
}

/// Addresses and UUIDs belong to one port, and the node is there.
fn unique(registry: &Registry, port: &Port) -> Result<(), Error> {
    if registry.node(port.node_uuid).is_none() {
        return Err(unknown_node(Error::NodeNotFound(port.node_uuid.to_string())));
    }
    if registry.port_at(&port.address).is_some_and(|other| other.id != port.id) {
        return Err(Error::MacAlreadyExists(port.address.clone()));
    }
    if registry.port(port.uuid).is_some_and(|other| other.id != port.id) {
        return Err(Error::PortAlreadyExists(port.uuid));
    }
    Ok(())
}
