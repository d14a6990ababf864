//! Boot devices in real definitions: the order is as it was asked for, and nothing else has changed.

use std::path::Path;

use rackhand_tests::need;

use super::bed::{Domain, VNC_PASSWORD, shared, without_order};
use super::nodes::{QUIET, Serving, has, local};

/// A domain's boot order is set, while it is off and while it runs.
#[track_caller]
fn sets(domain: &Domain<'_>, firmware: &str, orders: &[(&str, &[&str])]) {
    let bed = domain.bed;
    for running in [false, true] {
        let id = running.then(|| domain.start());
        for (device, order) in orders {
            let before = domain.xml();
            let told = bed.ask(&format!("boot-device set {device} --persistent"), &local(), &domain.mac).well();
            has(&told.stdout, &[&format!("{device}, every start, {firmware}")]);
            assert_eq!(told.stderr, "");
            let after = domain.xml();
            assert_eq!(domain.boots(), *order, "{}: {device}", domain.name);
            assert_eq!(without_order(&after), without_order(&before), "{}: {device}", domain.name);
            assert!(!after.contains("rackhand"), "{after}");
            // Again is nothing.
            bed.ask(&format!("boot-device set {device} --persistent"), &local(), &domain.mac).well();
            assert_eq!(domain.xml(), after);
            let shown = bed.ask("boot-device show", &local(), &domain.mac).well();
            has(&shown.stdout, &[&format!("{device}, every start, {firmware}")]);
        }
        let state = if running { "running" } else { "shut off" };
        assert_eq!((domain.id(), domain.state().as_str()), (id, state), "{}: it has touched power", domain.name);
    }
    let _ = domain.virsh("destroy");
}

#[test]
fn a_list_in_os() {
    let Some(bed) = shared() else { return };
    let disk = bed.disk("list");
    let options = ["--boot", "hd,network,cdrom", "--acpi-disk", &disk, "--vnc-password", VNC_PASSWORD];
    let domain = bed.domain("list", &options);
    let orders: [(&str, &[&str]); 3] = [
        ("pxe", &["<boot dev='network'/>", "<boot dev='hd'/>", "<boot dev='cdrom'/>"]),
        ("cdrom", &["<boot dev='cdrom'/>", "<boot dev='network'/>", "<boot dev='hd'/>"]),
        ("disk", &["<boot dev='hd'/>", "<boot dev='cdrom'/>", "<boot dev='network'/>"]),
    ];
    sets(&domain, "BIOS", &orders);
    has(&domain.xml(), &[&format!("passwd='{VNC_PASSWORD}'")]);
}

#[test]
fn an_order_of_single_devices() {
    let Some(bed) = shared() else { return };
    let disk = bed.disk("single");
    let second = "52:54:00:aa:cc:01";
    let order = ["--mac", second, "--boot", "hd,network,cdrom", "--per-device", "--acpi-disk", &disk];
    let domain = bed.domain("single", &[&order[..], &["--vnc-password", VNC_PASSWORD]].concat());
    // In the order of the definition: the disk, the disc, the interface.
    let orders: [(&str, &[&str]); 3] = [
        ("pxe", &["<boot order='2'/>", "<boot order='3'/>", "<boot order='1'/>"]),
        ("cdrom", &["<boot order='3'/>", "<boot order='1'/>", "<boot order='2'/>"]),
        ("disk", &["<boot order='1'/>", "<boot order='2'/>", "<boot order='3'/>"]),
    ];
    sets(&domain, "BIOS", &orders);
    has(&domain.xml(), &[&format!("passwd='{VNC_PASSWORD}'")]);
}

