//! The rules of the house that a program can check.

use std::fs;
use std::path::{Path, PathBuf};

use rackhand_tests::vectors::root;

/// Every Rust file below `folder`, build output aside.
fn rust_files(folder: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                if !path.ends_with("target") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    assert!(!files.is_empty(), "{folder}");
    files
}

fn all() -> Vec<PathBuf> {
    ["core", "adapters", "firmware-example", "host", "tests", "fuzz"].into_iter().flat_map(rust_files).collect()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

/// The part of a file before its tests.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or(text)
}

#[test]
fn files_stay_small() {
    let mut lengths = Vec::new();
    for path in all() {
        let text = read(&path);
        // A file of nothing but tests has no part without them.
        let is_test =
            path.parent().is_some_and(|folder| folder.ends_with("tests/tests") || folder.ends_with("host/tests"));
        let (with, code) = (text.lines().count(), without_tests(&text).lines().count());
        let without = if is_test { 0 } else { code };
        assert!(without <= 700, "{} has {without} lines without its tests", path.display());
        assert!(with <= 900, "{} has {with} lines", path.display());
        lengths.push(code);
    }
    lengths.sort_unstable();
    let median = lengths[lengths.len() / 2];
    assert!(median <= 200, "half of the files have more than {median} lines");
}

#[test]
fn core_says_what_it_is_in_its_first_attributes() {
    let text = read(&root().join("core/src/lib.rs"));
    let attributes: Vec<&str> = text.lines().filter(|line| line.starts_with("#![")).take(2).collect();
    assert_eq!(attributes, ["#![no_std]", "#![cfg_attr(not(rackhand_proof), forbid(unsafe_code))]"]);
    for path in rust_files("core/src") {
        let text = read(&path);
        let code = without_tests(&text);
        assert!(!code.contains("extern crate"), "{} brings a crate in", path.display());
    }
}

#[test]
fn unsafe_is_only_where_it_may_be() {
    for path in all() {
        let unsafe_words = read(&path).lines().filter(|line| is_unsafe(line)).count();
        let may = ["tests/proof", "tests/size", "core/src/foreign/mod.rs", "firmware-example/src/board"];
        let may = may.iter().any(|place| path.starts_with(root().join(place)));
        assert!(may || unsafe_words == 0, "{}", path.display());
    }
}

/// Which board it is, and its registers, are the matter of one folder; and every piece of unsafe code there says why it may be.
#[test]
fn board_code_is_apart_and_gives_its_reasons() {
    let boards = root().join("firmware-example/src/board");
    for path in rust_files("firmware-example/src") {
        let text = read(&path);
        let lines: Vec<&str> = text.lines().collect();
        if !path.starts_with(&boards) {
            for word in ["lm3s6965evb", "mps2", "cortex_m::", "semihosting"] {
                assert!(!text.contains(word), "{} knows {word}", path.display());
            }
        }
        for (number, _) in lines.iter().enumerate().filter(|(_, line)| is_unsafe(line) || line.contains("global_asm!"))
        {
            // What an interface of another crate makes unsafe is called by that crate, by its own contract.
            let demanded = ["unsafe fn", "unsafe extern"].iter().any(|word| lines[number].contains(word));
            let before = lines[..number].iter().rev().take(6);
            let reason = before.clone().any(|line| ["SAFETY", "# Safety"].iter().any(|word| line.contains(word)));
            assert!(demanded || reason, "{}:{} gives no reason", path.display(), number + 1);
        }
    }
}

fn is_unsafe(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or(line);
    ["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern", "#[unsafe("].iter().any(|word| code.contains(word))
        && !code.contains('"')
}

/// Every file that speaks a wire format says where the specification says so.
#[test]
fn wire_files_cite_their_section() {
    let exempt = ["fault.rs", "relays.rs", "dialect.rs", "error.rs", "mod.rs"];
    let folders = [
        "core/src/ethernet",
        "core/src/wol",
        "core/src/dxp",
        "core/src/http",
        "core/src/amt",
        "core/src/ipmi",
        "core/src/nm",
        "core/src/wsman",
    ];
    for folder in folders {
        for path in rust_files(folder) {
            let text = read(&path);
            let head: String = text.lines().take_while(|line| line.starts_with("//!")).collect();
            let cites = ["section", "drivers.md", "Chapter", "AMD 20213", "DSP"].iter().any(|word| head.contains(word));
            let name = path.file_name().and_then(|name| name.to_str()).unwrap();
            assert!(cites || exempt.contains(&name), "{} cites nothing", path.display());
        }
    }
}

