//! A hypervisor that hangs: its own nodes are told so in time, and nobody else notices.

use std::time::{Duration, Instant};

use rackhand_tests::hypervisor::Options;

use super::bed::{Bed, other};
use super::common::process::until;
use super::nodes::{QUIET, SYNC, Serving, has, local};

/// `[libvirt] call_timeout` here.
const CALL: Duration = Duration::from_secs(5);
/// What a hypervisor has for a sign of life, and a busy machine may take besides.
const MARGIN: Duration = Duration::from_secs(2 + 4);
/// What takes no time takes no longer, on a busy machine; less than `CALL`, so that nobody can have waited for an answer.
const AT_ONCE: Duration = Duration::from_secs(4);
/// QEMU starts within this time.
const START: Duration = Duration::from_secs(15);

fn timeout() -> String {
    format!("call_timeout = {}", CALL.as_secs())
}

#[track_caller]
fn timed<T>(what: &str, limit: Duration, work: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let done = work();
    let took = begun.elapsed();
    assert!(took < limit, "{what} took {took:?}, and may take {limit:?}");
    done
}

#[test]
fn its_nodes_are_told_in_time_and_others_stay_fast_and_all_is_well_behind_it() {
    let (Some(mut bed), Some(other)) = (Bed::own(Options::default()), other()) else { return };
    let macs: Vec<_> = (0..4).map(|number| format!("52:54:00:ab:00:{number:02x}")).collect();
    for (number, mac) in macs.iter().enumerate() {
        bed.define(&["--name", &format!("hung-{number}"), "--mac", mac]);
    }
    let far = other.domain("far", &[]);
    let daemon = Serving::with(&bed, QUIET, &timeout());
    for (number, mac) in macs.iter().enumerate() {
        daemon.node_with(&format!("hung-{number}"), &local(), Some(mac));
    }
    daemon.node_with("far", &other.tcp_without_sasl(), Some(&far.mac));
    daemon.does("hung-0", "power on", "power on");
    daemon.does("far", "power on", "power on");
    let id = bed.virsh(&["domid", "hung-0"]);

    bed.0.stop();
    let silent = &["the hypervisor has not answered", "it is asked again in"][..];
    let answer = timed("the first question", CALL + MARGIN, || daemon.boot("hung-0"));
    has(&answer.fault(), silent);
    for name in ["hung-0", "hung-1", "hung-2"] {
        // By the time of the others it may be asked anew.
        let limit = if name == "hung-0" { AT_ONCE } else { CALL + MARGIN };
        let answer = timed("a later question", limit, || daemon.boot(name));
        has(&answer.fault(), silent);
        let took = daemon.fails(name, "power on", silent);
        assert!(took < limit, "{name}: {took:?}");
        let took = daemon.fails(name, "soft power off", silent);
        assert!(took < limit, "{name}: {took:?}");
    }
    for (target, state) in [("power off", "power off"), ("power on", "power on"), ("rebooting", "power on")] {
        let took = daemon.does("far", target, state);
        assert!(took < START, "far: {target} took {took:?}");
        timed("far's boot device", AT_ONCE, || assert_eq!(daemon.boot("far").status, 200));
    }

    bed.0.go_on();
    until("the hypervisor to be asked again", || (daemon.boot("hung-0").status == 200).then_some(()));
    daemon.does("hung-1", "power on", "power on");
    daemon.does("hung-0", "power on", "power on");
    assert_eq!((bed.virsh(&["domstate", "hung-1"]), bed.virsh(&["domid", "hung-0"])), ("running".into(), id));

    // An action is the first that finds it hung.
    bed.0.stop();
    let took = daemon.fails("hung-2", "power on", &["the hypervisor has not answered"]);
    assert!(took < CALL + MARGIN, "{took:?}");
    let took = daemon.fails("hung-3", "rebooting", &["the hypervisor has not answered"]);
    assert!(took < AT_ONCE, "{took:?}");
    bed.0.go_on();
    until("the hypervisor to be asked again", || (daemon.boot("hung-2").status == 200).then_some(()));
    daemon.does("hung-2", "power on", "power on");
    assert_eq!(bed.virsh(&["domstate", "hung-2"]), "running");
    daemon.stop();
}

