//! Domains made up here, and a stand-in for a daemon.

use std::time::Duration;

use clap::Parser;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::api::Api;
use super::super::error::Error;
use super::super::stand_in::{StandIn, fault};
use super::args::{Enroll, Source};
use super::{Wanted, on_domains};
use crate::Exit;
use crate::driver::Domain;

#[derive(Parser)]
struct Just {
    #[command(flatten)]
    enroll: Enroll,
}

/// As many domains, each with an interface.
fn domains(count: u8) -> Vec<Domain> {
    let domain = |number: u8| Domain {
        name: format!("vm{number}"),
        uuid: Uuid::from_u128(number.into()),
        macs: vec![format!("52:54:00:00:00:{number:02x}").parse().unwrap()],
        wrong: None,
    };
    (1..=count).map(domain).collect()
}

async fn run(on: &StandIn, domains: &[Domain], arguments: &[&str]) -> Result<Exit, Error> {
    let fixed = ["enroll", "libvirt", "qemu+ssh://root@hv/system", "--url", &on.url];
    let enroll = Just::try_parse_from([&fixed[..], arguments].concat()).map(|it| it.enroll).unwrap();
    let mut api = Api::new(&enroll.daemon, &|_| None)?;
    api.pause = Duration::from_millis(1);
    let Source::Libvirt(libvirt) = &enroll.source;
    let wanted = Wanted::new(libvirt)?;
    let done = on_domains(&api, &wanted, domains, &enroll.daemon);
    tokio::time::timeout(Duration::from_secs(60), done).await.expect("it ends")
}

async fn exit(on: &StandIn, domains: &[Domain], arguments: &[&str]) -> Exit {
    run(on, domains, arguments).await.unwrap_or_else(|error| error.exit())
}

/// What was asked for that changes anything.
fn changes(on: &StandIn) -> Vec<String> {
    on.asked().into_iter().filter(|asked| !asked.starts_with("GET")).collect()
}

#[tokio::test]
async fn each_domain_becomes_a_node_once() {
    let on = StandIn::start().await;
    let domains = domains(9);
    assert_eq!(exit(&on, &domains, &["--dry-run"]).await, Exit::Done);
    assert_eq!(changes(&on), [""; 0]);
    assert_eq!(exit(&on, &domains, &["-i", "ssh_no_verify=true", "--only", "vm[1-8]"]).await, Exit::Done);
    let node = on.node("vm3");
    let info = json!({ "libvirt_uri": "qemu+ssh://root@hv/system", "ssh_no_verify": "true" });
    assert_eq!((&node["driver"], &node["driver_info"]), (&json!("staging-libvirt"), &info));
    let note = json!({ "name": "vm3", "uuid": "00000000-0000-0000-0000-000000000003" });
    assert_eq!((&node["extra"]["libvirt_domain"], &node["properties"]), (&note, &json!({})));
    let ports = on.world().ports.clone();
    assert!(
        ports.iter().any(|it| it["address"] == "52:54:00:00:00:03" && it["node_uuid"] == node["uuid"]),
        "{ports:?}"
    );
    assert_eq!((on.world().nodes.len(), ports.len()), (8, 8));

    on.world().asked.clear();
    assert_eq!(exit(&on, &domains, &["--only", "vm?"]).await, Exit::Done);
    assert_eq!(changes(&on), ["POST /v1/nodes", "POST /v1/ports"]);
    assert_eq!(on.node("vm9")["provision_state"], "enroll");
}

#[tokio::test]
async fn what_was_interrupted_is_completed() {
    let on = StandIn::start().await;
    let mut domains = domains(2);
    assert_eq!(exit(&on, &domains, &[]).await, Exit::Done);
    let second = on.node("vm2")["uuid"].clone();
    // As when it ended between a node and its port; and a machine was given a second card.
    on.world().ports.retain(|port| port["node_uuid"] != second);
    domains[0].macs.push("52:54:00:00:00:aa".parse().unwrap());
    on.world().asked.clear();
    assert_eq!(exit(&on, &domains, &["--manage"]).await, Exit::Done);
    let posts = changes(&on).into_iter().filter(|asked| asked.starts_with("POST")).collect::<Vec<_>>();
    assert_eq!(posts, ["POST /v1/ports"; 2]);
    let ports = on.world().ports.clone();
    assert!(ports.iter().any(|it| it["address"] == "52:54:00:00:00:02" && it["node_uuid"] == second), "{ports:?}");
    assert_eq!((on.world().nodes.len(), ports.len()), (2, 3));
    assert_eq!(on.node("vm2")["provision_state"], "manageable");
}

