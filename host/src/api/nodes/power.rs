//! `PUT /v1/nodes/N/states/power`

use std::time::Duration;

use axum::extract::State;
use rackhand_core::operation::PowerTarget;
use serde_json::Value;

use super::Named;
use crate::api::links::Base;
use crate::api::query::Query;
use crate::api::value::{Arguments, kind};
use crate::api::version::Version;
use crate::api::{Answer, App, Error, answer};
use crate::conductor::PowerRequest;

/// A day is more than any device takes.
const LONGEST: u64 = 86_400;

/// Accepts a change of the power state.
pub(in crate::api) async fn power(
    State(app): State<App>,
    Named(node): Named,
    base: Base,
    version: Version,
    query: Query,
    mut body: Arguments,
) -> Answer {
    query.end()?;
    let wanted = body.text("target")?;
    let timeout = body.take("timeout").as_ref().map(seconds).transpose()?;
    body.end()?;
    let Some(target) = PowerTarget::ALL.into_iter().find(|target| target.as_str() == wanted) else {
        return Err(Error::InvalidStateRequested {
            action: wanted,
            node: node.uuid.to_string(),
            state: node.power_state.map_or("None", |state| state.as_str()).to_owned(),
        });
    };
    if matches!(target, PowerTarget::SoftOff | PowerTarget::SoftReboot) {
        version.need(27, target.as_str())?;
    }
    if timeout.is_some() {
        version.need(27, "timeout")?;
    }
    app.conductor.set_power(&node, PowerRequest { target, timeout }).await?;
    answer::accepted(Some(&base.at(&format!("/v1/nodes/{}/states", node.uuid))))
}

/// The client sends a number; text is taken too, as elsewhere in Ironic.
fn seconds(value: &Value) -> Result<Duration, Error> {
    let number = match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    match number {
        Some(seconds @ 1..=LONGEST) => Ok(Duration::from_secs(seconds)),
        _ => {
            let shown = match value {
                Value::Number(number) => number.to_string(),
                other => kind(other).to_owned(),
            };
            Err(Error::InvalidParameterValue(format!(
                "timeout must be a whole number of seconds from 1 to {LONGEST}, not {shown}."
            )))
        }
    }
}
