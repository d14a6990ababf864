//! A thousand devices that are slow to answer, polled at once: iBoots by one thread, and AMTs by the daemon.
//!
//! Each AMT has two nodes, as when two people have enrolled it, and firmware serves one request at a time: the daemon reads all of
//! them in one go, again and again, and then two people power each on while it reads. No device may ever have seen a second
//! request before it has answered the first; one that nobody takes turns at shows that this would have been seen.

#[allow(dead_code, reason = "nothing is put under load here")]
mod api;
mod devices;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use api::Daemon;
use cpu_time::ProcessTime;
use devices::amt::{Kept, Seen};
use devices::{Devices, amt, iboot};
use rackhand_core::operation::Target;
use rackhand_tests::bench::{CEILINGS, Ceilings, Sections, Table, exit, median, with_open_files};
use serde_json::json;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

const DEVICES: usize = 1000;
/// Each answer comes so much later; an iBoot's status is two answers, hello's and the request's.
const SLOW: &str = "slow=100";
const STATUS: Duration = Duration::from_millis(200);
const ROUNDS: usize = 3;
/// Nodes of each AMT.
const NODES_EACH: usize = 2;
const NODES: usize = NODES_EACH * DEVICES;
/// Connections by which people ask the daemon.
const PEOPLE: usize = 64;
/// The daemon reads all AMTs at once and may power all of them at once. Rounds are far enough apart to be told apart.
const CONFIG: &str = "
[api]
max_limit = 2000
max_connections = 128

[conductor]
sync_power_state_interval = 3
sync_power_state_workers = 1000
workers_pool_size = 1000
";
/// The devices rest when no request is in flight, and none has come for so long.
const REST: Duration = Duration::from_millis(300);
/// Rounds and the rest between them come within this time.
const PATIENCE: Duration = Duration::from_secs(60);
/// A connection to each device that may be spoken with or is kept, the daemon's clients, and a few. The devices' process has
/// fewer: a listener and a connection for each, or two where one is just ending.
const OPEN_FILES: u64 = 4 * DEVICES as u64 + 128 + 100;