#[test]
fn uefi_by_firmware_and_by_a_loader_of_its_own() {
    let Some(bed) = shared() else { return };
    if !Path::new("/usr/share/OVMF").is_dir() {
        return need::missing("/usr/share/OVMF (package ovmf)");
    }
    let domain = bed.domain("uefi", &["--efi", "--boot", "hd,network"]);
    let orders: [(&str, &[&str]); 2] = [
        ("pxe", &["<boot dev='network'/>", "<boot dev='hd'/>"]),
        ("disk", &["<boot dev='hd'/>", "<boot dev='network'/>"]),
    ];
    sets(&domain, "UEFI", &orders);
    drop(domain);
    let own = bed.domain("uefi-own", &["--boot", "hd,network"]);
    let code = ["/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_CODE.fd"];
    let Some(code) = code.into_iter().find(|code| Path::new(code).is_file()) else {
        return need::missing("OVMF_CODE.fd (package ovmf)");
    };
    let variables = bed.folder().join("uefi-own.fd");
    let template = code.replace("CODE", "VARS");
    let nvram = format!(
        "<loader readonly='yes' type='pflash'>{code}</loader><nvram template='{template}'>{}</nvram></os>",
        variables.display()
    );
    bed.redefine(&own.xml().replace("</os>", &nvram).replace("16384</", "65536</"));
    sets(&own, "UEFI", &orders);
    has(&own.xml(), &["type='pflash'", &variables.display().to_string()]);
}

#[test]
fn what_cannot_be_started_from_is_refused() {
    let Some(bed) = shared() else { return };
    let kernel = bed.domain("kernel", &[]);
    bed.redefine(&kernel.xml().replace("</os>", "<kernel>/nowhere/vmlinuz</kernel></os>"));
    let disk = bed.disk("nothing");
    let nothing = bed.domain("nothing", &["--boot", "hd", "--per-device", "--acpi-disk", &disk]);
    let daemon = Serving::new(bed, QUIET);
    for (domain, device, words) in
        [(&kernel, "pxe", &["kernel: ", "<kernel>"][..]), (&nothing, "cdrom", &["nothing: ", "cdrom"])]
    {
        let before = domain.xml();
        for often in ["", " --persistent"] {
            let refused = bed.ask(&format!("boot-device set {device}{often}"), &local(), &domain.mac);
            refused.failed(1, &[&["LibvirtError"], words].concat());
        }
        daemon.node_with(&domain.name, &local(), Some(&domain.mac));
        for persistent in [false, true] {
            let answer = daemon.set_boot(&domain.name, device, persistent);
            assert!(answer.status >= 400, "{answer:?}");
            has(&answer.fault(), words);
        }
        assert_eq!(domain.xml(), before);
    }
    bed.ask("boot-device set bios", &local(), &nothing.mac).failed(1, &["bios"]);
    let answer = daemon.set_boot("nothing", "wanboot", true);
    assert_eq!(answer.status, 400, "{answer:?}");
    daemon.stop();
}

#[test]
fn by_the_api() {
    let Some(bed) = shared() else { return };
    let domain = bed.domain("by-api", &[]);
    let daemon = Serving::new(bed, QUIET);
    daemon.node_with("n", &local(), Some(&domain.mac));
    let shown = |device: &str, persistent: bool| {
        let told = daemon.boot("n").json();
        assert_eq!((told["boot_device"].as_str(), told["persistent"].as_bool()), (Some(device), Some(persistent)));
    };
    let supported = daemon.gets(200, "GET", "/v1/nodes/n/management/boot_device/supported", None).json();
    assert_eq!(supported["supported_boot_devices"], serde_json::json!(["pxe", "disk", "cdrom"]));
    shown("disk", true);
    for (device, persistent) in [("pxe", true), ("cdrom", false), ("disk", true), ("pxe", false)] {
        let answer = daemon.set_boot("n", device, persistent);
        assert_eq!(answer.status, 204, "{answer:?}");
        shown(device, persistent);
        let class = match device {
            "pxe" => "network",
            "disk" => "hd",
            other => other,
        };
        // One that was not in the list is put before it.
        assert_eq!(domain.boots()[0], format!("<boot dev='{class}'/>"));
        assert_eq!(domain.state(), "shut off");
    }
    daemon.stop();
}
