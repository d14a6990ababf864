//! A libvirt hypervisor that is not ours: libvirtd with QEMU domains, in namespaces of its own. `tests/libvirt/hypervisor.py` makes it.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::Value;

use crate::need;
use crate::vectors::{here, root};

/// What takes longer than this hangs. The program has its own ends, which are sooner: 60 s for a server, thrice if its port is taken.
const PATIENCE: Duration = Duration::from_secs(240);
/// What an orderly end may take; after that it is killed, which ends everything as well.
const END: Duration = Duration::from_secs(20);
/// What the program ends with where it cannot work.
const MISSING: i32 = 77;
/// Debian's own: python3-libvirt is for that one.
const PYTHON: &str = "/usr/bin/python3";

/// Whether clients of a listener must know a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// They need none.
    None,
    /// SASL's DIGEST-MD5.
    Sasl,
}

impl Auth {
    const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Sasl => "sasl",
        }
    }
}

/// How it can be reached, besides its unix socket.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Over TCP.
    pub tcp: Option<Auth>,
    /// Over TLS, where clients need a certificate besides.
    pub tls: Option<Auth>,
    /// Over SSH.
    pub ssh: bool,
}

impl Options {
    /// Every way, SASL wherever there is a choice but over TLS, where the certificate does.
    pub const ALL: Self = Self { tcp: Some(Auth::Sasl), tls: Some(Auth::None), ssh: true };
}

/// What the program says of itself. What was not asked for is empty.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Report {
    pid: u32,
    libvirtd: u32,
    folder: PathBuf,
    ports: HashMap<String, u16>,
    user: String,
    password: String,
    pki: PathBuf,
    pki_foreign: PathBuf,
    pki_stranger: PathBuf,
    pki_nobody: PathBuf,
    home: PathBuf,
    key_right: PathBuf,
    key_stranger: PathBuf,
    key_open: PathBuf,
    known_hosts: PathBuf,
    known_hosts_line: String,
}

/// A hypervisor, which ends with everything that it runs when this is dropped.
#[derive(Debug)]
pub struct Hypervisor {
    process: Child,
    input: Option<ChildStdin>,
    /// Locked only so that tests can share one.
    lines: Mutex<Receiver<String>>,
    report: Report,
}

impl Hypervisor {
    /// Starts one. None where it cannot work: no root, or something is not installed.
    ///
    /// # Panics
    /// It does not start although everything is there, or `CI=true` and something is not.
    #[must_use]
    pub fn start(options: Options) -> Option<Self> {
        if !Path::new(PYTHON).is_file() {
            need::missing(&format!("{PYTHON} (package python3)"));
            return None;
        }
        let mut command = program();
        command.arg("--cache").arg(root().join("target/libvirt-cache"));
        for (option, auth) in [("--tcp", options.tcp), ("--tls", options.tls)] {
            auth.map(|auth| command.args([option, auth.word()]));
        }
        if options.ssh {
            command.arg("--ssh");
        }
        let mut process =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect(PYTHON);
        let lines = read(process.stdout.take().expect("a pipe"));
        let complaints = read(process.stderr.take().expect("a pipe"));
        let input = process.stdin.take();
        let mut started = Self { process, input, lines: Mutex::new(lines), report: Report::default() };
        if let Ok(line) = started.answer() {
            started.report = serde_json::from_str(&line).expect("a report");
            // From here on it complains to whoever watches the test.
            thread::spawn(move || complaints.iter().for_each(|line| eprintln!("hypervisor: {line}")));
            return Some(started);
        }
        let status = started.end();
        let complaints: Vec<String> = complaints.iter().collect();
        assert_eq!(status, Some(MISSING), "the hypervisor does not start: {}", complaints.join("\n"));
        need::missing(&format!("a libvirt hypervisor: {}", complaints.join("; ")));
        None
    }

    fn answer(&mut self) -> Result<String, RecvTimeoutError> {
        self.lines.get_mut().unwrap_or_else(PoisonError::into_inner).recv_timeout(PATIENCE)
    }

