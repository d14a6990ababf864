//! Replays what the fuzzers have found worth keeping, and keeps targets, files and corpora together.

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use rackhand_fuzz::TARGETS;
use rackhand_tests::vectors::root;

/// What lies in `folder`, in order.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// The names of `paths` without their extension.
fn names(paths: &[PathBuf]) -> BTreeSet<&str> {
    paths.iter().map(|path| path.file_stem().and_then(|name| name.to_str()).unwrap()).collect()
}

fn corpus(target: &str) -> Vec<PathBuf> {
    entries(&root().join("fuzz/corpus").join(target))
}

#[test]
fn every_input_passes() {
    let mut failed = Vec::new();
    for (target, body) in TARGETS {
        for path in corpus(target) {
            let input = fs::read(&path).unwrap();
            // What it panics with is printed where it happens; here is which input it was.
            if catch_unwind(AssertUnwindSafe(|| body(&input))).is_err() {
                eprintln!("fuzz target {target} fails on {}", path.display());
                failed.push(path);
            }
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn every_target_has_a_row_a_file_and_a_corpus() {
    let rows: BTreeSet<&str> = TARGETS.iter().map(|(target, _)| *target).collect();
    assert_eq!(rows.len(), TARGETS.len(), "a target comes twice");
    assert!(rows.len() >= 10, "only {} targets", rows.len());
    let files = entries(&root().join("fuzz/fuzz_targets"));
    assert_eq!(names(&files), rows, "fuzz/fuzz_targets and TARGETS differ");
    let corpora = entries(&root().join("fuzz/corpus"));
    assert_eq!(names(&corpora), rows, "fuzz/corpus and TARGETS differ");

    let manifest = fs::read_to_string(root().join("fuzz/Cargo.toml")).unwrap();
    for target in rows {
        let text = fs::read_to_string(root().join(format!("fuzz/fuzz_targets/{target}.rs"))).unwrap();
        assert!(text.contains(&format!("rackhand_fuzz::{target}(data)")), "{target}.rs runs another target");
        assert!(manifest.contains(&format!("name = \"{target}\"")), "{target} is no program in fuzz/Cargo.toml");
    }
}

#[test]
fn the_corpora_are_worth_replaying_and_small() {
    let mut all = 0;
    for (target, _) in TARGETS {
        let files = corpus(target);
        assert!(files.len() >= 5, "only {} inputs for {target}", files.len());
        for path in &files {
            let len = fs::metadata(path).unwrap().len();
            assert!(len <= 4096, "{} has {len} bytes", path.display());
        }
        all += files.len();
    }
    assert!(all >= 200, "only {all} inputs");
}
