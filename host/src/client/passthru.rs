//! `rackhand node passthru`.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::api::{Answer, Api};
use super::args::{Call, Passthru};
use super::error::Error;
use super::many::{self, Bar, Outcome};
use super::{print, values, wait};
use crate::Exit;
use crate::driver_info;

/// How long a device may take for what it does in the background, until the next of several has done it.
const PATIENCE: Duration = Duration::from_secs(330);

pub(super) async fn main(api: &Api, passthru: &Passthru, as_json: bool) -> Result<Exit, Error> {
    match passthru {
        Passthru::List { node } => list(api, node, as_json).await,
        Passthru::Call(call) => self::call(api, call, as_json).await,
    }
}

async fn list(api: &Api, node: &str, as_json: bool) -> Result<Exit, Error> {
    let methods = api.get(&["nodes", node, "vendor_passthru", "methods"], &[]).await?;
    if as_json {
        print::json(&methods);
        return Ok(Exit::Done);
    }
    let rows = methods.as_object().into_iter().flatten().map(|(name, method)| {
        let verbs: Vec<_> = verbs(method).collect();
        let row = [
            ("method", json!(name)),
            ("http_methods", json!(verbs.join(" "))),
            ("description", json!(method.get("description"))),
        ];
        row.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>()
    });
    print::table(&["method", "http_methods", "description"], &rows.collect::<Vec<_>>());
    Ok(Exit::Done)
}

fn verbs(method: &Value) -> impl Iterator<Item = &str> {
    method.get("http_methods").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

async fn call(api: &Api, call: &Call, as_json: bool) -> Result<Exit, Error> {
    let nodes = many::nodes(std::slice::from_ref(&call.nodes))?;
    // Whatever the verb: Ironic takes the arguments of a GET from its body too.
    let body = Value::Object(arguments(&call.arguments, call.body.as_deref())?);
    let bar = Bar::start(&call.method, nodes.len());
    let answers = many::start(&nodes, &bar, call.no_wait, async |node: &str| {
        let verb = match &call.verb {
            Some(verb) => verb.to_ascii_uppercase(),
            None => only_verb(api, node, &call.method).await?,
        };
        let verb = Method::from_bytes(verb.as_bytes()).map_err(|_| Error::Usage(format!("--method {verb}")))?;
        api.ask(verb, &["nodes", node, "vendor_passthru", &call.method], Some(&body)).await
    })
    .await;
    let taken_on = |answer: &Answer| answer.is_taken_on && answer.body.is_null();
    let outcomes = if call.no_wait {
        answers
            .into_iter()
            .map(|it| it.map(|answer| result(if taken_on(&answer) { json!("accepted") } else { answer.body })))
            .collect()
    } else {
        // What goes on in the background has ended when the node is free again.
        let ends = answers.iter().map(|it| match it {
            Ok(answer) if taken_on(answer) => None,
            Ok(answer) => Some(Ok(result(answer.body.clone()))),
            Err(error) => Some(Err(error.clone())),
        });
        wait::until(api, &nodes, ends.collect(), PATIENCE, &bar, judge).await
    };
    drop(bar);
    match outcomes.as_slice() {
        // One result, for people and for programs such as jq, is the result itself.
        [Ok(fields)] if !as_json => {
            fields.values().for_each(|result| match result {
                Value::String(text) => drop(crate::out::say(print::plain(text))),
                result => print::json(result),
            });
            Ok(Exit::Done)
        }
        outcomes => Ok(many::report(&nodes, outcomes, as_json)),
    }
}

/// What `--body` or each `--arg` says.
pub(crate) fn arguments(pairs: &[String], body: Option<&str>) -> Result<Map<String, Value>, Error> {
    let Some(text) = body else { return values::typed("--arg", pairs) };
    let text = driver_info::value("--body", text).map_err(|wrong| Error::Usage(wrong.to_string()))?;
    match serde_json::from_str(&text) {
        Ok(Value::Object(arguments)) => Ok(arguments),
        Ok(_) => Err(Error::Usage("--body is a JSON object, such as {\"policy_id\": 11}".to_owned())),
        Err(error) => Err(Error::Usage(format!("--body is no JSON: {error}"))),
    }
}

fn result(result: Value) -> Map<String, Value> {
    Map::from_iter([("result".to_owned(), result)])
}

fn judge(node: &Map<String, Value>) -> Option<Outcome> {
    let text = |name: &str| node.get(name).and_then(Value::as_str);
    if text("reservation").is_some() {
        return None;
    }
    Some(
        text("last_error")
            .map_or_else(|| Ok(many::word("result", "done")), |error| Err(Error::Failed(error.to_owned()))),
    )
}

/// The verb that the method is called by, where there is no choice; POST where it is one of several, as with Ironic's own client.
async fn only_verb(api: &Api, node: &str, method: &str) -> Result<String, Error> {
    let methods = api.get(&["nodes", node, "vendor_passthru", "methods"], &[]).await?;
    // What the daemon does not list, it answers for itself.
    let Some(known) = methods.get(method) else { return Ok("POST".to_owned()) };
    let verbs: Vec<&str> = verbs(known).collect();
    match verbs.as_slice() {
        [only] => Ok((*only).to_owned()),
        verbs if verbs.is_empty() || verbs.contains(&"POST") => Ok("POST".to_owned()),
        verbs => Err(Error::Usage(format!("{method} is called by {}: --method says which", verbs.join(" or ")))),
    }
}
