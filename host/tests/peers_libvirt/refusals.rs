//! What is refused: with which kind of error, what it says, and that nothing has happened.

use serde_json::json;

use super::bed::{Info, other, shared};
use super::common::process::until;
use super::nodes::{QUIET, SYNC, Serving, has, local};

#[test]
fn who_is_not_let_in_is_told_what_to_do() {
    let Some(bed) = shared() else { return };
    let domain = bed.domain("refused", &[]);
    let (uri, user) = (bed.tcp().swap_remove(0), ("sasl_username", bed.user().to_owned()));
    let wrong = ("sasl_password", "hunter2-wrong".to_owned());
    let right = bed.sasl().swap_remove(1);
    let nobody = ("sasl_username", "nobody".to_owned());
    let port = |port: u16| vec![("libvirt_uri", format!("qemu+tcp://127.0.0.1:{port}/system"))];
    let ssh_to = |port: u16| vec![("libvirt_uri", format!("qemu+ssh://root@127.0.0.1:{port}/system"))];
    let key = |path: &std::path::Path| ("ssh_key_filename", path.display().to_string());
    let not_there = bed.folder().join("nothing");
    let cases: Vec<(Info, i32, &[&str])> = vec![
        (vec![uri.clone(), user.clone(), wrong.clone()], 1, &["sasl_username", "authentication failed"]),
        (vec![uri.clone(), nobody, right.clone()], 1, &["sasl_username", "authentication failed"]),
        (vec![uri.clone()], 1, &["wants to know who asks", "sasl_username is not set"]),
        (bed.ssh_with(bed.key_of_stranger()), 1, &["the key of ssh_key_filename is refused", "Permission denied"]),
        (bed.ssh_with(bed.key_open_to_all()), 2, &["InvalidParameterValue", "chmod 600", "0644"]),
        (bed.ssh_with(&not_there), 2, &["InvalidParameterValue", "cannot be used as a key"]),
        (bed.ssh_with(bed.key().parent().unwrap()), 2, &["InvalidParameterValue", "is no file"]),
        (
            vec![uri.clone(), user.clone(), right.clone(), key(bed.key())],
            2,
            &["InvalidParameterValue", "given together"],
        ),
        (vec![uri.clone(), user], 2, &["MissingParameterValue", "missing: sasl_password"]),
        (vec![uri, right], 2, &["MissingParameterValue", "missing: sasl_username"]),
        (port(1), 3, &["LibvirtError", "Connection refused"]),
        (ssh_to(1), 3, &["LibvirtError", "Connection refused"]),
        // It speaks TLS there, and SSH.
        (port(bed.port("tls")), 3, &["LibvirtError"]),
        (port(bed.port("ssh")), 3, &["LibvirtError"]),
        (vec![("libvirt_uri", "qemu+tcp://no.such.host.invalid/system".to_owned())], 3, &["no.such.host.invalid"]),
    ];
    for (info, status, words) in &cases {
        bed.ask("power on --timeout 20", info, &domain.mac).failed(*status, words);
        assert_eq!(domain.state(), "shut off", "{words:?}");
    }
    let none = ["power", "on", "--driver", "staging-libvirt"];
    bed.rackhand(&none).failed(2, &["MissingParameterValue", "at least one port"]);

    // The daemon says the same: before anything is sent where driver_info is wrong, else in last_error.
    let daemon = Serving::new(bed, QUIET);
    for (number, (info, status, words)) in cases.iter().enumerate() {
        let name = format!("n{number}");
        daemon.node_with(&name, info, Some(&domain.mac));
        // The error's name is not in its text.
        let words: Vec<_> =
            words.iter().copied().filter(|word| !word.ends_with("Value") && *word != "LibvirtError").collect();
        let (valid, reason) = daemon.validate(&name);
        assert_eq!(valid, *status != 2, "{info:?}: {reason}");
        if *status == 2 {
            has(&reason, &words);
            let answer = daemon.power(&name, "power on");
            assert_eq!(answer.status, 400, "{answer:?}");
            has(&answer.fault(), &words);
        } else {
            daemon.fails(&name, "power on", &words);
        }
        assert_eq!(domain.state(), "shut off", "{words:?}");
        daemon.delete(&name);
    }
    daemon.node_with("no-port", &local(), None);
    has(&daemon.validate("no-port").1, &["at least one port"]);
    assert_eq!(daemon.power("no-port", "power on").status, 400);
    daemon.stop();
}

