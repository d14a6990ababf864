//! What one status costs the client over tokio: of an iBoot, connection included, and of an AMT, whose connection and nonce are
//! kept, or are not there yet. Each beside a bare blocking client of the standard library: that of the iBoot sends and reads the
//! same bytes; that of the AMT has its requests ready, on one connection, and reads answers without looking into them. The
//! devices run in another process.
//!
//! CPU time, the kernel's part included: it does not depend on how busy the machine is as the time on the wall does. All
//! processes share one CPU. On several, waking the one that sleeps is counted to whoever wakes it, in a virtual machine at up to
//! ten times of what a bare client takes; how often that happens depends on what else runs, and it says nothing of either client.
//!
//! All clients take turns. The ratio of the medians has a ceiling for the iBoot. For the AMT the contract is in milliseconds, and
//! it is the fastest rounds that are compared: what else the machine does makes a round longer, and never shorter. Where the bare
//! client of the iBoot takes longer than on the machines that the contract is for, so much less of the milliseconds is counted.

mod devices;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Instant;

use cpu_time::ProcessTime;
use devices::{amt, iboot};
use rackhand_core::buffer::TxWriter;
use rackhand_core::dxp::{Command, Credentials, GetRelays, Request};
use rackhand_core::exchange::{Exchange, Input, Next};
use rackhand_core::operation::{TX_LEN, Target};
use rackhand_core::time;
use rackhand_tests::bench::{CEILINGS, Ceilings, Sections, Table, exit, median};
#[cfg(target_os = "linux")]
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use tokio::runtime::Runtime;

const ROUNDS: usize = 5;
/// Statuses of each client in a round, and those before them that are not counted.
const EACH: u32 = 2000;
const BEFORE: u32 = EACH / 20;
/// Microseconds of CPU that the bare client of the iBoot takes at most where the contract's milliseconds count as they are.
const USUAL: f64 = 40.0;

fn main() -> ExitCode {
    devices::serve_if_asked();
    #[cfg(target_os = "linux")]
    on_one_cpu();
    let sections: Sections = toml::from_str(CEILINGS).expect("sections of numbers");
    let mut ceilings = Ceilings::of(&sections, "status");
    let runtime = devices::runtime();
    let share = iboots(&runtime, &mut ceilings);
    amts(&runtime, &mut ceilings, share);
    exit(ceilings.within())
}

/// Keeps this process on one CPU, and with it those that it starts.
#[cfg(target_os = "linux")]
fn on_one_cpu() {
    let may = sched_getaffinity(None).expect("the CPUs of this process");
    // Interrupts come to the first one by default.
    let last = (0..CpuSet::MAX_CPU).rev().find(|cpu| may.is_set(*cpu)).expect("a CPU");
    let mut one = CpuSet::new();
    one.set(last);
    sched_setaffinity(None, &one).expect("one of those that it has");
}

/// What share of the time that things take here is counted.
fn iboots(runtime: &Runtime, ceilings: &mut Ceilings) -> f64 {
    // One device for each round of each client: the ports of closed connections do not run out, and neither client has
    // to look for a free one longer than the other.
    let devices = iboot::start(2 * ROUNDS, None);
    let mut tokio = Vec::new();
    let mut bare = Vec::new();
    for addresses in devices.addresses.chunks_exact(2) {
        let target = iboot::target(addresses[0]);
        tokio.push(measure(|| runtime.block_on(iboot::status(&target))));
        let request = request();
        bare.push(measure(|| bare_status(addresses[1], request)));
    }
    let mut table = Table::new(&["iBoot's status, connection included", "CPU, µs", "least", "most", "wall, µs"]);
    let tokio = row(&mut table, "rackhand over tokio", &tokio);
    let bare = row(&mut table, "std, blocking, same bytes", &bare);
    table.print();
    let ratio = tokio.median / bare.median;
    let ceiling = ceilings.check("CPU over that of a bare std client", ratio);
    println!("ratio of CPU {ratio:.2}, ceiling {ceiling}; medians of {ROUNDS} rounds of {EACH}\n");
    (USUAL / bare.least).min(1.0)
}

