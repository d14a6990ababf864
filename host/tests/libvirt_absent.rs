//! A build without libvirt's library says so where a virtual machine is asked for, and how to get one with it.
#![cfg(not(feature = "libvirt"))]

#[allow(dead_code, reason = "each test uses its part")]
mod common;

use common::process::{RACKHAND, command};

#[test]
fn it_says_so_and_how_to_get_it() {
    let machine = ["--driver", "staging-libvirt", "--port", "52:54:00:12:34:56"];
    for what in [&["power", "status"][..], &["power", "on"], &["boot-device", "show"], &["boot-device", "set", "pxe"]] {
        let output = command(None, RACKHAND, &[what, &machine[..]].concat()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{what:?}: {said}");
        assert!(said.contains("NotInThisBuild") && said.contains("--features libvirt"), "{what:?}: {said}");
        assert!(said.contains("libvirt-dev"), "{what:?}: {said}");
    }
    // What is wrong with the settings is told before.
    let wrong = ["power", "status", "-i", "libvirt_uri=qemu+ext:///system?command=x"];
    let output = command(None, RACKHAND, &[&wrong[..], &machine[..]].concat()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && said.contains("parameter 'command'"), "{said}");
}
