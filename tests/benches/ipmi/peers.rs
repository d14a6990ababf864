//! Other people's clients, as programs.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rackhand_tests::need;
use rackhand_tests::vectors::root;

use super::devices::bmc::{PASSWORD, USER};

/// Whoever takes longer has failed.
const PATIENCE: &str = "20";

/// Runs a line of bash; milliseconds of CPU and on the wall, or nothing when it fails.
pub(super) fn timed(line: &str) -> Option<(f64, f64)> {
    let script = format!("TIMEFORMAT='%U %S'; time {{ {line} 2>/dev/null; }}");
    let begun = Instant::now();
    let output = Command::new("bash").args(["-c", &script]).stdin(Stdio::null()).output().ok()?;
    let wall = begun.elapsed().as_secs_f64() * 1e3;
    let times = String::from_utf8_lossy(&output.stderr);
    let cpu: f64 = times.split_whitespace().filter_map(|seconds| seconds.parse::<f64>().ok()).sum();
    output.status.success().then_some((cpu * 1e3, wall))
}

/// A client that opens a session, asks Node Manager for its version through the bridge, and closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Peer {
    Ipmitool,
    FreeIpmi,
    Pyghmi,
}

impl Peer {
    pub(super) const ALL: [Self; 3] = [Self::Ipmitool, Self::FreeIpmi, Self::Pyghmi];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Ipmitool => "ipmitool -N 1 -R 4",
            Self::FreeIpmi => "FreeIPMI, 500 ms",
            Self::Pyghmi => "pyghmi",
        }
    }

    /// Its program, where it is installed.
    fn program(self) -> Option<PathBuf> {
        match self {
            Self::Ipmitool => need::program("ipmitool"),
            Self::FreeIpmi => need::program("ipmi-raw"),
            // The environment of tests/clients has it.
            Self::Pyghmi => Some(root().join("target/clients-venv/bin/python")).filter(|python| python.exists()),
        }
    }

    pub(super) fn is_here(self) -> bool {
        self.program().is_some()
    }

    /// Asks the BMC at `address`; how long that took, if it went well.
    pub(super) fn ask(self, address: SocketAddr) -> Option<Duration> {
        let (program, port) = (self.program()?, address.port().to_string());
        let mut command = Command::new("timeout");
        command.arg(PATIENCE).arg(program);
        match self {
            Self::Ipmitool => command
                .args(["-I", "lanplus", "-C", "3", "-H", "127.0.0.1", "-p", &port, "-U", USER, "-P", PASSWORD])
                .args(["-N", "1", "-R", "4", "-b", "6", "-t", "0x2c", "raw", "0x2e", "0xca", "0x57", "0x01", "0x00"]),
            Self::FreeIpmi => command
                .args(["-D", "LAN_2_0", "-h", &format!("127.0.0.1:{port}"), "-u", USER, "-p", PASSWORD, "-I", "3"])
                .args(["--session-timeout=20000", "--retransmission-timeout=500"])
                .args(["--target-channel-number=6", "--target-slave-address=0x2c"])
                .args(["0", "2e", "ca", "57", "01", "00"]),
            Self::Pyghmi => command.args(["-c", PYGHMI, &port, USER, PASSWORD]),
        };
        let begun = Instant::now();
        let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
        let took = begun.elapsed();
        let told = String::from_utf8_lossy(&output.stdout).to_lowercase();
        (output.status.success() && told.contains("05 03 07 01 02")).then_some(took)
    }
}

const PYGHMI: &str = "
import sys
from pyghmi.ipmi.private import session
s = session.Session(bmc='127.0.0.1', port=int(sys.argv[1]), userid=sys.argv[2], password=sys.argv[3])
r = s.raw_command(netfn=0x2e, command=0xca, data=(0x57, 1, 0), bridge_request={'addr': 0x2c, 'channel': 6})
print(' '.join('%02x' % b for b in r['data']))
";
