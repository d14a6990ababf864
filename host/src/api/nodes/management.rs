//! `/v1/nodes/N/management`

use axum::extract::State;
use serde_json::json;

use super::Named;
use super::states::unsupported;
use crate::api::query::Query;
use crate::api::value::{Arguments, Field, MaybeFields};
use crate::api::{Answer, App, Error, answer};
use crate::driver::Management;
use crate::model::Node;

fn management(app: &App, node: &Node) -> Result<Management, Error> {
    let driver = app.conductor.drivers.of_node(&node.driver)?;
    driver.management(node).ok_or_else(|| unsupported(node, "management"))
}

/// `GET …/boot_device`
pub(in crate::api) async fn boot_device(State(app): State<App>, Named(node): Named, query: Query) -> Answer {
    query.end()?;
    let _guard = app.conductor.lock(&node).await?;
    answer::ok(&management(&app, &node)?.boot_device())
}

/// `GET …/boot_device/supported`
pub(in crate::api) async fn supported_boot_devices(State(app): State<App>, Named(node): Named, query: Query) -> Answer {
    query.end()?;
    answer::ok(&json!({ "supported_boot_devices": management(&app, &node)?.supported() }))
}

/// `PUT …/boot_device`
pub(in crate::api) async fn set_boot_device(
    State(app): State<App>,
    Named(node): Named,
    query: Query,
    mut body: Arguments,
) -> Answer {
    query.end()?;
    let device = body.text("boot_device")?;
    let value = body.take("persistent").unwrap_or_default();
    Field { of: "boot device", name: "persistent", value }.flag()?;
    body.end()?;
    let _guard = app.conductor.lock(&node).await?;
    if !management(&app, &node)?.supported().contains(&device.as_str()) {
        return Err(Error::InvalidBootDevice(device));
    }
    answer::no_content()
}

/// `PUT …/inject_nmi`
pub(in crate::api) async fn inject_nmi(Named(node): Named, query: Query, MaybeFields(_): MaybeFields) -> Answer {
    query.end()?;
    Err(unsupported(&node, "inject_nmi"))
}
