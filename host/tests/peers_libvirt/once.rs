//! A boot device for one start: put back by the next start, whoever makes it and whatever is started again meanwhile, to the byte.

use rackhand_tests::hypervisor::Options;

use super::bed::{Bed, Domain, VNC_PASSWORD, shared, without_order};
use super::common::process::until;
use super::nodes::{QUIET, SYNC, Serving, has, local};

/// Sets it, and sees that only the order and the note of it have changed.
#[track_caller]
fn set_once(daemon: &Serving, domain: &Domain<'_>) {
    let (before, state) = (domain.xml(), (domain.id(), domain.state()));
    let answer = daemon.set_boot(&domain.name, "pxe", false);
    assert_eq!(answer.status, 204, "{answer:?}");
    let xml = domain.xml();
    has(&xml, &["<rackhand:boot ", "https://rackhand.dev/xmlns/libvirt/"]);
    let ours = |line: &&str| !line.contains("rackhand:boot ") && !line.contains("metadata>");
    let rest: Vec<_> = without_order(&xml).into_iter().filter(ours).collect();
    assert_eq!(rest, without_order(&before).into_iter().filter(ours).collect::<Vec<_>>());
    assert_ne!(domain.boots(), Vec::<String>::new());
    assert_eq!((domain.id(), domain.state()), state, "it has touched power");
    let told = daemon.boot(&domain.name).json();
    assert_eq!((&told["boot_device"], &told["persistent"]), (&"pxe".into(), &false.into()));
}

/// Waits until the definition is what it was.
#[track_caller]
fn is_back(domain: &Domain<'_>, xml: &str) {
    until(&format!("{} to be what it was:\n{xml}\nnot {}", domain.name, domain.xml()), || {
        (domain.xml() == xml).then_some(())
    });
}

#[test]
fn a_start_by_the_daemon_puts_it_back() {
    let Some(bed) = shared() else { return };
    let (disk, other) = (bed.disk("once"), bed.disk("once-single"));
    let list = bed.domain("once", &["--acpi-disk", &disk, "--vnc-password", VNC_PASSWORD]);
    let order = ["--boot", "hd,network", "--per-device", "--acpi-disk", &other];
    let single = bed.domain("once-single", &order);
    let described = bed.domain("once-metadata", &[]);
    let own = "<metadata><x:a xmlns:x='urn:x'><x:b/></x:a></metadata><memory";
    bed.redefine(&described.xml().replace("<memory", own));
    let daemon = Serving::new(bed, QUIET);
    for domain in [&list, &single, &described] {
        let (name, xml) = (domain.name.as_str(), domain.xml());
        daemon.node_with(name, &local(), Some(&domain.mac));
        set_once(&daemon, domain);
        daemon.does(name, "power on", "power on");
        assert_eq!(domain.xml(), xml, "after power on");
        let told = daemon.boot(name).json();
        assert_eq!((&told["boot_device"], &told["persistent"]), (&"disk".into(), &true.into()));
        // What runs has started from the network.
        has(&bed.virsh(&["dumpxml", name]), &["rackhand:boot"]);
        // While it runs.
        set_once(&daemon, domain);
        daemon.does(name, "rebooting", "power on");
        assert_eq!(domain.xml(), xml, "after a reboot");
        daemon.does(name, "power off", "power off");
        assert_eq!(domain.xml(), xml);
        // Switching off is no start.
        let _ = domain.start();
        set_once(&daemon, domain);
        daemon.does(name, "power off", "power off");
        assert_ne!(domain.xml(), xml, "it has not started since");
        daemon.does(name, "power on", "power on");
        assert_eq!(domain.xml(), xml);
        // A wish for always takes the note away and keeps its word.
        set_once(&daemon, domain);
        assert_eq!(daemon.set_boot(name, "disk", true).status, 204);
        assert_eq!(domain.xml(), xml);
    }
    daemon.stop();
}

#[test]
fn a_start_by_somebody_else_is_seen_by_the_sync_loop() {
    let Some(bed) = shared() else { return };
    let domain = bed.domain("once-seen", &[]);
    let xml = domain.xml();
    let daemon = Serving::new(bed, SYNC);
    daemon.node_with("once-seen", &local(), Some(&domain.mac));
    daemon.manage("once-seen");
    set_once(&daemon, &domain);
    let _ = domain.start();
    is_back(&domain, &xml);
    daemon.becomes("once-seen", "power on");
    // While it runs it is not put back before there is another start.
    set_once(&daemon, &domain);
    let wished = domain.xml();
    std::thread::sleep(std::time::Duration::from_millis(2500));
    assert_eq!(domain.xml(), wished);
    let _ = domain.virsh("destroy");
    let _ = domain.start();
    is_back(&domain, &xml);
    daemon.stop();
}

