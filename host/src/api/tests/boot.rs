//! Boot devices that nodes keep, on disk and through the API.

use std::sync::Arc;

use rackhand_core::operation::{Outcome, PowerState};
use serde_json::json;
use tempfile::TempDir;

use super::daemon::{Daemon, config};
use crate::driver::{Drivers, StandIn};

const NODE: &str = "10000000-0000-4000-8000-000000000001";
const PATH: &str = "/v1/nodes/10000000-0000-4000-8000-000000000001";

async fn daemon(folder: &TempDir, device: &StandIn) -> Daemon {
    let config = config();
    let drivers = Drivers::of(vec![Arc::new(device.clone())], &config).unwrap();
    Daemon::with(folder, &config, drivers).await
}

async fn with_a_wish(folder: &TempDir, device: &StandIn) -> Daemon {
    let daemon = daemon(folder, device).await;
    let node = json!({
        "driver": "staging-nm", "uuid": NODE, "driver_info": { "address": "a" }, "management_interface": "staging-amt",
    });
    assert_eq!(daemon.ask("POST", "/v1/nodes", 82, Some(&node)).await.status, 201);
    let wish = json!({ "boot_device": "bios" });
    let told = daemon.ask("PUT", &format!("{PATH}/management/boot_device"), 82, Some(&wish)).await;
    assert_eq!(told.status, 204);
    daemon
}

#[tokio::test]
async fn a_wish_and_what_may_be_armed_outlive_the_daemon() {
    let folder = tempfile::tempdir().unwrap();
    let device = StandIn::new();
    let first = with_a_wish(&folder, &device).await;
    let node = first.app.conductor.node(NODE).unwrap();
    first.app.conductor.note(&node, |node| node.armed = true).await.unwrap();
    first.stop().await;
    let second = daemon(&folder, &device).await;
    let told = second.ask("GET", &format!("{PATH}/management/boot_device"), 82, None).await;
    assert_eq!(told.body, json!({ "boot_device": "bios", "persistent": false }));
    assert_eq!(device.happened(2).await, ["a: disarm", "a: power?"]);
    second.settle().await;
    second.stop().await;
    // The third finds nothing to be done, and fulfils the wish.
    let third = daemon(&folder, &device).await;
    let started = Outcome::Started { state: PowerState::On, boot_device_used: true, left_armed: false };
    device.answer(Ok(started));
    let on = json!({ "target": "power on" });
    assert_eq!(third.ask("PUT", &format!("{PATH}/states/power"), 82, Some(&on)).await.status, 202);
    third.settle().await;
    assert_eq!(device.events()[2..], ["a: power on from bios"]);
    let told = third.ask("GET", &format!("{PATH}/management/boot_device"), 82, None).await;
    assert_eq!(told.body, json!({ "boot_device": "disk", "persistent": true }));
    third.stop().await;
}

#[tokio::test]
async fn what_may_be_armed_keeps_no_node_from_being_changed_or_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let device = StandIn::new();
    let daemon = with_a_wish(&folder, &device).await;
    let node = daemon.app.conductor.node(NODE).unwrap();
    daemon.app.conductor.note(&node, |node| node.armed = true).await.unwrap();
    device.mute(true);
    // The device that is armed may be another by now: taking back what is not there does no harm.
    let other = json!([{ "op": "add", "path": "/driver_info/address", "value": "b" }]);
    assert_eq!(daemon.ask("PATCH", PATH, 82, Some(&other)).await.status, 200);
    assert!(daemon.app.conductor.node(NODE).unwrap().armed);
    let nobody = json!([{ "op": "remove", "path": "/driver_info/address" }]);
    assert_eq!(daemon.ask("PATCH", PATH, 82, Some(&nobody)).await.status, 200);
    assert_eq!(daemon.ask("DELETE", PATH, 82, None).await.status, 204);
    assert!(device.events().is_empty());
}

/// Ironic judges the settings before it speaks of boot devices.
#[tokio::test]
async fn a_node_without_its_settings_has_no_boot_device() {
    let folder = tempfile::tempdir().unwrap();
    let daemon = with_a_wish(&folder, &StandIn::new()).await;
    let path = format!("{PATH}/management/boot_device");
    let nobody = json!([{ "op": "remove", "path": "/driver_info/address" }]);
    assert_eq!(daemon.ask("PATCH", PATH, 82, Some(&nobody)).await.status, 200);
    let wish = json!({ "boot_device": "pxe" });
    for (method, body) in [("GET", None), ("PUT", Some(&wish))] {
        let told = daemon.ask(method, &path, 82, body).await;
        assert_eq!(told.status, 400, "{method}: {}", told.body);
        assert!(told.body.to_string().contains("address"), "{method}: {}", told.body);
    }
    let valid = daemon.ask("GET", &format!("{PATH}/validate"), 82, None).await.body;
    assert_eq!((&valid["management"]["result"], &valid["power"]["result"]), (&json!(false), &json!(false)));
    assert!(valid["management"]["reason"].to_string().contains("address"), "{valid}");
    // What it can be started from is a matter of the driver.
    assert_eq!(daemon.ask("GET", &format!("{path}/supported"), 82, None).await.status, 200);
}