#[tokio::test]
async fn a_node_without_its_port_is_not_left() {
    let on = StandIn::start().await;
    let domains = domains(3);
    // Of the three, one is refused its port.
    on.world().first.push(("POST /v1/ports", [(400, fault("no room").to_string())].into()));
    assert_eq!(exit(&on, &domains, &["--manage"]).await, Exit::Failed);
    {
        let world = on.world();
        assert_eq!((world.nodes.len(), world.ports.len()), (2, 2));
        assert!(world.nodes.iter().all(|node| node["provision_state"] == "manageable"), "{:?}", world.nodes);
        let deleted = world.asked.iter().filter(|asked| asked.what.starts_with("DELETE /v1/nodes/")).count();
        assert_eq!(deleted, 1);
    }
    assert_eq!(exit(&on, &domains, &[]).await, Exit::Done);
    let world = on.world();
    assert_eq!((world.nodes.len(), world.ports.len()), (3, 3));
}

#[tokio::test]
async fn a_port_that_is_ours_by_now_is_no_failure() {
    let on = StandIn::start().await;
    let domains = domains(1);
    // The answer to the first try is lost; it was carried out all the same.
    let ours = |uuid: &str| json!({ "ports": [{ "uuid": "p", "node_uuid": uuid }] }).to_string();
    on.world()
        .first
        .push(("POST /v1/ports", [(409, fault("A port with MAC address X already exists.").to_string())].into()));
    on.world().first.push(("GET /v1/ports?address=", [(200, ours("00000000-0000-4000-8000-000000000000"))].into()));
    assert_eq!(exit(&on, &domains, &[]).await, Exit::Done);
    assert_eq!(on.world().nodes.len(), 1);

    // Another's is one.
    let on = StandIn::start().await;
    on.world()
        .first
        .push(("POST /v1/ports", [(409, fault("A port with MAC address X already exists.").to_string())].into()));
    on.world().first.push(("GET /v1/ports?address=", [(200, ours("another"))].into()));
    assert_eq!(exit(&on, &domains, &[]).await, Exit::Failed);
    assert_eq!(on.world().nodes.len(), 0);
}

#[tokio::test]
async fn a_node_that_does_not_answer_stays_and_is_told() {
    let on = StandIn::start().await;
    let refused = (500, fault("no").to_string());
    on.world().first.push(("PUT /v1/nodes/00000000-0000-4000-8000-000000000001/states/provision", [refused].into()));
    assert_eq!(exit(&on, &domains(3), &["--manage"]).await, Exit::Failed);
    let states: Vec<Value> = on.world().nodes.iter().map(|node| node["provision_state"].clone()).collect();
    assert_eq!(states, ["manageable", "enroll", "manageable"]);
}

#[tokio::test]
async fn wrong_usage_asks_nobody() {
    let on = StandIn::start().await;
    for (arguments, words) in [
        (&["-i", "libvirt_uri=qemu:///system"][..], "is the argument URI"),
        (&["-i", "ssh_key=x"], "has no setting 'ssh_key'"),
        (&["-i", "sasl_password=hunter2"], "missing: sasl_username"),
        (&["-i", "ssh_key_filename=/nonexistent"], "cannot be used"),
        (&["--name-prefix", "a b"], "' '"),
        (&["--only", "[z"], "--only '[z'"),
        (&["--only", "x*"], "--only 'x*' fits none of the 3 domains of qemu+ssh://root@hv/system"),
    ] {
        match run(&on, &domains(3), arguments).await {
            Err(Error::Usage(text)) => {
                assert!(text.contains(words) && !text.contains("hunter2"), "{arguments:?}: {text}");
            }
            other => panic!("{arguments:?}: {other:?}"),
        }
    }
    assert_eq!(on.asked(), [""; 0]);
}

#[cfg(not(feature = "libvirt"))]
#[tokio::test]
async fn a_build_without_libvirt_says_so_and_asks_nobody() {
    let on = StandIn::start().await;
    for (uri, words) in [("qemu:///system", "--features libvirt"), ("qemu+ext:///system", "'ext' is not allowed")] {
        let enroll = Just::try_parse_from(["enroll", "libvirt", uri, "--url", &on.url]).map(|it| it.enroll).unwrap();
        let api = Api::new(&enroll.daemon, &|_| None).unwrap();
        let Source::Libvirt(libvirt) = &enroll.source;
        match super::libvirt(&api, libvirt, &enroll.daemon).await {
            Err(Error::Usage(text)) => assert!(text.contains(words), "{text}"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(on.asked(), [""; 0]);
}