#[test]
fn nothing_is_left_for_later() {
    for path in all() {
        if path.ends_with("tidy.rs") {
            continue;
        }
        for word in ["TODO", "FIXME", "XXX", "todo!(", "unimplemented!("] {
            assert!(!read(&path).contains(word), "{} has {word}", path.display());
        }
    }
}

/// A file's lines that are code.
fn code(text: &str) -> impl Iterator<Item = &str> {
    without_tests(text).lines().filter(|line| !line.trim_start().starts_with("//"))
}

/// How often a line calls a function of this name: what ends with the name and is longer is another one, `Instant` aside, which
/// goes by other names that end so.
fn calls(line: &str, name: &str) -> usize {
    let part_of_a_name = |before: &str| before.ends_with(|it: char| it.is_alphanumeric() || it == '_');
    let mine = |at: usize| name == "Instant::now" || !part_of_a_name(&line[..at]);
    line.match_indices(&format!("{name}(")).filter(|(at, _)| mine(*at)).count()
}

/// Runners do what a demand says: when, too. What is not in this table has no timer. The server of simulated devices is no
/// runner: it has the devices' own time, and a pause by name.
#[test]
fn runners_know_no_protocol_and_hold_no_timer_of_their_own() {
    const TIMERS: [&str; 7] =
        ["sleep", "sleep_until", "interval", "interval_at", "timeout", "timeout_at", "Instant::now"];
    let allowed = [
        // `Next::Wait`, a demand's own deadline, and the clock.
        ("tokio/mod.rs", "sleep_until", 1),
        ("tokio/mod.rs", "timeout_at", 3),
        ("tokio/mod.rs", "Instant::now", 1),
        // The next address of a name beside a silent one.
        ("tokio/channel.rs", "timeout", 1),
        // `Next::Wait`.
        ("own_runner.rs", "sleep", 1),
    ];
    let folder = root().join("adapters/src");
    for path in rust_files("adapters/src") {
        let name = path.strip_prefix(&folder).unwrap().to_str().unwrap();
        // libvirt's is no runner either: its library speaks the protocol, and what it waits for is all its own.
        if name.starts_with("sim/") || name.starts_with("libvirt/") {
            continue;
        }
        let text = read(&path);
        for protocol in ["amt::", "dxp::", "ipmi::", "nm::", "wol::"] {
            assert!(code(&text).all(|line| !line.contains(protocol)), "{name} knows {protocol}");
        }
        if name == "tokio/serve.rs" {
            let pauses: Vec<&str> = code(&text).filter(|line| line.contains("tokio::time::sleep(")).collect();
            assert!(matches!(pauses[..], [line] if line.contains("ACCEPT_PAUSE")), "{pauses:?}");
            continue;
        }
        for timer in TIMERS {
            let most = allowed.iter().find(|(file, it, _)| (*file, *it) == (name, timer)).map_or(0, |(.., most)| *most);
            let count: usize = code(&text).map(|line| calls(line, timer)).sum();
            assert!(count <= most, "{name} calls {timer} {count} times, and has reasons for {most}");
        }
    }
}

#[test]
fn clocks_and_random_numbers_stay_out_of_core() {
    for path in rust_files("core/src") {
        let text = read(&path);
        for word in ["std::time", "SystemTime", "rand::", "getrandom", "alloc::"] {
            assert!(!without_tests(&text).contains(word), "{} has {word}", path.display());
        }
    }
}

#[test]
fn the_readme_names_every_door_and_every_invariants_test() {
    let readme = read(&root().join("README.md"));
    for door in rackhand_core::foreign::DOORS {
        let name = door.trim_start_matches("rackhand_foreign_");
        assert!(readme.contains(name), "the README does not list the door {name}");
    }
    let mut named = 0;
    for line in readme.lines() {
        for word in line.split('`').skip(1).step_by(2).filter(|word| word.starts_with("tests/tests/")) {
            assert!(root().join(word).exists(), "the README names {word}, which is not there");
            named += 1;
        }
    }
    assert!(named >= 8, "the README's invariants name their tests: only {named} do");
}
