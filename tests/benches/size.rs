//! What core takes of a microcontroller: flash and static memory of the images in `tests/size`, built as a firmware is and
//! linked for thumbv7m. A firmware adds its start-up code, its network stack and its boards' drivers.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use object::{Object, ObjectSection, ObjectSymbol, SectionFlags, elf};
use rackhand_tests::bench::{CEILINGS, Ceilings, Sections, Table, exit};
use rackhand_tests::toolchain::{SMALL_HASHES, TARGET, command, linker, run};

/// A feature of `tests/size`, what it is, and what a firmware calls and sets aside: without the feature's name.
struct Image {
    feature: &'static str,
    what: &'static str,
    entries: &'static [&'static str],
    memory: &'static [&'static str],
}

const IMAGES: [Image; 8] = [
    Image {
        feature: "wol",
        what: "Wake-on-LAN: engine, reading packets",
        entries: &["start", "step", "read"],
        memory: &["STATE", "TX"],
    },
    Image {
        feature: "dxp",
        what: "DxP: engine, all dialogs",
        entries: &["start", "step"],
        memory: &["STATE", "TX", "RX"],
    },
    Image {
        feature: "operation",
        what: "both, as operations",
        entries: &["start", "step"],
        memory: &["STATE", "TX", "RX"],
    },
    Image {
        feature: "order",
        what: "both, as operations in JSON",
        entries: &["start", "step", "answer"],
        memory: &["STATE", "TX", "RX", "JSON"],
    },
    Image {
        feature: "amt",
        what: "AMT: HTTP, digest, WS-Management, engine, all dialogs",
        entries: &["start", "step"],
        memory: &["STATE", "TX", "RX"],
    },
    Image { feature: "nm", what: "dialog: Node Manager, call", entries: &["start", "turn", "ask"], memory: &["STATE"] },
    Image {
        feature: "http",
        what: "HTTP with digest, client",
        entries: &["start", "read", "choose", "write"],
        memory: &["STATE"],
    },
    Image {
        feature: "ipmi",
        what: "IPMI: sessions, engine, all dialogs, Node Manager",
        entries: &["start", "step"],
        memory: &["STATE", "TX", "RX"],
    },
];

fn main() -> ExitCode {
    let Some(linker) = linker() else { return ExitCode::SUCCESS };
    let sections: Sections = toml::from_str(CEILINGS).expect("sections of numbers");
    let mut flash = Ceilings::of(&sections, "flash");
    let mut ram = Ceilings::of(&sections, "ram");
    let mut table =
        Table::new(&["image, bytes", "flash", "ceiling", "static RAM", "ceiling", "of it one machine's state"]);
    for image in IMAGES {
        let size = Size::of(&link(&linker, &image));
        let flash = [size.flash.to_string(), flash.check(image.what, size.flash as f64)];
        let ram = [size.ram.to_string(), ram.check(image.what, size.ram as f64)];
        table.row([image.what.to_owned()].into_iter().chain(flash).chain(ram).chain([size.state.to_string()]));
    }
    println!(
        "{TARGET}, opt-level s; static RAM is one machine's state and its buffers: core has no statics of its own"
    );
    table.print();
    // Both say what is wrong.
    exit(flash.within() & ram.within())
}

/// Bytes of a linked image.
struct Size {
    flash: u64,
    ram: u64,
    state: u64,
}

impl Size {
    fn of(image: &Path) -> Self {
        let bytes = std::fs::read(image).expect("the linked image");
        let file = object::File::parse(&*bytes).expect("an ELF file");
        let mut size = Self { flash: 0, ram: 0, state: 0 };
        for section in file.sections() {
            let SectionFlags::Elf { sh_flags, .. } = section.flags() else { continue };
            let has = |flag| sh_flags & flag != elf::SectionFlags(0);
            // Tables for unwinding are thrown away by every firmware's linker script.
            if !has(elf::SHF_ALLOC) || section.name().is_ok_and(|name| name.starts_with(".ARM.ex")) {
                continue;
            }
            if section.kind() != object::SectionKind::UninitializedData {
                size.flash += section.size();
            }
            if has(elf::SHF_WRITE) {
                size.ram += section.size();
            }
        }
        let is_state = |name: Result<&str, _>| name.is_ok_and(|name| name.ends_with("_STATE"));
        size.state = file.symbols().find(|symbol| is_state(symbol.name())).expect("its state").size();
        size
    }
}

/// Builds the image and returns where it was linked to.
fn link(linker: &Path, image: &Image) -> PathBuf {
    // Beside `target/tmp`, wherever `target` is.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("a target directory").join("size");
    let mut cargo = command(env!("CARGO"));
    cargo.args(["build", "--quiet", "--locked", "--release", "--manifest-path", "tests/size/Cargo.toml"]);
    cargo.args(["--target", TARGET, "--features", image.feature, "--target-dir"]).arg(&target);
    cargo.env("RUSTFLAGS", SMALL_HASHES);
    run(&mut cargo);
    let out = target.join(format!("{}.elf", image.feature));
    let mut lld = Command::new(linker);
    // A symbol that is not there is only warned of otherwise.
    lld.args(["-flavor", "gnu", "--gc-sections", "--fatal-warnings", "--nostdlib", "-o"]).arg(&out);
    lld.args(["-e", &format!("{}_{}", image.feature, image.entries[0])]);
    for entry in image.entries {
        lld.args(["-u", &format!("{}_{entry}", image.feature)]);
    }
    for memory in image.memory {
        lld.args(["-u", &format!("{}_{memory}", image.feature.to_uppercase())]);
    }
    run(lld.arg(target.join(TARGET).join("release/librackhand_size.a")));
    out
}