    /// Has it do something, and returns its answer.
    fn tell(&mut self, command: &str) -> Value {
        let input = self.input.as_mut().expect("it has not ended");
        writeln!(input, "{command}").expect("the hypervisor reads");
        let line = match self.answer() {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) => panic!("{command}: the hypervisor does not answer"),
            Err(RecvTimeoutError::Disconnected) => panic!("{command}: the hypervisor has ended"),
        };
        let answer: Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(answer.get("ok"), Some(&Value::Bool(true)), "{command}: {line}");
        answer
    }

    /// Stops libvirtd (SIGSTOP): its ports accept, and nobody answers.
    ///
    /// # Panics
    /// It does not run, as with the others.
    pub fn stop(&mut self) {
        self.tell("stop");
    }

    /// Lets libvirtd go on after [`Self::stop`].
    pub fn go_on(&mut self) {
        self.tell("continue");
    }

    /// Kills libvirtd; its domains go on.
    pub fn kill(&mut self) {
        self.tell("kill");
    }

    /// Starts libvirtd after [`Self::kill`], on the same ports; it answers when this returns.
    pub fn start_again(&mut self) {
        let answer = self.tell("start");
        let pid = answer.get("libvirtd").and_then(Value::as_u64).and_then(|pid| u32::try_from(pid).ok());
        self.report.libvirtd = pid.expect("libvirtd's pid");
    }

    /// Whether ssh inside knows the host's key, as it does at first.
    pub fn known_hosts(&mut self, known: bool) {
        self.tell(if known { "known_hosts on" } else { "known_hosts off" });
    }

    /// Ends everything and waits for it. Returns the status of the program, if it has one.
    fn end(&mut self) -> Option<i32> {
        // Its input ends.
        self.input = None;
        let begun = Instant::now();
        while begun.elapsed() < END {
            match self.process.try_wait() {
                Ok(None) => thread::sleep(Duration::from_millis(5)),
                Ok(Some(status)) => return status.code(),
                Err(_) => break,
            }
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
        None
    }

    /// A command that runs `program` where this hypervisor's socket, /etc and ssh are; in the working directory of this process, whatever
    /// `current_dir` says. It is the program itself that has the command's pid. Networks and processes are the machine's.
    ///
    /// # Panics
    /// This process has no working directory.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("nsenter");
        // Entering a mount namespace leads to its root.
        command.arg(format!("--mount=/proc/{}/ns/mnt", self.report.pid)).args(["env", "--chdir"]);
        command.arg(std::env::current_dir().expect("a working directory")).arg(program);
        command
    }

    /// What virsh prints for these arguments, inside and without its ornaments; over its unix socket if they name no `--connect`.
    ///
    /// # Panics
    /// It fails, or does not end.
    #[must_use]
    pub fn virsh(&self, arguments: &[&str]) -> String {
        self.try_virsh(arguments).unwrap_or_else(|error| panic!("virsh {}: {error}", arguments.join(" ")))
    }

    /// The same.
    ///
    /// # Errors
    /// What virsh says, if it fails.
    ///
    /// # Panics
    /// It does not start.
    pub fn try_virsh(&self, arguments: &[&str]) -> Result<String, String> {
        let mut command = self.command("timeout");
        command.args(["--kill-after=1", "60", "virsh", "--quiet"]).args(arguments);
        command.env("LIBVIRT_DEFAULT_URI", "qemu:///system").stdin(Stdio::null());
        let output = command.output().expect("nsenter (package util-linux)");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    /// Defines a domain that `hypervisor.py domain` makes with these options (`--name a --mac 52:54:00:…`). It has no operating system
    /// and does not answer ACPI, but with `--acpi-disk PATH`.
    ///
    /// # Panics
    /// The options are wrong, or libvirt refuses it.
    pub fn define(&self, options: &[&str]) {
        let output = program().arg("domain").args(options).output().expect(PYTHON);
        assert!(output.status.success(), "domain: {}", String::from_utf8_lossy(&output.stderr));
        let mut file = tempfile::NamedTempFile::new_in(self.folder()).expect("a file");
        file.write_all(&output.stdout).expect("a file of ours");
        let _ = self.virsh(&["define", file.path().to_str().expect("a path")]);
    }

    /// A process in its mount namespace.
    #[must_use]
    pub const fn pid(&self) -> u32 {
        self.report.pid
    }

    /// The process that is libvirtd, or was until it was killed.
    #[must_use]
    pub const fn libvirtd(&self) -> u32 {
        self.report.libvirtd
    }

    /// A folder that is there inside and outside, until it ends: for disks and files of a test.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.report.folder
    }

    /// Where it listens at 127.0.0.1: `tcp`, `tls` or `ssh`.
    ///
    /// # Panics
    /// It was not asked to.
    #[must_use]
    pub fn port(&self, transport: &str) -> u16 {
        *self.report.ports.get(transport).unwrap_or_else(|| panic!("it does not listen to {transport}"))
    }

    /// SASL's user.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.report.user
    }

    /// That one's password.
    #[must_use]
    pub fn password(&self) -> &str {
        &self.report.password
    }

    /// A folder for `pkipath`: with it TLS works. It is what libvirt finds by itself inside, too.
    #[must_use]
    pub fn pki(&self) -> &Path {
        &self.report.pki
    }

    /// A folder for `pkipath` whose CA has not made the server's certificate.
    #[must_use]
    pub fn pki_foreign(&self) -> &Path {
        &self.report.pki_foreign
    }

    /// A folder for `pkipath` with a client's certificate that the server refuses.
    #[must_use]
    pub fn pki_stranger(&self) -> &Path {
        &self.report.pki_stranger
    }

    /// A folder for `pkipath` without a client's certificate; the server refuses that, too.
    #[must_use]
    pub fn pki_nobody(&self) -> &Path {
        &self.report.pki_nobody
    }

    /// Root's home inside, as /etc/passwd there has it: ssh takes keys without a name from its `.ssh`, which has none at first. `$HOME`
    /// is what it was.
    #[must_use]
    pub fn home(&self) -> &Path {
        &self.report.home
    }

    /// The key that may come in over SSH, as root.
    #[must_use]
    pub fn key(&self) -> &Path {
        &self.report.key_right
    }

    /// A key that may not.
    #[must_use]
    pub fn key_of_stranger(&self) -> &Path {
        &self.report.key_stranger
    }

    /// The key that may, in a file that everybody may read: ssh refuses it.
    #[must_use]
    pub fn key_open_to_all(&self) -> &Path {
        &self.report.key_open
    }

    /// The file in which ssh inside looks for the host's key.
    #[must_use]
    pub fn known_hosts_file(&self) -> &Path {
        &self.report.known_hosts
    }

    /// The line of that file: for a client inside another hypervisor, whose file needs it then.
    #[must_use]
    pub fn known_hosts_line(&self) -> &str {
        &self.report.known_hosts_line
    }

    /// A file for virsh's `authfile` with SASL's user and this password. It goes with the hypervisor's folder.
    ///
    /// # Panics
    /// It cannot be written.
    #[must_use]
    pub fn auth_file(&self, password: &str) -> PathBuf {
        let text = format!(
            "[credentials-sasl]\nauthname={}\npassword={password}\n[auth-libvirt-127.0.0.1]\ncredentials=sasl\n",
            self.user()
        );
        let file = tempfile::NamedTempFile::new_in(self.folder()).expect("a file");
        std::fs::write(file.path(), text).expect("a file of ours");
        file.into_temp_path().keep().expect("a file of ours")
    }
}

impl Drop for Hypervisor {
    fn drop(&mut self) {
        let _ = self.end();
    }
}

/// The program, which writes nothing beside itself.
fn program() -> Command {
    let mut command = Command::new(PYTHON);
    command.arg("-B").arg(here().join("libvirt/hypervisor.py"));
    command
}

/// Its lines as they come, until it closes.
fn read(from: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}
