//! `rackhand enroll libvirt` against `rackhand serve`, with a hypervisor of 200 and some domains: libvirt's own test driver, from a
//! file. It lives in the process that opens it, so the daemon has one of its own with the same domains.

#![cfg(feature = "libvirt")]

#[allow(dead_code, reason = "each test uses its part")]
mod common;

use std::fmt::Write as _;
use std::path::Path;

use common::daemon::{Daemon, Home};
use common::process::{RACKHAND, Ran, Running, command};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Domains with an address of their own.
const PLAIN: usize = 200;

fn domain(name: &str, number: usize, macs: &[String]) -> String {
    let cards: String =
        macs.iter().map(|mac| format!("<interface type='user'><mac address='{mac}'/></interface>")).collect();
    format!(
        "<domain type='test'><name>{name}</name><uuid>00000000-0000-4000-8000-{number:012}</uuid><memory>8192</memory>\
         <os><type>hvm</type></os><devices>{cards}</devices></domain>"
    )
}

fn mac(number: usize) -> String {
    format!("52:54:00:00:{:02x}:{:02x}", number >> 8, number & 0xFF)
}

/// The hypervisor as a file; its URI.
fn hypervisor(folder: &Path) -> String {
    let mut xml = "<node>".to_owned();
    for number in 1..=PLAIN {
        let _ = write!(xml, "{}", domain(&format!("vm{number:03}"), number, &[mac(number)]));
    }
    xml += &domain("bare", 300, &[]);
    xml += &domain("twin-a", 301, &[mac(301)]);
    xml += &domain("twin-b", 302, &[mac(301)]);
    xml += "</node>";
    let file = folder.join("hypervisor.xml");
    std::fs::write(&file, xml).unwrap();
    format!("test://{}", file.display())
}

/// A hypervisor and a daemon.
struct Bed {
    uri: String,
    daemon: Daemon,
    _home: Home,
    /// Here is the file that each process reads when it first speaks with the hypervisor.
    folder: TempDir,
}

impl Bed {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let uri = hypervisor(folder.path());
        let allowed = format!("[libvirt]\nuris = [\"test://{}/*\"]\n", folder.path().display());
        let home = Home::new(&format!("[conductor]\nsync_power_state_interval = 0\n{allowed}"));
        let daemon = home.start();
        Self { uri, daemon, _home: home, folder }
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let url = format!("http://{}", self.daemon.address);
        let fixed = ["enroll", "libvirt", &self.uri, "--url", &url];
        Running::start(command(None, RACKHAND, &[&fixed[..], arguments].concat())).end()
    }

    fn nodes(&self) -> Vec<Value> {
        self.daemon.gets(200, "GET", "/v1/nodes", None).json()["nodes"].as_array().unwrap().clone()
    }

    fn ports(&self) -> Vec<Value> {
        self.daemon.gets(200, "GET", "/v1/ports/detail", None).json()["ports"].as_array().unwrap().clone()
    }
}

/// How many domains ended in each way.
#[track_caller]
fn results(ran: &Ran) -> Vec<(String, usize)> {
    let rows: Vec<Value> = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    let mut results: Vec<(String, usize)> = Vec::new();
    for row in &rows {
        let word = row["result"].as_str().unwrap();
        match results.iter_mut().find(|(other, _)| other == word) {
            Some((_, count)) => *count += 1,
            None => results.push((word.to_owned(), 1)),
        }
    }
    results.sort();
    results
}

fn counts(of: &[(&str, usize)]) -> Vec<(String, usize)> {
    of.iter().map(|(word, count)| ((*word).to_owned(), *count)).collect()
}

