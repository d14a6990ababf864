//! 20 hypervisors, one of which hangs: what people who ask for the nodes of the others notice of it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rackhand_tests::bench::{Ceilings, Table};
use rackhand_tests::hypervisor::{Auth, Hypervisor, Options};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::api::{Client, Daemon, percentile};
use crate::{domains, enroll};

const HYPERVISORS: usize = 20;
const DOMAINS: usize = 10;
/// People who ask for nodes of those that answer.
const PEOPLE: usize = 8;
/// And for nodes of the one that hangs.
const UNLUCKY: usize = 2;
/// Longer than it takes until the one that hangs is said to be silent, so that it is asked both before and after.
const WHILE: Duration = Duration::from_secs(12);
/// Until every node has answered once, at most.
const WARM: Duration = Duration::from_secs(60);

const CONFIG: &str = "
[conductor]
sync_power_state_interval = 1

[libvirt]
call_timeout = 5
";

/// None: there is no hypervisor to be had.
pub(crate) fn measure(runtime: &Runtime, table: &mut Table, ceilings: &mut Ceilings) -> Option<()> {
    let daemon = Daemon::start(CONFIG);
    let (mut hypervisors, mut nodes) = (Vec::new(), Vec::new());
    for number in 0..HYPERVISORS {
        let hypervisor = Hypervisor::start(Options { tcp: Some(Auth::None), ..Options::default() })?;
        let uri = domains(&hypervisor, number, DOMAINS);
        nodes.push(runtime.block_on(enroll(daemon.address, &uri, number, DOMAINS)));
        hypervisors.push(hypervisor);
    }
    let hung = nodes.pop().expect("twenty");
    let nodes = nodes.concat();
    runtime.block_on(warm(daemon.address, &[&nodes[..], &hung[..]].concat()));
    let calm = runtime.block_on(ask(daemon.address, &nodes, &hung, 200));
    hypervisors.last_mut().expect("twenty").stop();
    let beside = runtime.block_on(ask(daemon.address, &nodes, &hung, 500));
    hypervisors.last_mut().expect("twenty").go_on();
    let ratio = beside / calm;
    let mut row = |name: &str, measured: String, contract: &str| {
        table.row([name, &measured, contract].map(str::to_owned));
    };
    row("boot device of a node, 20 hypervisors, 99th percentile, ms", format!("{calm:.1}"), "");
    row("  of the other 19 while one hangs", format!("{beside:.1} ({ratio:.2} times)"), "<= 2 times");
    ceilings.check("99th percentile beside a hung hypervisor, times that without", ratio);
    Some(())
}

/// Asks for each node until there is an answer: connections are opened, definitions read, for which a busy machine may take long.
async fn warm(daemon: SocketAddr, nodes: &[String]) {
    let mut client = Client::connect(daemon).await;
    let begun = Instant::now();
    for node in nodes {
        loop {
            let answer = client.ask("GET", &path(node), "").await;
            if answer.status == 200 {
                break;
            }
            assert!(begun.elapsed() < WARM, "{}", String::from_utf8_lossy(&answer.body));
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

fn path(node: &str) -> String {
    format!("/v1/nodes/{node}/management/boot_device")
}

/// The 99th percentile of what it takes to be told a node's boot device, for which its hypervisor is asked, in milliseconds; others
/// ask for nodes of the one that hangs meanwhile, and get `status`.
async fn ask(daemon: SocketAddr, nodes: &[String], hung: &[String], status: u16) -> f64 {
    let mut tasks = JoinSet::new();
    let begun = Instant::now();
    for (person, nodes) in (0..PEOPLE).map(|_| nodes).chain((0..UNLUCKY).map(|_| hung)).enumerate() {
        let (nodes, lucky) = (nodes.to_vec(), person < PEOPLE);
        tasks.spawn(async move {
            let mut client = Client::connect(daemon).await;
            let mut each = Vec::new();
            for node in nodes.iter().cycle().skip(person * nodes.len() / PEOPLE) {
                if begun.elapsed() >= WHILE {
                    break;
                }
                let asked = Instant::now();
                let answer = client.ask("GET", &path(node), "").await;
                let expected = if lucky { 200 } else { status };
                assert_eq!(answer.status, expected, "{}", String::from_utf8_lossy(&answer.body));
                if lucky {
                    each.push(asked.elapsed().as_secs_f64() * 1e3);
                }
            }
            each
        });
    }
    let mut each: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
    each.sort_by(f64::total_cmp);
    percentile(&each, 99)
}
