//! The daemon is killed a hundred times in the middle of its work. What it has answered holds, no node stays reserved, and it
//! never claims a power state that the relay denies.

mod load;
mod machine;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::common::daemon::{Daemon, Home};
use super::common::process::until;
use super::common::rack::Rack;
use load::Part;
use machine::Machine;

const DEVICES: usize = 25;
const RELAYS: usize = 8;
/// Connections that write at the same time, each to nodes of its own.
const PARTS: usize = 4;
const KILLS: usize = 100;
/// How long the daemon may work before it is killed, at most; but that it has answered enough is waited for.
const WORK: u64 = 250;
/// Writes that it must answer from one kill to the next, on average.
const ANSWERS: usize = 11;

/// All that is looked at of a node.
const LIST: &str =
    "/v1/nodes?limit=1000&fields=uuid,name,power_state,target_power_state,reservation,provision_state,last_error,extra";

type Seen = HashMap<String, Value>;

fn list(daemon: &Daemon) -> Seen {
    let nodes = daemon.gets(200, "GET", LIST, None).json();
    let nodes = nodes["nodes"].as_array().cloned().unwrap_or_default();
    nodes.into_iter().map(|node| (node["uuid"].as_str().unwrap_or_default().to_owned(), node)).collect()
}

/// Waits until the daemon has looked at what was interrupted, and returns what it says then. From its first answer on nobody
/// sees a reservation that nobody has.
fn settled(daemon: &Daemon, machines: &[&Machine], rack: &Rack) -> Seen {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let seen = list(daemon);
        for (uuid, node) in &seen {
            for held in ["reservation", "target_power_state"] {
                assert!(node[held].is_null(), "{held} of {uuid} stays: {node}");
            }
        }
        let wrong = machines.iter().find_map(|machine| {
            let node = seen.get(&machine.uuid).unwrap_or(&Value::Null);
            let relay = rack.state(machine.device, machine.relay);
            (node["power_state"] != relay).then(|| format!("relay {relay}, node {node}"))
        });
        let Some(wrong) = wrong else { return seen };
        assert!(Instant::now() < deadline, "the daemon denies the state of a relay: {wrong}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn what_was_answered_survives_a_hundred_kills() {
    let seed =
        std::env::var("RACKHAND_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    eprintln!("RACKHAND_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let rack = Rack::new(DEVICES, RELAYS);
    let home = Home::new(&format!("{}[conductor]\nsync_power_state_interval = 0\n", super::NEAR));
    let daemon = home.start();
    let mut parts: Vec<Part> = (0..PARTS).map(|_| Part::default()).collect();
    for number in 0..DEVICES * RELAYS {
        let (device, relay) = (number % DEVICES, number / DEVICES + 1);
        let machine = Machine::new(number, device, relay);
        let node = json!({
            "uuid": machine.uuid,
            "name": machine.name,
            "driver": "staging-iboot",
            "driver_info": rack.driver_info(device, relay),
        });
        daemon.gets(201, "POST", "/v1/nodes", Some(&node));
        parts[number % PARTS].machines.push(machine);
    }
    // From here on every state is known.
    power_all(&daemon, &mut parts, &rack, "power off");
    daemon.kill();

    let (mut interrupted, answered) = (0, AtomicUsize::new(0));
    let mut round = 0;
    // Where so little runs at once that a kill often hits nothing, there are more of them.
    while round < KILLS || interrupted <= KILLS {
        let context = format!("seed {seed}, round {round}");
        assert!(round < 5 * KILLS, "{context}: only {interrupted} actions were interrupted: the test was no test");
        if round % 4 == 3 {
            // Killed again while it clears up.
            let daemon = home.start();
            thread::sleep(Duration::from_micros(random.u64(0..8000)));
            daemon.kill();
        }
        let daemon = home.start();
        let machines: Vec<&Machine> = parts.iter().flat_map(|part| &part.machines).collect();
        let seen = settled(&daemon, &machines, &rack);
        for part in &mut parts {
            interrupted += part.compare(&seen, &context);
        }
        let known: usize = parts.iter().map(Part::nodes).sum();
        assert_eq!(seen.len(), known, "{context}: nodes that nobody made");
        let end = Duration::from_millis(random.u64(0..WORK));
        let address = daemon.address;
        thread::scope(|scope| {
            for part in &mut parts {
                let mut random = random.fork();
                let (rack, answered) = (&rack, &answered);
                scope.spawn(move || part.work(address, rack, &mut random, answered));
            }
            thread::sleep(end);
            // Of all rounds: it may be killed before its first answer all the same.
            let enough = (round + 1) * ANSWERS;
            until("writes to be answered", || (answered.load(Ordering::Relaxed) >= enough).then_some(()));
            daemon.kill();
        });
        round += 1;
    }
    eprintln!("{answered:?} writes were answered, {interrupted} actions interrupted by {round} kills");

    let daemon = home.start();
    power_all(&daemon, &mut parts, &rack, "power on");
    daemon.stop();
    let database = rusqlite::Connection::open(home.database()).unwrap();
    let health: String = database.pragma_query_value(None, "integrity_check", |row| row.get(0)).unwrap();
    assert_eq!(health, "ok");
}

/// A pass over all machines.
fn power_all(daemon: &Daemon, parts: &mut [Part], rack: &Rack, target: &str) {
    let mut client = daemon.client();
    for machine in parts.iter().flat_map(|part| &part.machines) {
        let path = format!("/v1/nodes/{}/states/power", machine.uuid);
        assert_eq!(client.ask("PUT", &path, Some(&json!({"target": target}))).unwrap().status, 202);
    }
    let seen = until("every action to end", || {
        let seen = list(daemon);
        seen.values().all(|node| node["reservation"].is_null()).then_some(seen)
    });
    for machine in parts.iter_mut().flat_map(|part| &mut part.machines) {
        let node = &seen[&machine.uuid];
        assert_eq!((node["power_state"].as_str(), &node["last_error"]), (Some(target), &Value::Null), "{node}");
        assert_eq!(rack.state(machine.device, machine.relay), target, "{node}");
        machine.is(node);
    }
}
