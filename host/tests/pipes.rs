//! Pipes that nobody reads, a disk that is full, and file descriptors that have run out.
#![cfg(unix)]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

const RACKHAND: &str = env!("CARGO_BIN_EXE_rackhand");

/// A pipe that nobody reads.
fn unread() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

/// Runs the program with these for standard output and standard error.
fn run(arguments: &[&str], out: Stdio, err: Stdio) -> Option<i32> {
    Command::new(RACKHAND).args(arguments).stdin(Stdio::null()).stdout(out).stderr(err).status().unwrap().code()
}

/// Waits for the end of a program, and ends it when it does not come.
fn end(child: &mut Child) -> Option<ExitStatus> {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(20) {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    None
}

/// Nobody listens there.
const NO_CONTACT: [&str; 14] = [
    "power",
    "status",
    "--driver",
    "staging-iboot",
    "--max-retry",
    "0",
    "-i",
    "iboot_address=127.0.0.1",
    "-i",
    "iboot_port=1",
    "-i",
    "iboot_username=u",
    "-i",
    "iboot_password=p",
];

#[test]
fn the_status_is_the_results_whoever_reads() {
    let stored = ["power", "status", "--driver", "staging-wol", "--port", "02:00:00:00:00:01"];
    for json in [&[][..], &["--json"]] {
        for (arguments, status) in
            [(&NO_CONTACT[..], 3), (&stored[..], 0), (&["power", "on", "--driver", "staging-wol"], 2)]
        {
            let arguments = [arguments, json].concat();
            let status = Some(status);
            assert_eq!(run(&arguments, Stdio::null(), unread()), status, "stderr closed: {arguments:?}");
            assert_eq!(run(&arguments, unread(), Stdio::null()), status, "stdout closed: {arguments:?}");
            assert_eq!(run(&arguments, unread(), unread()), status, "both closed: {arguments:?}");
        }
    }
    // Usage, an unknown setting, a recording that holds nothing.
    assert_eq!(run(&["power"], unread(), unread()), Some(2));
    let unknown = [&NO_CONTACT[..], &["-i", "colour=red"]].concat();
    assert_eq!(run(&unknown, Stdio::null(), unread()), Some(3));
    assert_eq!(run(&["decode", "/nonexistent"], unread(), unread()), Some(2));
    assert_eq!(run(&["demo", "--once"], unread(), unread()), Some(0));
}

#[test]
#[cfg(target_os = "linux")]
fn a_result_that_is_lost_is_no_success() {
    let full = || std::fs::File::create("/dev/full").unwrap().into();
    let stored = ["power", "status", "--driver", "staging-wol", "--port", "02:00:00:00:00:01"];
    assert_eq!(run(&stored, full(), Stdio::null()), Some(1));
    // What went wrong before says more.
    assert_eq!(run(&NO_CONTACT, full(), full()), Some(3));
}

#[test]
fn what_has_no_end_ends_when_nobody_reads() {
    for arguments in [&["demo"][..], &["sim", "nic", "--mac", "02:00:00:00:00:01", "--listen", "127.0.0.1:0"]] {
        let mut child = Command::new(RACKHAND)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(unread())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        assert!(end(&mut child).is_some_and(|status| status.success()), "{arguments:?}");
    }
}

/// Clock ticks that a process has used.
#[cfg(target_os = "linux")]
fn ticks(id: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
    let numbers: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    numbers[11..13].iter().map(|ticks| ticks.parse::<u64>().unwrap()).sum()
}

#[test]
#[cfg(target_os = "linux")]
fn a_simulator_without_file_descriptors_rests_and_serves_on() {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    let mut sim = Command::new("sh")
        .args(["-c", "ulimit -n 16; exec \"$0\" sim iboot --listen 127.0.0.1:0", RACKHAND])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(sim.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().rsplit(' ').next().unwrap().to_owned();
    let hello = |mut stream: &TcpStream| {
        let mut answer = [0; 2];
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.write_all(b"hello-000").and_then(|()| stream.read_exact(&mut answer))
    };
    let first = TcpStream::connect(&address).unwrap();
    let mut others: Vec<_> = (0..32).map(|_| TcpStream::connect(&address).unwrap()).collect();
    let begun = (Instant::now(), ticks(sim.id()));
    std::thread::sleep(Duration::from_secs(1));
    let served = hello(&first);
    // A second has a hundred ticks.
    let (wall, used) = (begun.0.elapsed(), ticks(sim.id()) - begun.1);
    // Those who waited are let in when others go.
    let last = others.pop().unwrap();
    drop((first, others));
    let let_in = hello(&last);
    // It may have ended by itself.
    let _ = sim.kill();
    sim.wait().unwrap();
    served.expect("who is there is served on");
    let_in.expect("who waited is let in");
    assert!(used < 30, "{used} ticks in {wall:?}");
}
