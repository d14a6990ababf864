//! `rackhand node boot-device`.

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::api::Api;
use super::args::BootDevice;
use super::error::Error;
use super::many::{self, Bar};
use crate::Exit;

pub(super) async fn main(api: &Api, what: &BootDevice, as_json: bool) -> Result<Exit, Error> {
    let (BootDevice::Show { nodes, .. } | BootDevice::Set { nodes, .. }) = what;
    let nodes = many::nodes(&nodes.nodes)?;
    let bar = Bar::start("boot device", nodes.len());
    let outcomes = many::each(nodes.clone(), &bar, async |node: String| {
        let path = ["nodes", &node, "management", "boot_device"];
        match what {
            BootDevice::Show { supported: true, .. } => {
                object(api.get(&["nodes", &node, "management", "boot_device", "supported"], &[]).await?)
            }
            BootDevice::Show { .. } => object(api.get(&path, &[]).await?),
            BootDevice::Set { device, persistent, .. } => {
                let body = json!({ "boot_device": device, "persistent": persistent });
                api.call(Method::PUT, &path, Some(&body)).await?;
                object(body)
            }
        }
    })
    .await;
    drop(bar);
    Ok(many::report(&nodes, &outcomes, as_json))
}

fn object(value: Value) -> Result<Map<String, Value>, Error> {
    match value {
        Value::Object(object) => Ok(object),
        _ => Err(Error::foreign("a boot device is no object")),
    }
}
