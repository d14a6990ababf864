//! What a message costs: allocations, of which there must be none, and instructions, which valgrind counts.
//!
//! Instructions are the difference of two runs, so that what a program does before and after its loop does not count. They
//! do not depend on the machine's load; they do depend on the compiler, hence the room below each ceiling.

mod cases;

use std::hint::black_box;
use std::process::ExitCode;

use allocation_counter::measure;
use cases::Case;
use rackhand_tests::bench::{CEILINGS, Ceilings, Sections, Table, again, exit};
use rackhand_tests::{need, valgrind};

/// Repeats of the shorter and of the longer run.
const SHORT: u64 = 50;
const LONG: u64 = 550;

fn main() -> ExitCode {
    let cases = cases::all();
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    if let [child, name, times] = arguments.as_slice()
        && child == "child"
    {
        let case = cases.iter().find(|case| case.name == *name).expect("a case of this name");
        case.repeat(times.parse().expect("a number"));
        return ExitCode::SUCCESS;
    }
    let sections: Sections = toml::from_str(CEILINGS).expect("sections of numbers");
    let mut ceilings = Ceilings::of(&sections, "instructions");
    let counts = valgrind::is_here();
    if !counts {
        need::missing("valgrind, which counts instructions");
    }
    let mut table = Table::new(&["message", "bytes", "allocations", "instructions", "ceiling"]);
    let mut allocating = Vec::new();
    for case in &cases {
        let allocations = measure(|| case.repeat(black_box(LONG))).count_total;
        if allocations > 0 {
            allocating.push(&case.name);
        }
        let (instructions, ceiling) = if counts {
            let each = instructions(case);
            (format!("{each:.1}"), ceilings.check(&case.name, each))
        } else {
            ("?".to_owned(), "?".to_owned())
        };
        let allocations = allocations.to_string();
        table.row([case.name.clone(), case.bytes.to_string(), allocations, instructions, ceiling]);
    }
    table.print();
    for name in &allocating {
        eprintln!("\"{name}\" allocates");
    }
    let within = !counts || ceilings.within();
    exit(within && allocating.is_empty())
}

/// Instructions of one repeat.
fn instructions(case: &Case) -> f64 {
    let more = collected(&case.name, LONG) - collected(&case.name, SHORT);
    more / (LONG - SHORT) as f64
}

/// Instructions of a whole run.
fn collected(name: &str, times: u64) -> f64 {
    valgrind::instructions(&again(["child", name, &times.to_string()]))
}
