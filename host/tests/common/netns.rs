//! Networks of a test's own: namespaces and the cables between them. They go when the test ends, however it does; what a
//! test that was killed has left goes with the next one.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

use super::need;
use super::process::until;

/// Names end with the process and a number.
const PREFIX: &str = "rackhand-peers-";

/// A network namespace with nothing but a loopback interface, which is up.
#[derive(Debug)]
pub(crate) struct Namespace(String);

impl Namespace {
    /// A new one; none, with a word about it, where there can be none.
    pub(crate) fn new() -> Option<Self> {
        static TIDY: Once = Once::new();
        static COUNT: AtomicU32 = AtomicU32::new(0);
        if !need::programs(&["ip"]) {
            return None;
        }
        TIDY.call_once(remove_leftovers);
        let name = format!("{PREFIX}{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let made = ip(&["netns", "add", &name]);
        if !made.status.success() {
            need::missing(&format!("no network namespace: {}", String::from_utf8_lossy(&made.stderr).trim()));
            return None;
        }
        let namespace = Self(name);
        namespace.ip("link set lo up");
        Some(namespace)
    }

    /// A program within.
    pub(crate) fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(ip_program());
        command.args(["netns", "exec", &self.0]).arg(program.as_ref());
        command
    }

    /// Runs `ip` with these words within.
    #[track_caller]
    pub(crate) fn ip(&self, words: &str) -> String {
        let mut all = vec!["-n", &self.0];
        all.extend(words.split(' '));
        let done = ip(&all);
        assert!(done.status.success(), "ip {words}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).into_owned()
    }

    /// Plugs in a cable whose other end is `far_name` in `far`. Both ends are up; they have addresses of hardware and no others.
    #[track_caller]
    pub(crate) fn connect(&self, name: &str, mac: &str, far: &Self, far_name: &str, far_mac: &str) {
        self.ip(&format!(
            "link add {name} address {mac} type veth peer name {far_name} address {far_mac} netns {}",
            far.0
        ));
        for (end, interface) in [(self, name), (far, far_name)] {
            // No address that nobody gave: what an interface says on its own account is not wanted here.
            end.ip(&format!("link set dev {interface} addrgenmode none"));
            end.ip(&format!("link set {interface} up"));
        }
        for (end, interface) in [(self, name), (far, far_name)] {
            // Before the kernel calls it up it drops what is sent.
            until(&format!("{interface} to come up"), || {
                end.ip(&format!("-br link show {interface}"))
                    .split_whitespace()
                    .nth(1)
                    .filter(|it| *it == "UP")
                    .map(drop)
            });
        }
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        ip(&["netns", "del", &self.0]);
    }
}

fn ip_program() -> std::path::PathBuf {
    need::program("ip").unwrap_or_else(|| "ip".into())
}

#[track_caller]
fn ip(words: &[&str]) -> Output {
    Command::new(ip_program()).args(words).output().unwrap_or_else(|error| panic!("ip {words:?}: {error}"))
}

/// Ends what still runs in the namespaces of tests that are gone, and removes those.
fn remove_leftovers() {
    let Ok(folder) = fs::read_dir("/run/netns") else { return };
    for name in folder.filter_map(|entry| entry.ok()?.file_name().into_string().ok()) {
        let maker = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next());
        let Some(maker) = maker.filter(|pid| !Path::new("/proc").join(pid).exists()) else { continue };
        eprintln!("removing what process {maker} has left: {name}");
        for pid in String::from_utf8_lossy(&ip(&["netns", "pids", &name]).stdout).split_whitespace() {
            let _ = Command::new("sh").args(["-c", &format!("kill -KILL {pid}")]).status();
        }
        ip(&["netns", "del", &name]);
    }
}
