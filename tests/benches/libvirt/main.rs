//! libvirt: the power states of 200 domains of one hypervisor, and 20 hypervisors of which one hangs.
//!
//! Real ones, each in namespaces of its own (tests/libvirt/hypervisor.py). Without them, or in a build without libvirt, it says so and
//! measures nothing.

#[allow(dead_code, reason = "other benchmarks use more of it")]
#[path = "../api/mod.rs"]
mod api;
mod hung;
mod status;

use std::process::ExitCode;

use rackhand_tests::bench::{CEILINGS, Ceilings, Sections, Table, exit};
use rackhand_tests::hypervisor::Hypervisor;
use serde_json::{Value, json};

fn main() -> ExitCode {
    api::serve_if_asked();
    if !cfg!(feature = "libvirt") {
        println!("libvirt: not in this build: cargo bench -p rackhand-tests --features libvirt --bench libvirt");
        return ExitCode::SUCCESS;
    }
    let sections: Sections = toml::from_str(CEILINGS).expect("sections of numbers");
    let mut ceilings = Ceilings::of(&sections, "libvirt");
    let mut table = Table::new(&["libvirt", "measured", "contract"]);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let there = status::measure(&runtime, &mut table, &mut ceilings).is_some()
        && hung::measure(&runtime, &mut table, &mut ceilings).is_some();
    if !there {
        return ExitCode::SUCCESS;
    }
    table.print();
    exit(ceilings.within())
}

/// The address of a domain's interface.
fn mac(hypervisor: usize, domain: usize) -> String {
    format!("52:54:00:00:{hypervisor:02x}:{domain:02x}")
}

/// Defines so many domains, and returns the URI by which they are reached.
fn domains(hypervisor: &Hypervisor, number: usize, count: usize) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let mut commands = Vec::new();
    for domain in 0..count {
        let file = folder.path().join(format!("{domain}.xml"));
        let xml = format!(
            "<domain type='qemu'><name>d{number}-{domain}</name><memory unit='MiB'>16</memory><vcpu>1</vcpu>\
             <os><type arch='x86_64' machine='pc'>hvm</type></os><devices><interface type='user'>\
             <mac address='{}'/></interface></devices></domain>",
            mac(number, domain)
        );
        std::fs::write(&file, xml).expect("a file");
        commands.push(format!("define {}", file.display()));
    }
    let _ = hypervisor.virsh(&[&commands.join("; ")]);
    assert_eq!(hypervisor.virsh(&["list", "--all", "--name"]).split_whitespace().count(), count);
    format!("qemu+tcp://127.0.0.1:{}/system", hypervisor.port("tcp"))
}

/// Makes a node and its port for each domain.
async fn enroll(daemon: std::net::SocketAddr, uri: &str, number: usize, count: usize) -> Vec<String> {
    let infos = vec![json!({ "libvirt_uri": uri }); count];
    let nodes = api::create(daemon, 1, "staging-libvirt", &format!("n{number}"), &infos).await;
    let mut client = api::Client::connect(daemon).await;
    for (domain, node) in nodes.iter().enumerate() {
        let port: Value = json!({ "node_uuid": node, "address": mac(number, domain) });
        let answer = client.ask("POST", "/v1/ports", &port.to_string()).await;
        assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.body));
    }
    nodes
}
