//! What somebody who may write a node's driver_info could want to do to the daemon's machine: nothing of it is run or read.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use super::bed::{Bed, Info, shared};
use super::nodes::{QUIET, Serving, has, local};

/// A program that leaves a file behind; the program and the file.
fn trap(bed: &Bed) -> (String, std::path::PathBuf) {
    let folder = bed.folder().join("trap");
    fs::create_dir(&folder).unwrap();
    let (program, mark) = (folder.join("run"), folder.join("mark"));
    fs::write(&program, format!("#!/bin/sh\ntouch {}\n", mark.display())).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    (program.display().to_string(), mark)
}

#[test]
fn a_uri_runs_nothing_here() {
    let Some(bed) = shared() else { return };
    let (program, mark) = trap(bed);
    // libvirt itself does what these say: the trap works.
    let ssh = format!("qemu+ssh://root@127.0.0.1:{}/system", bed.port("ssh"));
    for uri in [format!("qemu+ext:///system?command={program}"), format!("{ssh}?command={program}")] {
        let _ = bed.try_virsh(&["--connect", &uri, "uri"]);
        assert!(mark.exists(), "{uri} ran nothing");
        fs::remove_file(&mark).unwrap();
    }
    let key = bed.key().display();
    let touch = format!("touch${{IFS}}{}", mark.display());
    let cases = [
        (format!("qemu+ext:///system?command={program}"), "parameter 'command'"),
        ("qemu+ext:///system".into(), "transport 'ext'"),
        ("qemu+ext://hv/system".into(), "transport 'ext'"),
        ("qemu+libssh2://hv/system".into(), "transport 'libssh2'"),
        ("qemu+libssh://hv/system".into(), "transport 'libssh'"),
        (format!("{ssh}?netcat={program}"), "parameter 'netcat'"),
        (format!("{ssh}?keyfile={key}&netcat={program}"), "ssh_key_filename"),
        (format!("{ssh}?socket=/run/libvirt/libvirt-sock"), "parameter 'socket'"),
        (format!("{ssh}?command={program}"), "parameter 'command'"),
        (format!("{ssh}?%63ommand={program}"), "'%'"),
        (format!("{ssh}?keyfile=/etc/shadow"), "ssh_key_filename"),
        (format!("{ssh}?no_verify=1"), "ssh_no_verify"),
        (format!("{ssh}?proxy=auto"), "parameter 'proxy'"),
        (format!("qemu+tls://127.0.0.1/system?pkipath={}", bed.folder().display()), "pki_path"),
        ("qemu:///system?".into(), "parameter ''"),
        (format!("qemu:///system?a=1&command={program}"), "parameter 'a'"),
        (format!("qemu:///system;command={program}"), "path"),
        (format!("qemu:///system%3Fcommand={program}"), "'%'"),
        ("qemu:///system#x".into(), "fragment"),
        (format!("qemu+ssh://-oProxyCommand={program}/system"), "neither an IP address"),
        (format!("qemu+ssh://-oProxyCommand={touch}/system"), "neither an IP address"),
        (format!("qemu+ssh://[-oProxyCommand={touch}]/system"), "neither an IP address"),
        (format!("qemu+ssh://-oProxyCommand={touch}@127.0.0.1/system"), "'@' behind its first '/'"),
        ("qemu+ssh://-oProxyCommand=touch@127.0.0.1/system".into(), "name of a user"),
        ("qemu+ssh://-oProxyCommand@hv/system".into(), "name of a user"),
        (format!("qemu+ssh://hv;{touch}/system"), "neither an IP address"),
        (format!("qemu+ssh://$({touch})/system"), "neither an IP address"),
        (format!("qemu+ssh://`{touch}`/system"), "'`'"),
        ("qemu+ssh://root:hunter2@hv/system".into(), "password"),
        ("qemu+ssh://root:a?hunter2@hv/system".into(), "parameter '******'"),
        ("qemu+tcp://user@hv/system".into(), "sasl_username"),
        ("qemu+ssh://@hv/system".into(), "name of a user"),
        ("qemu+ssh://a@b@hv/system".into(), "name of a user"),
        ("qemu+ssh:///system".into(), "needs a host"),
        ("qemu+unix://hv/system".into(), "no host"),
        ("test://hv/default".into(), "no host"),
        ("qemu+ssh://hv:0/system".into(), "port"),
        ("qemu+ssh://hv:+22/system".into(), "port"),
        ("qemu+ssh://hv:65536/system".into(), "port"),
        ("qemu+ssh://[::1/system".into(), "port"),
        ("qemu+ssh://[::1]x/system".into(), "after the ']'"),
        ("qemu:///embed".into(), "path"),
        ("qemu:///system/../x".into(), "path"),
        ("qemu://".into(), "path"),
        ("test:///".into(), "path"),
        ("test:///etc/shadow".into(), "only test:///default is allowed"),
        ("test:///a/../../etc/shadow".into(), "path"),
        ("lxc:///system".into(), "scheme 'lxc'"),
        ("esx://hv/".into(), "scheme 'esx'"),
        ("remote+ssh://hv/system".into(), "scheme 'remote+ssh'"),
        ("QEMU:///system".into(), "scheme 'QEMU'"),
        ("qemu:/system".into(), "no scheme"),
        ("qemu:///sys tem".into(), "' '"),
        ("qemu:///system\nx".into(), "'\\n'"),
    ];
    let daemon = Serving::new(bed, QUIET);
    let mac = "52:54:00:dd:00:01";
    for (number, (uri, word)) in cases.into_iter().enumerate() {
        let (name, info): (_, Info) = (format!("n{number}"), vec![("libvirt_uri", uri.clone())]);
        // It is stored as given: Ironic's clients rely on that. A password in it is shown nowhere.
        // The address is one that another of these nodes has not.
        daemon.node_with(&name, &info, Some(&format!("52:54:00:dd:01:{number:02x}")));
        let shown = if uri.contains("hunter2") { "******" } else { &uri };
        assert_eq!(daemon.node(&name)["driver_info"]["libvirt_uri"], shown);
        let (valid, reason) = daemon.validate(&name);
        assert!(!valid && reason.contains(word), "{uri}: {reason}");
        for target in ["power on", "power off", "rebooting"] {
            let answer = daemon.power(&name, target);
            assert_eq!(answer.status, 400, "{uri}: {answer:?}");
            has(&answer.fault(), &[word]);
        }
        assert_eq!(daemon.boot(&name).status, 400, "{uri}");
        assert_eq!(daemon.set_boot(&name, "pxe", true).status, 400, "{uri}");
        // A file of the test driver is a person's own to read.
        if !uri.starts_with("test:///etc/") {
            bed.ask("power status", &info, mac).failed(2, &["InvalidParameterValue", word]);
        }
        assert!(!mark.exists(), "{uri} ran a program");
    }
    daemon.stop();
    assert!(!mark.exists(), "something ran a program");
    fs::remove_dir_all(bed.folder().join("trap")).unwrap();
}