/// A soft power off that finds it hung before the button is pressed is told so, and the button is not pressed later.
#[test]
fn no_button_is_pressed_when_nobody_waits_any_longer() {
    let Some(mut bed) = Bed::own(Options::default()) else { return };
    let (disk, mac) = (bed.disk("listens"), "52:54:00:ab:03:01");
    bed.define(&["--name", "listens", "--mac", mac, "--acpi-disk", &disk]);
    let daemon = Serving::with(&bed, QUIET, &timeout());
    daemon.node_with("n", &local(), Some(mac));
    daemon.does("n", "power on", "power on");
    bed.listens_to_acpi("listens");
    bed.0.stop();
    let took = daemon.fails("n", "soft power off", &["the hypervisor has not answered"]);
    assert!(took < CALL + MARGIN, "{took:?}");
    bed.0.go_on();
    // The call that hung goes on, and comes to its end before the next of the same connection's would.
    until("the hypervisor to be asked again", || (daemon.boot("n").status == 200).then_some(()));
    daemon.does("n", "power on", "power on");
    assert_eq!(bed.virsh(&["domstate", "listens"]), "running");
    daemon.does("n", "soft power off", "power off");
    daemon.stop();
}

#[test]
fn it_hangs_in_the_middle_of_what_it_does() {
    let Some(mut bed) = Bed::own(Options::default()) else { return };
    let names = ["mid-0", "mid-1", "mid-2"];
    let daemon = Serving::with(&bed, QUIET, &timeout());
    for (number, name) in names.iter().enumerate() {
        let mac = format!("52:54:00:ab:02:{number:02x}");
        bed.define(&["--name", name, "--mac", &mac]);
        daemon.node_with(name, &local(), Some(&mac));
        daemon.does(name, "power on", "power on");
    }
    // Twice, since what is lost must not add up.
    for round in 0..2 {
        for name in names {
            assert_eq!(daemon.power(name, "rebooting").status, 202);
        }
        // Somewhere between the first word and the last: wherever, it ends in time.
        std::thread::sleep(Duration::from_millis(60 + 60 * round));
        bed.0.stop();
        timed("the end of all three", 2 * CALL + MARGIN, || {
            for name in names {
                let _ = daemon.settled(name);
            }
        });
        bed.0.go_on();
        until("the hypervisor to be asked again", || (daemon.boot("mid-0").status == 200).then_some(()));
        for name in names {
            // What was switched off is started, whoever has been told what; and what was not is not any more.
            until("it to run", || (bed.virsh(&["domstate", name]) == "running").then_some(()));
            daemon.does(name, "power on", "power on");
        }
    }
    daemon.stop();
}

#[test]
fn the_command_line_and_the_end_of_a_daemon_do_not_hang_with_it() {
    let Some(mut bed) = Bed::own(Options::default()) else { return };
    let mac = "52:54:00:ab:01:01";
    bed.define(&["--name", "hung", "--mac", mac]);
    let daemon = Serving::with(&bed, SYNC, "call_timeout = 5");
    daemon.node_with("n", &local(), Some(mac));
    daemon.manage("n");
    daemon.does("n", "power on", "power on");
    bed.0.stop();
    timed("the command line", Duration::from_secs(2) + MARGIN, || {
        bed.ask("power status --timeout 2", &local(), mac).failed(3, &["LibvirtError", "has not answered"]);
    });
    assert_eq!(daemon.power("n", "power off").status, 202);
    timed("the daemon's end", Duration::from_secs(5) + MARGIN, || daemon.stop());
    bed.0.go_on();
    assert_eq!(bed.virsh(&["domstate", "hung"]), "running");
}
