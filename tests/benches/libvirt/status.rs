//! The power states of 200 domains: by the daemon, which reads them again and again; as upstream's driver asks; and by one bare
//! call each over a kept connection, which nobody can beat who asks for each alone.

use std::process::Command;
use std::time::{Duration, Instant};

use rackhand_tests::bench::{Ceilings, Table};
use rackhand_tests::hypervisor::{Auth, Hypervisor, Options};
use tokio::runtime::Runtime;

use crate::api::{self, Client, Daemon};
use crate::{domains, enroll, mac};

const DOMAINS: usize = 200;
const WHILE: Duration = Duration::from_secs(4);
const ROUNDS: usize = 3;

/// Rounds follow each other so fast that the daemon always reads.
const CONFIG: &str = "
[conductor]
sync_power_state_interval = 0.005
";

/// None: there is no hypervisor to be had.
pub(crate) fn measure(runtime: &Runtime, table: &mut Table, ceilings: &mut Ceilings) -> Option<()> {
    let hypervisor = Hypervisor::start(Options { tcp: Some(Auth::None), ..Options::default() })?;
    let uri = domains(&hypervisor, 0, DOMAINS);
    let daemon = Daemon::start(CONFIG);
    let nodes = runtime.block_on(enroll(daemon.address, &uri, 0, DOMAINS));
    runtime.block_on(async {
        let waited = nodes.iter().cloned().collect();
        let watched = tokio::spawn(api::watch(daemon.address, waited, "provision", "manageable".to_owned()));
        api::put(daemon.address, 8, &nodes, "provision", "manage").await;
        watched.await.expect("all are manageable");
    });
    let (mut ours, mut upstream, mut bare) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(runtime.block_on(read(&daemon)));
    }
    drop(daemon);
    for _ in 0..ROUNDS {
        upstream.push(ask(&uri, "upstream"));
        bare.push(ask(&uri, "bare"));
    }
    let middle = rackhand_tests::bench::median;
    let (ours, upstream, bare) = (middle(ours), middle(upstream), middle(bare));
    let mut row = |name: &str, measured: String, contract: &str| {
        table.row([name, &measured, contract].map(str::to_owned));
    };
    row("power states a second, 200 domains, by the daemon", format!("{ours:.0}"), "");
    row("  upstream's way", format!("{upstream:.1} ({:.0} times as many)", ours / upstream), ">= 5 times");
    row("  bare calls over a kept connection", format!("{bare:.0} (in {:.2} of its time)", bare / ours), "<= 2");
    ceilings.check("time of a power state, as a part of upstream's", upstream / ours);
    ceilings.check("time of a power state, times that of a bare call", bare / ours);
    Some(())
}

/// How many states a second the daemon reads, as it counts itself; all of them well.
async fn read(daemon: &Daemon) -> f64 {
    let mut client = Client::connect(daemon.address).await;
    let mut counted = async || {
        let answer = client.ask("GET", "/metrics", "").await;
        let text = String::from_utf8(answer.body).expect("text");
        let failed =
            text.lines().find(|line| line.starts_with("rackhand_action_failures") && line.contains("\"sync\""));
        assert_eq!(failed, None, "readings fail");
        let of = |line: &&str| line.starts_with("rackhand_actions_total") && line.contains("\"sync\"");
        let line = text.lines().find(of).unwrap_or_else(|| panic!("no count of readings in\n{text}"));
        line.rsplit(' ').next().and_then(|count| count.parse::<f64>().ok()).expect("a count")
    };
    let (begun, before) = (Instant::now(), counted().await);
    tokio::time::sleep(WHILE).await;
    let after = counted().await;
    (after - before) / begun.elapsed().as_secs_f64()
}

/// How many states a second another way comes to.
fn ask(uri: &str, how: &str) -> f64 {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/libvirt/upstream.py");
    let mut command = Command::new("/usr/bin/python3");
    command.args([script, uri, &WHILE.as_secs_f64().to_string(), how]).args((0..DOMAINS).map(|domain| mac(0, domain)));
    let output = command.output().expect("Debian's python3 with python3-libvirt");
    let text = String::from_utf8_lossy(&output.stdout);
    let mut numbers = text.split_whitespace().filter_map(|number| number.parse::<f64>().ok());
    match (numbers.next(), numbers.next()) {
        (Some(count), Some(seconds)) => count / seconds,
        _ => panic!("{how}: {text}{}", String::from_utf8_lossy(&output.stderr)),
    }
}
