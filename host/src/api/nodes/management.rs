//! `/v1/nodes/N/management`

use axum::extract::State;
use serde_json::json;

use super::Named;
use super::states::unsupported;
use crate::api::query::Query;
use crate::api::value::{Arguments, Field, MaybeFields};
use crate::api::{Answer, App, answer};
use crate::driver::Shown;

/// `GET …/boot_device`
pub(in crate::api) async fn boot_device(State(app): State<App>, Named(node): Named, query: Query) -> Answer {
    query.end()?;
    answer::ok(&Shown::from(app.conductor.boot_device(&node).await?))
}

/// `GET …/boot_device/supported`
pub(in crate::api) async fn supported_boot_devices(State(app): State<App>, Named(node): Named, query: Query) -> Answer {
    query.end()?;
    answer::ok(&json!({ "supported_boot_devices": app.conductor.management(&node)?.supported() }))
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
    let persistent = Field { of: "boot device", name: "persistent", value }.flag()?.unwrap_or_default();
    body.end()?;
    app.conductor.set_boot_device(&node, device, persistent).await?;
    answer::no_content()
}

/// `PUT …/inject_nmi`
pub(in crate::api) async fn inject_nmi(Named(node): Named, query: Query, MaybeFields(_): MaybeFields) -> Answer {
    query.end()?;
    Err(unsupported(&node, "inject_nmi"))
}
