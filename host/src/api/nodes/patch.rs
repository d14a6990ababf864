//! `PATCH /v1/nodes/N`: RFC 6902, of which Ironic takes `add`, `replace` and `remove`.

use axum::extract::State;
use serde_json::Value;

use super::Named;
use super::create::unique;
use super::fields::{Field, Selection};
use super::view::Show;
use super::write::{self, PATCHABLE, patchable};
use crate::api::links::Base;
use crate::api::patch::Patch;
use crate::api::query::Query;
use crate::api::value::Json;
use crate::api::version::Version;
use crate::api::{Answer, App, Error, answer};
use crate::conductor::known;
use crate::model::{Interface, Node, Object, now};

/// Changes a node.
pub(in crate::api) async fn patch(
    State(app): State<App>,
    Named(node): Named,
    base: Base,
    version: Version,
    mut query: Query,
    Json(body): Json,
) -> Answer {
    let reset = query.flag("reset_interfaces")?;
    query.end()?;
    if reset.is_some() {
        version.need(45, "reset_interfaces")?;
    }
    let patch = Patch::read(body)?;
    for root in patch.roots() {
        let Some(field) = Field::from_name(root).filter(|field| patchable(*field)) else {
            let allowed: Vec<_> = PATCHABLE.iter().map(|field| field.name()).collect();
            return Err(Error::CannotPatch { path: format!("/{root}"), allowed: allowed.join(", ") });
        };
        version.need(field.since(), &format!("the field '{root}'"))?;
    }
    let reset = reset == Some(true);
    if reset && !patch.roots().any(|root| root == "driver") {
        return Err(Error::InvalidParameterValue(
            "The reset_interfaces parameter can only be used when changing the node's driver.".to_owned(),
        ));
    }
    let guard = app.conductor.lock(&node).await?;
    let (uuid, conductor) = (node.uuid, std::sync::Arc::clone(&app.conductor));
    let (old, node) = app
        .conductor
        .inventory
        .change(move |registry, changes| {
            let old = known(registry, uuid)?;
            let new = patched(old, &patch, reset)?;
            let driver = conductor.drivers.of_node(&new.driver)?;
            driver.judge_interfaces(&new)?;
            unique(registry, &new)?;
            Ok::<_, Error>((std::sync::Arc::clone(old), changes.put_node(new)))
        })
        .await?;
    if (&old.driver, &old.driver_info) != (&node.driver, &node.driver_info) {
        app.conductor.forget(&old);
    }
    drop(guard);
    let selection = Selection::whole(version);
    let show = Show { conductor: &app.conductor, base: &base, version, selection: &selection };
    answer::ok(&show.node(&node))
}

fn patched(old: &Node, patch: &Patch, reset: bool) -> Result<Node, Error> {
    let before = document(old);
    let mut after = Value::Object(before.clone());
    patch.apply(&mut after)?;
    let mut node = old.clone();
    let Value::Object(mut after) = after else { return Ok(node) };
    if reset {
        node.interfaces.clear();
    }
    for field in PATCHABLE {
        // What was removed is as if it had never been given.
        let mut value = after.remove(field.name()).unwrap_or_default();
        // An empty name takes the name away, as in Ironic.
        if field == Field::Name && value == "" {
            value = Value::Null;
        }
        if before.get(field.name()) != Some(&value) {
            write::set(&mut node, field, value)?;
        }
    }
    write::judge(&node)?;
    if node.driver != old.driver {
        // What another driver keeps of a node means nothing to this one, and it could take nothing back.
        node.boot = None;
        node.armed = false;
    }
    if (&node.driver, &node.driver_info) != (&old.driver, &old.driver_info) {
        node.forget_taught();
    }
    node.updated_at = Some(now());
    Ok(node)
}

/// The fields that a patch can change, as it finds them. Secrets are there: what a patch does not touch stays.
fn document(node: &Node) -> Object {
    let mut document = Object::new();
    for field in PATCHABLE {
        let value = match field {
            Field::AutomatedClean => node.automated_clean.into(),
            Field::ConductorGroup => node.conductor_group.clone().into(),
            Field::Description => node.description.clone().into(),
            Field::Driver => node.driver.clone().into(),
            Field::DriverInfo => Value::Object(node.driver_info.clone()),
            Field::Extra => Value::Object(node.extra.clone()),
            Field::InstanceInfo => Value::Object(node.instance_info.clone()),
            Field::InstanceUuid => node.instance_uuid.map(|uuid| uuid.to_string()).into(),
            Field::Lessee => node.lessee.clone().into(),
            Field::Maintenance => node.maintenance.into(),
            Field::MaintenanceReason => node.maintenance_reason.clone().into(),
            Field::Name => node.name.clone().into(),
            Field::NetworkData => Value::Object(node.network_data.clone()),
            Field::Owner => node.owner.clone().into(),
            Field::Properties => Value::Object(node.properties.clone()),
            Field::Protected => node.protected.into(),
            Field::ProtectedReason => node.protected_reason.clone().into(),
            Field::ResourceClass => node.resource_class.clone().into(),
            Field::Retired => node.retired.into(),
            Field::RetiredReason => node.retired_reason.clone().into(),
            Field::Shard => node.shard.clone().into(),
            other => interface(node, other.interface()),
        };
        document.insert(field.name().to_owned(), value);
    }
    document
}

fn interface(node: &Node, interface: Option<Interface>) -> Value {
    interface.and_then(|interface| node.interfaces.get(&interface)).cloned().into()
}
