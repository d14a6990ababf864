//! The commands against a stand-in for a daemon: what is asked of it, what becomes of the answers, and how the program ends.

use std::time::Duration;

use clap::Parser;
use serde_json::{Map, Value, json};

use super::api::Api;
use super::args::Node;
use super::error::Error;
use super::many::Bar;
use super::stand_in::{StandIn, fault};
use super::{list, on_nodes, wait};
use crate::Exit;

#[derive(Parser)]
struct Just {
    #[command(flatten)]
    node: Node,
}

fn parse(url: &str, arguments: &[&str]) -> Node {
    Just::try_parse_from([&["node"], arguments, &["--url", url]].concat()).map(|it| it.node).unwrap()
}

async fn run(on: &StandIn, arguments: &[&str]) -> Result<Exit, Error> {
    let node = parse(&on.url, arguments);
    let mut api = Api::new(&node.daemon, &|_| None)?;
    api.pause = Duration::from_millis(1);
    let limit = Duration::from_secs(60);
    tokio::time::timeout(limit, on_nodes(&api, &node.what, false)).await.expect("it ends")
}

async fn exit(on: &StandIn, arguments: &[&str]) -> Exit {
    run(on, arguments).await.unwrap_or_else(|error| error.exit())
}

async fn usage(on: &StandIn, arguments: &[&str]) -> String {
    match run(on, arguments).await {
        Err(Error::Usage(text)) => text,
        other => panic!("{arguments:?}: {other:?}"),
    }
}

#[tokio::test]
async fn a_list_comes_in_pages() {
    let on = StandIn::start().await.with(&["a", "b", "c", "d", "e"]);
    on.world().page = 2;
    assert_eq!(exit(&on, &["list"]).await, Exit::Done);
    let asked = on.asked();
    assert_eq!(asked.len(), 3, "{asked:?}");
    assert!(asked[0].starts_with("GET /v1/nodes?fields=uuid%2Cname%2C"), "{asked:?}");
    // The marker of `next`, and not its host or its other arguments.
    assert!(
        asked[2].contains("marker=00000000-0000-4000-8000-000000000003") && !asked[2].contains("limit"),
        "{asked:?}"
    );
    assert!(on.world().asked.iter().all(|asked| asked.version == "1.82"));

    let node = parse(&on.url, &["list"]);
    let api = Api::new(&node.daemon, &|_| None).unwrap();
    for (limit, count, pages) in [(None, 5, 3), (Some(3), 3, 2), (Some(2), 2, 1), (Some(9), 5, 3)] {
        on.world().asked.clear();
        let nodes = list::all(&api, &["nodes"], "nodes", &[], limit).await.unwrap();
        assert_eq!((nodes.len(), on.asked().len()), (count, pages), "{limit:?}");
    }
    on.world().asked.clear();
    let filters =
        ["--driver", "x", "--maintenance", "--provision-state", "enroll", "--sort", "name:desc", "--fields", "name"];
    assert_eq!(exit(&on, &[&["list"], &filters[..]].concat()).await, Exit::Done);
    let expected =
        "GET /v1/nodes?fields=name&driver=x&provision_state=enroll&maintenance=true&sort_key=name&sort_dir=desc";
    assert_eq!(on.asked(), [expected]);
}

#[tokio::test]
async fn a_page_that_leads_to_itself_is_an_error() {
    let on = StandIn::start().await;
    let page = json!({ "nodes": [], "next": "http://h/v1/nodes?marker=x" }).to_string();
    on.world().first.push(("/v1/nodes", [(200, page.clone()), (200, page)].into()));
    assert!(run(&on, &["list"]).await.unwrap_err().to_string().contains("leads nowhere"));
}

