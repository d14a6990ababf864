//! The daemon in a process of its own, and a client that costs as little as one can.

use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rackhand_tests::bench::again;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// The polls by which it is seen how nodes fare are so far apart.
const TICK: Duration = Duration::from_millis(20);

/// The daemon; it ends when this is dropped.
pub(crate) struct Daemon {
    process: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Daemon {
    /// Starts it with this configuration and a fresh database on the disk that holds the build, by running the present program
    /// again: see [`serve_if_asked`].
    pub(crate) fn start(config: &str) -> Self {
        // A file system in memory would not have the daemon wait for the disk.
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder for the database");
        let database = format!("sqlite:///{}", folder.path().join("nodes.sqlite").display());
        let file = folder.path().join("rackhand.toml");
        std::fs::write(&file, config).expect("a file for the configuration");
        let mut command = again(["serve", "--listen", "127.0.0.1:0", "--database", &database]);
        command.arg("--config").arg(file);
        command.env("RUST_LOG", "error").stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("the daemon starts");
        let mut line = String::new();
        let mut says = BufReader::new(process.stdout.take().expect("its stdout is a pipe"));
        says.read_line(&mut line).expect("a line");
        let address = line.trim().rsplit('/').next().and_then(|address| address.parse().ok());
        Self { address: address.unwrap_or_else(|| panic!("not an address: {line}")), process, _folder: folder }
    }

    /// What Linux says of its memory, in megabytes: `VmHWM` is the most that it had, `VmRSS` what it has.
    pub(crate) fn memory(&self, what: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(what)?.strip_prefix(':'));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        kib.map_or(f64::NAN, |kib| kib * 1024.0 / 1e6)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Is the daemon, and does not return, when the arguments say so.
pub(crate) fn serve_if_asked() {
    if std::env::args().nth(1).as_deref() == Some("serve") {
        let _ = rackhand::cli::main();
        std::process::exit(0);
    }
}

/// A connection that is kept.
pub(crate) struct Client {
    stream: TcpStream,
    unread: Vec<u8>,
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("the daemon listens");
        stream.set_nodelay(true).expect("a socket");
        Self { stream, unread: Vec::new() }
    }

    /// Asks, and waits for the answer, which tells its length.
    pub(crate) async fn ask(&mut self, verb: &str, path: &str, body: &str) -> Answer {
        let request = format!(
            "{verb} {path} HTTP/1.1\r\nHost: rackhand\r\nX-OpenStack-Ironic-API-Version: 1.82\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await.expect("it takes the request");
        let head = loop {
            if let Some(at) = self.unread.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            self.read().await;
        };
        let text = String::from_utf8_lossy(&self.unread[..head]).to_ascii_lowercase();
        let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
        let end = head + length.unwrap_or(0);
        while self.unread.len() < end {
            self.read().await;
        }
        let mut whole = self.unread.split_off(end);
        std::mem::swap(&mut whole, &mut self.unread);
        Answer { status, body: whole.split_off(head) }
    }

    async fn read(&mut self) {
        self.unread.reserve(64 * 1024);
        assert!(self.stream.read_buf(&mut self.unread).await.expect("it answers") > 0, "the daemon hung up");
    }
}

/// Makes a node of this driver for each driver_info, over so many connections; returns their UUIDs.
pub(crate) async fn create(
    daemon: SocketAddr,
    clients: usize,
    driver: &'static str,
    name: &str,
    infos: &[Value],
) -> Vec<String> {
    let mut tasks = JoinSet::new();
    for (share, infos) in infos.chunks(infos.len().div_ceil(clients)).enumerate() {
        let (infos, name) = (infos.to_vec(), name.to_owned());
        tasks.spawn(async move {
            let mut client = Client::connect(daemon).await;
            let mut nodes = Vec::new();
            for (number, info) in infos.into_iter().enumerate() {
                let name = format!("{name}-{share}-{number}");
                let body = json!({ "driver": driver, "name": name, "driver_info": info });
                let answer = client.ask("POST", "/v1/nodes", &body.to_string()).await;
                assert_eq!(answer.status, 201);
                let node: Value = serde_json::from_slice(&answer.body).expect("JSON");
                nodes.push(node["uuid"].as_str().expect("a UUID").to_owned());
            }
            nodes
        });
    }
    tasks.join_all().await.into_iter().flatten().collect()
}

/// Asks for `target` of the `power` or `provision` state of all nodes, over so many connections; returns when each was asked.
/// All are accepted.
pub(crate) async fn put(
    daemon: SocketAddr,
    clients: usize,
    nodes: &[String],
    state: &'static str,
    target: &str,
) -> HashMap<String, Instant> {
    let mut tasks = JoinSet::new();
    for nodes in nodes.chunks(nodes.len().div_ceil(clients)) {
        let (nodes, body) = (nodes.to_vec(), json!({ "target": target }).to_string());
        tasks.spawn(async move {
            let mut client = Client::connect(daemon).await;
            let mut asked = Vec::new();
            for node in nodes {
                let at = Instant::now();
                let answer = client.ask("PUT", &format!("/v1/nodes/{node}/states/{state}"), &body).await;
                assert_eq!(answer.status, 202);
                asked.push((node, at));
            }
            asked
        });
    }
    tasks.join_all().await.into_iter().flatten().collect()
}

/// When each node was first seen with its `power` or `provision` state at `target`, and nothing under way.
pub(crate) async fn watch(
    daemon: SocketAddr,
    mut waited: HashSet<String>,
    state: &'static str,
    target: String,
) -> HashMap<String, Instant> {
    let mut client = Client::connect(daemon).await;
    let patience = Instant::now() + Duration::from_secs(60);
    let mut reached = HashMap::new();
    let path = format!("/v1/nodes?fields=uuid,{state}_state,target_{state}_state,last_error");
    while !waited.is_empty() {
        tokio::time::sleep(TICK).await;
        let answer = client.ask("GET", &path, "").await;
        let now = Instant::now();
        let list: Value = serde_json::from_slice(&answer.body).expect("JSON");
        let mut error = &Value::Null;
        for node in list["nodes"].as_array().expect("a list") {
            if node[format!("{state}_state")] == target.as_str() && node[format!("target_{state}_state")].is_null() {
                let uuid = node["uuid"].as_str().expect("a UUID");
                if waited.remove(uuid) {
                    reached.insert(uuid.to_owned(), now);
                }
            } else if !node["last_error"].is_null() {
                error = &node["last_error"];
            }
        }
        assert!(now < patience, "{} nodes do not reach '{target}'; an error: {error}", waited.len());
    }
    reached
}

/// How `clients` at a time fared.
pub(crate) struct Load {
    /// Answers a second.
    pub(crate) rate: f64,
    /// How long each took, in order, in milliseconds.
    pub(crate) each: Vec<f64>,
}

impl Load {
    /// What so many of a hundred took at most, in milliseconds.
    pub(crate) fn at(&self, percent: usize) -> f64 {
        percentile(&self.each, percent)
    }
}

/// What so many of a hundred of the sorted `values` are at most.
pub(crate) fn percentile(values: &[f64], percent: usize) -> f64 {
    values[(values.len() * percent).div_ceil(100).clamp(1, values.len()) - 1]
}

/// Has `clients` connections ask again and again for `time`.
pub(crate) async fn load(address: SocketAddr, clients: usize, time: Duration, path: &str) -> Load {
    let mut tasks = JoinSet::new();
    let begun = Instant::now();
    for _ in 0..clients {
        let path = path.to_owned();
        tasks.spawn(async move {
            let mut client = Client::connect(address).await;
            let mut each = Vec::new();
            while begun.elapsed() < time {
                let asked = Instant::now();
                let answer = client.ask("GET", &path, "").await;
                assert_eq!(answer.status, 200, "{path}");
                each.push(asked.elapsed().as_secs_f64() * 1e3);
            }
            each
        });
    }
    let mut each: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
    let rate = each.len() as f64 / begun.elapsed().as_secs_f64();
    each.sort_by(f64::total_cmp);
    Load { rate, each }
}
