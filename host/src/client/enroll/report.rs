//! What is told at the end.

use serde_json::{Map, Value, json};

use super::carry::{Done, Fate};
use crate::Exit;
use crate::client::args::Daemon;
use crate::client::error::Error;
use crate::client::many::{self, Outcome};
use crate::client::{hosts, print};
use crate::driver::Domain;
use crate::out::say;

/// What became of a domain, or why that failed.
pub(super) type End<'a> = (&'a Domain, Result<Done, Error>);

/// The words in the order in which they are counted.
const FATES: [Fate; 4] = [Fate::Enrolled, Fate::Completed, Fate::There, Fate::Skipped];

/// A word for it; `would`: nothing was done.
const fn word(fate: Fate, would: bool) -> &'static str {
    match (fate, would) {
        (Fate::Enrolled, false) => "enrolled",
        (Fate::Enrolled, true) => "would enroll",
        (Fate::Completed, false) => "completed",
        (Fate::Completed, true) => "would complete",
        (Fate::There, _) => "already there",
        (Fate::Skipped, _) => "skipped",
    }
}

/// Says what became of each domain, how many of each there are, and why what failed has failed.
pub(super) fn print(ends: &[End<'_>], would: bool, as_json: bool) -> Exit {
    if as_json {
        let rows = ends.iter().map(|(domain, end)| Value::Object(object(domain, end, would)));
        print::json(&Value::Array(rows.collect()));
        return many::exit(&outcomes(ends));
    }
    let rows: Vec<_> = ends.iter().map(|(domain, end)| row(domain, end, would)).collect();
    if !rows.is_empty() {
        print::table(&["domain", "node", "result", "remark"], &rows);
    }
    say(counts(ends, would));
    let names: Vec<_> = ends.iter().map(|(domain, _)| domain.name.clone()).collect();
    many::failures(&names, &outcomes(ends))
}

fn outcomes(ends: &[End<'_>]) -> Vec<Outcome> {
    ends.iter().map(|(_, end)| end.as_ref().map(|_| Map::new()).map_err(Clone::clone)).collect()
}

fn row(domain: &Domain, end: &Result<Done, Error>, would: bool) -> Map<String, Value> {
    let mut row = many::word("domain", &domain.name);
    match end {
        Ok(done) => {
            row.insert("node".to_owned(), json!(done.node));
            row.insert("result".to_owned(), json!(word(done.fate, would)));
            row.insert("remark".to_owned(), json!(done.remark));
        }
        Err(_) => row.extend(many::word("result", "FAILED")),
    }
    row
}

fn object(domain: &Domain, end: &Result<Done, Error>, would: bool) -> Map<String, Value> {
    let mut object = many::word("domain", &domain.name);
    object.extend(many::word("domain_uuid", &domain.uuid.to_string()));
    let more = match end {
        Ok(done) => json!({
            "result": word(done.fate, would),
            "node": done.node,
            "node_uuid": done.uuid,
            "ports": done.ports.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "remark": done.remark,
        }),
        Err(error) => json!({ "result": "failed", "error": error.json() }),
    };
    if let Value::Object(more) = more {
        object.extend(more);
    }
    object
}

/// How many of each.
fn counts(ends: &[End<'_>], would: bool) -> String {
    let of = |fate| ends.iter().filter(|(_, end)| end.as_ref().is_ok_and(|done| done.fate == fate)).count();
    let failed = ends.iter().filter(|(_, end)| end.is_err()).count();
    let mut parts: Vec<_> =
        FATES.into_iter().map(|fate| (of(fate), word(fate, would))).chain([(failed, "failed")]).collect();
    parts.retain(|(count, _)| *count > 0);
    let parts: Vec<_> = parts.iter().map(|(count, what)| format!("{count} {what}")).collect();
    if parts.is_empty() { "The hypervisor has no domains.".to_owned() } else { parts.join(", ") }
}

/// Says how the nodes that are new become manageable.
pub(super) fn next(ends: &[End<'_>], daemon: &Daemon) {
    let new = ends.iter().filter_map(|(_, end)| end.as_ref().ok().filter(|done| done.is_new)?.node.as_deref());
    let list = hosts::fold(new);
    if list.is_empty() {
        return;
    }
    say(format_args!(
        "\nThe daemon makes new nodes manageable, after it has looked whether it reaches them, by:\n\n  rackhand node manage {}{}",
        quoted(&list),
        connection(daemon)
    ));
}

/// The same daemon, as it was named here; a password is only told where it is another's file.
fn connection(daemon: &Daemon) -> String {
    let password = daemon.password.as_deref().map(|text| {
        let is_file = text.starts_with('@') && !text.starts_with("@@");
        if is_file { text } else { "@FILE" }
    });
    let ca_file = daemon.ca_file.as_ref().map(|file| file.display().to_string());
    [
        ("url", daemon.url.as_deref()),
        ("user", daemon.user.as_deref()),
        ("password", password),
        ("ca-file", ca_file.as_deref()),
    ]
    .into_iter()
    .filter_map(|(name, text)| Some(format!(" --{name} {}", quoted(text?))))
    .collect()
}

/// A word for a shell.
fn quoted(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+:@%,=".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_line_has_no_password() {
        let mut daemon = Daemon {
            url: Some("http://h:1".to_owned()),
            user: Some("it's me".to_owned()),
            password: Some("hunter2".to_owned()),
            ca_file: None,
            json: false,
        };
        assert_eq!(connection(&daemon), r" --url http://h:1 --user 'it'\''s me' --password @FILE");
        daemon.password = Some("@@hunter2".to_owned());
        assert!(!connection(&daemon).contains("hunter2"));
        daemon.password = Some("@/etc/p".to_owned());
        assert!(connection(&daemon).ends_with("--password @/etc/p"));
        assert_eq!(quoted("vm[1-3]"), "'vm[1-3]'");
    }
}
