//! QEMU with a board, and its end of the cable.

use std::fs::{self, File};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use defmt_decoder::{DecodeError, Table};
use tempfile::TempDir;

use super::Board;

/// A running board. It ends with its owner.
pub struct Emulator {
    board: Board,
    image: PathBuf,
    /// What the image's log means.
    table: Table,
    process: Child,
    /// Our end of the cable: one datagram is one frame.
    cable: UnixDatagram,
    files: TempDir,
    /// Boards that were started on this cable.
    starts: u32,
}

impl Emulator {
    /// Starts `board` with `image`.
    ///
    /// # Panics
    /// QEMU does not start, there is no place for its files, or the image is none of ours.
    #[must_use]
    pub fn start(board: Board, image: &Path) -> Self {
        let files = tempfile::Builder::new().prefix("rackhand").tempdir().expect("a folder");
        let cable = UnixDatagram::bind(files.path().join("lan")).expect("our end of the cable");
        cable.set_nonblocking(true).expect("a socket that does not block");
        let bytes = fs::read(image).expect("the image");
        let table = Table::parse(&bytes).expect("an image with defmt's table").expect("defmt's table");
        let process = launch(board, image, files.path(), 0);
        Self { board, image: image.to_owned(), table, process, cable, files, starts: 1 }
    }

    /// Kills it as a power cut would, and starts it again.
    ///
    /// # Panics
    /// It does not end, or does not start.
    pub fn power_cycle(&mut self) {
        self.kill();
        // What it has sent before is history.
        while self.receive().is_some() {}
        let _ = fs::remove_file(self.files.path().join("board"));
        self.process = launch(self.board, &self.image, self.files.path(), self.starts);
        self.starts += 1;
    }

    fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// The status that the board has ended with, if it has.
    ///
    /// # Panics
    /// The operating system does not know its own child.
    pub fn ended(&mut self) -> Option<i32> {
        self.process.try_wait().expect("the state of a child").map(|status| status.code().unwrap_or(-1))
    }

    /// The next frame that the board has sent.
    #[must_use]
    pub fn receive(&self) -> Option<Vec<u8>> {
        let mut frame = vec![0; 2048];
        let len = self.cable.recv(&mut frame).ok()?;
        frame.truncate(len);
        Some(frame)
    }

    /// Sends a frame to the board. One that finds no room, or no board, is lost.
    pub fn send(&self, frame: &[u8]) {
        let _ = self.cable.send_to(frame, self.files.path().join("board"));
    }

    /// What the board has logged since it was last started, line by line.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        let mut decoder = self.table.new_stream_decoder();
        decoder.received(&fs::read(log_file(self.files.path(), self.starts - 1)).unwrap_or_default());
        let mut lines = Vec::new();
        loop {
            match decoder.decode() {
                Ok(frame) => {
                    let level = frame.level().map_or("", |level| level.as_str());
                    lines.push(format!("{level} {}", frame.display_message()));
                }
                Err(DecodeError::UnexpectedEof) => return lines,
                Err(DecodeError::Malformed) => lines.push("malformed".to_owned()),
            }
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.kill();
    }
}

fn log_file(files: &Path, start: u32) -> PathBuf {
    files.join(format!("log{start}"))
}

/// Bytes that no board was started with before: the keys of a new hash table are the operating system's random numbers.
fn fresh() -> [u64; 2] {
    [(); 2].map(|()| RandomState::new().build_hasher().finish())
}

fn launch(board: Board, image: &Path, files: &Path, start: u32) -> Child {
    let path = |name: &str| files.join(name).display().to_string();
    let mut qemu = Command::new("qemu-system-arm");
    qemu.args(["-M", board.name(), "-display", "none", "-monitor", "none", "-kernel"]).arg(image);
    qemu.args(["-serial", &format!("file:{}", log_file(files, start).display())]);
    qemu.args(["-semihosting-config", "enable=on,target=native"]);
    let (ours, theirs) = (path("lan"), path("board"));
    let ends = format!("local.type=unix,local.path={theirs},remote.type=unix,remote.path={ours}");
    qemu.args(["-netdev", &format!("dgram,id=cable,{ends}")]);
    qemu.args(["-net", "nic,netdev=cable,macaddr=02:00:00:00:00:99"]);
    for (place, word) in (0..).step_by(8).zip(fresh()) {
        let address = board.entropy_at() + place;
        qemu.args(["-device", &format!("loader,addr={address:#x},data={word:#x},data-len=8")]);
    }
    // A child that held the test's own pipes would keep whoever reads them waiting.
    let said = File::create(files.join("qemu")).expect("a file for what QEMU says");
    qemu.stdin(Stdio::null()).stdout(Stdio::null()).stderr(said);
    qemu.spawn().expect("qemu-system-arm starts")
}