fn main() -> ExitCode {
    api::serve_if_asked();
    devices::serve_if_asked();
    if let Some(exit) = with_open_files(OPEN_FILES) {
        return exit;
    }
    let sections: Sections = toml::from_str(CEILINGS).expect("sections of numbers");
    let mut ceilings = Ceilings::of(&sections, "fleet");
    let runtime = devices::runtime();
    iboots(&runtime, &mut ceilings);
    runtime.block_on(two_at_once());
    runtime.block_on(amts(&mut ceilings));
    exit(ceilings.within())
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn iboots(runtime: &Runtime, ceilings: &mut Ceilings) {
    let devices = iboot::start(DEVICES, Some(SLOW));
    let targets: Vec<_> = devices.addresses.iter().map(|address| Arc::new(iboot::target(*address))).collect();
    let mut table = Table::new(&["iBoots polled at once", "wall, ms", "each, ms: least", "most", "client's CPU, ms"]);
    let mut walls = Vec::new();
    for _ in 0..ROUNDS {
        let (cpu, begin) = (ProcessTime::now(), Instant::now());
        let each = runtime.block_on(poll(&targets));
        let wall = millis(begin.elapsed());
        let (least, most) = (each.iter().min().expect("a device"), each.iter().max().expect("a device"));
        assert!(*least >= STATUS, "the fault does not strike: a status took {least:?}");
        let milliseconds = [wall, millis(*least), millis(*most), millis(cpu.elapsed())];
        table.row([DEVICES.to_string()].into_iter().chain(milliseconds.map(|it| format!("{it:.0}"))));
        walls.push(wall);
    }
    table.print();
    let wall = median(walls);
    let ceiling = ceilings.check("milliseconds for all", wall);
    println!(
        "{wall:.0} ms, ceiling {ceiling}; one after the other they take {} s\n",
        STATUS.as_secs_f64() * DEVICES as f64
    );
}

/// Asks all of them; returns how long each took.
async fn poll(targets: &[Arc<Target>]) -> Vec<Duration> {
    let mut tasks = JoinSet::new();
    for target in targets {
        let target = target.clone();
        tasks.spawn(async move {
            let begin = Instant::now();
            iboot::status(&target).await;
            begin.elapsed()
        });
    }
    tasks.join_all().await
}

/// Two who do not take turns at one device are seen.
async fn two_at_once() {
    let mut devices = amt::start(1, Some(SLOW));
    let target = amt::target(devices.addresses[0]);
    tokio::join!(amt::status(&target, Kept::default()), amt::status(&target, Kept::default()));
    assert_eq!(amt::seen(&mut devices).most_in_flight, 2, "two requests at once, and the device does not say so");
}

async fn amts(ceilings: &mut Ceilings) {
    let mut devices = amt::start(DEVICES, Some(SLOW));
    let daemon = Daemon::start(CONFIG);
    let info = |address: &SocketAddr| {
        json!({
            "amt_address": address.ip(),
            "amt_port": address.port(),
            "amt_username": amt::USER,
            "amt_password": amt::PASSWORD,
        })
    };
    let infos: Vec<_> = devices.addresses.iter().map(info).collect();
    let mut nodes = Vec::new();
    for person in 0..NODES_EACH {
        nodes.extend(api::create(daemon.address, PEOPLE, "staging-amt", &format!("person-{person}"), &infos).await);
    }
    let mut table = Table::new(&["1,000 AMTs of two nodes each", "wall, ms", "requests", "most in flight at one"]);
    let mut row = |name: &str, wall: Duration, requests: u64, seen: &Seen| {
        let most = seen.most_in_flight.to_string();
        table.row([name.to_owned(), format!("{:.0}", millis(wall)), requests.to_string(), most]);
    };

    // The daemon reads only what somebody has managed, for which it asks once.
    let begun = Instant::now();
    api::put(daemon.address, PEOPLE, &nodes, "provision", "manage").await;
    reached(&daemon, &nodes, "provision", "manageable").await;
    let seen = amt::seen(&mut devices);
    row("managed by two people each", begun.elapsed(), seen.requests, &seen);

    let mut walls = Vec::new();
    for _ in 0..ROUNDS {
        let rest = at_rest(&mut devices).await;
        let begun = begins(&mut devices, rest).await;
        let all = rest.requests + NODES as u64;
        let seen = seen_when(&mut devices, |seen| seen.in_flight == 0 && seen.requests >= all).await;
        let wall = begun.elapsed();
        assert_eq!(seen.requests, all, "connections and nonces were not all kept");
        row("a round of the daemon's", wall, NODES as u64, &seen);
        walls.push(millis(wall));
    }

    // In the middle of a round: readings are broken off for the people who come.
    let rest = at_rest(&mut devices).await;
    begins(&mut devices, rest).await;
    let begun = Instant::now();
    api::put(daemon.address, PEOPLE, &nodes, "power", "power on").await;
    let wall = reached(&daemon, &nodes, "power", "power on").await.duration_since(begun);
    let seen = amt::seen(&mut devices);
    row("powered on by two people each", wall, seen.requests - rest.requests, &seen);
    table.print();

    assert_eq!(seen.failed_logins, 0);
    for (name, measured) in [
        ("AMT: milliseconds for a round of all", median(walls)),
        ("AMT: milliseconds until all are on", millis(wall)),
        ("AMT: requests in flight at one device", seen.most_in_flight as f64),
    ] {
        let ceiling = ceilings.check(name, measured);
        println!("{name} {measured:.0}, ceiling {ceiling}");
    }
}

/// Waits until all nodes are there; returns when the last was.
async fn reached(daemon: &Daemon, nodes: &[String], state: &'static str, target: &str) -> Instant {
    let reached = api::watch(daemon.address, nodes.iter().cloned().collect(), state, target.to_owned()).await;
    reached.into_values().max().expect("a node")
}

/// Waits for what the devices have seen to be so.
async fn seen_when(devices: &mut Devices, mut holds: impl FnMut(&Seen) -> bool) -> Seen {
    let patience = Instant::now() + PATIENCE;
    loop {
        let seen = amt::seen(devices);
        if holds(&seen) {
            return seen;
        }
        assert!(Instant::now() < patience, "nothing comes of this: {seen:?}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Waits until nobody has asked for a while; returns what the devices have seen by then.
async fn at_rest(devices: &mut Devices) -> Seen {
    let mut last = (Instant::now(), amt::seen(devices));
    seen_when(devices, |seen| {
        if seen.in_flight > 0 || *seen != last.1 {
            last = (Instant::now(), *seen);
        }
        last.0.elapsed() >= REST
    })
    .await
}

/// Waits for the first request after a rest; returns when it was.
async fn begins(devices: &mut Devices, rest: Seen) -> Instant {
    seen_when(devices, |seen| seen.requests > rest.requests).await;
    Instant::now()
}
