//! What the relay's image takes of a microcontroller: flash, memory, its stack at its deepest; and how fast it is in QEMU.

mod calls;
mod code;
mod depth;
mod elf;
mod sizes;
mod stack;
mod times;

use std::process::ExitCode;

use rackhand_tests::bench::{CEILINGS, Ceilings, Sections, exit};
use rackhand_tests::need;

fn main() -> ExitCode {
    let sections: Sections = toml::from_str(CEILINGS).expect("sections of numbers");
    let [mut flash, mut ram, mut stack, mut times] =
        ["firmware-flash", "firmware-ram", "firmware-stack", "firmware-times"]
            .map(|name| Ceilings::of(&sections, name));
    if !sizes::report(&mut flash, &mut ram) {
        return ExitCode::SUCCESS;
    }
    let (mut well, mut measured) = (true, true);
    for image in [sizes::SMALL, sizes::AMT] {
        let Some((deepest, explained)) = stack::report(image, &mut stack) else {
            measured = false;
            break;
        };
        let (what, image) = image;
        let sum = deepest.statics + deepest.bytes;
        let ceiling = ram.check(&format!("{what} and the deepest stack"), f64::from(sum));
        let contract = if image.amt { String::new() } else { format!(", contract {}", sizes::RAM) };
        let (statics, bytes) = (deepest.statics, deepest.bytes);
        println!(
            "Static RAM and the deepest stack, {what}: {statics} + {bytes} = {sum} bytes, ceiling {ceiling}{contract}\n"
        );
        well &= explained && times::low_water(image, &deepest);
    }
    if measured {
        well &= ram.within() & stack.within();
    }
    if std::process::Command::new("qemu-system-arm").arg("--version").output().is_err() {
        need::missing("qemu-system-arm: no times");
        return exit(well & flash.within());
    }
    times::to_magic_packet(&mut times);
    times::at_once(&mut times);
    // All of them say what is wrong.
    exit(well & flash.within() & times.within())
}
