//! What a test needs of the machine that it runs on.

/// Says that `what` is not there, so that the test that needs it is skipped.
///
/// # Panics
/// Where nothing may be missing: with `CI=true` in the environment.
pub fn missing(what: &str) {
    let everything = std::env::var_os("CI").is_some_and(|ci| ci == "true");
    assert!(!everything, "missing: {what}");
    eprintln!("skipped: {what}");
}
