//! IPMI beside what others have: a session of two thousand commands beside FreeIPMI's `ipmi-raw`, a fleet of a thousand BMCs, and how
//! ipmitool, FreeIPMI, pyghmi and ours fare with BMCs that have faults (all see the same losses).
//!
//! BMCs are in a process of their own. CPU time is the client's, the kernel's part included.

#[path = "../devices/mod.rs"]
mod devices;
mod faults;
mod fleet;
mod peers;
mod session;

use std::process::ExitCode;

use rackhand_tests::bench::{CEILINGS, Ceilings, Sections, exit};

fn main() -> ExitCode {
    devices::serve_if_asked();
    if fleet::is_asked() {
        return ExitCode::SUCCESS;
    }
    let sections: Sections = toml::from_str(CEILINGS).expect("sections of numbers");
    let mut ceilings = Ceilings::of(&sections, "ipmi");
    session::measure(&mut ceilings);
    fleet::measure(&mut ceilings);
    faults::measure(&mut ceilings);
    exit(ceilings.within())
}
