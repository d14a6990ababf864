//! The daemon under bad conditions: killed, with a full disk, among clients and devices that do not behave.
#![cfg(unix)]

#[path = "../common/mod.rs"]
#[allow(dead_code, reason = "each test uses its part")]
mod common;

mod clients;
mod devices;
mod disk;
mod files;
mod kill;
mod stop;

/// Options for devices that are near: a failed try is repeated at once.
const NEAR: &str = "[iboot]\nretry_interval = 0.02\nreboot_delay = 0.05\n";

/// The same, and nobody asks for power states but those who must. It logs all that it can: no password is in that either.
fn quiet(conductor: &str) -> String {
    format!("[DEFAULT]\ndebug = true\n{NEAR}[conductor]\nsync_power_state_interval = 0\n{conductor}\n")
}
