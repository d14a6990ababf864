//! The daemon with a thousand nodes, each with an iBoot of its own: reading, listing, powering all, and one device that hangs.
//!
//! Ironic's figures beside ours are those of Ironic 39 on another machine of two cores (all-in-one, SQLite, its fake driver in
//! place of devices); the calibration loop tells how fast this one is.

mod api;
mod devices;

use std::hint::black_box;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use api::{Client, Daemon, load, percentile};
use devices::iboot;
use rackhand_tests::bench::{CEILINGS, Ceilings, Sections, Table, exit, median, with_open_files};
use serde_json::{Value, json};

const NODES: usize = 1000;
/// Connections of the load generator.
const CLIENTS: usize = 16;
/// Those that power, which wait for the disk and may share the wait.
const POWERING: usize = 64;
const WHILE: Duration = Duration::from_secs(3);
/// The devices' process: a listener and a connection for each, and a few.
const OPEN_FILES: u64 = 2 * NODES as u64 + 200;

fn main() -> ExitCode {
    api::serve_if_asked();
    devices::serve_if_asked();
    if let Some(exit) = with_open_files(OPEN_FILES) {
        return exit;
    }
    println!("calibration: {:.0} ms for the fixed loop", calibration());
    let sections: Sections = toml::from_str(CEILINGS).expect("sections of numbers");
    let mut ceilings = Ceilings::of(&sections, "daemon");
    let runtime = devices::runtime();
    let mut table = Table::new(&["a daemon with 1,000 nodes", "measured", "contract", "Ironic"]);
    runtime.block_on(measure(&mut table, &mut ceilings));
    table.print();
    exit(ceilings.within())
}

/// A second's work that is the same everywhere, in milliseconds.
fn calibration() -> f64 {
    let begun = Instant::now();
    let mut state = black_box(1_u64);
    for _ in 0..black_box(500_000_000_u32) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
    }
    black_box(state);
    begun.elapsed().as_secs_f64() * 1e3
}

async fn measure(table: &mut Table, ceilings: &mut Ceilings) {
    let devices = iboot::start(NODES, None);
    let daemon = Daemon::start("");
    let mut row = |name: &str, measured: String, contract: &str, ironic: &str| {
        table.row([name, &measured, contract, ironic].map(str::to_owned));
    };

    let begun = Instant::now();
    let nodes = create(daemon.address, &devices.addresses, "node").await;
    row("nodes created a second", format!("{:.0}", NODES as f64 / begun.elapsed().as_secs_f64()), "", "39");

    let one = format!("/v1/nodes/{}", nodes[NODES / 2]);
    let get = load(daemon.address, CLIENTS, WHILE, &one).await;
    ceilings.check("microseconds for GET of one node", 1e6 / get.rate);
    row("GET of one node, a second", format!("{:.0}", get.rate), ">= 8,000", "154");
    row("  99th percentile, ms", format!("{:.2}", get.at(99)), "", "13");

    let lists = load(daemon.address, 2, WHILE, "/v1/nodes/detail").await;
    ceilings.check("milliseconds for the detailed list", 1e3 / lists.rate);
    row("detailed list of all, a second", format!("{:.0}", lists.rate), ">= 40", "1.7");

    let storm = power(daemon.address, &nodes, "power on").await;
    ceilings.check("microseconds for a power change to be accepted", 1e6 / storm.accepted);
    ceilings.check("seconds until all are at their target", storm.all.as_secs_f64());
    row("power changes accepted, a second", format!("{:.0}", storm.accepted), ">= 1,500", "17");
    row("all at their target after, s", format!("{:.2}", storm.all.as_secs_f64()), "<= 5", "60");

    let calm = slowest(daemon.address, &nodes, ["power off", "power on", "power off"]).await;
    let silent = iboot::start(1, Some("mute"));
    let hung = create(daemon.address, &silent.addresses, "hung").await;
    let mut client = Client::connect(daemon.address).await;
    let path = format!("/v1/nodes/{}/states/power", hung[0]);
    assert_eq!(client.ask("PUT", &path, &json!({"target": "power on"}).to_string()).await.status, 202);
    let beside = slowest(daemon.address, &nodes, ["power on", "power off", "power on"]).await;
    let states = client.ask("GET", &format!("/v1/nodes/{}/states", hung[0]), "").await;
    let states: Value = serde_json::from_slice(&states.body).expect("JSON");
    assert_eq!(states["target_power_state"], "power on", "the hung device does not hang");
    let ratio = beside / calm;
    ceilings.check("99th percentile beside a hung device, times that without", ratio);
    row("99th percentile of a power change, ms", format!("{calm:.0}"), "", "2,194 to accept");
    row("  beside a device that hangs", format!("{beside:.0} ({ratio:.2} times)"), "<= 2 times", "");

    let most = daemon.memory("VmHWM");
    ceilings.check("megabytes of memory at most", most);
    row("memory at most, MB", format!("{most:.1}"), "<= 80", "420");
    row("  at the end", format!("{:.1}", daemon.memory("VmRSS")), "", "");
}

/// Makes a node for each device; returns their UUIDs.
async fn create(daemon: SocketAddr, devices: &[SocketAddr], name: &str) -> Vec<String> {
    let info = |device: &SocketAddr| {
        json!({
            "iboot_address": device.ip(),
            "iboot_port": device.port(),
            "iboot_username": iboot::USER,
            "iboot_password": iboot::PASSWORD,
        })
    };
    let infos: Vec<_> = devices.iter().map(info).collect();
    api::create(daemon, CLIENTS, "staging-iboot", name, &infos).await
}

/// How changing the power state of all nodes went.
struct Storm {
    /// Requests accepted a second.
    accepted: f64,
    /// From the first request until the last node was at its target.
    all: Duration,
    /// From each request until its node was seen at its target, in order, in milliseconds.
    each: Vec<f64>,
}

/// The 99th percentile of a power change in milliseconds, the median of three storms: one of them the disk may have held up.
async fn slowest(daemon: SocketAddr, nodes: &[String], targets: [&str; 3]) -> f64 {
    let mut storms = Vec::new();
    for target in targets {
        storms.push(percentile(&power(daemon, nodes, target).await.each, 99));
    }
    median(storms)
}

async fn power(daemon: SocketAddr, nodes: &[String], target: &str) -> Storm {
    let begun = Instant::now();
    let watched = tokio::spawn(api::watch(daemon, nodes.iter().cloned().collect(), "power", target.to_owned()));
    let asked = api::put(daemon, POWERING, nodes, "power", target).await;
    let accepted = nodes.len() as f64 / begun.elapsed().as_secs_f64();
    let reached = watched.await.expect("all nodes reach their target");
    let all = reached.values().max().expect("a node").duration_since(begun);
    let took = |(node, at): (&String, &Instant)| at.saturating_duration_since(asked[node]).as_secs_f64() * 1e3;
    let mut each: Vec<_> = reached.iter().map(took).collect();
    each.sort_by(f64::total_cmp);
    Storm { accepted, all, each }
}
