//! The script of requests whose answers are recorded.

use serde_json::Value;

use super::daemon::{Daemon, Devices, Told};

/// A request of the script.
pub(super) struct Step {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) body: Option<Value>,
    /// As it stands in the script.
    pub(super) line: &'static str,
}

const NAMES: [(&str, &str); 7] = [
    ("$NODE", "10000000-0000-4000-8000-000000000001"),
    ("$BAD", "10000000-0000-4000-8000-000000000002"),
    ("$WOL", "10000000-0000-4000-8000-000000000003"),
    ("$AMT", "10000000-0000-4000-8000-000000000004"),
    ("$NM", "10000000-0000-4000-8000-000000000005"),
    ("$PORT", "20000000-0000-4000-8000-000000000001"),
    ("$ABSENT", "30000000-0000-4000-8000-000000000001"),
];

/// The numbers that the system has given to the simulated devices, by their names in the script.
pub(super) fn numbers(devices: &Devices) -> [(&'static str, u16); 4] {
    [
        ("$BMC", devices.bmc.address().port()),
        ("$IBOOT", devices.iboot.address().port()),
        ("$REFUSING", devices.refusing.local_addr().unwrap().port()),
        ("$SLEEPER", devices.sleeper.local_addr().unwrap().port()),
    ]
}

/// The script, its names replaced.
pub(super) fn steps(devices: &Devices) -> Vec<Step> {
    let lines = include_str!("../../../tests/api/script.txt").lines();
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let step = |line: &'static str| {
        let mut text = line.to_owned();
        for (name, uuid) in NAMES {
            text = text.replace(name, uuid);
        }
        for (name, number) in numbers(devices) {
            text = text.replace(name, &number.to_string());
        }
        let mut parts = text.splitn(3, ' ');
        let mut next = || parts.next().map(str::to_owned);
        let (method, path) = (next().unwrap(), next().unwrap());
        let body = next().map(|body| serde_json::from_str(&body).unwrap());
        Step { method, path, body, line }
    };
    lines.map(step).collect()
}

/// Plays it in a microversion; between two requests nobody works on a node.
pub(super) async fn play(daemon: &Daemon, devices: &Devices, version: &str, mut each: impl FnMut(&Step, Told)) {
    for step in steps(devices) {
        let told = daemon.ask_in(&step.method, &step.path, Some(version), step.body.as_ref()).await;
        daemon.settle().await;
        each(&step, told);
    }
}
