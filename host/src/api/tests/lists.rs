//! Lists: what the marker of each is, and that a page goes on where the one before ended.

use serde_json::{Value, json};

use super::daemon::{CONDUCTOR, Daemon};

const NODES: [&str; 2] = ["10000000-0000-4000-8000-000000000001", "10000000-0000-4000-8000-000000000002"];
const PORTS: [&str; 2] = ["20000000-0000-4000-8000-000000000001", "20000000-0000-4000-8000-000000000002"];

#[tokio::test]
async fn the_marker_of_the_conductors_is_a_hostname() {
    let folder = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(&folder).await;
    let told = daemon.ask("GET", &format!("/v1/conductors?marker={CONDUCTOR}"), 82, None).await;
    assert_eq!((told.status.as_u16(), told.body), (200, json!({ "conductors": [] })));
    for other in ["other.test", NODES[0]] {
        let told = daemon.ask("GET", &format!("/v1/conductors?marker={other}"), 82, None).await;
        assert_eq!((told.status.as_u16(), told.fault()), (404, format!("Conductor {other} could not be found.")));
    }
}

#[tokio::test]
async fn the_ports_of_a_node_are_its_own_and_go_on_after_one_that_was_moved() {
    let folder = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(&folder).await;
    for uuid in NODES {
        let body = json!({ "driver": "staging-wol", "uuid": uuid });
        assert_eq!(daemon.ask("POST", "/v1/nodes", 82, Some(&body)).await.status, 201);
    }
    for (last, uuid) in PORTS.into_iter().enumerate() {
        let body = json!({ "uuid": uuid, "node_uuid": NODES[0], "address": format!("00:1a:2b:3c:4d:0{last}") });
        assert_eq!(daemon.ask("POST", "/v1/ports", 82, Some(&body)).await.status, 201);
    }
    let of = async |path: String| -> Vec<Value> {
        let told = daemon.ask("GET", &path, 82, None).await;
        told.body["ports"].as_array().unwrap().iter().map(|port| port["uuid"].clone()).collect()
    };
    assert_eq!(of(format!("/v1/ports?node={}", NODES[0])).await, PORTS);
    assert!(of(format!("/v1/ports?node={}", NODES[1])).await.is_empty());
    let body = json!([{ "op": "replace", "path": "/node_uuid", "value": NODES[1] }]);
    assert_eq!(daemon.ask("PATCH", &format!("/v1/ports/{}", PORTS[0]), 82, Some(&body)).await.status, 200);
    assert_eq!(of(format!("/v1/nodes/{}/ports?marker={}", NODES[0], PORTS[0])).await, PORTS[1..]);
    assert_eq!(of(format!("/v1/ports?node_uuid={}", NODES[1])).await, PORTS[..1]);
}
