//! The hypervisors that other tests need are what they say they are, by virsh: every way in, and nothing is left of them.

#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use rackhand_tests::hypervisor::{Hypervisor, Options};

/// What takes longer than this hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until it is so.
fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Processes that were told of this folder, which is what QEMU's disk and sshd's keys lie in, and libvirtd.
fn processes(folder: &Path, libvirtd: u32) -> Vec<String> {
    let folder = folder.to_str().unwrap();
    let processes = fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path().join("cmdline"));
    let lines = processes.filter_map(|path| Some((fs::read_to_string(&path).ok()?, path)));
    let mine = |(line, path): &(String, PathBuf)| {
        line.contains(folder) || (line.starts_with("libvirtd") && path.starts_with(format!("/proc/{libvirtd}")))
    };
    lines.filter(mine).map(|(line, _)| line.replace('\0', " ")).collect()
}

#[test]
fn domains_start_and_end_over_every_transport_and_nothing_is_left() {
    let mounts = fs::read_to_string("/proc/mounts").unwrap();
    let Some(hypervisor) = Hypervisor::start(Options::ALL) else { return };
    let folder = hypervisor.folder().to_owned();
    let libvirtd = hypervisor.libvirtd();
    let disk = folder.join("a.img");
    hypervisor.define(&["--name", "a", "--mac", "52:54:00:00:00:0a", "--acpi-disk", disk.to_str().unwrap()]);
    let auth = hypervisor.auth_file(hypervisor.password());
    let (tcp, tls, ssh) = (hypervisor.port("tcp"), hypervisor.port("tls"), hypervisor.port("ssh"));
    let tcp = |auth: &Path| format!("qemu+tcp://127.0.0.1:{tcp}/system?authfile={}", auth.display());
    let tls = |pki: &Path| format!("qemu+tls://127.0.0.1:{tls}/system?pkipath={}", pki.display());
    let ssh = |key: &Path| format!("qemu+ssh://root@127.0.0.1:{ssh}/system?keyfile={}&no_tty=1", key.display());
    let ways = ["qemu:///system".to_owned(), tcp(&auth), tls(hypervisor.pki()), ssh(hypervisor.key())];
    for uri in &ways {
        let _ = hypervisor.virsh(&["--connect", uri, "start", "a"]);
        assert_eq!(hypervisor.virsh(&["list", "--name"]), "a", "{uri}");
        // QEMU and sshd: the search would find what is left.
        assert!(processes(&folder, libvirtd).len() >= 2, "{:?}", processes(&folder, libvirtd));
        let _ = hypervisor.virsh(&["--connect", uri, "destroy", "a"]);
        assert_eq!(hypervisor.virsh(&["list", "--name"]), "", "{uri}");
    }
    let wrong = [
        (tcp(&hypervisor.auth_file("wrong")), "authentication failed"),
        (tls(hypervisor.pki_foreign()), "known issuer"),
        // libvirtd hangs up: only its log has the reason.
        (tls(hypervisor.pki_stranger()), "TLS confirmation"),
        (tls(hypervisor.pki_nobody()), "TLS confirmation"),
        (ssh(hypervisor.key_of_stranger()), "Permission denied"),
        (ssh(hypervisor.key_open_to_all()), "UNPROTECTED PRIVATE KEY FILE"),
    ];
    for (uri, reason) in wrong {
        let error = hypervisor.try_virsh(&["--connect", &uri, "uri"]).expect_err(&uri);
        assert!(error.contains(reason), "{uri}: {error}");
    }
    let _ = hypervisor.virsh(&["start", "a"]);
    drop(hypervisor);
    assert_eq!(processes(&folder, libvirtd), [""; 0]);
    assert!(!folder.exists(), "{} is left", folder.display());
    assert_eq!(fs::read_to_string("/proc/mounts").unwrap(), mounts);
}

#[test]
fn libvirtd_hangs_dies_and_comes_back_and_its_domain_answers_acpi() {
    let Some(mut hypervisor) = Hypervisor::start(Options { ssh: true, ..Options::default() }) else { return };
    let disk = hypervisor.folder().join("a.img");
    hypervisor.define(&["--name", "a", "--mac", "52:54:00:00:00:0a", "--acpi-disk", disk.to_str().unwrap()]);
    let _ = hypervisor.virsh(&["start", "a"]);

    hypervisor.stop();
    let mut asked =
        hypervisor.command("virsh").args(["-c", "qemu:///system", "list"]).stdout(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    assert!(asked.try_wait().unwrap().is_none(), "a stopped libvirtd answers");
    hypervisor.go_on();
    assert!(asked.wait().unwrap().success());

    hypervisor.kill();
    let error = hypervisor.try_virsh(&["list"]).unwrap_err();
    assert!(error.contains("Connection refused"), "{error}");
    hypervisor.start_again();
    assert_eq!(hypervisor.virsh(&["list", "--name"]), "a");

    let uri = format!("qemu+ssh://root@127.0.0.1:{}/system", hypervisor.port("ssh"));
    let uri = format!("{uri}?keyfile={}&no_tty=1", hypervisor.key().display());
    hypervisor.known_hosts(false);
    let error = hypervisor.try_virsh(&["--connect", &uri, "uri"]).unwrap_err();
    assert!(error.contains("Host key verification failed"), "{error}");
    hypervisor.known_hosts(true);
    assert_eq!(hypervisor.virsh(&["--connect", &uri, "list", "--name"]), "a");

    // The button counts from when its sector runs, which nobody outside can see.
    until("the domain answers its power button", || {
        let _ = hypervisor.try_virsh(&["shutdown", "--mode", "acpi", "a"]);
        hypervisor.virsh(&["domstate", "a"]) == "shut off"
    });
}

#[test]
fn domains_with_boot_order_per_device_and_with_uefi_start_and_who_has_no_acpi_disk_ignores_the_button() {
    let Some(hypervisor) = Hypervisor::start(Options::default()) else { return };
    let disk = hypervisor.folder().join("b.img");
    let disk = disk.to_str().unwrap();
    let order = ["--boot", "network,hd,cdrom", "--per-device", "--acpi-disk", disk];
    hypervisor
        .define(&[&["--name", "b", "--mac", "52:54:00:00:00:0b", "--mac", "52:54:00:00:01:0b"][..], &order].concat());
    hypervisor.define(&["--name", "c", "--mac", "52:54:00:00:00:0c", "--efi", "--vnc-password", "secret"]);
    for name in ["b", "c"] {
        let _ = hypervisor.virsh(&["start", name]);
    }
    let definition = hypervisor.virsh(&["dumpxml", "--inactive", "b"]);
    assert_eq!(definition.matches("<boot order=").count(), 3, "{definition}");
    assert!(!definition.contains("<boot dev="), "{definition}");
    let definition = hypervisor.virsh(&["dumpxml", "--inactive", "--security-info", "c"]);
    for part in ["<os firmware='efi'>", "<boot dev='hd'/>", "passwd='secret'"] {
        assert!(definition.contains(part), "{part}: {definition}");
    }
    // Where its variables are is said when it runs.
    let running = hypervisor.virsh(&["dumpxml", "c"]);
    assert!(running.contains("<nvram"), "{running}");
    // Both have their power buttons pressed.
    until("b answers its power button", || {
        for name in ["b", "c"] {
            let _ = hypervisor.try_virsh(&["shutdown", "--mode", "acpi", name]);
        }
        hypervisor.virsh(&["domstate", "b"]) == "shut off"
    });
    assert_eq!(hypervisor.virsh(&["domstate", "c"]), "running");
}
