//! `host/openapi.yaml` against the router, the tables of the code, and the arguments that are really taken.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::daemon::{CONDUCTOR, Daemon, Told};
use super::description::{Description, Operation};
use crate::api::version::{MAX, MIN};
use crate::api::{nodes, ports, router};

const NODE: &str = "10000000-0000-4000-8000-000000000001";
const PORT: &str = "20000000-0000-4000-8000-000000000001";

/// A daemon with a node and a port.
async fn furnished(folder: &TempDir) -> Daemon {
    let daemon = Daemon::start(folder).await;
    let node = json!({ "driver": "staging-iboot", "uuid": NODE });
    let port = json!({ "node_uuid": NODE, "address": "00:1a:2b:3c:4d:5e", "uuid": PORT });
    assert_eq!(daemon.ask("POST", "/v1/nodes", MAX, Some(&node)).await.status, 201);
    assert_eq!(daemon.ask("POST", "/v1/ports", MAX, Some(&port)).await.status, 201);
    daemon
}

fn filled(path: &str) -> String {
    let names = [("{node}", NODE), ("{port}", PORT), ("{driver}", "staging-iboot"), ("{conductor}", CONDUCTOR)];
    let path = names.iter().fold(path.to_owned(), |path, (name, value)| path.replace(name, value));
    path.replace("{method}", "nosuch")
}

#[tokio::test]
async fn every_path_and_verb_of_the_router_and_no_other_is_described() {
    let description = Description::read();
    let mut described: BTreeMap<&str, (u16, BTreeSet<String>)> = BTreeMap::new();
    for it in description.operations() {
        let (since, verbs) = described.entry(it.path).or_default();
        *since = it.since;
        verbs.insert(it.verb.to_uppercase());
    }
    let folder = tempfile::tempdir().unwrap();
    let daemon = furnished(&folder).await;
    for (path, since, _) in router::paths() {
        let (said, verbs) = described.remove(path).unwrap_or_else(|| panic!("{path} is not described"));
        assert_eq!(said, since, "{path}");
        let told = daemon.ask("BREW", &filled(path), MAX, None).await;
        let allowed: BTreeSet<String> = match told.headers.get("allow") {
            Some(verbs) => verbs.to_str().unwrap().split(',').map(str::to_owned).filter(|it| it != "HEAD").collect(),
            None => {
                assert_ne!(told.status, 405, "{path}");
                let any = |it: &Operation<'_>| it.path == path && it.value["x-any-verb"] == true;
                assert!(description.operations().any(|it| any(&it)), "{path} takes any verb");
                ["DELETE", "GET", "PATCH", "POST", "PUT"].map(str::to_owned).into()
            }
        };
        assert_eq!(verbs, allowed, "{path}");
    }
    assert!(described.is_empty(), "described and not there: {described:?}");
}

#[tokio::test]
async fn every_path_is_there_from_its_version_on() {
    let folder = tempfile::tempdir().unwrap();
    let daemon = furnished(&folder).await;
    for it in Description::read().operations().filter(|it| it.since > 1) {
        let verb = it.verb.to_uppercase();
        let told = daemon.ask(&verb, &filled(it.path), it.since - 1, Some(&json!({}))).await;
        assert_eq!(told.status, 404, "{verb} {} before 1.{}: {told:?}", it.path, it.since);
        let told = daemon.ask(&verb, &filled(it.path), it.since, Some(&json!({}))).await;
        assert_ne!(told.status, 404, "{verb} {} in 1.{}: {told:?}", it.path, it.since);
    }
}

#[test]
fn the_fields_are_those_of_the_tables() {
    let description = Description::read();
    for (schema, table) in [("Node", nodes::table()), ("Port", ports::table())] {
        let rows: Vec<_> = description
            .properties(schema)
            .iter()
            .map(|(name, it)| {
                let may = |what: &str| it["x-writable"].as_array().is_some_and(|list| list.contains(&what.into()));
                (name.as_str(), description.since(it), may("create"), may("patch"))
            })
            .collect();
        assert_eq!(rows, table, "{schema}");
        let creatable: BTreeSet<_> = table.iter().filter(|row| row.2).map(|row| row.0).collect();
        let create = description.properties(&format!("{schema}Create")).keys().map(String::as_str).collect();
        assert_eq!(creatable, create, "{schema}Create");
    }
    assert_eq!(description.whole["info"]["version"], format!("1.{MAX}"));
    let version = description.properties("Version");
    assert_eq!(version["min_version"]["const"], format!("1.{MIN}"));
    assert_eq!(version["version"]["const"], format!("1.{MAX}"));
}

