//! Devices that hang, and the bound on what waits.

use std::thread;
use std::time::{Duration, Instant};

use super::common::daemon::Home;
use super::common::process::until;
use super::common::rack::Rack;

#[test]
fn a_device_that_hangs_holds_nobody_else() {
    const OTHERS: usize = 40;
    let rack = Rack::new(1 + OTHERS, 2);
    let home = Home::new(&super::quiet("graceful_shutdown_timeout = 0"));
    let daemon = home.start();
    for relay in [1, 2] {
        daemon.create(&format!("hung-{relay}"), &rack.driver_info(0, relay));
    }
    for device in 1..=OTHERS {
        daemon.create(&format!("node-{device}"), &rack.driver_info(device, 1));
    }
    rack.hang(0);
    // Both nodes of the device take one request each, which waits for it; another one is refused in time.
    for relay in [1, 2] {
        assert_eq!(daemon.power(&format!("hung-{relay}"), "power on").status, 202);
    }
    let begun = Instant::now();
    thread::scope(|scope| {
        for relay in [1, 2] {
            let daemon = &daemon;
            scope.spawn(move || {
                let name = format!("hung-{relay}");
                let refused = daemon.power(&name, "power off");
                assert!(refused.status == 409 && refused.fault().contains("is locked by host"), "{refused:?}");
                let took = begun.elapsed();
                assert!((Duration::from_secs(3)..Duration::from_secs(8)).contains(&took), "refused after {took:?}");
                assert_eq!(daemon.mark(&name, 1).status, 409);
                assert_eq!(daemon.ask("DELETE", &format!("/v1/nodes/{name}"), None).status, 409);
            });
        }
        // While they wait, everybody else is powered.
        for device in 1..=OTHERS {
            assert_eq!(daemon.power(&format!("node-{device}"), "power on").status, 202);
        }
        for device in 1..=OTHERS {
            daemon.reaches(&format!("node-{device}"), "power on");
            assert!(rack.is_on(device, 1));
        }
        assert!(begun.elapsed() < Duration::from_secs(9), "waited for others: {:?}", begun.elapsed());
    });
    assert!(begun.elapsed() >= Duration::from_secs(9), "refused without patience: {:?}", begun.elapsed());
    for relay in [1, 2] {
        let node = daemon.node(&format!("hung-{relay}"));
        assert!(node["reservation"].is_string() && node["target_power_state"] == "power on", "{node}");
    }
    daemon.stop();
}

#[test]
fn a_node_of_a_hung_device_is_done_when_it_answers_again() {
    let rack = Rack::new(1, 2);
    let home = Home::new(&super::quiet(""));
    let daemon = home.start();
    for relay in [1, 2] {
        daemon.create(&format!("node-{relay}"), &rack.driver_info(0, relay));
    }
    // The first connection gets no answer, the next ones do.
    rack.device(0).faults().add(rackhand_adapters::sim::IbootFault::Mute, Some(1));
    for relay in [1, 2] {
        assert_eq!(daemon.power(&format!("node-{relay}"), "power on").status, 202);
    }
    for relay in [1, 2] {
        daemon.reaches(&format!("node-{relay}"), "power on");
        assert!(rack.is_on(0, relay));
    }
    daemon.stop();
}

#[test]
fn a_full_queue_is_told() {
    let rack = Rack::new(3, 1);
    let home = Home::new(&super::quiet("workers_pool_size = 1\nqueue_size = 1\ngraceful_shutdown_timeout = 0"));
    let daemon = home.start();
    for device in 0..3 {
        daemon.create(&format!("node-{device}"), &rack.driver_info(device, 1));
    }
    rack.hang(0);
    let (running, waiting) = ("rackhand_tasks_running 1", "rackhand_tasks_queued 0");
    assert_eq!(daemon.power("node-0", "power on").status, 202);
    until("the first to run", || {
        let figures = daemon.gets(200, "GET", "/metrics", None).body;
        (figures.contains(running) && figures.contains(waiting)).then_some(())
    });
    assert_eq!(daemon.power("node-1", "power on").status, 202);
    let refused = daemon.power("node-2", "power on");
    assert!(refused.status == 503 && refused.fault().contains("the queue is full"), "{refused:?}");
    let node = daemon.node("node-2");
    assert!(node["reservation"].is_null() && node["target_power_state"].is_null(), "{node}");
    // What needs no place is done all the same.
    assert_eq!(daemon.mark("node-2", 1).status, 200);
    assert_eq!(rack.device(2).requests(), 0);
    daemon.stop();
}
