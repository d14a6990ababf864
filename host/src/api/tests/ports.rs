//! Ports that change their node.

use std::time::Duration;

use serde_json::json;
use uuid::Uuid;

use super::daemon::Daemon;
use crate::error::Error;

const NODES: [&str; 2] = ["10000000-0000-4000-8000-000000000001", "10000000-0000-4000-8000-000000000002"];
const PORT: &str = "20000000-0000-4000-8000-000000000001";

#[tokio::test]
async fn a_port_is_moved_when_neither_node_is_worked_on() {
    let folder = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(&folder).await;
    for uuid in NODES {
        let body = json!({ "driver": "staging-wol", "uuid": uuid });
        assert_eq!(daemon.ask("POST", "/v1/nodes", 82, Some(&body)).await.status, 201);
    }
    let body = json!({ "uuid": PORT, "node_uuid": NODES[0], "address": "00:1a:2b:3c:4d:5e" });
    assert_eq!(daemon.ask("POST", "/v1/ports", 82, Some(&body)).await.status, 201);
    let path = format!("/v1/ports/{}", PORT);
    let to = |node| json!([{ "op": "replace", "path": "/node_uuid", "value": node }]);
    for held in NODES {
        let node = daemon.app.conductor.node(held).unwrap();
        let guard = daemon.app.conductor.lock(&node).await.unwrap();
        let told = daemon.ask("PATCH", &path, 82, Some(&to(NODES[1]))).await;
        assert_eq!(told.status, 409, "{told:?}");
        assert!(told.fault().contains(held), "{told:?}");
        drop(guard);
    }
    // Moved while the deletion waits for the node that it was of: the one that it is of now is waited for, too.
    let [first, second] = NODES.map(|uuid| daemon.app.conductor.node(uuid).unwrap());
    let guards = (daemon.app.conductor.lock(&first).await.unwrap(), daemon.app.conductor.lock(&second).await.unwrap());
    let moved = async {
        guards.0.wanted().await;
        let conductor = &daemon.app.conductor;
        conductor
            .inventory
            .change(|registry, changes| {
                let mut port = registry.ports().next().unwrap().as_ref().clone();
                port.node_uuid = Uuid::try_parse(NODES[1]).unwrap();
                changes.put_port(port);
                Ok::<_, Error>(())
            })
            .await
            .unwrap();
        drop(guards.0);
        guards.1.wanted().await;
        drop(guards.1);
    };
    let patience = Duration::from_secs(60);
    let (told, ()) =
        tokio::time::timeout(patience, async { tokio::join!(daemon.ask("DELETE", &path, 82, None), moved) })
            .await
            .expect("the node that the port is of now is not waited for");
    assert_eq!(told.status, 204);
    assert_eq!(daemon.app.conductor.locked(), (0, 0));
}