/// Whether the answer says that nobody takes the argument.
fn unexpected(told: &Told, name: &str) -> bool {
    told.status == 400 && told.fault() == format!("Unexpected arguments: {name}")
}

#[tokio::test]
async fn every_argument_of_a_query_is_taken_where_and_from_when_it_is_described() {
    let description = Description::read();
    let folder = tempfile::tempdir().unwrap();
    let daemon = furnished(&folder).await;
    let name = |parameter: &Value| parameter["name"].as_str().unwrap().to_owned();
    let all: BTreeSet<String> = description.operations().flat_map(|it| description.arguments(&it)).map(name).collect();
    assert!(all.len() > 25, "{all:?}");
    for it in description.operations().filter(|it| it.value["x-any-query"] != true) {
        let verb = it.verb.to_uppercase();
        // What is below these paths takes no body at all.
        let body = if verb == "PATCH" { json!([]) } else { json!({}) };
        let body = (verb != "GET").then_some(&body);
        let path = filled(it.path);
        let plain = ["/", "/healthz", "/metrics", "/v1"].contains(&it.path);
        let described: BTreeMap<String, &Value> =
            description.arguments(&it).into_iter().map(|parameter| (name(parameter), parameter)).collect();
        for argument in all.iter().filter(|argument| !described.contains_key(*argument) && !plain) {
            let told = daemon.ask(&verb, &format!("{path}?{argument}=1"), MAX, body).await;
            assert!(unexpected(&told, argument), "{verb} {path} takes {argument}: {told:?}");
        }
        for (argument, parameter) in described {
            let example = parameter["example"].as_str().map_or_else(|| parameter["example"].to_string(), str::to_owned);
            let asked = format!("{path}?{argument}={}", example.replace("NODE", NODE).replace(' ', "%20"));
            // The marker of a list of ports is a port.
            let asked = if path.contains("ports") && argument == "marker" { asked.replace(NODE, PORT) } else { asked };
            let asked = asked.replace(&format!("/nodes/{PORT}"), &format!("/nodes/{NODE}"));
            let since = description.since(parameter).max(it.since);
            if since > it.since {
                let told = daemon.ask(&verb, &asked, since.min(MAX + 1) - 1, body).await;
                assert_eq!(told.status, 406, "{verb} {asked} before 1.{since}: {told:?}");
            }
            if since <= MAX {
                let told = daemon.ask(&verb, &asked, since, body).await;
                assert!(told.status.is_success() || argument == "reset_interfaces", "{verb} {asked}: {told:?}");
                assert!(!unexpected(&told, &argument), "{verb} {asked}: {told:?}");
            }
        }
    }
}

#[tokio::test]
async fn every_field_can_be_asked_for_from_its_version_on() {
    let folder = tempfile::tempdir().unwrap();
    let daemon = furnished(&folder).await;
    for (path, table) in [(format!("/v1/nodes/{NODE}"), nodes::table()), (format!("/v1/ports/{PORT}"), ports::table())]
    {
        for (name, since, ..) in table {
            let asked = format!("{path}?fields={name}");
            // Fields can be named from 1.8 on.
            let since = since.max(8);
            let told = daemon.ask("GET", &asked, since.min(MAX + 1) - 1, None).await;
            assert_eq!(told.status, 406, "{asked} before 1.{since}");
            if since <= MAX {
                let told = daemon.ask("GET", &asked, since, None).await;
                let shown: BTreeSet<_> = told.body.as_object().unwrap().keys().map(String::as_str).collect();
                assert_eq!(shown, BTreeSet::from([name, "links"]), "{asked}");
            }
        }
    }
}
