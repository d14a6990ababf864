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
    let mut well = true;
    if let Some((deepest, explained)) = stack::report(&mut stack) {
        let sum = deepest.statics + deepest.bytes;
        let ceiling = ram.check("lm3s6965evb with the test door and the deepest stack", f64::from(sum));
        let (statics, bytes, contract) = (deepest.statics, deepest.bytes, sizes::RAM);
        println!(
            "Static RAM and the deepest stack: {statics} + {bytes} = {sum} bytes, ceiling {ceiling}, contract {contract}\n"
        );
        well = explained && ram.within() && stack.within() && times::low_water(&deepest);
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
