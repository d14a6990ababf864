//! `POST /v1/nodes`

use axum::extract::State;
use uuid::Uuid;

use super::fields::{Field, Selection};
use super::view::Show;
use super::write::{self, creatable, missing};
use crate::api::links::Base;
use crate::api::query::Query;
use crate::api::value::Fields;
use crate::api::version::Version;
use crate::api::{Answer, App, Error, answer};
use crate::model::{Node, ProvisionState};
use crate::store::Registry;

/// Makes a node.
pub(in crate::api) async fn create(
    State(app): State<App>,
    base: Base,
    version: Version,
    query: Query,
    Fields(body): Fields,
) -> Answer {
    query.end()?;
    let mut unknown = Vec::new();
    // Before 1.11 a new node was available at once.
    let state = if version.has(11) { ProvisionState::Enroll } else { ProvisionState::Available };
    let mut node = Node::new(Uuid::new_v4(), String::new(), state);
    for (name, value) in body {
        match Field::from_name(&name).filter(|field| creatable(*field)) {
            Some(field) => {
                version.need(field.since(), &format!("the field '{name}'"))?;
                write::set(&mut node, field, value)?;
            }
            None => unknown.push(format!("'{name}'")),
        }
    }
    if !unknown.is_empty() {
        let were = if unknown.len() == 1 { "was" } else { "were" };
        let wrong = format!("Additional properties are not allowed ({} {were} unexpected)", unknown.join(", "));
        return Err(Error::Schema { what: "node", wrong });
    }
    if node.driver.is_empty() {
        return Err(missing("driver"));
    }
    write::judge(&node)?;
    let driver = app.conductor.drivers.of_node(&node.driver)?;
    driver.judge_interfaces(&node)?;
    let node = app
        .conductor
        .inventory
        .change(move |registry, changes| {
            unique(registry, &node)?;
            Ok::<_, Error>(changes.create_node(node))
        })
        .await?;
    tracing::info!(node = %node.called(), uuid = %node.uuid, driver = node.driver, "node created");
    let selection = Selection::whole(version);
    let show = Show { conductor: &app.conductor, base: &base, version, selection: &selection };
    answer::created(&show.node(&node), &base.at(&format!("/v1/nodes/{}", node.uuid)))
}

/// Names, UUIDs and instances belong to one node. `node` may be in the registry already.
pub(super) fn unique(registry: &Registry, node: &Node) -> Result<(), Error> {
    let other = |found: Option<&std::sync::Arc<Node>>| found.is_some_and(|found| found.id != node.id);
    if other(registry.node(node.uuid)) {
        return Err(Error::NodeAlreadyExists(node.uuid));
    }
    if let Some(name) = &node.name
        && other(registry.named(name))
    {
        return Err(Error::DuplicateName(name.clone()));
    }
    if let Some(instance) = node.instance_uuid
        && other(registry.of_instance(instance))
    {
        return Err(Error::InstanceAssociated { instance, node: node.uuid.to_string() });
    }
    Ok(())
}
