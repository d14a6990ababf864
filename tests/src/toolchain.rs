//! The compiler's own programs, for what a test builds and links by hand.

use std::path::PathBuf;
use std::process::{Command, Output};

use crate::need;
use crate::vectors::root;

/// The small board that sizes and the proof are for.
pub const TARGET: &str = "thumbv7m-none-eabi";

/// The compiler's flags for the forms of SHA-256 and AES that small boards have, as in `firmware-example/.cargo/config.toml`.
pub const SMALL_HASHES: &str = "--cfg sha2_backend=\"soft\" --cfg sha2_backend_soft=\"compact\" \
    --cfg aes_backend=\"soft\" --cfg aes_backend_soft=\"compact\"";

/// A program at the root of the workspace, with nothing in its environment that changes what is built.
#[must_use]
pub fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    for name in ["RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTDOCFLAGS"] {
        command.env_remove(name);
    }
    command.env("RUSTUP_AUTO_INSTALL", "0").current_dir(root());
    command
}

/// Runs a command that must end well.
///
/// # Panics
/// It does not; what it says is shown.
pub fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
    output
}

/// The linker that comes with the compiler, if that compiles for [`TARGET`].
///
/// # Panics
/// There is none, and CI wants it.
#[must_use]
pub fn linker() -> Option<PathBuf> {
    let rustc = |args: &[&str]| String::from_utf8_lossy(&run(command("rustc").args(args)).stdout).into_owned();
    let root = PathBuf::from(rustc(&["--print", "sysroot"]).trim()).join("lib/rustlib");
    if !root.join(TARGET).join("lib").is_dir() {
        need::missing(&format!("the compiler's target {TARGET}"));
        return None;
    }
    let about = rustc(&["-vV"]);
    let host = about.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default();
    let linker = root.join(host).join("bin/rust-lld");
    if !linker.is_file() {
        need::missing("rust-lld in the compiler's own directory");
        return None;
    }
    Some(linker)
}
