//! The same for several nodes at once: none waits for another's failure, and the results come in the order named.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Value, json};

use super::error::Error;
use super::hosts;
use super::print;
use crate::Exit;
use crate::out::{complain, say};

/// How many requests are on their way at once.
const AT_ONCE: usize = 64;

/// What became of one node: fields that are worth a column, or why not.
pub(super) type Outcome = Result<Map<String, Value>, Error>;

/// The nodes that the arguments name, each once.
pub(super) fn nodes(lists: &[String]) -> Result<Vec<String>, Error> {
    let mut nodes = Vec::new();
    for list in lists {
        nodes.extend(hosts::expand(list).map_err(|bad| Error::Usage(format!("'{}': {bad}", print::plain(list))))?);
    }
    let mut seen = HashSet::new();
    nodes.retain(|node| seen.insert(node.clone()));
    Ok(nodes)
}

/// Does `work` for each of `items`, a bounded number at once.
pub(super) async fn each<T, R>(
    items: Vec<T>,
    bar: &Bar,
    work: impl AsyncFn(T) -> Result<R, Error>,
) -> Vec<Result<R, Error>> {
    all(items, work, |well| bar.count(well)).await
}

/// Has work begun for each of `nodes`. What fails now has come to its end; so has the rest, if nobody waits for it.
pub(super) async fn start<R>(
    nodes: &[String],
    bar: &Bar,
    is_end: bool,
    work: impl AsyncFn(&str) -> Result<R, Error>,
) -> Vec<Result<R, Error>> {
    let count = |well: bool| if is_end || !well { bar.count(well) } else { bar.begun() };
    all(nodes.iter().map(String::as_str).collect(), work, count).await
}

/// What is left to wait for, after a start.
pub(super) fn ends(started: Vec<Result<(), Error>>) -> Vec<Option<Outcome>> {
    started.into_iter().map(|it| it.err().map(Err)).collect()
}

async fn all<T, R>(
    items: Vec<T>,
    work: impl AsyncFn(T) -> Result<R, Error>,
    count: impl Fn(bool),
) -> Vec<Result<R, Error>> {
    let (work, count) = (&work, &count);
    let each = items.into_iter().enumerate().map(|(place, item)| async move {
        let result = work(item).await;
        count(result.is_ok());
        (place, result)
    });
    // Whichever is ready: a node that takes its time holds no other one up.
    let mut results: Vec<_> = stream::iter(each).buffer_unordered(AT_ONCE).collect().await;
    results.sort_unstable_by_key(|(place, _)| *place);
    results.into_iter().map(|(_, result)| result).collect()
}

/// An outcome of one field.
pub(super) fn word(name: &str, text: &str) -> Map<String, Value> {
    Map::from_iter([(name.to_owned(), json!(text))])
}

/// How many are done and how many failed, for a person who watches: on a terminal, and only if there are several.
pub(super) struct Bar {
    bar: ProgressBar,
    begun: Cell<u64>,
    failed: Cell<u64>,
}

impl Bar {
    pub(super) fn start(what: &str, of: usize) -> Self {
        // Draws on standard error, and nothing where that is no terminal.
        let bar = if of > 1 { ProgressBar::new(u64::try_from(of).unwrap_or(u64::MAX)) } else { ProgressBar::hidden() };
        // A template that is wrong would be a slip in this line; the default style shows as much.
        if let Ok(style) = ProgressStyle::with_template("{prefix} {wide_bar} {pos}/{len}{msg} ({elapsed})") {
            bar.set_style(style);
        }
        bar.set_prefix(what.to_owned());
        // So that the time goes on when nothing else does.
        bar.enable_steady_tick(Duration::from_millis(500));
        Self { bar, begun: Cell::new(0), failed: Cell::new(0) }
    }

    /// One more that the daemon has taken on, and whose end is waited for.
    fn begun(&self) {
        self.begun.set(self.begun.get().saturating_add(1));
        self.tell();
    }

    /// One more that has come to its end.
    pub(super) fn count(&self, well: bool) {
        if !well {
            self.failed.set(self.failed.get().saturating_add(1));
        }
        self.tell();
        self.bar.inc(1);
    }

