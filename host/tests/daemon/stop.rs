//! The daemon is told to end while it works.

use std::time::{Duration, Instant};

use rackhand_adapters::sim::IbootFault;
use serde_json::Value;

use super::common::daemon::{Daemon, Home};
use super::common::process::until;
use super::common::rack::Rack;

/// Waits until the action on this node talks with its device.
fn runs(rack: &Rack, device: usize) {
    until("the device to be spoken to", || (rack.device(device).requests() > 0).then_some(()));
}

/// What the node says after a stop; the daemon is started again only to say it.
#[track_caller]
fn told(daemon: &Daemon, name: &str) -> String {
    let node = daemon.node(name);
    assert!(node["reservation"].is_null() && node["target_power_state"].is_null(), "{node}");
    node["last_error"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn what_runs_is_finished_and_what_waits_is_told() {
    let rack = Rack::new(2, 1);
    let home = Home::new(&super::quiet("workers_pool_size = 1"));
    let daemon = home.start();
    for (device, name) in ["runs", "waits"].into_iter().enumerate() {
        daemon.create(name, &rack.driver_info(device, 1));
    }
    rack.slow(0, Duration::from_secs(1));
    assert_eq!(daemon.power("runs", "power on").status, 202);
    runs(&rack, 0);
    assert_eq!(daemon.power("waits", "power on").status, 202);
    let address = daemon.address;
    let ran = daemon.stop();
    assert!(ran.stderr.contains("waiting for running actions to finish"), "{}", ran.stderr);
    assert!(std::net::TcpStream::connect(address).is_err(), "somebody still listens");
    rack.heal();

    let daemon = home.start();
    assert_eq!(told(&daemon, "runs"), "");
    daemon.reaches("runs", "power on");
    assert!(rack.is_on(0, 1));
    assert_eq!(
        told(&daemon, "waits"),
        "Failed to change power state to 'power on': the service was stopped before it began, and nothing was sent"
    );
    assert_eq!((rack.device(1).requests(), daemon.node("waits")["power_state"].clone()), (0, Value::Null));
    daemon.stop();
}

#[test]
fn what_hangs_is_given_up() {
    let rack = Rack::new(1, 2);
    let home = Home::new(&super::quiet("graceful_shutdown_timeout = 1"));
    let daemon = home.start();
    for relay in [1, 2] {
        daemon.create(&format!("node-{relay}"), &rack.driver_info(0, relay));
        daemon.power(&format!("node-{relay}"), "power off");
        daemon.reaches(&format!("node-{relay}"), "power off");
    }
    // It does what it is told, and then says nothing more for long.
    rack.device(0).faults().add_later(IbootFault::Slow(Duration::from_secs(3600)), 1, None);
    assert_eq!(daemon.power("node-1", "power on").status, 202);
    until("the relay to move", || rack.is_on(0, 1).then_some(()));
    assert_eq!(daemon.power("node-2", "power on").status, 202);
    let begun = Instant::now();
    daemon.stop();
    assert!((Duration::from_secs(1)..Duration::from_secs(16)).contains(&begun.elapsed()), "{:?}", begun.elapsed());
    rack.heal();

    // How far it came is not known, until the next daemon has looked.
    let daemon = home.start();
    assert_eq!(
        told(&daemon, "node-1"),
        "Failed to change power state to 'power on': the service was stopped before it was done, and how far it came is not \
         known"
    );
    assert!(told(&daemon, "node-2").ends_with("the service was stopped before it began, and nothing was sent"));
    until("the state to be read again", || (daemon.node("node-1")["power_state"] == rack.state(0, 1)).then_some(()));
    assert_eq!(daemon.node("node-2")["power_state"], "power off");
    daemon.stop();
}

#[test]
fn nobody_is_waited_for_who_only_looks() {
    let rack = Rack::new(1, 1);
    let home = Home::new(&super::quiet(""));
    let daemon = home.start();
    daemon.create("node", &rack.driver_info(0, 1));
    rack.hang(0);
    assert_eq!(daemon.power("node", "power on").status, 202);
    daemon.kill();
    // The next daemon reads the state, and the device hangs: that is no reason to stay.
    let daemon = home.start();
    assert!(told(&daemon, "node").contains("the service ended before it was done"));
    let begun = Instant::now();
    daemon.stop();
    assert!(begun.elapsed() < Duration::from_secs(16), "{:?}", begun.elapsed());
    // And what could not be read is read by the one after.
    rack.heal();
    let daemon = home.start();
    until("the state to be read", || (daemon.node("node")["power_state"] == rack.state(0, 1)).then_some(()));
    daemon.stop();
}

#[test]
fn a_daemon_that_has_just_begun_ends_as_well() {
    let home = Home::new(&super::quiet(""));
    for _ in 0..5 {
        home.start().stop();
    }
}

#[test]
fn clients_do_not_hold_it() {
    let home = Home::new(&super::quiet(""));
    let daemon = home.start();
    let (silent, mut half, mut idle) = (daemon.client(), daemon.client(), daemon.client());
    half.send(b"GET /v1/no").unwrap();
    assert_eq!(idle.ask("GET", "/v1", None).unwrap().status, 200);
    let begun = Instant::now();
    daemon.stop();
    assert!(begun.elapsed() < Duration::from_secs(16), "{:?}", begun.elapsed());
    drop((silent, half, idle));
}
