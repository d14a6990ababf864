//! What goes over a wire, as tcpdump records it and tshark reads it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use super::netns::Namespace;
use super::process::{Ran, Running, command, until};

/// The programs that it takes.
pub(crate) const PROGRAMS: [&str; 2] = ["tcpdump", "tshark"];

/// A recording that goes on until it is dropped.
pub(crate) struct Capture {
    file: PathBuf,
    _tcpdump: Running,
    folder: TempDir,
}

/// A recorded frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Packet {
    /// When, since some day long ago.
    pub(crate) at: Duration,
    pub(crate) frame: Vec<u8>,
}

impl Capture {
    /// Records what `filter` lets through on an interface. Nothing is missed that is sent from now on.
    #[track_caller]
    pub(crate) fn start(within: &Namespace, interface: &str, filter: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the recording");
        let file = folder.path().join(format!("{interface}.pcap"));
        // As root from begin to end: the folder is nobody else's.
        // Short packets and a large buffer (KiB): with long ones there is room for thirty, and a burst is not recorded whole.
        let buffer = ["--immediate-mode", "-s", "2048", "-B", "8192"];
        let options = [&["-Z", "root", "-n", "-U"], &buffer[..], &["-i", interface, "-w"]].concat();
        let mut tcpdump = command(Some(within), "tcpdump", &options);
        tcpdump.arg(&file).arg(filter);
        let mut tcpdump = Running::start(tcpdump);
        tcpdump.line("word that it listens", |line| line.contains("listening on").then_some(()));
        Self { file, _tcpdump: tcpdump, folder }
    }

    /// All packets once `enough` says that they are.
    #[track_caller]
    pub(crate) fn packets(&self, what: &str, enough: impl Fn(&[Packet]) -> bool) -> Vec<Packet> {
        until(what, || Some(read(&self.file)).filter(|packets| enough(packets)))
    }

    /// The recording so far, as pcap.
    pub(crate) fn pcap(&self) -> &Path {
        &self.file
    }

    /// The recording so far, as tshark writes pcapng.
    #[track_caller]
    pub(crate) fn pcapng(&self) -> PathBuf {
        let file = self.folder.path().join("again.pcapng");
        tshark(&["-r", utf8(&self.file), "-F", "pcapng", "-w", utf8(&file)]);
        file
    }
}

/// Folders for recordings have plain names.
pub(crate) fn utf8(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// Runs tshark.
#[track_caller]
pub(crate) fn tshark(options: &[&str]) -> Ran {
    let options: Vec<_> = ["-n"].iter().chain(options).copied().collect();
    Running::start(command(None, "tshark", &options)).well_ended()
}

impl Running {
    #[track_caller]
    fn well_ended(self) -> Ran {
        self.end().well()
    }
}

/// Reads the whole packets of a pcap file, which may still grow: 24 bytes of header, and 16 before each packet.
fn read(file: &Path) -> Vec<Packet> {
    let bytes = fs::read(file).unwrap_or_default();
    let mut rest = bytes.get(24..).unwrap_or(&[]);
    let mut packets = Vec::new();
    while let Some((header, more)) = rest.split_at_checked(16) {
        let number = |at: usize| u32::from_ne_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        let Some((frame, more)) = more.split_at_checked(number(8) as usize) else { break };
        let at = Duration::from_secs(number(0).into()) + Duration::from_micros(number(4).into());
        packets.push(Packet { at, frame: frame.to_vec() });
        rest = more;
    }
    packets
}

/// A field as tshark knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// What tshark calls the value.
    pub(crate) shown: String,
    /// The whole line that it shows.
    pub(crate) line: String,
}

/// The fields of each packet that tshark's display filter lets through; a field that comes several times is there several times.
#[track_caller]
pub(crate) fn dissected(file: &Path, filter: &str) -> Vec<BTreeMap<String, Vec<Field>>> {
    let mut packets = Vec::new();
    // By what is in them first: a port may have another use.
    let heuristics = "udp.try_heuristic_first:TRUE";
    for line in tshark(&["-r", utf8(file), "-o", heuristics, "-Y", filter, "-T", "pdml"]).stdout.lines() {
        let line = line.trim_start();
        let attribute = |name: &str| {
            let (_, rest) = line.split_once(&format!(" {name}=\""))?;
            rest.split('"').next().map(str::to_owned)
        };
        if line.starts_with("<packet>") {
            packets.push(BTreeMap::new());
        } else if let (true, Some(packet), Some(name)) =
            (line.starts_with("<field "), packets.last_mut(), attribute("name"))
        {
            let field =
                Field { shown: attribute("show").unwrap_or_default(), line: attribute("showname").unwrap_or_default() };
            packet.entry(name).or_insert_with(Vec::new).push(field);
        }
    }
    packets
}
