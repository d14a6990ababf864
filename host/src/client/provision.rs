//! `rackhand node manage`, `provide`, `maintenance`.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::api::Api;
use super::args::{Maintenance, Provision};
use super::error::Error;
use super::many::{self, Bar, Outcome};
use super::wait;
use crate::Exit;

/// The daemon looks whether it reaches the device, which may have to be woken.
const PATIENCE: Duration = Duration::from_secs(330);

/// Brings nodes by `verb` to the state `end`.
pub(super) async fn main(
    api: &Api,
    verb: &str,
    end: &str,
    provision: &Provision,
    as_json: bool,
) -> Result<Exit, Error> {
    let nodes = many::nodes(&provision.nodes.nodes)?;
    let outcomes = bring(api, &nodes, verb, end, provision.no_wait).await;
    Ok(many::report(&nodes, &outcomes, as_json))
}

/// Brings nodes by `verb` to the state `end`, and waits for it unless `no_wait`.
pub(super) async fn bring(api: &Api, nodes: &[String], verb: &str, end: &str, no_wait: bool) -> Vec<Outcome> {
    let body = json!({ "target": verb });
    let bar = Bar::start(verb, nodes.len());
    let taken_on = many::start(nodes, &bar, no_wait, async |node: &str| {
        api.call(Method::PUT, &["nodes", node, "states", "provision"], Some(&body)).await.map(drop)
    })
    .await;
    if no_wait {
        taken_on.into_iter().map(|it| it.map(|()| many::word("target_provision_state", end))).collect()
    } else {
        wait::until(api, nodes, many::ends(taken_on), PATIENCE, &bar, |node| judge(node, end)).await
    }
}

fn judge(node: &Map<String, Value>, end: &str) -> Option<Outcome> {
    let text = |name: &str| node.get(name).and_then(Value::as_str);
    if text("target_provision_state").is_some() {
        return None;
    }
    let state = text("provision_state").unwrap_or("unknown");
    Some(if state == end {
        Ok(many::word("provision_state", state))
    } else {
        let error = text("last_error").unwrap_or("no error is told");
        Err(Error::Failed(format!("{error} (provision_state is '{state}')")))
    })
}

pub(super) async fn maintenance(api: &Api, maintenance: &Maintenance, as_json: bool) -> Result<Exit, Error> {
    let (method, nodes, body) = match maintenance {
        Maintenance::Set { nodes, reason } => (Method::PUT, nodes, Some(json!({ "reason": reason }))),
        Maintenance::Unset(nodes) => (Method::DELETE, nodes, None),
    };
    let nodes = many::nodes(&nodes.nodes)?;
    let bar = Bar::start("maintenance", nodes.len());
    let outcomes = many::each(nodes.clone(), &bar, async |node: String| {
        api.call(method.clone(), &["nodes", &node, "maintenance"], body.as_ref()).await?;
        Ok(Map::from_iter([("maintenance".to_owned(), json!(body.is_some()))]))
    })
    .await;
    drop(bar);
    Ok(many::report(&nodes, &outcomes, as_json))
}