    fn tell(&self) {
        let parts = [(self.begun.get(), "begun"), (self.failed.get(), "failed")];
        let parts = parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!(", {count} {what}"));
        self.bar.set_message(parts.collect::<String>());
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Says what became of each: a row each on standard output, why not on standard error.
pub(super) fn report(nodes: &[String], outcomes: &[Outcome], as_json: bool) -> Exit {
    if as_json {
        let rows = nodes.iter().zip(outcomes).map(|(node, outcome)| match outcome {
            Ok(fields) => row(node, fields.clone()),
            Err(error) => row(node, Map::from_iter([("error".to_owned(), error.json())])),
        });
        print::json(&Value::Array(rows.map(Value::Object).collect()));
        return exit(outcomes);
    }
    match outcomes {
        // What is asked of one node is told without its name, and a single field without that of the field.
        [Ok(fields)] if fields.len() == 1 => {
            let _ = say(print::cell(fields.values().next()));
        }
        [Ok(fields)] => print::fields(fields),
        outcomes if outcomes.iter().any(Result::is_ok) => table(nodes, outcomes),
        _ => {}
    }
    failures(nodes, outcomes)
}

/// Says all that is known of each.
pub(super) fn objects(nodes: &[String], outcomes: &[Outcome], as_json: bool) -> Exit {
    if as_json {
        let objects = outcomes.iter().zip(nodes).map(|(outcome, node)| match outcome {
            Ok(object) => object.clone(),
            Err(error) => row(node, Map::from_iter([("error".to_owned(), error.json())])),
        });
        print::json(&Value::Array(objects.map(Value::Object).collect()));
        return exit(outcomes);
    }
    for (place, object) in outcomes.iter().flatten().enumerate() {
        if place > 0 {
            say("");
        }
        print::fields(object);
    }
    failures(nodes, outcomes)
}

fn row(node: &str, fields: Map<String, Value>) -> Map<String, Value> {
    let mut row = word("node", node);
    row.extend(fields);
    row
}

fn table(nodes: &[String], outcomes: &[Outcome]) {
    let mut columns = vec!["node"];
    for name in outcomes.iter().flatten().flat_map(Map::keys) {
        if !columns.contains(&name.as_str()) {
            columns.push(name);
        }
    }
    let last = columns.last().copied().unwrap_or_default();
    let rows = nodes.iter().zip(outcomes).map(|(node, outcome)| match outcome {
        Ok(fields) => row(node, fields.clone()),
        Err(_) => row(node, word(last, "FAILED")),
    });
    print::table(&columns, &rows.collect::<Vec<_>>());
}

/// Says on standard error what failed, and how many; what failed for the same reason is said once.
pub(super) fn failures(nodes: &[String], outcomes: &[Outcome]) -> Exit {
    let failed = || nodes.iter().zip(outcomes).filter_map(|(node, outcome)| Some((node, outcome.as_ref().err()?)));
    let mut reasons: Vec<(String, Vec<&str>)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for (node, error) in failed() {
        let text = error.to_string();
        let place = *places.entry(text).or_insert_with_key(|text| {
            reasons.push((text.clone(), Vec::new()));
            reasons.len().saturating_sub(1)
        });
        // That the daemon is away has to do with no node in particular.
        if let Some((_, names)) = reasons.get_mut(place).filter(|_| !matches!(error, Error::NoContact(_))) {
            names.push(node);
        }
    }
    for (text, names) in &reasons {
        let names = hosts::fold(names.iter().copied().filter(|name| !name.is_empty()));
        let colon = if names.is_empty() { "" } else { ": " };
        complain(format_args!("rackhand: {}{colon}{}", print::plain(&names), print::plain(text)));
    }
    let count = failed().count();
    if count > 0 && outcomes.len() > 1 {
        complain(format_args!("rackhand: {} done, {count} failed", outcomes.len().saturating_sub(count)));
    }
    exit(outcomes)
}

/// One exit status for all: the one that says most about how to go on.
pub(super) fn exit(outcomes: &[Outcome]) -> Exit {
    let exits = || outcomes.iter().filter_map(|outcome| outcome.as_ref().err().map(Error::exit));
    [Exit::NoContact, Exit::Usage, Exit::Failed]
        .into_iter()
        .find(|exit| exits().any(|it| it == *exit))
        .unwrap_or(Exit::Done)
}
