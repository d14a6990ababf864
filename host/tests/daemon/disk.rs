//! A disk that is full: two megabytes in a mount namespace of the test's own, which ends with it.

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use super::common::daemon::{Daemon, Home};
use super::common::need;
use super::common::process::{RACKHAND, Running, command, until};
use super::common::rack::Rack;

/// A small disk, mounted where nobody else sees it.
struct Disk {
    keeper: Running,
    /// Where it is for us.
    place: PathBuf,
}

impl Disk {
    /// None, with a word about it, where there can be none.
    fn new(home: &Home) -> Option<Self> {
        if !need::programs(&["unshare", "nsenter", "mount"]) {
            return None;
        }
        let inside = home.database().parent()?.display().to_string();
        fs::create_dir_all(&inside).unwrap();
        let script = "mount -t tmpfs -o size=2m,mode=700 tmpfs \"$1\" && echo mounted && read end || echo failed";
        let mut keeper = Running::start(command(None, "unshare", &["--mount", "sh", "-c", script, "sh", &inside]));
        let word = keeper.line("its word", |line| {
            let known = ["mounted", "failed", "unshare: "].iter().any(|word| line.starts_with(word));
            known.then(|| line.to_owned())
        });
        if word != "mounted" {
            need::missing(&format!("no mount namespace with a tmpfs: {word} {}", keeper.stderr().trim()));
            return None;
        }
        let place = PathBuf::from(format!("/proc/{}/root{inside}", keeper.pid()));
        Some(Self { keeper, place })
    }

    /// `rackhand` within.
    fn command(&self) -> std::process::Command {
        let pid = self.keeper.pid().to_string();
        // The network is ours, and so is the configuration file.
        command(None, "nsenter", &["--target", &pid, "--mount", RACKHAND])
    }

    fn start(&self, home: &Home) -> Daemon {
        Daemon::start(home.with(self.command()))
    }

    /// Takes all room that there is.
    fn fill(&self) {
        let mut ballast = File::options().create(true).append(true).open(self.place.join("ballast")).unwrap();
        for size in [65536, 512, 1] {
            while ballast.write_all(&vec![b'x'; size]).is_ok() {}
        }
    }

    fn make_room(&self) {
        fs::remove_file(self.place.join("ballast")).unwrap();
    }
}

/// Writes until one is refused, and returns what was answered last. Room that the database has already is used up first.
#[track_caller]
fn write_until_refused(daemon: &Daemon) -> u64 {
    let mut kept = 0;
    for number in 1..2000 {
        let answer = daemon.mark("node-1", number);
        if answer.status == 200 {
            kept = number;
            continue;
        }
        refused(&answer);
        return kept;
    }
    panic!("a full disk takes everything");
}

#[track_caller]
fn refused(answer: &super::common::http::Answer) {
    assert_eq!(answer.status, 503, "{answer:?}");
    let words = "The database could not keep the change, and nothing was changed: database or disk is full";
    assert_eq!(answer.fault(), words);
}

#[test]
fn a_full_disk_refuses_writes_and_loses_nothing() {
    let home = Home::new(&super::quiet(""));
    let database = home.folder().join("disk/nodes.sqlite");
    let home = home.keeping(database);
    let Some(disk) = Disk::new(&home) else { return };
    let rack = Rack::new(2, 1);
    let daemon = disk.start(&home);
    for device in 0..2 {
        daemon.create(&format!("node-{device}"), &rack.driver_info(device, 1));
    }
    // The relay moves at once, and the answers are late: the disk is full before it ends.
    rack.slow(0, Duration::from_secs(1));
    assert_eq!(daemon.power("node-0", "power on").status, 202);
    until("the device to be spoken to", || (rack.device(0).requests() > 0).then_some(()));
    disk.fill();
    let kept = write_until_refused(&daemon);

    let node = json!({"name": "new", "driver": "staging-iboot", "driver_info": rack.driver_info(1, 1)});
    refused(&daemon.ask("POST", "/v1/nodes", Some(&node)));
    refused(&daemon.ask("DELETE", "/v1/nodes/node-1", None));
    refused(&daemon.power("node-1", "power on"));
    refused(&daemon.ask("PUT", "/v1/nodes/node-1/maintenance", Some(&json!({"reason": "full"}))));
    daemon.gets(404, "GET", "/v1/nodes/new", None);
    let node = daemon.node("node-1");
    assert_eq!(
        (node["extra"]["mark"].as_u64().unwrap_or_default(), &node["maintenance"]),
        (kept, &json!(false)),
        "{node}"
    );
    assert!(node["reservation"].is_null() && node["target_power_state"].is_null(), "{node}");
    assert_eq!(rack.device(1).requests(), 0, "what was refused was done");

    // What ran is done, but how it ended cannot be kept; till then the node says that it is worked on.
    until("the end that cannot be kept", || {
        daemon.running.stderr().contains("how the action ended cannot be kept; trying again").then_some(())
    });
    assert!(rack.is_on(0, 1));
    assert!(daemon.node("node-0")["reservation"].is_string());
    disk.make_room();
    daemon.reaches("node-0", "power on");
    assert_eq!(daemon.mark("node-1", "room").status, 200);
    assert_eq!(daemon.power("node-1", "power on").status, 202);
    daemon.reaches("node-1", "power on");
    daemon.kill();

    let daemon = disk.start(&home);
    assert_eq!(daemon.node("node-1")["extra"]["mark"], "room");
    for device in 0..2 {
        daemon.reaches(&format!("node-{device}"), "power on");
    }
    daemon.stop();
}

#[test]
fn a_daemon_ends_on_a_full_disk_and_starts_when_there_is_room() {
    let home = Home::new(&super::quiet("graceful_shutdown_timeout = 1"));
    let database = home.folder().join("disk/nodes.sqlite");
    let home = home.keeping(database.clone());
    let Some(disk) = Disk::new(&home) else { return };
    let rack = Rack::new(2, 1);
    let daemon = disk.start(&home);
    for device in 0..2 {
        daemon.create(&format!("node-{device}"), &rack.driver_info(device, 1));
    }
    rack.slow(0, Duration::from_secs(1));
    assert_eq!(daemon.power("node-0", "power on").status, 202);
    until("the device to be spoken to", || (rack.device(0).requests() > 0).then_some(()));
    disk.fill();
    let kept = write_until_refused(&daemon);
    let ran = daemon.stop();
    assert!(ran.stderr.contains("how the action ended could not be kept"), "{}", ran.stderr);
    rack.heal();

    // There may be room for a page or two by now: what was written is put into its place at the end.
    disk.fill();
    let ran = Running::start(home.with(disk.command())).end();
    ran.failed(1, &[&format!("the database {}: ", database.display()), "disk is full"]);
    disk.make_room();
    let daemon = disk.start(&home);
    assert_eq!(daemon.node("node-1")["extra"]["mark"].as_u64().unwrap_or_default(), kept);
    let node = daemon.settled("node-0");
    assert!(
        node["last_error"].as_str().is_some_and(|text| text.contains("the service ended before it was done")),
        "{node}"
    );
    until("the state to be read again", || (daemon.node("node-0")["power_state"] == rack.state(0, 1)).then_some(()));
    assert_eq!(daemon.power("node-0", "power off").status, 202);
    daemon.reaches("node-0", "power off");
    assert_eq!(daemon.node("node-1")["power_state"], Value::Null);
    daemon.stop();
}
