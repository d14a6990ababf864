//! `GET /v1/nodes/N/validate` (ironic-api.md, section 7): settings are judged, nothing is sent.

use axum::extract::State;
use serde_json::{Value, json};

use super::Named;
use crate::api::query::Query;
use crate::api::version::Version;
use crate::api::{Answer, App, answer};
use crate::model::Object;

/// What nobody here does, and from which microversion it is told.
const ABSENT: [(&str, u16); 9] = [
    ("boot", 1),
    ("deploy", 1),
    ("network", 31),
    ("bios", 40),
    ("console", 1),
    ("inspect", 1),
    ("raid", 12),
    ("rescue", 38),
    ("storage", 33),
];

/// Judges the node's settings, interface by interface.
pub(in crate::api) async fn validate(
    State(app): State<App>,
    Named(node): Named,
    version: Version,
    query: Query,
) -> Answer {
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
        Some(_) => json!({ "result": true }),
        None => refused(&format!("The driver {} is not enabled here.", node.driver)),
    };
    let mut body = Object::new();
    body.insert("power".to_owned(), power);
    body.insert("management".to_owned(), management);
    for (name, since) in ABSENT {
        if version.has(since) {
            let reason = format!("Driver {} does not support {name} (disabled or not implemented).", node.driver);
            body.insert(name.to_owned(), refused(&reason));
        }
    }
    answer::ok(&body)
}

fn refused(reason: &str) -> Value {
    json!({ "result": false, "reason": reason })
}
