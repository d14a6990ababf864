//! `rackhand node create`, `set`, `unset`.

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::api::Api;
use super::args::{Create, Settings, Unset};
use super::error::Error;
use super::many::{self, Bar, Outcome};
use super::values::{self, Spread};
use super::{hosts, print};
use crate::Exit;

/// What is told of a node that was made or changed.
const TOLD: [&str; 3] = ["uuid", "driver", "provision_state"];

/// The fields that hold one text.
fn texts(settings: &Settings) -> impl Iterator<Item = (&'static str, &str)> {
    [
        ("description", &settings.description),
        ("resource_class", &settings.resource_class),
        ("owner", &settings.owner),
        ("power_interface", &settings.power_interface),
        ("management_interface", &settings.management_interface),
        ("vendor_interface", &settings.vendor_interface),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value.as_deref()?)))
}

pub(super) async fn create(api: &Api, create: &Create, as_json: bool) -> Result<Exit, Error> {
    let names = match &create.name {
        Some(list) => {
            let names = hosts::expand(list).map_err(|bad| Error::Usage(format!("--name: {bad}")))?;
            let mut seen = std::collections::HashSet::new();
            if let Some(twice) = names.iter().find(|name| !seen.insert(name.as_str())) {
                return Err(Error::Usage(format!("--name has '{}' twice", print::plain(twice))));
            }
            names.into_iter().map(Some).collect()
        }
        None => vec![None],
    };
    let settings = &create.settings;
    let driver_info = values::settings(&settings.driver_info, Some(&create.driver), names.len())?;
    let ports = ports(&create.ports, names.len())?;
    let properties = values::typed("--property", &settings.properties)?;
    let extra = values::typed("--extra", &settings.extra)?;
    let body = |place: usize, name: Option<&str>| {
        let mut body = Map::from_iter([("driver".to_owned(), json!(create.driver))]);
        body.extend(name.map(|name| ("name".to_owned(), json!(name))));
        body.extend(texts(settings).map(|(name, text)| (name.to_owned(), json!(text))));
        let info: Map<_, _> = driver_info.iter().map(|(key, value)| (key.clone(), json!(value.of(place)))).collect();
        for (name, map) in [("driver_info", info), ("properties", properties.clone()), ("extra", extra.clone())] {
            if !map.is_empty() {
                body.insert(name.to_owned(), Value::Object(map));
            }
        }
        Value::Object(body)
    };
    let bar = Bar::start("create", names.len());
    let items: Vec<_> = (0_usize..).zip(&names).collect();
    let outcomes = many::each(items, &bar, async |(place, name): (usize, &Option<String>)| {
        let made = api.call(Method::POST, &["nodes"], Some(&body(place, name.as_deref()))).await?;
        let uuid = made.get("uuid").and_then(Value::as_str).ok_or_else(|| Error::foreign("a node has no uuid"))?;
        for port in &ports {
            let port = json!({ "address": port.of(place), "node_uuid": uuid });
            // The node stays: what is to be done about its port, a person decides.
            let made = api.call(Method::POST, &["ports"], Some(&port)).await;
            made.map_err(|error| error.after(&format!("the node was made ({uuid}), a port was not")))?;
        }
        Ok(told(&made))
    })
    .await;
    drop(bar);
    let names: Vec<String> = names.into_iter().map(Option::unwrap_or_default).collect();
    Ok(many::report(&names, &outcomes, as_json))
}

fn ports(macs: &[String], count: usize) -> Result<Vec<Spread>, Error> {
    let mut ports = Vec::with_capacity(macs.len());
    for mac in macs {
        let port = values::spread("--port", mac, count)?;
        if count > 1 && matches!(port, Spread::Same(_)) {
            return Err(Error::Usage(format!(
                "--port is one MAC address for {count} nodes; a list is like 02:00:00:00:00:[01-{count:02}]"
            )));
        }
        ports.push(port);
    }
    Ok(ports)
}

