//! What one status of an iBoot costs the client over tokio, connection included, against a bare blocking client of the
//! standard library that sends and reads the same bytes. The device runs in another process.
//!
//! CPU time, the kernel's part included: it does not depend on how busy the machine is as the time on the wall does. Both
//! clients take turns, and the ratio of their medians has a ceiling.

mod devices;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Instant;

use cpu_time::ProcessTime;
use devices::{Devices, PASSWORD, RELAYS, USER};
use rackhand_core::buffer::TxWriter;
use rackhand_core::dxp::{Command, Credentials, GetRelays, Request};
use rackhand_tests::bench::{CEILINGS, Ceilings, Sections, Table, exit, median};

const ROUNDS: usize = 5;
/// Statuses of each client in a round.
const EACH: u32 = 2000;

fn main() -> ExitCode {
    devices::serve_if_asked();
    let sections: Sections = toml::from_str(CEILINGS).expect("sections of numbers");
    let mut ceilings = Ceilings::of(&sections, "status");
    // One device for each round of each client: the ports of closed connections do not run out, and neither client has
    // to look for a free one longer than the other.
    let devices = Devices::start(2 * ROUNDS, None);
    let runtime = devices::runtime();
    let mut tokio = Vec::new();
    let mut bare = Vec::new();
    for addresses in devices.addresses.chunks_exact(2) {
        let target = devices::target(addresses[0]);
        tokio.push(measure(|| runtime.block_on(devices::status(&target))));
        let request = request();
        bare.push(measure(|| bare_status(addresses[1], request)));
    }
    let mut table = Table::new(&["iBoot's status, connection included", "CPU, µs", "least", "most", "wall, µs"]);
    let mut row = |name: &str, rounds: &[Cost]| {
        let cpu = || rounds.iter().map(|cost| cost.cpu).collect::<Vec<_>>();
        let wall = median(rounds.iter().map(|cost| cost.wall).collect());
        let (least, most) = cpu().into_iter().fold((f64::MAX, 0.0_f64), |(a, b), cpu| (a.min(cpu), b.max(cpu)));
        let cpu = median(cpu());
        table.row([
            name.to_owned(),
            format!("{cpu:.1}"),
            format!("{least:.1}"),
            format!("{most:.1}"),
            format!("{wall:.1}"),
        ]);
        cpu
    };
    let ratio = row("rackhand over tokio", &tokio) / row("std, blocking, same bytes", &bare);
    table.print();
    let ceiling = ceilings.check("CPU over that of a bare std client", ratio);
    println!("ratio of CPU {ratio:.2}, ceiling {ceiling}; medians of {ROUNDS} rounds of {EACH}");
    exit(ceilings.within())
}

/// What one status took, in microseconds.
struct Cost {
    cpu: f64,
    wall: f64,
}

fn measure(mut status: impl FnMut()) -> Cost {
    for _ in 0..EACH / 20 {
        status();
    }
    let (cpu, wall) = (ProcessTime::now(), Instant::now());
    for _ in 0..EACH {
        status();
    }
    let micros = |time: std::time::Duration| time.as_secs_f64() * 1e6 / f64::from(EACH);
    Cost { cpu: micros(cpu.elapsed()), wall: micros(wall.elapsed()) }
}

/// The request as our client sends it, but for its sequence number.
fn request() -> [u8; Request::MIN_LEN] {
    let mut bytes = [0; Request::MIN_LEN];
    let credentials = Credentials::new(USER, PASSWORD).expect("short enough");
    let request = Request { credentials, sequence: 0, command: Command::GetRelays(GetRelays) };
    request.emit(&mut TxWriter::new(&mut bytes)).expect("room");
    bytes
}

fn bare_status(address: SocketAddr, mut request: [u8; Request::MIN_LEN]) {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_nodelay(true).expect("a socket");
    stream.write_all(b"hello-000").expect("it reads");
    let mut sequence = [0; 2];
    stream.read_exact(&mut sequence).expect("it answers");
    request[45..].copy_from_slice(&u16::from_le_bytes(sequence).wrapping_add(1).to_le_bytes());
    stream.write_all(&request).expect("it reads");
    let mut relays = [1; RELAYS as usize];
    stream.read_exact(&mut relays).expect("it answers");
    assert_eq!(relays, [0; RELAYS as usize]);
}