#[tokio::test]
async fn many_nodes_are_made_at_once() {
    let on = StandIn::start().await;
    let info = ["-i", "iboot_relay_id=[1-8]", "-i", "iboot_address=pdu", "-i", "iboot_password=s[1-2]"];
    let fixed = ["create", "--driver", "staging-iboot", "--name", "rack[1-8]", "--port", "02:00:00:00:00:[01-08]"];
    let more = ["--property", "memory_mb=512", "--extra", "who={\"a\": 1}", "--description", "x"];
    assert_eq!(exit(&on, &[&fixed[..], &info, &more].concat()).await, Exit::Done);
    let node = on.node("rack3");
    let expected = json!({ "iboot_relay_id": "3", "iboot_address": "pdu", "iboot_password": "s[1-2]" });
    assert_eq!((&node["driver_info"], &node["properties"]["memory_mb"]), (&expected, &json!(512)));
    assert_eq!((&node["extra"]["who"]["a"], &node["description"]), (&json!(1), &json!("x")));
    assert_eq!(on.world().nodes.len(), 8);
    let ports = on.world().ports.clone();
    let port = ports.iter().find(|port| port["address"] == "02:00:00:00:00:03").unwrap();
    assert_eq!(port["node_uuid"], node["uuid"]);

    // One name is taken, which is not tried again; the other is made.
    on.world().asked.clear();
    assert_eq!(exit(&on, &["create", "--driver", "staging-wol", "--name", "rack[8,9]"]).await, Exit::Failed);
    assert_eq!(on.asked(), ["POST /v1/nodes"; 2]);
    assert_eq!(on.node("rack9")["driver"], "staging-wol");
    // A port that is taken: the node is there.
    let taken = ["create", "--driver", "staging-wol", "--name", "late", "--port", "02:00:00:00:00:01"];
    assert_eq!(exit(&on, &taken).await, Exit::Failed);
    assert_eq!(on.node("late")["name"], "late");
}

#[tokio::test]
async fn wrong_usage_sends_nothing() {
    let on = StandIn::start().await;
    for (arguments, words) in [
        (&["create", "--driver", "x", "--name", "r[1-"][..], "--name: place 2: a '[' without its ']'"),
        (&["create", "--driver", "x", "--name", "a,a"], "--name has 'a' twice"),
        (&["create", "--driver", "x", "--name", "r[1-3]", "-i", "a=[1-2]"], "a is a list of 2 for 3 nodes"),
        (
            &["create", "--driver", "x", "--name", "r[1-3]", "--port", "02:00:00:00:00:01"],
            "one MAC address for 3 nodes",
        ),
        (&["create", "--driver", "staging-iboot", "-i", "iboot_relayid=1"], "has no setting 'iboot_relayid'"),
        (&["set", "a"], "nothing to set"),
        (&["set", "r[1-2]", "--name", "x"], "one name for 2 nodes"),
        (&["unset", "a"], "nothing to unset"),
        (&["show", "rack[1-100001]"], "more than 100000 names"),
        (&["passthru", "call", "a", "m", "--body", "[1]"], "--body is a JSON object"),
        (&["passthru", "call", "a", "m", "--arg", "x"], "--arg is given as KEY=VALUE"),
    ] {
        let text = usage(&on, arguments).await;
        assert!(text.contains(words), "{arguments:?}: {text}");
    }
    assert_eq!(exit(&on, &["delete", ".."]).await, Exit::Usage);
    assert_eq!(on.asked(), [""; 0]);
}

#[tokio::test]
async fn set_and_unset_are_json_patches() {
    let on = StandIn::start().await.with(&["a", "b"]);
    let set = ["set", "[a,b]", "-i", "iboot_relay_id=[3,5]", "--name", "x[1-2]", "--extra", "k=v", "--owner", "me"];
    assert_eq!(exit(&on, &set).await, Exit::Done);
    assert_eq!(on.node("x2")["driver_info"], json!({ "iboot_relay_id": "5" }));
    assert_eq!((on.node("x1")["extra"]["k"].as_str(), on.node("x1")["owner"].as_str()), (Some("v"), Some("me")));
    assert_eq!(
        exit(&on, &["unset", "x1", "-i", "iboot_relay_id", "--extra", "k", "--field", "owner"]).await,
        Exit::Done
    );
    assert_eq!(on.node("x1")["driver_info"], json!({}));
    assert_eq!(on.node("x1").get("owner"), None);
    assert_eq!(exit(&on, &["unset", "x1", "--field", "power-interface"]).await, Exit::Failed);
    let asked = on.world().asked.last().unwrap().body.clone();
    assert_eq!(asked, json!([{ "op": "remove", "path": "/power_interface" }]));
}

