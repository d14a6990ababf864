//! Tells the linker what memory the board has, and the relay which address it has, if that is not DHCP's matter.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "how a build script says what is wrong"
)]

use std::env;
use std::fs;
use std::net::Ipv4Addr;
use std::path::PathBuf;

/// Where a board has its memory.
struct Memory {
    feature: &'static str,
    flash: (u32, u32),
    ram: (u32, u32),
}

const BOARDS: [Memory; 2] = [
    Memory { feature: "LM3S6965EVB", flash: (0, 256 * 1024), ram: (0x2000_0000, 64 * 1024) },
    Memory { feature: "MPS2_AN385", flash: (0, 4096 * 1024), ram: (0x2000_0000, 4096 * 1024) },
];

/// Bytes at the end of the RAM that the relay's random numbers start from.
const ENTROPY: u32 = 16;

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let chosen = |board: &&Memory| env::var_os(format!("CARGO_FEATURE_{}", board.feature)).is_some();
    // With none or both the compiler says so; any memory will do until then.
    let board = BOARDS.iter().find(chosen).unwrap_or(&BOARDS[0]);
    let ((flash, flash_len), (ram, ram_len)) = (board.flash, board.ram);
    let (ram_len, entropy) = (ram_len - ENTROPY, ram + ram_len - ENTROPY);
    let memory = format!(
        "MEMORY {{\n  FLASH : ORIGIN = {flash:#x}, LENGTH = {flash_len}\n  RAM : ORIGIN = {ram:#x}, LENGTH = {ram_len}\n}}\n\
         _rackhand_entropy = {entropy:#x};\n"
    );
    fs::write(out.join("memory.x"), memory).expect("the output folder takes a file");
    // cortex-m-rt wants a device's names of its interrupts; the boards have them in their tables.
    fs::write(out.join("device.x"), "").expect("the output folder takes a file");
    fs::write(out.join("address.rs"), address()).expect("the output folder takes a file");
    println!("cargo:rustc-link-search={}", out.display());
    // Here and not in .cargo/config.toml, so that the image is the same wherever cargo is called from.
    for argument in ["-Tlink.x", "-Tdefmt.x", "--nmagic"] {
        println!("cargo:rustc-link-arg-bins={argument}");
    }
    println!("cargo:rustc-env=DEFMT_LOG={}", env::var("DEFMT_LOG").unwrap_or_else(|_| "info".to_owned()));
    for name in ["DEFMT_LOG", "RACKHAND_ADDRESS", "RACKHAND_GATEWAY"] {
        println!("cargo:rerun-if-env-changed={name}");
    }
    println!("cargo:rerun-if-changed=build.rs");
}

/// The address that the image has for good, or none: `RACKHAND_ADDRESS=192.0.2.7/24`, `RACKHAND_GATEWAY=192.0.2.1`.
fn address() -> String {
    let octets = |name: &str, text: &str| {
        text.parse::<Ipv4Addr>().unwrap_or_else(|_| panic!("{name} must hold an IPv4 address, not '{text}'")).octets()
    };
    let fixed = env::var("RACKHAND_ADDRESS").ok().map(|text| {
        let (address, prefix) = text.split_once('/').unwrap_or((&text, "24"));
        let prefix: u8 = prefix.parse().ok().filter(|prefix| (1..=30).contains(prefix)).unwrap_or_else(|| {
            panic!("RACKHAND_ADDRESS must end in a prefix length from 1 to 30, such as /24, not '{text}'")
        });
        (octets("RACKHAND_ADDRESS", address), prefix)
    });
    let gateway = env::var("RACKHAND_GATEWAY").ok().map(|text| octets("RACKHAND_GATEWAY", &text));
    format!(
        "/// The address and the length of its prefix; without one DHCP is asked.\n\
         pub(crate) const FIXED: Option<([u8; 4], u8)> = {fixed:?};\n\
         /// Who knows the way to other networks, if the address is fixed.\n\
         pub(crate) const GATEWAY: Option<[u8; 4]> = {gateway:?};\n"
    )
}
