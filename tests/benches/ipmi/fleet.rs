//! A thousand BMCs: a session with each, Node Manager's statistics through the bridge, and the session closed, by one process.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use rackhand_adapters::tokio::{Channel, run};
use rackhand_core::ipmi::{Bridge, RX_LEN, TX_LEN};
use rackhand_core::nm::{Domain, Mode, Request, Response, StatisticsOf};
use rackhand_core::operation::{Action, IpmiMemory, Memory, Operation, Outcome};
use rackhand_tests::bench::{Ceilings, Table, again, with_open_files};

use super::devices::{self, bmc};

const BMCS: usize = 1000;
/// Sessions at once: more would wait for the simulators.
const AT_ONCE: usize = 200;
/// What the process is asked by.
const CHILD: &str = "fleet";

/// Asks the BMCs whose addresses come as arguments, when the arguments say so.
pub(super) fn is_asked() -> bool {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() != Some(CHILD) {
        return false;
    }
    let addresses: Vec<SocketAddr> = arguments.map(|address| address.parse().expect("an address")).collect();
    let runtime = devices::runtime();
    let (cpu, wall) = (ProcessTime::now(), Instant::now());
    runtime.block_on(async {
        let room = std::sync::Arc::new(tokio::sync::Semaphore::new(AT_ONCE));
        let mut tasks = tokio::task::JoinSet::new();
        for address in addresses {
            let room = std::sync::Arc::clone(&room);
            tasks.spawn(async move {
                let _room = room.acquire_owned().await;
                ask(address).await;
            });
        }
        while let Some(end) = tasks.join_next().await {
            end.expect("it goes well");
        }
    });
    let (cpu, wall) = (cpu.elapsed().as_secs_f64(), wall.elapsed().as_secs_f64());
    println!("{} {} {}", cpu * 1e3, wall * 1e3, most_memory());
    true
}

/// Megabytes that this process has had at most.
fn most_memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok())
        .map_or(0.0, |kilobytes| kilobytes / 1024.0)
}

async fn ask(address: SocketAddr) {
    let of = StatisticsOf::Domain { domain: Domain::Platform, mode: Mode::Power };
    let action = Action::NodeManager(Request::GetStatistics(of));
    let memory =
        Memory::Ipmi(IpmiMemory { cipher_suite: Some(3), node_manager: Some(Bridge { channel: 6, address: 0x2C }) });
    let target = bmc::target(address);
    let seed = [u8::try_from(address.port() & 0xFF).unwrap_or(0); 32];
    let operation = Operation::new(&target, &action, Duration::from_secs(60), &memory, &seed).expect("valid");
    let mut channel = Channel::new(target.link());
    let (mut tx, mut window) = ([0; TX_LEN], [0; RX_LEN]);
    let end = run(operation, &mut channel, &mut tx, &mut window, |_| ()).await;
    assert!(matches!(end, Ok(Outcome::NodeManager(Response::Statistics(_)))), "{end:?}");
}

/// Measures, and prints.
pub(super) fn measure(ceilings: &mut Ceilings) {
    if with_open_files(BMCS as u64 + 100).is_some() {
        return;
    }
    let devices = bmc::start(BMCS, None);
    let addresses = devices.addresses.iter().map(ToString::to_string);
    let output = again(std::iter::once(CHILD.to_owned()).chain(addresses)).output().expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<f64> = told.split_whitespace().map(|number| number.parse().expect("a number")).collect();
    let &[cpu, wall, memory] = numbers.as_slice() else { panic!("{told}") };
    let each = cpu / BMCS as f64;
    let mut table = Table::new(&["1,000 BMCs: session, statistics, close", "CPU, ms each", "a second", "MB at most"]);
    let rate = BMCS as f64 * 1e3 / wall;
    table.row(["ours".to_owned(), format!("{each:.3}"), format!("{rate:.0}"), format!("{memory:.1}")]);
    table.print();
    for (name, measured) in [("fleet: milliseconds of CPU for a BMC", each), ("fleet: megabytes of memory", memory)] {
        println!("{name} {measured:.3}, ceiling {}", ceilings.check(name, measured));
    }
    println!();
}
