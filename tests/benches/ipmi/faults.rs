//! The same faults for all: a session is opened, Node Manager asked for its version through the bridge, the session closed, and every
//! run has its own BMC, whose losses are the same for each client.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rackhand_adapters::tokio::{Channel, run};
use rackhand_core::ipmi::{Bridge, RX_LEN, TX_LEN};
use rackhand_core::nm::{Request, Response};
use rackhand_core::operation::{Action, IpmiMemory, Memory, Operation, Outcome};
use rackhand_tests::bench::{Ceilings, Table};

use super::devices::{self, bmc};
use super::peers::Peer;

const RUNS: usize = 50;
/// Runs of a peer at once: it is mostly silence that they wait for.
const AT_ONCE: usize = 25;

/// A row: what it is called, and its faults.
const ROWS: [(&str, &str); 6] = [
    ("10 % of answers lost", "loss=100"),
    ("30 % of answers lost", "loss=300"),
    ("half of the answers twice", "duplicate=500"),
    ("junk before half of the answers", "junk=500"),
    ("50 ms late", "slow=50"),
    ("30 % of requests answered busy", "busy=300"),
];

/// How the runs of a client went.
struct Runs {
    good: usize,
    median: f64,
    most: f64,
}

impl Runs {
    /// Of what those took that went well. One that did not has never come to its end: who gives up early is not the faster for it.
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let place = |share: usize| times.get(RUNS * share / 100);
        let millis = |time: Option<&Duration>| time.map_or(f64::INFINITY, |time| time.as_secs_f64() * 1e3);
        Self { good: times.len(), median: millis(place(50)), most: millis(place(95)) }
    }
}

async fn ask(address: SocketAddr, number: usize) -> Option<Duration> {
    let memory =
        Memory::Ipmi(IpmiMemory { cipher_suite: Some(3), node_manager: Some(Bridge { channel: 6, address: 0x2C }) });
    let target = bmc::target(address);
    let action = Action::NodeManager(Request::GetVersion);
    let seed = [u8::try_from(number).expect("few"); 32];
    let begun = Instant::now();
    let operation = Operation::new(&target, &action, Duration::from_secs(20), &memory, &seed).expect("valid");
    let mut channel = Channel::new(target.link());
    let (mut tx, mut window) = ([0; TX_LEN], [0; RX_LEN]);
    let end = run(operation, &mut channel, &mut tx, &mut window, |_| ()).await;
    match end {
        Ok(Outcome::NodeManager(Response::Version(_))) => Some(begun.elapsed()),
        other => {
            eprintln!("ours: {other:?}");
            None
        }
    }
}

fn ours(addresses: &[SocketAddr]) -> Runs {
    let runtime = devices::runtime();
    let times = runtime.block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for (number, address) in addresses.iter().copied().enumerate() {
            tasks.spawn(ask(address, number));
        }
        tasks.join_all().await
    });
    Runs::of(times.into_iter().flatten().collect())
}

fn theirs(peer: Peer, addresses: &[SocketAddr]) -> Runs {
    let (left, times) = (Mutex::new(addresses.iter()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let next = left.lock().expect("no panic").next().copied();
                    let Some(address) = next else { return };
                    let took = peer.ask(address);
                    times.lock().expect("no panic").extend(took);
                }
            });
        }
    });
    Runs::of(times.into_inner().expect("no panic"))
}

/// Measures, and prints.
pub(super) fn measure(ceilings: &mut Ceilings) {
    let mut table = Table::new(&["fault", "client", "of 50 went well", "median, ms", "95th percentile, ms"]);
    let (mut failed, mut slower) = (0, Vec::new());
    for (name, faults) in ROWS {
        let mut row = |client: &str, runs: &Runs| {
            let numbers = [runs.median, runs.most].map(|number| format!("{number:.0}"));
            table.row([name.to_owned(), client.to_owned(), runs.good.to_string()].into_iter().chain(numbers));
        };
        let our = ours(&bmc::start(RUNS, Some(faults)).addresses);
        row("ours", &our);
        failed += RUNS - our.good;
        let (mut median, mut most) = (f64::INFINITY, f64::INFINITY);
        for peer in Peer::ALL.into_iter().filter(|peer| peer.is_here()) {
            let runs = theirs(peer, &bmc::start(RUNS, Some(faults)).addresses);
            row(peer.name(), &runs);
            (median, most) = (median.min(runs.median), most.min(runs.most));
        }
        slower.extend([our.median / median, our.most / most]);
    }
    table.print();
    let slowest = slower.into_iter().filter(|ratio| ratio.is_finite()).fold(0.0, f64::max);
    for (name, measured) in [
        ("faults: runs of ours that failed", failed as f64),
        ("faults: time over the best peer's, worst of all", slowest),
    ] {
        println!("{name} {measured:.2}, ceiling {}", ceilings.check(name, measured));
    }
}
