//! Instructions, which valgrind counts: they do not depend on what else the machine does.

use std::io::ErrorKind;
use std::process::Command;

/// Whether valgrind is here.
///
/// # Panics
/// It is, and does not start.
#[must_use]
pub fn is_here() -> bool {
    match Command::new("valgrind").arg("--version").output() {
        Ok(output) => output.status.success(),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::NotFound, "valgrind: {error}");
            false
        }
    }
}

/// Instructions of a whole run of `program`: its name and its arguments.
///
/// # Panics
/// The program fails, or valgrind does not count.
#[must_use]
pub fn instructions(program: &Command) -> f64 {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    valgrind.arg(program.get_program()).args(program.get_args());
    let output = valgrind.output().expect("valgrind starts");
    let says = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program:?}: {says}");
    // "==4711== Collected : 193472"
    let collected = says.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
    collected.unwrap_or_else(|| panic!("callgrind counts nothing: {says}"))
}
