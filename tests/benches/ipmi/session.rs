//! One session, two thousand commands: ours and FreeIPMI's `ipmi-raw --file`, against OpenIPMI's `ipmi_sim`.

use std::path::Path;
use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use rackhand_adapters::tokio::{Channel, run};
use rackhand_core::buffer::Full;
use rackhand_core::dialog::{Bounded, Dialog, Last, Turn};
use rackhand_core::ipmi::command::GetDeviceId;
use rackhand_core::ipmi::{Account, Bmc, CipherSuite, Engine, Ipmi, Privilege, RX_LEN, RequestWriter, Route, TX_LEN};
use rackhand_core::operation::Link;
use rackhand_core::secret::Secret;
use rackhand_core::time;
use rackhand_tests::bench::{Ceilings, Table, median};
use rackhand_tests::ipmi_sim::{IpmiSim, PASSWORD, USER};
use rackhand_tests::need;

use super::{devices, peers};

const COMMANDS: u32 = 2000;
const ROUNDS: usize = 5;

/// Asks who the BMC is, again and again.
#[derive(Clone, Debug)]
struct Again(u32);

impl Dialog for Again {
    type On = Ipmi;
    type Output = ();
    type Error = &'static str;

    fn turn(&mut self, _: time::Instant, last: Last<'_, Ipmi>) -> Result<Turn<()>, &'static str> {
        match last {
            Last::Start => Ok(Turn::Ask),
            Last::Answer(data) if data.len() >= 11 => {
                self.0 -= 1;
                Ok(if self.0 == 0 { Turn::Done(()) } else { Turn::Ask })
            }
            _ => Err("no answer"),
        }
    }

    fn ask(&self, writer: &mut RequestWriter<'_>) -> Result<(), Full> {
        writer.head(GetDeviceId::NETFN, GetDeviceId::COMMAND, None);
        Ok(())
    }

    fn repeatable(&self) -> bool {
        true
    }

    fn doing(&self) -> &'static str {
        "asking"
    }
}

impl Bounded for Again {
    fn give_up(&self) -> Result<(), &'static str> {
        Err("time is up")
    }
}

/// What a round took: milliseconds of CPU and on the wall.
struct Cost {
    cpu: f64,
    wall: f64,
}

fn ours(port: u16) -> Cost {
    let account = Account {
        user: USER.try_into().expect("short"),
        password: Secret::new(PASSWORD).expect("short"),
        kg: None,
        privilege: Privilege::Administrator,
    };
    let bmc = Bmc { account, suite: CipherSuite::by_id(3), route: Route::default() };
    let engine = Engine::new(Again(COMMANDS), bmc, None, &[7; 32], Duration::from_secs(60));
    let mut channel = Channel::new(Link::Udp { host: "127.0.0.1".parse().expect("an address"), port });
    let runtime = devices::runtime();
    let (cpu, wall) = (ProcessTime::now(), Instant::now());
    let (mut tx, mut window) = ([0; TX_LEN], [0; RX_LEN]);
    let end = runtime.block_on(run(engine, &mut channel, &mut tx, &mut window, |_| ()));
    assert!(end.is_ok(), "{end:?}");
    Cost { cpu: cpu.elapsed().as_secs_f64() * 1e3, wall: wall.elapsed().as_secs_f64() * 1e3 }
}

fn theirs(port: u16, file: &Path) -> Cost {
    let raw = format!(
        "ipmi-raw -D LAN_2_0 -h 127.0.0.1:{port} -u {USER} -p {PASSWORD} -I 3 -W opensesspriv --file={} >/dev/null",
        file.display()
    );
    peers::timed(&raw).map(|(cpu, wall)| Cost { cpu, wall }).expect("ipmi-raw goes well")
}

/// Measures, and prints.
pub(super) fn measure(ceilings: &mut Ceilings) {
    if need::program("ipmi-raw").is_none() {
        return need::missing("FreeIPMI's ipmi-raw");
    }
    let Some(sim) = IpmiSim::start(None) else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("commands");
    std::fs::write(&file, "0 06 01\n".repeat(COMMANDS as usize)).expect("a file");
    let (mut our, mut their) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        our.push(ours(sim.port()));
        their.push(theirs(sim.port(), &file));
    }
    let of = |costs: &[Cost], number: fn(&Cost) -> f64| median(costs.iter().map(number).collect());
    let mut table = Table::new(&["2,000 commands in one session", "CPU, µs each", "a second"]);
    let row = |costs: &[Cost]| (of(costs, |cost| cost.cpu), of(costs, |cost| cost.wall));
    let ((our_cpu, our_wall), (their_cpu, their_wall)) = (row(&our), row(&their));
    for (name, cpu, wall) in [("ours", our_cpu, our_wall), ("ipmi-raw --file", their_cpu, their_wall)] {
        let commands = f64::from(COMMANDS);
        table.row([name.to_owned(), format!("{:.1}", cpu * 1e3 / commands), format!("{:.0}", commands * 1e3 / wall)]);
    }
    table.print();
    for (name, measured) in [
        ("session: time over that of ipmi-raw", our_wall / their_wall),
        ("session: CPU over that of ipmi-raw", our_cpu / their_cpu),
    ] {
        println!("{name} {measured:.2}, ceiling {}", ceilings.check(name, measured));
    }
    println!();
}
