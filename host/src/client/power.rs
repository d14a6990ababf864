//! `rackhand node power`.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::api::Api;
use super::args::{Power, Switch};
use super::error::Error;
use super::many::{self, Bar, Outcome};
use super::wait;
use crate::Exit;

/// What a node may take when nothing was said, and the daemon's own delays on top of what was.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(300);
const GRACE: Duration = Duration::from_secs(30);

pub(super) async fn main(api: &Api, power: &Power, as_json: bool) -> Result<Exit, Error> {
    let (target, switch) = match power {
        Power::Status(nodes) => return Ok(status(api, &many::nodes(&nodes.nodes)?, as_json).await),
        Power::On(switch) => ("power on", switch),
        Power::Off { soft: false, switch } => ("power off", switch),
        Power::Off { soft: true, switch } => ("soft power off", switch),
        Power::Reboot { soft: false, switch } => ("rebooting", switch),
        Power::Reboot { soft: true, switch } => ("soft rebooting", switch),
    };
    Ok(set(api, target, switch, &many::nodes(&switch.nodes.nodes)?, as_json).await)
}

async fn status(api: &Api, nodes: &[String], as_json: bool) -> Exit {
    let bar = Bar::start("power status", nodes.len());
    let outcomes = many::each(nodes.to_vec(), &bar, async |node: String| {
        let states = api.get(&["nodes", &node, "states"], &[]).await?;
        let state = states.get("power_state").and_then(Value::as_str);
        Ok(many::word("power_state", state.unwrap_or("unknown")))
    })
    .await;
    drop(bar);
    many::report(nodes, &outcomes, as_json)
}

async fn set(api: &Api, target: &str, switch: &Switch, nodes: &[String], as_json: bool) -> Exit {
    let mut body = many::word("target", target);
    body.extend(switch.timeout.map(|timeout| ("timeout".to_owned(), json!(timeout))));
    let body = Value::Object(body);
    let bar = Bar::start(target, nodes.len());
    let taken_on = many::start(nodes, &bar, switch.no_wait, async |node: &str| {
        api.call(Method::PUT, &["nodes", node, "states", "power"], Some(&body)).await.map(drop)
    })
    .await;
    let outcomes = if switch.no_wait {
        taken_on.into_iter().map(|it| it.map(|()| many::word("target_power_state", target))).collect()
    } else {
        let timeout = switch.timeout.map_or(DEFAULT_TIMEOUT, |seconds| Duration::from_secs(seconds.into()));
        let end = if target.ends_with("off") { "power off" } else { "power on" };
        let patience = timeout.saturating_add(GRACE);
        wait::until(api, nodes, many::ends(taken_on), patience, &bar, |node| judge(node, end)).await
    };
    drop(bar);
    many::report(nodes, &outcomes, as_json)
}

/// What became of a node that was to end in the state `end`; none while it is on the way.
fn judge(node: &Map<String, Value>, end: &str) -> Option<Outcome> {
    let text = |name: &str| node.get(name).and_then(Value::as_str);
    if text("target_power_state").is_some() {
        return None;
    }
    let state = text("power_state").unwrap_or("unknown");
    Some(match text("last_error") {
        Some(error) => Err(Error::Failed(format!("{error} (power_state is '{state}')"))),
        None if state == end => Ok(many::word("power_state", state)),
        None => Err(Error::Failed(format!("power_state is '{state}' in the end, not '{end}'"))),
    })
}
