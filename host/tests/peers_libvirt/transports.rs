//! Every way to a hypervisor, from the command line and from a daemon.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use rackhand_tests::hypervisor::Options;

use super::bed::{Bed, Domain, Info, other, shared};
use super::nodes::{QUIET, Serving, has, local};

/// Everything that a domain can be told, over this way.
#[track_caller]
fn everything(way: &str, from: &Bed, domain: &Domain<'_>, info: &Info) {
    let well = |words: &str| from.ask(words, info, &domain.mac).well().stdout;
    assert_eq!(domain.state(), "shut off", "{way}");
    has(&well("power status"), &["power off"]);
    has(&well("power on"), &["power on"]);
    let first = domain.id().unwrap_or_else(|| panic!("{way}: it does not run"));
    has(&well("power on"), &["power on"]);
    assert_eq!(domain.id(), Some(first), "{way}: it was on already");
    has(&well("power status"), &["power on"]);
    has(&well("boot-device set pxe --persistent"), &["pxe, every start, BIOS"]);
    assert_eq!(domain.boots(), ["<boot dev='network'/>", "<boot dev='hd'/>"], "{way}");
    assert_eq!((domain.id(), domain.state()), (Some(first), "running".to_owned()), "{way}: it has touched power");
    has(&well("boot-device show"), &["pxe, every start, BIOS"]);
    has(&well("power reboot"), &["power on"]);
    assert!(domain.id().is_some_and(|id| id != first), "{way}: it is the same start");
    has(&well("boot-device set disk --persistent"), &["disk, every start"]);
    assert_eq!(domain.boots(), ["<boot dev='hd'/>", "<boot dev='network'/>"], "{way}");
    has(&well("power off"), &["power off"]);
    assert_eq!(domain.state(), "shut off", "{way}");
    has(&well("power off"), &["power off"]);
}

#[test]
fn unix_socket_ssh_with_a_key_tcp_with_sasl_and_tls() {
    let Some(bed) = shared() else { return };
    let domain = bed.domain("way", &[]);
    let explicit = vec![("libvirt_uri", "qemu+unix:///system".to_owned())];
    let ways = [
        ("the default", Vec::new()),
        ("unix", explicit),
        ("ssh", bed.ssh_with(bed.key())),
        ("tcp", bed.tcp()),
        ("tls", bed.tls()),
    ];
    for (way, info) in ways {
        everything(way, bed, &domain, &info);
    }
}

#[test]
fn tls_with_sasl_and_tcp_without_anything() {
    let Some(bed) = other() else { return };
    let domain = bed.domain("way-other", &[]);
    everything("tls and sasl", bed, &domain, &[bed.tls(), bed.sasl()].concat());
    let bare = bed.tcp_without_sasl();
    everything("tcp", bed, &domain, &bare);
    // libvirt passes over what a way does not ask for, and so do we.
    everything("tcp with a login that nobody asks for", bed, &domain, &[bare, bed.sasl()].concat());
}

#[test]
fn ssh_with_the_users_own_key_and_with_hosts_that_nobody_knows() {
    let Some(mut bed) = Bed::own(Options { ssh: true, ..Options::default() }) else { return };
    let (mac, name) = ("52:54:00:cc:00:01", "way-ssh");
    bed.define(&["--name", name, "--mac", mac]);
    let (plain, named) = (bed.ssh(), bed.ssh_with(bed.key()));
    let refused = bed.ask("power status", &plain, mac);
    refused.failed(1, &["LibvirtError", "every key of the user who runs rackhand is refused", "Permission denied"]);
    let own = bed.home().join(".ssh/id_ed25519");
    fs::copy(bed.key(), &own).unwrap();
    fs::set_permissions(&own, fs::Permissions::from_mode(0o600)).unwrap();
    let domain = Domain { bed: &bed, name: name.to_owned(), mac: mac.to_owned() };
    everything("ssh with the user's own key", &bed, &domain, &plain);
    drop(domain);

    bed.define(&["--name", name, "--mac", mac]);
    bed.0.known_hosts(false);
    for info in [&plain, &named] {
        let unknown = bed.ask("power on", info, mac);
        unknown.failed(1, &["LibvirtError", "host key", "ssh-keyscan", "ssh_no_verify = true", "known_hosts"]);
        assert_eq!(bed.virsh(&["domstate", name]), "shut off");
        let trusting = [info.clone(), vec![("ssh_no_verify", "true".to_owned())]].concat();
        bed.ask("power on", &trusting, mac).well();
        assert_eq!(bed.virsh(&["domstate", name]), "running");
        // ssh has written down who that was, which the README says.
        bed.ask("power off", info, mac).well();
        bed.0.known_hosts(false);
    }
}

#[test]
fn a_daemon_takes_certificates_from_pki_path() {
    let (Some(here), Some(there)) = (other(), shared()) else { return };
    let domain = there.domain("way-pki", &[]);
    let of = |folder: &std::path::Path| format!("pki_path = \"{}\"", folder.display());
    // Beside the other hypervisor there are certificates too, of another CA.
    let without = Serving::new(here, QUIET);
    without.node_with("n", &there.tls(), Some(&domain.mac));
    without.fails("n", "power on", &["TLS: the hypervisor is not trusted, or does not trust us"]);
    without.stop();
    for (folder, refused) in [
        (there.pki(), None),
        (there.pki_foreign(), Some("TLS: the hypervisor is not trusted")),
        (there.pki_stranger(), Some("which is how libvirtd refuses a certificate")),
        (there.pki_nobody(), Some("which is how libvirtd refuses a certificate")),
    ] {
        let daemon = Serving::with(here, QUIET, &of(folder));
        daemon.node_with("n", &there.tls(), Some(&domain.mac));
        match refused {
            None => {
                daemon.does("n", "power on", "power on");
                assert_eq!(domain.state(), "running");
                daemon.does("n", "rebooting", "power on");
                daemon.does("n", "power off", "power off");
            }
            Some(words) => {
                daemon.fails("n", "power on", &[words]);
            }
        }
        assert_eq!(domain.state(), "shut off");
        daemon.stop();
    }
}

#[test]
fn a_daemon_over_every_way_at_once() {
    let (Some(bed), Some(other)) = (shared(), other()) else { return };
    let ways = [
        ("unix", bed, local()),
        ("ssh", bed, bed.ssh_with(bed.key())),
        ("tcp", bed, bed.tcp()),
        ("tls", bed, bed.tls()),
        ("far", other, vec![("libvirt_uri", format!("qemu+tcp://localhost:{}/system", other.port("tcp")))]),
    ];
    let daemon = Serving::new(bed, QUIET);
    let domains: Vec<_> = ways.iter().map(|(way, bed, _)| bed.domain(&format!("daemon-{way}"), &[])).collect();
    for ((way, _, info), domain) in ways.iter().zip(&domains) {
        daemon.node_with(way, info, Some(&domain.mac));
        assert_eq!(daemon.validate(way), (true, String::new()));
    }
    for (target, state, really) in [
        ("power on", "power on", "running"),
        ("rebooting", "power on", "running"),
        ("power off", "power off", "shut off"),
    ] {
        let before: Vec<_> = domains.iter().map(Domain::id).collect();
        for (way, ..) in &ways {
            assert_eq!(daemon.power(way, target).status, 202, "{way}");
        }
        for (((way, ..), domain), before) in ways.iter().zip(&domains).zip(before) {
            daemon.reaches(way, state);
            assert_eq!(domain.state(), really, "{way}: {target}");
            assert!(domain.id().is_none() || domain.id() != before, "{way}: {target}");
        }
    }
    daemon.stop();
}
