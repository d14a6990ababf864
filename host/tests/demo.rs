//! The demo: it works, it ends, and the lines that it prints work as printed.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[allow(dead_code, reason = "other tests use the rest")]
#[path = "common/need.rs"]
mod need;

const RACKHAND: &str = env!("CARGO_BIN_EXE_rackhand");

#[test]
fn once() {
    let begun = Instant::now();
    let output = Command::new(RACKHAND).args(["demo", "--once"]).stdin(Stdio::null()).output().unwrap();
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{table}{}", String::from_utf8_lossy(&output.stderr));
    assert!(begun.elapsed() < Duration::from_secs(120), "{:?}", begun.elapsed());
    for hardware in ["staging-wol", "staging-iboot", "staging-amt", "staging-libvirt", "staging-nm"] {
        let row = table.lines().find(|line| line.contains(hardware)).unwrap_or_else(|| panic!("{hardware}: {table}"));
        let simulated = cfg!(feature = "libvirt") || hardware != "staging-libvirt";
        assert_eq!(row.contains("not in this build"), !simulated, "{row}");
        assert_eq!(row.matches("power on").count(), if simulated { 2 } else { 0 }, "{row}");
        assert!(!row.contains("FAILED"), "{row}");
    }
    assert_eq!(table.contains("--features libvirt"), cfg!(not(feature = "libvirt")), "how to get it: {table}");
    let capped = table.lines().find(|line| line.contains("limited to")).unwrap_or_else(|| panic!("{table}"));
    assert!(
        capped.starts_with("demo-nm is limited to 300 W by set_nm_policy; get_nm_statistics: it draws "),
        "{capped}"
    );
}

#[test]
#[cfg(unix)]
fn the_lines_that_it_prints_work_as_printed() {
    let mut demo = Command::new(RACKHAND)
        .arg("demo")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // The virtual machine is only looked at now and then, whereas the others tell all that happens to them, in order.
    let mut domain = Vec::new();
    let all = BufReader::new(demo.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut lines = all.filter(|line| {
        let is_domain = line.starts_with("domain ");
        if is_domain {
            domain.push(line.clone());
        }
        !is_domain
    });
    let mut commands = Vec::new();
    for line in &mut lines {
        if line.starts_with("  ") {
            commands.push(line.trim().to_owned());
        }
        if line.contains("Ctrl-C") {
            break;
        }
    }
    let names = ["demo-wol", "demo-iboot", "demo-amt", "demo-nm", "demo-libvirt"];
    let names = names.get(..if cfg!(feature = "libvirt") { 5 } else { 4 }).unwrap();
    assert_eq!(commands.len(), 3 + 5 * names.len(), "{commands:?}");
    let curl = need::programs(&["curl"]);
    for command in commands {
        // The tests with Ironic's clients, which are not everywhere, try its lines.
        if command.contains(" baremetal ") || (command.starts_with("curl") && !curl) {
            continue;
        }
        let output = Command::new("sh").args(["-c", &command]).stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{command}: {said}{}", String::from_utf8_lossy(&output.stderr));
        if command.contains("node list") || command.ends_with("/v1/nodes") {
            assert!(names.iter().all(|it| said.contains(it)), "{command}: {said}");
        }
        if command.contains("reboot") {
            // The devices tell what happens to them. One who asks by curl does not wait for it.
            let expected: &[&str] = if command.contains("iboot") {
                &["iBoot relay 1 off", "iBoot relay 1 on"]
            } else if command.contains("amt") {
                &[
                    "AMT power change 8 requested: ReturnValue 0",
                    "AMT power state 5 (changing)",
                    "AMT power state 8 (off)",
                    "AMT power change 2 requested: ReturnValue 0",
                    "AMT started from disk, nothing was armed",
                    "AMT power state 5 (changing)",
                    "AMT power state 2 (on)",
                ]
            } else if command.contains("demo-nm") || command.contains("staging-nm") {
                &[
                    "BMC power off requested",
                    "BMC power off",
                    "BMC power on requested",
                    "BMC power on",
                    "BMC started: no override",
                ]
            } else if command.contains("libvirt") {
                &[]
            } else {
                &["sleeping machine "]
            };
            for expected in expected {
                let said = lines.next().unwrap();
                assert!(said.starts_with(expected), "{command}: {said}");
            }
        }
    }
    assert!(Command::new("kill").args(["-INT", &demo.id().to_string()]).status().unwrap().success());
    assert!(demo.wait().unwrap().success(), "Ctrl-C is how it ends");
    assert_eq!(lines.next(), None);
    drop(lines);
    // It was off until the first of the lines.
    assert_eq!(domain.contains(&"domain test is on".to_owned()), cfg!(feature = "libvirt"), "{domain:?}");
}
