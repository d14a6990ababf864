//! Waiting until what the daemon has taken on is done.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::time::Instant;

use super::api::Api;
use super::error::Error;
use super::list;
use super::many::{self, Bar, Outcome};

/// What is looked at.
const FIELDS: &str =
    "uuid,name,power_state,target_power_state,provision_state,target_provision_state,reservation,last_error";

/// Up to so many nodes are asked for one by one; for more, one list costs the daemon less, unless so many times as many others are
/// in it.
const FEW: usize = 8;
const OTHERS: usize = 50;

const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Where a node is, as far as is known.
enum Seen {
    At(Map<String, Value>),
    Lost(Error),
    /// Nothing is known this time.
    Nothing,
}

/// Waits for those of `nodes` that have no end yet, until `judge` finds an end for each of them, or none of them has come to one
/// for as long as `patience`: nodes may have to wait for each other, and the daemon bounds the time of each.
pub(super) async fn until(
    api: &Api,
    nodes: &[String],
    ends: Vec<Option<Outcome>>,
    patience: Duration,
    bar: &Bar,
    judge: impl Fn(&Map<String, Value>) -> Option<Outcome>,
) -> Vec<Outcome> {
    let mut outcomes = ends;
    outcomes.iter().flatten().filter(|outcome| outcome.is_ok()).for_each(|_| bar.count(true));
    let mut pause = FIRST_PAUSE;
    let mut moved = Instant::now();
    let mut listed = 0;
    loop {
        let waiting: Vec<usize> = (0_usize..).zip(&outcomes).filter(|(_, it)| it.is_none()).map(|(at, _)| at).collect();
        if waiting.is_empty() {
            break;
        }
        let late = moved.elapsed() >= patience;
        let names: Vec<&str> = waiting.iter().filter_map(|at| nodes.get(*at)).map(String::as_str).collect();
        for (at, seen) in waiting.into_iter().zip(look(api, &names, &mut listed).await) {
            let ended = match seen {
                Seen::At(node) => judge(&node).or_else(|| late.then(|| Err(unfinished(&node, patience)))),
                Seen::Lost(error) => Some(Err(error)),
                Seen::Nothing => late.then(|| Err(Error::NoContact("the daemon does not tell how it is".to_owned()))),
            };
            if let (Some(ended), Some(outcome)) = (ended, outcomes.get_mut(at)) {
                bar.count(ended.is_ok());
                moved = Instant::now();
                *outcome = Some(ended);
            }
        }
        if outcomes.iter().any(Option::is_none) {
            tokio::time::sleep(pause).await;
            pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
        }
    }
    outcomes.into_iter().flatten().collect()
}

fn unfinished(node: &Map<String, Value>, patience: Duration) -> Error {
    let text = |name: &str| node.get(name).and_then(Value::as_str);
    let seconds = patience.as_secs();
    let ways = [("target_power_state", "power_state"), ("target_provision_state", "provision_state")];
    let way = ways.iter().find_map(|(target, state)| Some((text(target)?, text(state).unwrap_or("unknown"))));
    Error::Failed(match way {
        Some((target, state)) => format!("still '{state}' on the way to '{target}' after {seconds} s"),
        None => format!("still busy after {seconds} s"),
    })
}

/// Looks at these nodes once. `listed`: how many nodes the daemon has, once that is known.
async fn look(api: &Api, names: &[&str], listed: &mut usize) -> Vec<Seen> {
    if names.len() <= FEW || *listed > names.len().saturating_mul(OTHERS) {
        return one_by_one(api, names).await;
    }
    let all = match list::all(api, &["nodes"], "nodes", &[("fields", FIELDS)], None).await {
        Ok(all) => all,
        Err(error) => return names.iter().map(|_| seen(Err(error.clone()))).collect(),
    };
    *listed = all.len();
    let mut places = HashMap::new();
    for (at, node) in (0_usize..).zip(&all) {
        for key in ["uuid", "name"] {
            if let Some(text) = node.get(key).and_then(Value::as_str) {
                places.insert(text, at);
            }
        }
    }
    let mut looked = Vec::with_capacity(names.len());
    for name in names {
        let found = places.get(*name).or_else(|| places.get(name.to_ascii_lowercase().as_str()));
        looked.push(match found.and_then(|at| all.get(*at)) {
            Some(node) => Seen::At(node.clone()),
            // Deleted, renamed, or slipped from one page to another meanwhile: the node itself tells.
            None => one(api, name).await,
        });
    }
    looked
}

async fn one_by_one(api: &Api, names: &[&str]) -> Vec<Seen> {
    let quiet = Bar::start("", 1);
    let looked = many::each(names.to_vec(), &quiet, async |name: &str| Ok(one(api, name).await)).await;
    looked.into_iter().map(|it| it.unwrap_or_else(Seen::Lost)).collect()
}

async fn one(api: &Api, name: &str) -> Seen {
    seen(api.get(&["nodes", name], &[("fields", FIELDS)]).await)
}

fn seen(answer: Result<Value, Error>) -> Seen {
    match answer {
        Ok(Value::Object(node)) => Seen::At(node),
        Ok(_) => Seen::Lost(Error::foreign("a node is no object")),
        // A daemon that stumbles over a question has not stumbled over the node.
        Err(Error::Refused { status: 500.., .. }) => Seen::Nothing,
        Err(error) => Seen::Lost(error),
    }
}
