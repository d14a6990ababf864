//! What a test needs of the machine that it runs on.

use std::path::PathBuf;

/// Where the program is; administrators' programs are found although they are not on everybody's path.
#[must_use]
pub fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]);
    folders.map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Says that `what` is not there, so that the test that needs it is skipped.
///
/// # Panics
/// Where nothing may be missing: with `CI=true` in the environment.
pub fn missing(what: &str) {
    let everything = std::env::var_os("CI").is_some_and(|ci| ci == "true");
    assert!(!everything, "missing: {what}");
    eprintln!("skipped: {what}");
}
