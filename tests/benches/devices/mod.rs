//! Simulated devices in a process of their own, so that what they cost is not counted as the client's.

#[allow(dead_code, reason = "the daemon's benchmark has no AMT")]
pub(crate) mod amt;
#[allow(dead_code, reason = "only one benchmark has BMCs")]
pub(crate) mod bmc;
#[allow(dead_code, reason = "the daemon asks by itself")]
pub(crate) mod iboot;

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, ChildStdout, Stdio};

use rackhand_adapters::tokio::{Server, serve_datagrams, serve_stream};
use rackhand_core::exchange::Responder;
use rackhand_tests::bench::again;
use tokio::net::{TcpListener, UdpSocket};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;

/// Devices on loopback, each with a listener of its own; they end when this is dropped.
pub(crate) struct Devices {
    process: Child,
    says: BufReader<ChildStdout>,
    /// Where they listen.
    pub(crate) addresses: Vec<SocketAddr>,
}

impl Devices {
    /// Starts `count` devices of this kind with this fault, by running the present program again: see [`serve_if_asked`].
    fn start(kind: &str, count: usize, fault: Option<&str>) -> Self {
        let mut command = again(["devices", kind, &count.to_string(), fault.unwrap_or("")]);
        let mut process =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the devices' process starts");
        let says = BufReader::new(process.stdout.take().expect("its stdout is a pipe"));
        let mut devices = Self { process, says, addresses: Vec::new() };
        for _ in 0..count {
            let address = devices.line().parse().expect("an address");
            devices.addresses.push(address);
        }
        devices
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.says.read_line(&mut line).expect("a line");
        assert!(line.ends_with('\n'), "the devices' process ended early");
        line.trim_end().to_owned()
    }

    /// What they say of themselves.
    fn ask(&mut self) -> String {
        let mut asked = self.process.stdin.as_ref().expect("its stdin is a pipe");
        asked.write_all(b"\n").expect("the devices' process runs");
        self.line()
    }
}

impl Drop for Devices {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Serves devices and does not return when the arguments say so.
pub(crate) fn serve_if_asked() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [devices, kind, count, fault] = arguments.as_slice() else { return };
    if devices != "devices" {
        return;
    }
    let count = count.parse().expect("a number");
    let fault = Some(fault.as_str()).filter(|fault| !fault.is_empty());
    runtime().block_on(async {
        match kind.as_str() {
            amt::KIND => serve(count, || amt::device(fault), amt::tell).await,
            bmc::KIND => serve_bmcs(count, fault).await,
            iboot::KIND => serve(count, || iboot::device(fault), |_| String::new()).await,
            other => panic!("'{other}' is no kind of device: there are {}, {}, {}", amt::KIND, bmc::KIND, iboot::KIND),
        }
    });
}

/// Serves so many devices, says where, and answers each line that comes with what `tell` makes of them.
async fn serve<R>(count: usize, device: impl Fn() -> R, tell: impl Fn(&[Server<R>]) -> String)
where
    R: Responder<u64> + Send + 'static,
{
    let mut servers = Vec::new();
    for _ in 0..count {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let server = serve_stream(listener, device()).expect("it has an address");
        println!("{}", server.address());
        servers.push(server);
    }
    let mut questions = questions();
    while questions.recv().await.is_some() {
        println!("{}", tell(&servers));
    }
}

/// Serves so many BMCs, and says where.
async fn serve_bmcs(count: usize, faults: Option<&str>) {
    let mut servers = Vec::new();
    for number in 0..count {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let server = serve_datagrams(socket, bmc::device(number, faults)).expect("it has an address");
        println!("{}", server.address());
        servers.push(server);
    }
    while questions().recv().await.is_some() {}
}

/// Lines that come. When there are no more, this process ends.
fn questions() -> mpsc::UnboundedReceiver<()> {
    let (asked, questions) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for _ in std::io::stdin().lines().map_while(Result::ok) {
            let _ = asked.send(());
        }
        // When the other end of the pipe is gone, so is whoever needs the devices.
        std::process::exit(0);
    });
    questions
}

/// A runtime like the host's.
pub(crate) fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}
