//! The sync loop sees what others do with the domains.

use super::bed::{Domain, shared};
use super::nodes::{SYNC, Serving, local};

#[test]
fn states_that_virsh_changed_are_shown() {
    let Some(bed) = shared() else { return };
    let domains: Vec<_> = (0..4).map(|number| bed.domain(&format!("seen-{number}"), &[])).collect();
    let daemon = Serving::new(bed, SYNC);
    for (number, domain) in domains.iter().enumerate() {
        // Two ways are two connections.
        let info = if number == 3 { bed.tcp() } else { local() };
        daemon.node_with(&domain.name, &info, Some(&domain.mac));
        daemon.manage(&domain.name);
    }
    let all = |state: &str| domains.iter().for_each(|domain| daemon.becomes(&domain.name, state));
    all("power off");
    let ids: Vec<_> = domains.iter().map(Domain::start).collect();
    all("power on");
    // One that is paused is on.
    let _ = domains[0].virsh("suspend");
    let _ = domains[1].virsh("destroy");
    daemon.becomes("seen-1", "power off");
    assert_eq!(daemon.node("seen-0")["power_state"], "power on");
    assert_eq!(domains[0].state(), "paused");
    let _ = domains[0].virsh("resume");
    // It records, and never forces.
    assert_eq!((domains[1].state().as_str(), domains[0].id()), ("shut off", Some(ids[0])));
    for domain in &domains {
        let _ = bed.try_virsh(&["destroy", &domain.name]);
    }
    all("power off");
    daemon.stop();
}
