//! A thousand iBoots that take 200 ms each to tell their state, polled at once by one thread.

mod devices;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use devices::iboot;
use rackhand_core::operation::Target;
use rackhand_tests::bench::{CEILINGS, Ceilings, Sections, Table, exit, median, with_open_files};
use tokio::task::JoinSet;

const DEVICES: usize = 1000;
/// Each answer comes so much later; a status is two answers, hello's and the request's.
const SLOW: &str = "slow=100";
const STATUS: Duration = Duration::from_millis(200);
const ROUNDS: usize = 3;
/// The devices' process: a listener and a connection for each, and a few.
const OPEN_FILES: u64 = 2 * DEVICES as u64 + 100;

fn main() -> ExitCode {
    devices::serve_if_asked();
    if let Some(exit) = with_open_files(OPEN_FILES) {
        return exit;
    }
    let sections: Sections = toml::from_str(CEILINGS).expect("sections of numbers");
    let mut ceilings = Ceilings::of(&sections, "fleet");
    let devices = iboot::start(DEVICES, Some(SLOW));
    let targets: Vec<_> = devices.addresses.iter().map(|address| Arc::new(iboot::target(*address))).collect();
    let runtime = devices::runtime();
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
        "{wall:.0} ms, ceiling {ceiling}; one after the other they take {} s",
        STATUS.as_secs_f64() * DEVICES as f64
    );
    exit(ceilings.within())
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
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
