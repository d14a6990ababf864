//! `/v1/nodes/N/states` and what is below it, but for power and provision.

use axum::extract::State;
use serde_json::json;

use super::Named;
use super::fields::Selection;
use super::view::Show;
use crate::api::links::Base;
use crate::api::query::Query;
use crate::api::value::Arguments;
use crate::api::version::Version;
use crate::api::{Answer, App, Error, answer};
use crate::model::Node;

/// `GET …/states`
pub(in crate::api) async fn states(
    State(app): State<App>,
    Named(node): Named,
    base: Base,
    version: Version,
    query: Query,
) -> Answer {
    query.end()?;
    let selection = Selection::states(version);
    let show = Show { conductor: &app.conductor, base: &base, version, selection: &selection };
    answer::ok(&show.node(&node))
}

/// `GET …/states/console`: there is none.
pub(in crate::api) async fn console(Named(_): Named, query: Query) -> Answer {
    query.end()?;
    answer::ok(&json!({ "console_enabled": false, "console_info": null }))
}

/// `PUT …/states/console`
pub(in crate::api) async fn set_console(Named(node): Named, query: Query, _: Arguments) -> Answer {
    query.end()?;
    Err(unsupported(&node, "console"))
}

/// `PUT …/states/boot_mode`
pub(in crate::api) async fn boot_mode(Named(node): Named, query: Query, mut body: Arguments) -> Answer {
    query.end()?;
    let mode = body.text("target")?;
    if !matches!(mode.as_str(), "uefi" | "bios") {
        return Err(Error::InvalidParameterValue(format!(
            "Invalid boot mode requested: '{mode}'. It is 'uefi' or 'bios'."
        )));
    }
    Err(unsupported(&node, "set_boot_mode"))
}

/// `PUT …/states/secure_boot`
pub(in crate::api) async fn secure_boot(Named(node): Named, query: Query, mut body: Arguments) -> Answer {
    query.end()?;
    body.required("target")?;
    Err(unsupported(&node, "set_secure_boot"))
}

/// The error for what no driver here can do.
pub(super) fn unsupported(node: &Node, extension: &'static str) -> Error {
    Error::UnsupportedInterface { driver: node.driver.clone(), extension }
}