#[tokio::test]
async fn power_waits_for_its_end() {
    let names: Vec<String> = (1..=100).map(|number| format!("r{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let on = StandIn::start().await.with(&names);
    on.world().broken.push("r7".to_owned());
    // One fails; that keeps no other from being tried, and the nodes are looked at as one list.
    assert_eq!(exit(&on, &["power", "on", "r[1-100]"]).await, Exit::Failed);
    assert!((2..=64).contains(&on.world().busiest), "{}", on.world().busiest);
    let looks = on.asked().into_iter().filter(|asked| asked.starts_with("GET")).collect::<Vec<_>>();
    assert!(looks.iter().all(|look| look.starts_with("GET /v1/nodes?fields=")) && looks.len() <= 3, "{looks:?}");
    assert_eq!(on.node("r100")["power_state"], "power on");

    on.world().asked.clear();
    assert_eq!(exit(&on, &["power", "reboot", "r1", "--timeout", "10"]).await, Exit::Done);
    assert_eq!(on.world().asked[0].body, json!({ "target": "rebooting", "timeout": 10 }));
    let looks = on.asked().split_off(1);
    assert!(looks.iter().all(|look| look.starts_with("GET /v1/nodes/r1?fields=")) && looks.len() == 2, "{looks:?}");
    for (arguments, target) in [
        (&["off", "--soft"][..], "soft power off"),
        (&["off"], "power off"),
        (&["reboot", "--soft"], "soft rebooting"),
        (&["on"], "power on"),
    ] {
        on.world().asked.clear();
        assert_eq!(exit(&on, &[&["power"], arguments, &["r2"]].concat()).await, Exit::Done, "{target}");
        assert_eq!(on.world().asked[0].body, json!({ "target": target }));
    }
    on.world().asked.clear();
    assert_eq!(exit(&on, &["power", "off", "--no-wait", "r2,r2", "r2"]).await, Exit::Done);
    assert_eq!(on.asked(), ["PUT /v1/nodes/r2/states/power"]);
    assert_eq!(exit(&on, &["power", "on", "r1", "nobody", "r7"]).await, Exit::Failed);
    assert_eq!(exit(&on, &["power", "status", "r1", "r2"]).await, Exit::Done);
    assert_eq!(exit(&on, &["power", "status", "nobody"]).await, Exit::Failed);
}

#[tokio::test]
async fn waiting_has_an_end() {
    let names: Vec<String> = (1..=20).map(|number| format!("r{number}")).collect();
    let on = StandIn::start().await.with(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let node = parse(&on.url, &["list"]);
    let api = Api::new(&node.daemon, &|_| None).unwrap();
    for count in [1, 20] {
        let nodes = &names[..count];
        let bar = Bar::start("", 1);
        let begun = tokio::time::Instant::now();
        let ends = vec![None; count];
        let outcomes = wait::until(&api, nodes, ends, Duration::from_millis(300), &bar, |_| None).await;
        assert!(begun.elapsed() >= Duration::from_millis(300));
        assert_eq!(outcomes.len(), count);
        assert!(outcomes.iter().all(|it| matches!(it, Err(Error::Failed(text)) if text.contains("still busy"))));
    }
    // One that is gone meanwhile is told from one that is late; what had its end before keeps it.
    let nodes = [&names[..10], &["gone".to_owned(), "refused".to_owned()]].concat();
    let mut ends = vec![None; 12];
    ends[11] = Some(Err(Error::Usage("before".to_owned())));
    let bar = Bar::start("", 1);
    let judge = |node: &Map<String, Value>| Some(Ok(node.clone()));
    let outcomes = wait::until(&api, &nodes, ends, Duration::from_secs(60), &bar, judge).await;
    assert_eq!(outcomes[9].as_ref().unwrap()["name"], "r10");
    assert!(matches!(&outcomes[10], Err(Error::Refused { status: 404, .. })), "{:?}", outcomes[10]);
    assert!(matches!(&outcomes[11], Err(Error::Usage(_))), "{:?}", outcomes[11]);
}

#[tokio::test]
async fn what_passes_is_tried_again() {
    let on = StandIn::start().await.with(&["a"]);
    let locked = || {
        (409, fault("Node a is locked by host h, please retry after the current operation is completed.").to_string())
    };
    let busy = || (503, String::new());
    on.world().first.push(("/power", [locked(), busy(), locked(), busy(), locked()].into()));
    assert_eq!(exit(&on, &["power", "on", "a", "--no-wait"]).await, Exit::Done);
    assert_eq!(on.asked().len(), 6);
    on.world().asked.clear();
    on.world().first.push(("/power", (0..6).map(|_| locked()).collect()));
    assert_eq!(exit(&on, &["power", "on", "a", "--no-wait"]).await, Exit::Failed);
    assert_eq!(on.asked().len(), 6);
    // A question that the daemon stumbles over while a node is waited for says nothing of the node.
    on.world().first.push(("GET /v1/nodes/a?", [(500, String::new())].into()));
    assert_eq!(exit(&on, &["power", "off", "a"]).await, Exit::Done);
}

#[tokio::test]
async fn the_rest_of_the_commands() {
    let on = StandIn::start().await.with(&["a", "b"]);
    for (arguments, end) in [
        (&["show", "a"][..], Exit::Done),
        (&["show", "a", "nobody"], Exit::Failed),
        (&["manage", "a", "b"], Exit::Done),
        (&["provide", "[a,b]"], Exit::Done),
        (&["maintenance", "set", "a", "--reason", "fan"], Exit::Done),
        (&["validate", "b"], Exit::Failed),
        (&["set", "b", "-i", "k=v"], Exit::Done),
        (&["validate", "b"], Exit::Done),
        (&["boot-device", "set", "a", "b", "pxe", "--persistent"], Exit::Done),
        (&["boot-device", "show", "a"], Exit::Done),
        (&["passthru", "list", "a"], Exit::Done),
        (&["port", "create", "--node", "a", "02:00:00:00:00:01", "02:00:00:00:00:02"], Exit::Done),
        (&["port", "create", "--node", "a", "02:00:00:00:00:01"], Exit::Failed),
        (&["port", "list", "--node", "a"], Exit::Done),
        (&["port", "delete", "02:00:00:00:00:01"], Exit::Done),
        (&["port", "delete", "02:00:00:00:00:01"], Exit::Failed),
    ] {
        assert_eq!(exit(&on, arguments).await, end, "{arguments:?}");
    }
    let node = on.node("a");
    assert_eq!(
        (node["provision_state"].as_str(), node["maintenance_reason"].as_str()),
        (Some("available"), Some("fan"))
    );
    assert_eq!(on.node("b")["boot"], json!({ "boot_device": "pxe", "persistent": true }));
    assert_eq!((node["maintenance"].as_bool(), on.world().ports.len()), (Some(true), 1));
    assert_eq!(exit(&on, &["maintenance", "unset", "a"]).await, Exit::Done);
    assert_eq!(on.node("a")["maintenance"], false);
    assert_eq!(exit(&on, &["delete", "a", "b"]).await, Exit::Done);
    assert_eq!(on.world().nodes.len(), 0);
}

#[tokio::test]
async fn a_method_is_called_by_the_verb_that_it_has() {
    let on = StandIn::start().await.with(&["a"]);
    let call = async |method: &str, more: &[&str]| {
        let end = exit(&on, &[&["passthru", "call", "a", method], more].concat()).await;
        let asked = on.world().asked.last().cloned().unwrap();
        (end, asked.what, asked.body)
    };
    let at = |verb: &str, method: &str| format!("{verb} /v1/nodes/a/vendor_passthru/{method}");
    let arguments = ["--arg", "domain_id=platform", "--arg", "policy_id=11"];
    let body = json!({ "domain_id": "platform", "policy_id": 11 });
    let (done, nothing) = (Exit::Done, Value::Object(Map::new()));
    assert_eq!(call("get_nm_version", &arguments).await, (done, at("GET", "get_nm_version"), body.clone()));
    assert_eq!(call("both", &["--body", &body.to_string()]).await, (done, at("POST", "both"), body));
    assert_eq!(call("unknown", &[]).await, (done, at("POST", "unknown"), nothing.clone()));
    assert_eq!(call("reset", &["--method", "put", "--no-wait"]).await, (done, at("PUT", "reset"), nothing));
    assert_eq!(call("reset", &["--method", "put"]).await.0, done);
    assert_eq!(call("reset", &[]).await.0, Exit::Usage);
    // What goes on in the background is waited for; what fails there is a failure.
    let (end, asked, _) = call("fail", &["--method", "PUT"]).await;
    assert!(end == Exit::Failed && asked.starts_with("GET /v1/nodes/a?fields="), "{end:?} {asked}");
    assert_eq!(call("fail", &["--method", "PUT", "--no-wait"]).await.0, done);
}

#[tokio::test]
async fn no_daemon() {
    // A port that nobody is given.
    let url = "http://127.0.0.1:1";
    let node = parse(url, &["show", "r[1-50]"]);
    let api = Api::new(&node.daemon, &|_| None).unwrap();
    assert_eq!(on_nodes(&api, &node.what, false).await.unwrap(), Exit::NoContact);
    let error = api.get(&["nodes"], &[]).await.unwrap_err();
    assert!(error.to_string().starts_with(&format!("no contact with the daemon at {url}/: ")), "{error}");
}

#[tokio::test]
async fn what_is_no_ironic() {
    let on = StandIn::start().await;
    for (status, body, words) in [
        (200, "<html>", "the answer is not JSON"),
        (200, "{}", "no list of nodes"),
        (302, "", "points elsewhere"),
        (404, "nothing here", "nothing here (HTTP 404)"),
        (401, "{\"error\": {\"message\": \"Authorization required\"}}", "--user and --password"),
    ] {
        on.world().first.push(("GET", [(status, body.to_owned())].into()));
        let error = run(&on, &["list"]).await.unwrap_err();
        assert!(error.to_string().contains(words) && error.exit() == Exit::Failed, "{status}: {error}");
    }
}