#[test]
fn a_wrong_password_is_tried_once_and_not_again_until_somebody_acts() {
    let Some(bed) = other() else { return };
    let domain = bed.domain("lockout", &[]);
    let failed = || {
        let log = std::fs::read_to_string(bed.folder().join("libvirtd.log")).unwrap();
        log.matches("authentication failed").count()
    };
    let before = failed();
    let daemon = Serving::new(bed, SYNC);
    let info = [bed.tls(), vec![("sasl_username", bed.user().to_owned()), ("sasl_password", "hunter2-no".to_owned())]];
    daemon.node_with("n", &info.concat(), Some(&domain.mac));
    // Managing reads its state as well, and is told.
    daemon.gets(202, "PUT", "/v1/nodes/n/states/provision", Some(&json!({"target": "manage"})));
    let node = until("that it is told", || {
        let node = daemon.node("n");
        node["last_error"].is_string().then_some(node)
    });
    has(node["last_error"].as_str().unwrap(), &["does not let the user of sasl_username in"]);
    let tried = failed() - before;
    assert!(tried >= 1, "{node}");
    // As long as several rounds of the loop, and the few seconds for which a refusal holds for everybody.
    std::thread::sleep(std::time::Duration::from_millis(6500));
    let later = failed() - before;
    assert!(later <= tried + 1, "{tried} tries, and then {later}");
    let patch = json!([{"op": "add", "path": "/driver_info/sasl_password", "value": bed.password()}]);
    daemon.gets(200, "PATCH", "/v1/nodes/n", Some(&patch));
    daemon.does("n", "power on", "power on");
    assert_eq!(domain.state(), "running");
    daemon.stop();
}

#[test]
fn the_domain_is_the_one_with_the_address() {
    let Some(bed) = shared() else { return };
    let domain = bed.domain("address", &[]);
    // However it is written.
    let bare = domain.mac.replace(':', "");
    let cisco = format!("{}.{}.{}", &bare[..4], &bare[4..8], &bare[8..]);
    for odd in [domain.mac.to_uppercase(), domain.mac.replace(':', "-"), cisco] {
        bed.ask("power on", &local(), &odd).well();
        assert_eq!(domain.state(), "running", "{odd}");
        bed.ask("power off", &local(), &odd).well();
    }
    let nobodys = "52:54:00:ff:ff:01";
    bed.ask("power on", &local(), nobodys).failed(1, &["NodeNotFound", nobodys]);
    bed.ask("boot-device set pxe", &local(), nobodys).failed(1, &["NodeNotFound", nobodys]);
    bed.ask("power on", &local(), "52:54:00:zz").failed(2, &["52:54:00:zz"]);

    // libvirt takes two domains with one address as long as only one of them runs.
    bed.define(&["--name", "address-twin", "--mac", &domain.mac]);
    let refused = bed.ask("power on", &local(), &domain.mac);
    refused.failed(1, &["more than one domain", "address, address-twin", &domain.mac]);
    assert_eq!((domain.state(), bed.virsh(&["domstate", "address-twin"])), ("shut off".into(), "shut off".into()));
    let _ = bed.virsh(&["undefine", "address-twin"]);
    bed.ask("power on", &local(), &domain.mac).well();
}

#[test]
fn a_domain_that_is_undefined_meanwhile_is_gone_and_is_found_again() {
    let Some(bed) = shared() else { return };
    let domain = bed.domain("meanwhile", &[]);
    let daemon = Serving::new(bed, QUIET);
    daemon.node_with("n", &local(), Some(&domain.mac));
    daemon.does("n", "power on", "power on");
    daemon.does("n", "power off", "power off");
    let xml = domain.xml();
    let _ = domain.virsh("undefine");
    for target in ["power on", "power off", "rebooting"] {
        daemon.fails("n", target, &["no domain of the hypervisor has an interface with the address", &domain.mac]);
    }
    let answer = daemon.boot("n");
    has(&answer.fault(), &["no domain of the hypervisor", &domain.mac]);
    // Under another UUID and another name it is still the one with the address.
    let uuid = xml.lines().find(|line| line.contains("<uuid>")).unwrap();
    let anew = xml.replace(uuid, "").replace("<name>meanwhile</name>", "<name>meanwhile-2</name>");
    bed.redefine(&anew);
    daemon.does("n", "power on", "power on");
    assert_eq!(bed.virsh(&["domstate", "meanwhile-2"]), "running");
    daemon.does("n", "power off", "power off");
    // A transient one would be gone with its power.
    let _ = bed.virsh(&["undefine", "meanwhile-2"]);
    bed.redefine(&xml);
    let _ = domain.virsh("start");
    let _ = domain.virsh("undefine");
    daemon.fails("n", "power off", &["transient", "virsh define"]);
    assert_eq!(domain.state(), "running");
    daemon.stop();
}