#[test]
fn two_hundred_domains_become_nodes_once() {
    let bed = Bed::new();
    // Nothing is sent that changes anything.
    let ran = bed.run(&["--dry-run", "--json"]).well();
    assert_eq!(results(&ran), counts(&[("skipped", 3), ("would enroll", PLAIN)]));
    assert!(ran.stderr.contains("[libvirt] uris"), "a daemon does not take just any file: {ran:?}");
    assert_eq!((bed.nodes().len(), bed.ports().len()), (0, 0));

    let ran = bed.run(&[]).well();
    assert_eq!(ran.stderr, "");
    assert!(ran.stdout.contains("200 enrolled, 3 skipped"), "{}", ran.stdout);
    assert!(ran.stdout.contains("no network interface"), "{}", ran.stdout);
    assert!(ran.stdout.contains("the domain 'twin-b' has its address 52:54:00:00:01:2d too"), "{}", ran.stdout);
    assert_eq!((bed.nodes().len(), bed.ports().len()), (PLAIN, PLAIN));
    let node = bed.daemon.node("vm017");
    assert_eq!((&node["driver"], &node["provision_state"]), (&json!("staging-libvirt"), &json!("enroll")));
    assert_eq!(node["driver_info"], json!({ "libvirt_uri": bed.uri }));
    let note = json!({ "name": "vm017", "uuid": "00000000-0000-4000-8000-000000000017" });
    assert_eq!((&node["extra"]["libvirt_domain"], &node["properties"]), (&note, &json!({})));

    // The line that it prints for the next step works as printed: each of the domains answers the daemon.
    let line = ran
        .stdout
        .lines()
        .find(|line| line.starts_with("  rackhand node manage "))
        .unwrap_or_else(|| panic!("{ran:?}"));
    let line = line.replace("rackhand", &format!("'{RACKHAND}'"));
    let managed = Running::start(command(None, "sh", &["-c", &line])).end().well();
    assert_eq!(managed.stdout.matches("manageable").count(), PLAIN, "{}", managed.stdout);

    // Again, and nothing is doubled.
    let ran = bed.run(&["--json"]).well();
    assert_eq!(results(&ran), counts(&[("already there", PLAIN), ("skipped", 3)]));
    assert_eq!((bed.nodes().len(), bed.ports().len()), (PLAIN, PLAIN));
}

#[test]
fn an_interrupted_run_is_completed_and_others_nodes_are_left() {
    let bed = Bed::new();
    let note = json!({ "libvirt_domain": { "name": "vm001", "uuid": "00000000-0000-4000-8000-000000000001" } });
    let ours = json!({ "name": "half", "driver": "staging-libvirt", "driver_info": { "libvirt_uri": bed.uri }, "extra": note });
    bed.daemon.gets(201, "POST", "/v1/nodes", Some(&ours));
    bed.daemon.create("vm002", &json!({}));
    let foreign = bed.daemon.node("vm002")["uuid"].clone();
    let taken = json!({ "address": mac(3), "node_uuid": foreign });
    bed.daemon.gets(201, "POST", "/v1/ports", Some(&taken));

    let ran = bed.run(&["--only", "vm00[1-4]", "--manage", "--json"]).well();
    assert_eq!(results(&ran), counts(&[("completed", 1), ("enrolled", 2), ("skipped", 1)]));
    let port = bed.ports().into_iter().find(|port| port["address"] == mac(1).as_str()).unwrap();
    assert_eq!(port["node_uuid"], bed.daemon.node("half")["uuid"]);
    // A name that is another's.
    let named = bed.daemon.node("vm002-00000000");
    assert_eq!(named["extra"]["libvirt_domain"]["name"], "vm002");
    for name in ["half", "vm002-00000000", "vm004"] {
        assert_eq!(bed.daemon.node(name)["provision_state"], "manageable", "{name}");
    }
    assert_eq!(bed.daemon.node("vm002")["driver"], "staging-iboot");
    assert_eq!((bed.nodes().len(), bed.ports().len()), (4, 4));
    // Power works by it.
    assert_eq!(bed.daemon.power("half", "power off").status, 202);
    bed.daemon.reaches("half", "power off");
}

#[test]
fn a_hypervisor_that_is_not_there_is_no_contact() {
    let bed = Bed::new();
    std::fs::remove_file(bed.folder.path().join("hypervisor.xml")).unwrap();
    bed.run(&[]).failed(3, &["hypervisor.xml"]);
    assert_eq!(bed.nodes().len(), 0);
    let url = format!("http://{}", bed.daemon.address);
    let wrong = ["enroll", "libvirt", "qemu+ssh://hv/system?command=x", "--url", &url];
    Running::start(command(None, RACKHAND, &wrong)).end().failed(2, &["the parameter 'command' is not allowed"]);
}
