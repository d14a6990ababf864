//! Boot devices that nodes keep, on disk, and those that devices keep, through the API.

use std::sync::Arc;

use rackhand_core::ipmi::BootSetting;
use rackhand_core::operation::{BootDevice, ErrorKind, Outcome, PowerState};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::daemon::{Daemon, config};
use crate::driver::{DriverError, Drivers, StandIn};

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

/// A daemon with a node whose BMC keeps the boot device.
async fn with_a_bmc(folder: &TempDir, device: &StandIn, more: Value) -> Daemon {
    let daemon = daemon(folder, device).await;
    let mut node = json!({
        "driver": "staging-nm", "uuid": NODE, "driver_info": { "address": "a" }, "management_interface": "ipmitool",
    });
    node.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
    assert_eq!(daemon.ask("POST", "/v1/nodes", 82, Some(&node)).await.status, 201);
    daemon
}

const fn keeps(device: Option<BootDevice>, persistent: bool, efi: bool) -> Result<Outcome, DriverError> {
    Ok(Outcome::BootDevice(BootSetting { device, persistent, efi }))
}

#[tokio::test]
async fn a_bmc_is_asked_and_told_while_the_client_waits() {
    let folder = tempfile::tempdir().unwrap();
    let device = StandIn::new();
    let daemon = with_a_bmc(&folder, &device, json!({})).await;
    let path = format!("{PATH}/management/boot_device");
    for (kept, told) in [
        (keeps(None, false, false), json!({ "boot_device": null, "persistent": null })),
        (keeps(None, true, true), json!({ "boot_device": null, "persistent": null })),
        (keeps(Some(BootDevice::Safe), true, false), json!({ "boot_device": "safe", "persistent": true })),
        (keeps(Some(BootDevice::Pxe), false, true), json!({ "boot_device": "pxe", "persistent": false })),
    ] {
        device.answer(kept);
        let answer = daemon.ask("GET", &path, 82, None).await;
        assert_eq!((answer.status.as_u16(), answer.body), (200, told));
    }
    assert_eq!(device.events(), ["a: boot device?"; 4]);
    // What it drops is in the log, and in the next answer.
    device.answer(keeps(Some(BootDevice::Disk), false, false));
    let wish = json!({ "boot_device": "disk", "persistent": true });
    assert_eq!(daemon.ask("PUT", &path, 82, Some(&wish)).await.status, 204);
    assert_eq!(daemon.ask("GET", &path, 82, None).await.body, json!({ "boot_device": "disk", "persistent": false }));
    assert_eq!(device.events()[4..], ["a: boot device disk, persistent: true, efi: None", "a: boot device?"]);
    assert!(daemon.app.conductor.node(NODE).unwrap().boot.is_none(), "the node keeps none");
    let told = daemon.ask("GET", &format!("{path}/supported"), 82, None).await;
    assert_eq!(told.body, json!({ "supported_boot_devices": ["pxe", "disk", "cdrom", "bios", "safe"] }));
    // A start brings nothing along.
    device.answer(Ok(Outcome::Power(PowerState::On)));
    let on = json!({ "target": "power on" });
    assert_eq!(daemon.ask("PUT", &format!("{PATH}/states/power"), 82, Some(&on)).await.status, 202);
    daemon.settle().await;
    assert_eq!(device.events()[6..], ["a: power on"]);
}

#[tokio::test]
async fn a_bmc_is_told_whether_the_node_starts_as_uefi() {
    for (more, efi) in [
        (json!({ "properties": { "capabilities": "cpus:4,boot_mode:uefi" } }), "Some(true)"),
        (json!({ "properties": { "capabilities": "boot_mode:bios" } }), "Some(false)"),
        (json!({ "instance_info": { "capabilities": { "boot_mode": "uefi" } } }), "Some(true)"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let device = StandIn::new();
        let daemon = with_a_bmc(&folder, &device, more).await;
        device.answer(keeps(Some(BootDevice::Pxe), false, true));
        let wish = json!({ "boot_device": "pxe" });
        assert_eq!(daemon.ask("PUT", &format!("{PATH}/management/boot_device"), 82, Some(&wish)).await.status, 204);
        assert_eq!(device.events(), [format!("a: boot device pxe, persistent: false, efi: {efi}")]);
    }
}

#[tokio::test]
async fn a_bmc_that_fails_is_500_and_a_wish_that_is_none_does_not_reach_it() {
    let folder = tempfile::tempdir().unwrap();
    let device = StandIn::new();
    let daemon = with_a_bmc(&folder, &device, json!({})).await;
    let path = format!("{PATH}/management/boot_device");
    let odd = json!({ "boot_device": "floppy" });
    let told = daemon.ask("PUT", &path, 82, Some(&odd)).await;
    assert_eq!((told.status.as_u16(), told.fault().as_str()), (400, "Invalid boot device floppy specified."));
    assert!(device.events().is_empty());
    device.answer(Err(DriverError::of(ErrorKind::NoContact, "nobody there")));
    let wish = json!({ "boot_device": "pxe" });
    for (method, body) in [("GET", None), ("PUT", Some(&wish))] {
        let told = daemon.ask(method, &path, 82, body).await;
        assert_eq!((told.status.as_u16(), told.fault().as_str()), (500, "a: nobody there"), "{method}");
    }
    let nobody = json!([{ "op": "remove", "path": "/driver_info/address" }]);
    assert_eq!(daemon.ask("PATCH", PATH, 82, Some(&nobody)).await.status, 200);
    for (method, body) in [("GET", None), ("PUT", Some(&wish))] {
        assert_eq!(daemon.ask(method, &path, 82, body).await.status, 400, "{method}");
    }
    assert_eq!(device.events().len(), 2);
    let valid = daemon.ask("GET", &format!("{PATH}/validate"), 82, None).await.body;
    for interface in ["power", "management", "vendor"] {
        assert_eq!(valid[interface]["result"], false, "{interface}");
    }
}