#[test]
fn a_domain_that_was_saved_is_not_taken_to_start_from_it() {
    let Some(bed) = shared() else { return };
    let domain = bed.domain("once-saved", &[]);
    let xml = domain.xml();
    let daemon = Serving::new(bed, QUIET);
    daemon.node_with("once-saved", &local(), Some(&domain.mac));
    let _ = domain.start();
    let _ = domain.virsh("managedsave");
    set_once(&daemon, &domain);
    daemon.fails("once-saved", "power on", &["virsh managedsave-remove", "next start"]);
    assert_eq!(domain.state(), "shut off");
    let _ = domain.virsh("managedsave-remove");
    daemon.does("once-saved", "power on", "power on");
    is_back(&domain, &xml);
    // Without such a wish it goes on from where it was.
    let _ = domain.virsh("managedsave");
    daemon.does("once-saved", "power on", "power on");
    has(&domain.virsh("domstate --reason"), &["running (restored)"]);
    daemon.stop();
}

#[test]
fn the_daemon_dies_before_the_start_and_before_it_is_put_back() {
    let Some(bed) = shared() else { return };
    let (before, between) = (bed.domain("once-before", &[]), bed.domain("once-between", &[]));
    let mut daemon = Serving::new(bed, SYNC);
    let xmls: Vec<_> = [&before, &between].map(Domain::xml).into();
    for domain in [&before, &between] {
        daemon.node_with(&domain.name, &local(), Some(&domain.mac));
        daemon.manage(&domain.name);
        set_once(&daemon, domain);
    }
    daemon.kill();
    // Between the start and the undoing there is no daemon.
    let _ = between.start();
    assert_ne!(between.xml(), xmls[1]);
    daemon.start(bed);
    is_back(&between, &xmls[1]);
    assert_ne!(before.xml(), xmls[0], "it has not started");
    daemon.does("once-before", "power on", "power on");
    is_back(&before, &xmls[0]);
    daemon.stop();
}

#[test]
fn libvirtd_is_started_again_between() {
    let Some(mut bed) = Bed::own(Options::default()) else { return };
    bed.define(&["--name", "off", "--mac", "52:54:00:ee:00:01"]);
    bed.define(&["--name", "on", "--mac", "52:54:00:ee:00:02"]);
    let xml = |bed: &Bed, name: &str| bed.virsh(&["dumpxml", "--inactive", "--security-info", name]);
    let (off, on) = (xml(&bed, "off"), xml(&bed, "on"));
    let daemon = Serving::new(&bed, SYNC);
    for (name, mac) in [("off", "52:54:00:ee:00:01"), ("on", "52:54:00:ee:00:02")] {
        daemon.node_with(name, &local(), Some(mac));
        daemon.manage(name);
    }
    // The first start that this libvirtd has seen.
    let _ = bed.virsh(&["start", "on"]);
    assert_eq!(bed.virsh(&["domid", "on"]), "1");
    for name in ["off", "on"] {
        assert_eq!(daemon.set_boot(name, "pxe", false).status, 204);
    }
    bed.0.kill();
    bed.0.start_again();
    // It runs on, and nothing has started.
    assert_eq!(bed.virsh(&["domid", "on"]), "1");
    daemon.becomes("on", "power on");
    let wished = xml(&bed, "on");
    has(&wished, &["rackhand:boot"]);
    let _ = bed.virsh(&["start", "off"]);
    until("the one that was off to be what it was", || (xml(&bed, "off") == off).then_some(()));
    assert_eq!(xml(&bed, "on"), wished, "it has not started since");

    // The machine itself is started again: the first start of the new libvirtd has the number of the old one's.
    for name in ["off", "on"] {
        let _ = bed.virsh(&["destroy", name]);
    }
    bed.0.kill();
    bed.0.start_again();
    let _ = bed.virsh(&["start", "on"]);
    assert_eq!(bed.virsh(&["domid", "on"]), "1", "the case is not the one that it shall be");
    until("the one that was on to be what it was", || (xml(&bed, "on") == on).then_some(()));
    daemon.stop();
}
