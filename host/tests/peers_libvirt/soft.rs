//! The power button: guests that listen to it, and guests that do not.

use std::time::{Duration, Instant};

use serde_json::json;

use super::bed::shared;
use super::nodes::{QUIET, Serving, local};

#[test]
fn a_guest_that_listens_shuts_down_and_is_started_again() {
    let Some(bed) = shared() else { return };
    let disk = bed.disk("listens");
    let domain = bed.domain("listens", &["--acpi-disk", &disk]);
    let first = domain.start();
    domain.listens_to_acpi();
    bed.ask("power reboot --soft", &local(), &domain.mac).well();
    let second = domain.id().unwrap();
    assert_ne!(second, first, "it is the same start");
    domain.listens_to_acpi();
    bed.ask("power off --soft", &local(), &domain.mac).well();
    assert_eq!(domain.state(), "shut off");
    // It was its own doing: destroyed would be another reason.
    assert_eq!(domain.virsh("domstate --reason"), "shut off (shutdown)");
    // It is off already.
    bed.ask("power off --soft", &local(), &domain.mac).well();

    let daemon = Serving::new(bed, QUIET);
    daemon.node_with("n", &local(), Some(&domain.mac));
    let first = domain.start();
    domain.listens_to_acpi();
    daemon.does("n", "soft rebooting", "power on");
    assert!(domain.id().is_some_and(|id| id != first));
    domain.listens_to_acpi();
    daemon.does("n", "soft power off", "power off");
    assert_eq!(domain.virsh("domstate --reason"), "shut off (shutdown)");
    daemon.stop();
}

#[test]
fn a_guest_that_ignores_it_is_told_in_time_and_holds_up_nobody() {
    let Some(bed) = shared() else { return };
    let deaf: Vec<_> = (0..6).map(|number| bed.domain(&format!("deaf-{number}"), &[])).collect();
    let other = bed.domain("not-deaf", &[]);
    let id = deaf[0].start();
    let begun = Instant::now();
    let words = ["LibvirtError", "the power button was pressed, and the guest has not shut down in time", "ACPI"];
    bed.ask("power off --soft --timeout 10", &local(), &deaf[0].mac).failed(1, &words);
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(10 + 8), "{took:?}");
    assert_eq!(domain_state(&deaf[0]), (Some(id), "running".to_owned()));

    let daemon = Serving::new(bed, QUIET);
    daemon.node_with("other", &local(), Some(&other.mac));
    daemon.does("other", "power off", "power off");
    for domain in &deaf {
        daemon.node_with(&domain.name, &local(), Some(&domain.mac));
        daemon.does(&domain.name, "power on", "power on");
    }
    let begun = Instant::now();
    // Long enough for what the other one does meanwhile on a busy machine.
    let timeout = Duration::from_secs(45);
    for domain in &deaf {
        let body = json!({"target": "soft power off", "timeout": timeout.as_secs()});
        daemon.gets(202, "PUT", &format!("/v1/nodes/{}/states/power", domain.name), Some(&body));
    }
    for (target, state) in [("power on", "power on"), ("rebooting", "power on"), ("power off", "power off")] {
        daemon.does("other", target, state);
    }
    assert!(begun.elapsed() < timeout, "the others have waited no longer: {:?}", begun.elapsed());
    for domain in &deaf {
        assert_eq!(daemon.node(&domain.name)["target_power_state"], "power off", "{}", domain.name);
    }
    for domain in &deaf {
        let node = daemon.settled(&domain.name);
        let error = node["last_error"].as_str().unwrap_or_default();
        assert!(error.contains(words[1]), "{node}");
        assert_eq!((node["power_state"].as_str(), domain.state().as_str()), (Some("power on"), "running"), "{node}");
    }
    let took = begun.elapsed();
    assert!(took < timeout + Duration::from_secs(20), "{took:?}");
    daemon.stop();
}

fn domain_state(domain: &super::bed::Domain<'_>) -> (Option<u32>, String) {
    (domain.id(), domain.state())
}