fn told(node: &Value) -> Map<String, Value> {
    TOLD.iter().filter_map(|key| Some(((*key).to_owned(), node.get(*key)?.clone()))).collect()
}

/// A JSON Patch for each node.
type Patches = Vec<Value>;

pub(super) async fn set(
    api: &Api,
    nodes: &[String],
    settings: &Settings,
    driver: Option<&str>,
    name: Option<&str>,
    as_json: bool,
) -> Result<Exit, Error> {
    let patches = set_patches(nodes.len(), settings, driver, name)?;
    Ok(patch(api, nodes, patches, as_json).await)
}

fn set_patches(count: usize, settings: &Settings, driver: Option<&str>, name: Option<&str>) -> Result<Patches, Error> {
    let driver_info = values::settings(&settings.driver_info, driver, count)?;
    let name = name.map(|name| values::spread("--name", name, count)).transpose()?;
    if count > 1 && matches!(name, Some(Spread::Same(_))) {
        return Err(Error::Usage(format!("--name is one name for {count} nodes; a list is like rack[1-{count}]")));
    }
    let mut common: Vec<Value> = Vec::new();
    common.extend(driver.map(|driver| add(&["driver"], &json!(driver))));
    common.extend(texts(settings).map(|(field, text)| add(&[field], &json!(text))));
    for (field, what, pairs) in
        [("properties", "--property", &settings.properties), ("extra", "--extra", &settings.extra)]
    {
        common.extend(values::typed(what, pairs)?.into_iter().map(|(key, value)| add(&[field, &key], &value)));
    }
    if common.is_empty() && driver_info.is_empty() && name.is_none() {
        return Err(Error::Usage(
            "nothing to set: -i, --name, --property, --description and others say what".to_owned(),
        ));
    }
    let patch = |place: usize| {
        let mut patch = common.clone();
        patch.extend(name.iter().map(|name| add(&["name"], &json!(name.of(place)))));
        patch.extend(driver_info.iter().map(|(key, value)| add(&["driver_info", key], &json!(value.of(place)))));
        Value::Array(patch)
    };
    Ok((0..count).map(patch).collect())
}

pub(super) async fn unset(api: &Api, nodes: &[String], unset: &Unset, as_json: bool) -> Result<Exit, Error> {
    let maps = [("driver_info", &unset.driver_info), ("properties", &unset.properties), ("extra", &unset.extra)];
    let mut patch_: Vec<Value> = Vec::new();
    for (field, keys) in maps {
        patch_.extend(keys.iter().map(|key| json!({ "op": "remove", "path": pointer(&[field, key]) })));
    }
    let fields = unset.fields.iter().map(|field| field.replace('-', "_"));
    patch_.extend(fields.map(|field| json!({ "op": "remove", "path": pointer(&[&field]) })));
    if patch_.is_empty() {
        return Err(Error::Usage("nothing to unset: -i, --property, --extra and --field say what".to_owned()));
    }
    Ok(patch(api, nodes, vec![Value::Array(patch_); nodes.len()], as_json).await)
}

async fn patch(api: &Api, nodes: &[String], patches: Patches, as_json: bool) -> Exit {
    let bar = Bar::start("change", nodes.len());
    let items: Vec<_> = nodes.iter().zip(patches).collect();
    let outcomes: Vec<Outcome> = many::each(items, &bar, async |(node, patch): (&String, Value)| {
        Ok(told(&api.call(Method::PATCH, &["nodes", node], Some(&patch)).await?))
    })
    .await;
    drop(bar);
    many::report(nodes, &outcomes, as_json)
}

fn add(path: &[&str], value: &Value) -> Value {
    json!({ "op": "add", "path": pointer(path), "value": value })
}

/// RFC 6901, section 3.
fn pointer(path: &[&str]) -> String {
    path.iter().map(|part| format!("/{}", part.replace('~', "~0").replace('/', "~1"))).collect()
}
