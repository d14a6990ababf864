//! `GET /v1/nodes/N/validate` (ironic-api.md, section 7): settings are judged, nothing is sent.

use axum::extract::State;
use serde_json::{Value, json};

use super::Named;
use crate::api::query::Query;
use crate::api::{Answer, App, answer};
use crate::model::Object;

/// What nobody here does.
const ABSENT: [&str; 10] =
    ["boot", "deploy", "network", "bios", "console", "firmware", "inspect", "raid", "rescue", "storage"];

/// Judges the node's settings, interface by interface.
pub(in crate::api) async fn validate(State(app): State<App>, Named(node): Named, query: Query) -> Answer {
    query.end()?;
    let driver = app.conductor.drivers.get(&node.driver);
    let power = match driver {
        None => refused(&format!("The driver {} is not enabled here.", node.driver)),
        Some(driver) => match driver.prepare(&node, &app.conductor.addresses(node.uuid)) {
            Ok(_) => json!({ "result": true }),
            Err(error) => refused(&error.to_string()),
        },
    };
    let management = match driver.and_then(|driver| driver.management(&node)) {
        // It asks for the same settings, where it asks for any.
        Some(management) if management.needs_settings() => power.clone(),
        Some(_) => json!({ "result": true }),
        None => refused(&format!("The driver {} is not enabled here.", node.driver)),
    };
    let mut body = Object::new();
    body.insert("power".to_owned(), power.clone());
    body.insert("management".to_owned(), management);
    // As in Ironic there is no word of an interface that offers nothing.
    if driver.is_some_and(|driver| !driver.vendor_methods(&node).is_empty()) {
        body.insert("vendor".to_owned(), power);
    }
    for name in ABSENT {
        let reason = format!("Driver {} does not support {name} (disabled or not implemented).", node.driver);
        body.insert(name.to_owned(), refused(&reason));
    }
    answer::ok(&body)
}

fn refused(reason: &str) -> Value {
    json!({ "result": false, "reason": reason })
}
