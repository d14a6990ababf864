//! `rackhand node port`.

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::api::Api;
use super::args::Port;
use super::error::Error;
use super::many::{self, Bar};
use super::{list, print};
use crate::Exit;

const COLUMNS: [&str; 3] = ["uuid", "address", "node_uuid"];

pub(super) async fn main(api: &Api, port: &Port, as_json: bool) -> Result<Exit, Error> {
    match port {
        Port::List { node, address } => list(api, node.as_deref(), address.as_deref(), as_json).await,
        Port::Create { node, addresses } => {
            let uuid = uuid(api, node).await?;
            let bar = Bar::start("create", addresses.len());
            let outcomes = many::each(addresses.clone(), &bar, async |address: String| {
                let body = json!({ "address": address, "node_uuid": uuid });
                let made = api.call(Method::POST, &["ports"], Some(&body)).await?;
                Ok(told(&made))
            })
            .await;
            drop(bar);
            Ok(many::report(addresses, &outcomes, as_json))
        }
        Port::Delete { ports } => {
            let bar = Bar::start("delete", ports.len());
            let outcomes = many::each(ports.clone(), &bar, async |port: String| {
                // Ironic takes no MAC address here; people have nothing else at hand.
                let uuid = if port.contains(':') { by_address(api, &port).await? } else { port };
                api.call(Method::DELETE, &["ports", &uuid], None).await?;
                Ok(many::word("result", "deleted"))
            })
            .await;
            drop(bar);
            Ok(many::report(ports, &outcomes, as_json))
        }
    }
}

async fn list(api: &Api, node: Option<&str>, address: Option<&str>, as_json: bool) -> Result<Exit, Error> {
    let node = match node {
        Some(node) => Some(uuid(api, node).await?),
        None => None,
    };
    let query: Vec<_> = [("node", node.as_deref()), ("address", address)]
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)))
        .collect();
    let path: &[&str] = &["ports", "detail"];
    let ports = list::all(api, path, "ports", &query, None).await?;
    if as_json {
        print::json(&Value::Array(ports.into_iter().map(Value::Object).collect()));
    } else {
        print::table(&COLUMNS, &ports);
    }
    Ok(Exit::Done)
}

fn told(port: &Value) -> Map<String, Value> {
    COLUMNS.iter().filter_map(|key| Some(((*key).to_owned(), port.get(*key)?.clone()))).collect()
}

/// The UUID of a node by whichever name.
async fn uuid(api: &Api, node: &str) -> Result<String, Error> {
    let node = api.get(&["nodes", node], &[("fields", "uuid")]).await?;
    let uuid = node.get("uuid").and_then(Value::as_str).ok_or_else(|| Error::foreign("a node has no uuid"))?;
    Ok(uuid.to_owned())
}

async fn by_address(api: &Api, address: &str) -> Result<String, Error> {
    let ports = list::all(api, &["ports"], "ports", &[("address", address)], None).await?;
    let uuid = ports.first().and_then(|port| port.get("uuid")).and_then(Value::as_str);
    Ok(uuid.ok_or_else(|| Error::Failed("there is no port with this MAC address".to_owned()))?.to_owned())
}
