//! `rackhand node list`, `show`, `delete`, `validate`.

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::api::Api;
use super::args::List;
use super::error::Error;
use super::many::{self, Bar};
use super::{list, print};
use crate::Exit;

const COLUMNS: &str = "uuid,name,power_state,provision_state,maintenance";
const LONG: &str = "uuid,name,driver,power_state,target_power_state,provision_state,maintenance,reservation,last_error";

pub(super) async fn list(api: &Api, list: &List, as_json: bool) -> Result<Exit, Error> {
    let columns = list.fields.as_deref().unwrap_or(if list.long { LONG } else { COLUMNS });
    // All that is known is no table.
    let path: &[&str] = if list.long && as_json { &["nodes", "detail"] } else { &["nodes"] };
    let mut query = Vec::new();
    if !(list.long && as_json) {
        query.push(("fields", columns));
    }
    let maintenance = list.maintenance.map(|it| it.to_string());
    let filters = [
        ("driver", &list.driver),
        ("provision_state", &list.provision_state),
        ("maintenance", &maintenance),
        ("fault", &list.fault),
        ("owner", &list.owner),
        ("resource_class", &list.resource_class),
        ("description_contains", &list.description_contains),
    ];
    query.extend(filters.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?))));
    if let Some(sort) = &list.sort {
        let (key, direction) = sort.split_once(':').unwrap_or((sort, "asc"));
        query.extend([("sort_key", key), ("sort_dir", direction)]);
    }
    let limit = list.limit.and_then(|limit| usize::try_from(limit).ok());
    let nodes = list::all(api, path, "nodes", &query, limit).await?;
    if as_json {
        print::json(&Value::Array(nodes.into_iter().map(Value::Object).collect()));
    } else {
        print::table(&columns.split(',').collect::<Vec<_>>(), &nodes);
    }
    Ok(Exit::Done)
}

pub(super) async fn show(api: &Api, nodes: &[String], names: Option<&str>, as_json: bool) -> Exit {
    let query: Vec<_> = names.map(|names| ("fields", names)).into_iter().collect();
    let bar = Bar::start("show", nodes.len());
    let outcomes =
        many::each(nodes.to_vec(), &bar, async |node: String| match api.get(&["nodes", &node], &query).await? {
            Value::Object(node) => Ok(node),
            _ => Err(Error::foreign("a node is no object")),
        })
        .await;
    drop(bar);
    many::objects(nodes, &outcomes, as_json)
}

pub(super) async fn delete(api: &Api, nodes: &[String], as_json: bool) -> Exit {
    let bar = Bar::start("delete", nodes.len());
    let outcomes = many::each(nodes.to_vec(), &bar, async |node: String| {
        api.call(Method::DELETE, &["nodes", &node], None).await?;
        Ok(many::word("result", "deleted"))
    })
    .await;
    drop(bar);
    many::report(nodes, &outcomes, as_json)
}

/// Rows for a person are the interfaces of the nodes; those that the driver does not have are left out.
pub(super) async fn validate(api: &Api, nodes: &[String], as_json: bool) -> Exit {
    let bar = Bar::start("validate", nodes.len());
    let outcomes = many::each(nodes.to_vec(), &bar, async |node: String| {
        match api.get(&["nodes", &node, "validate"], &[]).await? {
            Value::Object(interfaces) => Ok(interfaces),
            _ => Err(Error::foreign("a validation is no object")),
        }
    })
    .await;
    drop(bar);
    let valid = outcomes
        .iter()
        .flatten()
        .all(|interfaces| ["power", "management"].iter().all(|name| result(interfaces, name) != Some(false)));
    let exit = if as_json {
        many::report(nodes, &outcomes, true)
    } else {
        let mut rows = Vec::new();
        for (node, interfaces) in nodes.iter().zip(&outcomes) {
            for (name, interface) in interfaces.iter().flatten() {
                let text = |key: &str| interface.get(key).cloned().unwrap_or(Value::Null);
                let row = [
                    ("node", json!(node)),
                    ("interface", json!(name)),
                    ("result", text("result")),
                    ("reason", text("reason")),
                ];
                rows.push(row.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>());
            }
        }
        if !rows.is_empty() {
            print::table(&["node", "interface", "result", "reason"], &rows);
        }
        many::failures(nodes, &outcomes)
    };
    if exit == Exit::Done && !valid { Exit::Failed } else { exit }
}

fn result(interfaces: &Map<String, Value>, name: &str) -> Option<bool> {
    interfaces.get(name)?.get("result")?.as_bool()
}
