//! Nodes of a daemon that runs where a hypervisor is.

use std::ops::Deref;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::bed::{Bed, Info};
use super::common::daemon::{Daemon, Home};
use super::common::http::Answer;
use super::common::process::{RACKHAND, until};

/// Options for tests: nobody reads power states but those who must.
pub(crate) const QUIET: &str = "[conductor]\nsync_power_state_interval = 0\n";
/// The sync loop reads them every second.
pub(crate) const SYNC: &str = "[conductor]\nsync_power_state_interval = 1\n";

/// A daemon, and the home in which it can be started again.
pub(crate) struct Serving {
    home: Home,
    daemon: Option<Daemon>,
}

impl Deref for Serving {
    type Target = Daemon;

    fn deref(&self) -> &Daemon {
        self.daemon.as_ref().unwrap()
    }
}

impl Serving {
    /// A daemon beside the hypervisor, that takes keys from its folder and logs all that it can.
    #[track_caller]
    pub(crate) fn new(bed: &Bed, options: &str) -> Self {
        Self::with(bed, options, &format!("ssh_key_folders = [\"{}\"]", bed.folder().display()))
    }

    /// The same with these lines in `[libvirt]`.
    #[track_caller]
    pub(crate) fn with(bed: &Bed, options: &str, libvirt: &str) -> Self {
        let home = Home::new(&format!("[DEFAULT]\ndebug = true\n{options}[libvirt]\n{libvirt}\n"));
        let daemon = Some(Daemon::start(home.with(bed.command(RACKHAND))));
        Self { home, daemon }
    }

    /// Ends the daemon without a warning.
    #[track_caller]
    pub(crate) fn kill(&mut self) {
        self.daemon.take().unwrap().kill();
    }

    /// Starts it again.
    #[track_caller]
    pub(crate) fn start(&mut self, bed: &Bed) {
        self.daemon = Some(Daemon::start(self.home.with(bed.command(RACKHAND))));
    }

    /// Ends it as a service manager does; what it has logged holds no secret.
    #[track_caller]
    pub(crate) fn stop(mut self) {
        self.daemon.take().unwrap().stop();
    }

    /// Makes a node with these settings, and a port if there is an address.
    #[track_caller]
    pub(crate) fn node_with(&self, name: &str, info: &Info, mac: Option<&str>) {
        let info: Map<_, _> = info.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        let node = json!({"name": name, "driver": "staging-libvirt", "driver_info": info});
        let made = self.gets(201, "POST", "/v1/nodes", Some(&node)).json();
        if let Some(mac) = mac {
            let port = json!({"address": mac, "node_uuid": made["uuid"]});
            self.gets(201, "POST", "/v1/ports", Some(&port));
        }
    }

    /// Takes a node away, so that another can have its address.
    #[track_caller]
    pub(crate) fn delete(&self, name: &str) {
        self.gets(204, "DELETE", &format!("/v1/nodes/{name}"), None);
    }

    /// Has the sync loop look after it.
    #[track_caller]
    pub(crate) fn manage(&self, name: &str) {
        self.gets(202, "PUT", &format!("/v1/nodes/{name}/states/provision"), Some(&json!({"target": "manage"})));
        until(&format!("{name} to be managed"), || (self.node(name)["provision_state"] == "manageable").then_some(()));
    }

    /// Asks for a power state and waits until nobody works on the node: what it then says, and how long that took.
    #[track_caller]
    pub(crate) fn brings(&self, name: &str, target: &str) -> (Value, Duration) {
        let begun = Instant::now();
        let answer = self.power(name, target);
        assert_eq!(answer.status, 202, "{answer:?}");
        (self.settled(name), begun.elapsed())
    }

    /// The same, if it goes well.
    #[track_caller]
    pub(crate) fn does(&self, name: &str, target: &str, state: &str) -> Duration {
        let (node, took) = self.brings(name, target);
        assert_eq!((node["power_state"].as_str(), &node["last_error"]), (Some(state), &Value::Null), "{node}");
        took
    }

    /// The same, if it fails and says all of these words.
    #[track_caller]
    pub(crate) fn fails(&self, name: &str, target: &str, words: &[&str]) -> Duration {
        let (node, took) = self.brings(name, target);
        has(node["last_error"].as_str().unwrap_or_default(), words);
        took
    }

    /// Waits until the node is in this state, and has nothing to say about it.
    #[track_caller]
    pub(crate) fn becomes(&self, name: &str, state: &str) {
        until(&format!("{name} to become {state}"), || {
            let node = self.node(name);
            (node["power_state"] == state && node["last_error"].is_null()).then_some(())
        });
    }

    /// Sets a boot device.
    #[track_caller]
    pub(crate) fn set_boot(&self, name: &str, device: &str, persistent: bool) -> Answer {
        let body = json!({"boot_device": device, "persistent": persistent});
        self.ask("PUT", &format!("/v1/nodes/{name}/management/boot_device"), Some(&body))
    }

    /// The boot device.
    #[track_caller]
    pub(crate) fn boot(&self, name: &str) -> Answer {
        self.ask("GET", &format!("/v1/nodes/{name}/management/boot_device"), None)
    }

    /// What validate says of the power interface: whether it is right, and why not.
    #[track_caller]
    pub(crate) fn validate(&self, name: &str) -> (bool, String) {
        let told = self.gets(200, "GET", &format!("/v1/nodes/{name}/validate"), None).json();
        let power = &told["power"];
        (power["result"] == true, power["reason"].as_str().unwrap_or_default().to_owned())
    }
}

/// Demands all of these words.
#[track_caller]
pub(crate) fn has(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "no '{word}' in: {text}");
    }
}

/// The settings for the hypervisor beside which the daemon runs.
pub(crate) fn local() -> Info {
    vec![("libvirt_uri", "qemu:///system".to_owned())]
}
