//! libvirtd dies and comes back; its domains run on, and so does the daemon.

use std::time::Duration;

use rackhand_tests::hypervisor::{Auth, Options};

use super::bed::Bed;
use super::common::process::until;
use super::nodes::{QUIET, Serving, local};

#[test]
fn the_same_daemon_goes_on_when_libvirtd_is_back() {
    let Some(mut bed) = Bed::own(Options { tcp: Some(Auth::Sasl), ..Options::default() }) else { return };
    let (runs, off) = ("52:54:00:ba:00:01", "52:54:00:ba:00:02");
    bed.define(&["--name", "runs", "--mac", runs]);
    bed.define(&["--name", "off", "--mac", off]);
    let tcp = bed.tcp();
    let daemon = Serving::new(&bed, QUIET);
    for (name, info, mac) in [("runs", &local(), runs), ("off", &tcp, off)] {
        daemon.node_with(name, info, Some(mac));
    }
    daemon.does("runs", "power on", "power on");
    daemon.does("off", "power off", "power off");
    let id = bed.virsh(&["domid", "runs"]);

    bed.0.kill();
    for name in ["runs", "off", "runs"] {
        daemon.fails(name, "power on", &["Connection refused"]);
        // Nobody waits for a guest whose button was not pressed.
        let took = daemon.fails(name, "soft power off", &["Connection refused"]);
        assert!(took < Duration::from_secs(10), "{took:?}");
        assert_eq!(daemon.boot(name).status, 500, "{name}");
    }
    for (info, mac) in [(&local(), runs), (&tcp, off)] {
        bed.ask("power status", info, mac).failed(3, &["LibvirtError", "Connection refused"]);
        bed.ask("power off", info, mac).failed(3, &["LibvirtError", "Connection refused"]);
    }
    bed.0.start_again();
    // At once, and without anybody's help.
    daemon.does("runs", "power on", "power on");
    assert_eq!(bed.virsh(&["domid", "runs"]), id, "it has run on");
    daemon.does("off", "power on", "power on");
    assert_eq!(bed.virsh(&["domstate", "off"]), "running");
    daemon.does("runs", "rebooting", "power on");
    assert_ne!(bed.virsh(&["domid", "runs"]), id);

    // It is back before anybody has noticed.
    bed.0.kill();
    bed.0.start_again();
    daemon.does("runs", "power off", "power off");
    daemon.does("off", "power off", "power off");
    until("both to be off", || bed.virsh(&["list", "--name"]).is_empty().then_some(()));
    daemon.stop();
}