#[test]
fn the_configuration_says_which_hypervisors_and_which_keys() {
    let Some(bed) = shared() else { return };
    let domain = bed.domain("allowed", &[]);
    let folder = tempfile::tempdir_in(bed.folder()).unwrap();
    let keys = folder.path().join("keys");
    fs::create_dir(&keys).unwrap();
    let copy = |to: &Path| {
        fs::copy(bed.key(), to).unwrap();
        fs::set_permissions(to, fs::Permissions::from_mode(0o600)).unwrap();
    };
    let (good, elsewhere, link) = (keys.join("good"), folder.path().join("elsewhere"), keys.join("link"));
    copy(&good);
    copy(&elsewhere);
    symlink(&elsewhere, &link).unwrap();
    symlink(folder.path(), keys.join("up")).unwrap();
    let port = bed.port("ssh");
    let folders = format!("ssh_key_folders = [\"{}\"]", keys.display());
    let uris = format!("uris = [\"qemu+ssh://root@127.0.0.?:{port}/system\", \"test:///etc/*.xml\"]");
    let daemon = Serving::with(bed, QUIET, &format!("{folders}\n{uris}"));
    let ssh = |key: &Path| bed.ssh_with(key);
    let uri = |uri: &str| vec![("libvirt_uri", uri.to_owned())];
    let outside = &["ssh_key_filename must lie below", "ssh_key_folders"][..];
    let unlisted = &["is not among the URIs that [libvirt] uris of the configuration allows"][..];
    let cases: Vec<(&str, Info, &[&str])> = vec![
        ("elsewhere", ssh(&elsewhere), outside),
        ("link", ssh(&link), outside),
        ("link-to-folder", ssh(&keys.join("up/elsewhere")), outside),
        ("shadow", ssh(Path::new("/etc/shadow")), outside),
        ("not-there", ssh(Path::new("/etc/nothing")), outside),
        ("dots", ssh(&keys.join("../elsewhere")), &["without '..'"]),
        ("relative", ssh(Path::new("keys/good")), &["absolute path"]),
        ("local", local(), unlisted),
        ("nobody", Vec::new(), unlisted),
        ("tcp", bed.tcp(), unlisted),
        ("user", uri(&format!("qemu+ssh://admin@127.0.0.1:{port}/system")), unlisted),
        ("host", uri(&format!("qemu+ssh://root@127.0.0.11:{port}/system")), unlisted),
        ("session", uri(&format!("qemu+ssh://root@127.0.0.1:{port}/session")), unlisted),
        ("file", uri("test:///etc/libvirt/bed.xml"), unlisted),
        ("dots-in-file", uri("test:///etc/../tmp/bed.xml"), &["path"]),
    ];
    for (name, info, words) in cases {
        daemon.node_with(name, &info, Some(&domain.mac));
        let (valid, reason) = daemon.validate(name);
        assert!(!valid, "{name} is allowed");
        has(&reason, words);
        let answer = daemon.power(name, "power on");
        assert_eq!(answer.status, 400, "{name}: {answer:?}");
        has(&answer.fault(), words);
        assert_eq!(domain.state(), "shut off", "{name}");
        daemon.delete(name);
    }
    daemon.node_with("good", &ssh(&good), Some(&domain.mac));
    assert_eq!(daemon.validate("good"), (true, String::new()));
    daemon.does("good", "power on", "power on");
    assert_eq!(domain.state(), "running");
    daemon.stop();
}