fn amts(runtime: &Runtime, ceilings: &mut Ceilings, share: f64) {
    let mut devices = amt::start(2 * ROUNDS, None);
    // The bare client reads no chunks: these tell how long their answers are.
    let mut telling = amt::start(ROUNDS, Some("length"));
    let [mut warm, mut cold, mut bare] = [const { Vec::new() }; 3];
    for (addresses, address) in devices.addresses.chunks_exact(2).zip(&telling.addresses) {
        let target = amt::target(addresses[0]);
        let mut kept = amt::Kept::default();
        warm.push(measure(|| kept = runtime.block_on(amt::status(&target, std::mem::take(&mut kept)))));
        let target = amt::target(addresses[1]);
        cold.push(measure(|| drop(runtime.block_on(amt::status(&target, amt::Kept::default())))));
        let mut requests = ready(runtime, &amt::target(*address)).into_iter();
        let mut client = Bare::connect(*address);
        bare.push(measure(|| client.ask(&requests.next().expect("one for each"))));
    }
    // Nothing was measured but what the names say, and every request was let in.
    let rounds = u64::try_from(ROUNDS).expect("few");
    let asked = rounds * u64::from(EACH + BEFORE);
    let seen = amt::seen(&mut devices);
    assert_eq!((seen.requests, seen.failed_logins), (rounds + asked + 2 * asked, 0), "a 401 each, but for warm ones");
    let seen = amt::seen(&mut telling);
    assert_eq!((seen.requests, seen.failed_logins), (2 * rounds + asked, 0), "one status before ready-made requests");

    let mut table = Table::new(&["AMT's power status", "CPU, µs", "least", "most", "wall, µs"]);
    let warm = row(&mut table, "rackhand over tokio, warm", &warm);
    let cold = row(&mut table, "rackhand over tokio, cold: two connections, 401", &cold);
    let bare = row(&mut table, "std, blocking, warm: no digest, no XML", &bare);
    table.print();
    println!(
        "of the milliseconds {share:.2} count: all where the iBoot's bare client takes {USUAL} microseconds or less"
    );
    let ratio = warm.least / bare.least;
    for (name, measured) in [
        ("AMT, warm: milliseconds of CPU", warm.least / 1e3 * share),
        ("AMT, cold: milliseconds of CPU", cold.least / 1e3 * share),
        ("AMT, warm: CPU over that of a bare loop", ratio),
    ] {
        let ceiling = ceilings.check(name, measured);
        println!("{name} {measured:.3}, ceiling {ceiling}; least of {ROUNDS} rounds of {EACH}");
    }
}

/// CPU time of a status, in microseconds: of several rounds.
struct Cpu {
    median: f64,
    least: f64,
}

/// Adds the row of a client.
fn row(table: &mut Table, name: &str, rounds: &[Cost]) -> Cpu {
    let cpu = || rounds.iter().map(|cost| cost.cpu).collect::<Vec<_>>();
    let wall = median(rounds.iter().map(|cost| cost.wall).collect());
    let (least, most) = cpu().into_iter().fold((f64::MAX, 0.0_f64), |(a, b), cpu| (a.min(cpu), b.max(cpu)));
    let median = median(cpu());
    let numbers = [median, least, most, wall].map(|number| format!("{number:.1}"));
    table.row([name.to_owned()].into_iter().chain(numbers));
    Cpu { median, least }
}

/// What one status took, in microseconds.
struct Cost {
    cpu: f64,
    wall: f64,
}

fn measure(mut status: impl FnMut()) -> Cost {
    for _ in 0..BEFORE {
        status();
    }
    let (cpu, wall) = (ProcessTime::now(), Instant::now());
    for _ in 0..EACH {
        status();
    }
    let micros = |time: std::time::Duration| time.as_secs_f64() * 1e6 / f64::from(EACH);
    Cost { cpu: micros(cpu.elapsed()), wall: micros(wall.elapsed()) }
}

/// The request to an iBoot as our client sends it, but for its sequence number.
fn request() -> [u8; Request::MIN_LEN] {
    let mut bytes = [0; Request::MIN_LEN];
    let credentials = Credentials::new(iboot::USER, iboot::PASSWORD).expect("short enough");
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
    let mut relays = [1; iboot::RELAYS as usize];
    stream.read_exact(&mut relays).expect("it answers");
    assert_eq!(relays, [0; iboot::RELAYS as usize]);
}

/// Requests of a status as our client sends them, each with the next count of one nonce, which a first status has fetched.
fn ready(runtime: &Runtime, target: &Target) -> Vec<Vec<u8>> {
    let mut memory = runtime.block_on(amt::status(target, amt::Kept::default())).memory;
    let mut tx = vec![0; TX_LEN];
    let mut next = || {
        let mut operation = amt::operation(target, &memory);
        let mut step = |input| operation.step(time::Instant::ZERO, input, &mut tx).expect("a demand").next;
        assert!(matches!(step(Input::Start), Next::Open { .. }));
        let Next::Send { len, .. } = step(Input::Opened { kept: false }) else { panic!("nothing is sent") };
        memory = operation.memory();
        tx[..len].to_vec()
    };
    (0..EACH + BEFORE).map(|_| next()).collect()
}

/// A connection on which ready-made requests are sent.
struct Bare {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Bare {
    fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("it listens");
        stream.set_nodelay(true).expect("a socket");
        Self { stream, buffer: vec![0; 65_536] }
    }

    /// Sends a request and reads the answer, as long as that says it is.
    fn ask(&mut self, request: &[u8]) {
        self.stream.write_all(request).expect("it reads");
        let mut read = 0;
        let end = loop {
            read += self.more(read);
            let head = self.buffer[..read].windows(4).position(|four| four == b"\r\n\r\n");
            if let Some(head) = head {
                break head + 4 + length(&self.buffer[..head]);
            }
        };
        while read < end {
            read += self.more(read);
        }
        assert!(self.buffer.starts_with(b"HTTP/1.1 200 ") && read == end);
    }

    fn more(&mut self, read: usize) -> usize {
        let more = self.stream.read(&mut self.buffer[read..]).expect("it answers");
        assert!(more > 0, "it hung up");
        more
    }
}

/// What the head of an answer says of its body.
fn length(head: &[u8]) -> usize {
    let head = std::str::from_utf8(head).expect("text");
    let value = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).expect("a length");
    value.parse().expect("a number")
}
