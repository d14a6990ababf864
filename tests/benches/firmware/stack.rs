//! The stack at its deepest, as the compiler's frames and the calls in the code have it.

use std::path::{Path as File, PathBuf};

use rackhand_tests::bench::{Ceilings, Table};
use rackhand_tests::firmware::Image;
use rackhand_tests::need;
use rackhand_tests::toolchain::{SMALL_HASHES, TARGET, command, linker, run};
use rackhand_tests::vectors::root;

use super::calls::{ASSUMED, Calls};
use super::code::{Source, functions};
use super::depth::{Depths, Path};
use super::elf::Elf;

/// What an exception puts on the stack (ARMv7-M Architecture Reference Manual, section B1.5.6), and what it may take to align it.
const EXCEPTION: u32 = 32 + 4;

/// A part of the relay's work: what it is called, and a part of the name of the function that it begins with, or that it comes
/// by on its way down from there.
struct Part {
    what: &'static str,
    from: &'static str,
    by: Option<&'static str>,
}

const fn part(what: &'static str, from: &'static str, by: Option<&'static str>) -> Part {
    Part { what, from, by }
}

const TAKE_ORDERS: &str = "relay::Relay>::take_orders";
const TURN: &str = "relay::Relay>::turn";
/// Only an image with AMT has it.
const AMT_ENGINE: &str = "- a step of AMT's";
const STEP: &str = "drive::Drive<rackhand_core::operation::machine::Operation>>::step";

const PARTS: [Part; 10] = [
    part("the start", "rackhand_relay::relay::start", None),
    part("an order is taken", TAKE_ORDERS, None),
    part("- it is read", TAKE_ORDERS, Some("foreign::json::order_from_json")),
    part("- it is begun", TAKE_ORDERS, Some("relay::Relay>::begin")),
    part("a turn of the slots", TURN, None),
    part("- a step of iBoot's engine", TURN, Some("rackhand_core::dxp::engine::Engine")),
    part("- a step of Wake-on-LAN's", TURN, Some("rackhand_core::wol::wake::Wake")),
    part(AMT_ENGINE, TURN, Some("rackhand_core::amt::engine::Engine")),
    part("- a step of any, and its answer", TURN, Some(STEP)),
    part("- an answer is written", TURN, Some("foreign::json::answer_to_json")),
];

/// What the stack of smoltcp has in its functions' names.
const SMOLTCP: &str = "smoltcp::";
/// The main loop, into which the compiler has put smoltcp's poll.
const LOOP: &str = "rackhand_relay::relay::run";

/// The deepest stack of the image, interrupts included.
pub(crate) struct Deepest {
    /// Its bytes.
    pub(crate) bytes: u32,
    /// Static memory of the image.
    pub(crate) statics: u32,
}

/// Prints the tables for an image and returns the worst case; none when this machine cannot say. The second says whether all is
/// explained, and there is so much room for a stack.
pub(crate) fn report((what, image): (&str, Image), ceilings: &mut Ceilings) -> Option<(Deepest, bool)> {
    let objdump = linker()?.with_file_name("llvm-objdump");
    if !objdump.is_file() {
        need::missing("llvm-objdump: `rustup component add llvm-tools`");
        return None;
    }
    let path = build(image);
    let elf = Elf::read(&path);
    let (statics, room) = (elf.ram(), elf.stack_room());
    let calls = Calls::of(functions(&objdump, &path, &elf), elf);
    let mut depths = Depths::of(&calls);
    let deepest = depths.below(calls.reset);
    let handlers: Vec<Path> = calls.handlers.iter().map(|handler| depths.below(*handler)).collect();
    let handler = handlers.into_iter().max_by_key(|path| path.bytes).unwrap_or_default();
    let bytes = deepest.bytes + EXCEPTION + handler.bytes;

    println!(
        "The stack at its deepest, {what}: {bytes} bytes, ceiling {}; there is room for {room}",
        ceilings.check(&of_image(image, "stack, worst case"), f64::from(bytes))
    );
    let mut table = Table::new(&["function", "bytes"]);
    let frames = |table: &mut Table, path: &Path| {
        for function in &path.functions {
            let function = &calls.functions[*function];
            table.row([short(&function.name), function.frame.to_string()]);
        }
    };
    frames(&mut table, &deepest);
    table.row(["an exception's frame, aligned".to_owned(), EXCEPTION.to_string()]);
    frames(&mut table, &handler);
    table.print();

    parts(image, &calls, &mut depths, ceilings).print();
    remarks(&calls, &depths);
    if bytes > room {
        depths.wrong.insert(format!("{bytes} bytes, and there is room for {room}"));
    }
    for wrong in &depths.wrong {
        eprintln!("the deepest stack, {what}: {wrong}");
    }
    Some((Deepest { bytes, statics }, depths.wrong.is_empty()))
}

/// What a figure of an image is called among the ceilings.
fn of_image(image: Image, what: &str) -> String {
    if image.amt { format!("with AMT: {what}") } else { what.to_owned() }
}

/// What each part of the work takes, counted from its first function's frame on.
fn parts(image: Image, calls: &Calls, depths: &mut Depths<'_>, ceilings: &mut Ceilings) -> Table {
    let named = |name: &str| -> Vec<usize> {
        (0..calls.functions.len()).filter(|it| calls.functions[*it].name.contains(name)).collect()
    };
    let one = |name: &str| *named(name).first().unwrap_or_else(|| panic!("the compiler has left nothing of {name}"));
    let mut table =
        Table::new(&["stack below the main loop, bytes", "most", "ceiling", "the largest frames on the way"]);
    let mut row = |what: &str, path: &Path, limit: String| {
        let mut frames = path.functions.clone();
        frames.sort_by_key(|it| std::cmp::Reverse(calls.functions[*it].frame));
        let frame = |it: &usize| format!("{} {}", calls.functions[*it].frame, last(&calls.functions[*it].name));
        let largest: Vec<String> = frames.iter().take(4).map(frame).collect();
        table.row([what.to_owned(), path.bytes.to_string(), limit, largest.join(", ")]);
    };
    let mut check = |what, bytes| ceilings.check(&of_image(image, what), f64::from(bytes));
    for Part { what, from, by } in PARTS.into_iter().filter(|part| image.amt || part.what != AMT_ENGINE) {
        let from = one(from);
        let path = match by {
            None => depths.below(from),
            Some(by) => {
                let ways = named(by).into_iter().filter_map(|by| depths.by(from, by));
                ways.max_by_key(|path| path.bytes).unwrap_or_else(|| panic!("no way leads to {by}"))
            }
        };
        let limit = if by.is_none() { check(what, path.bytes) } else { String::new() };
        row(what, &path, limit);
    }
    let main = one(LOOP);
    let stack = calls.of[main].iter().copied().filter(|it| calls.functions[*it].name.contains(SMOLTCP));
    let others = [TAKE_ORDERS, TURN, "relay::Relay>::report", "relay::start"];
    let stack = stack.filter(|it| !others.iter().any(|other| calls.functions[*it].name.contains(other)));
    let deepest = stack.map(|it| depths.below(it)).max_by_key(|path| path.bytes).unwrap_or_default();
    row("the stack's own poll", &deepest, check("the stack's own poll", deepest.bytes));
    table
}

/// Whatever has to be known to trust the figures.
fn remarks(calls: &Calls, depths: &Depths<'_>) {
    let with = |source: Source| {
        let functions = calls.functions.iter().filter(|function| function.source == source);
        let functions: Vec<String> = functions.map(|it| format!("{} {}", last(&it.name), it.frame)).collect();
        if functions.is_empty() { "none".to_owned() } else { functions.join(", ") }
    };
    let [constant, table, argument, variable] = calls.indirect;
    println!(
        "Below the main loop means: the main loop's own frame, which holds smoltcp's ingress and egress, is not in it."
    );
    println!("No record of the compiler, frame as its instructions take it: {}.", with(Source::Instructions));
    println!("More than the compiler's record: {}.", with(Source::More));
    println!(
        "Calls of a register: {constant} of a constant, {table} of a table's method, {argument} of an argument, {variable} of a variable."
    );
    let pointers: Vec<String> = calls.pointers.iter().map(|it| last(&calls.functions[*it].name)).collect();
    let pointers = if pointers.is_empty() { "nothing: it never holds one".to_owned() } else { pointers.join(", ") };
    println!("Such a variable may hold: {pointers}.");
    for (count, reason) in depths.cycles() {
        println!("Below itself: {count} functions. {reason}.");
    }
    for assumed in ASSUMED {
        println!("Assumed: {assumed}.");
    }
    println!();
}

/// Builds an image with the compiler's records of its frames.
fn build(image: Image) -> PathBuf {
    let target = root().join("target/firmware-stack");
    let mut cargo = command("cargo");
    cargo.current_dir(root().join("firmware-example"));
    cargo.args(["build", "--quiet", "--release", "--locked", "--no-default-features", "--target", TARGET]);
    cargo.args(["--features", &image.features().join(",")]).env("CARGO_TARGET_DIR", &target);
    // The records are not stable yet; the code is what the stable compiler makes of it.
    // RUSTFLAGS take the place of those that the firmware's own configuration has.
    let flags = format!("-Zemit-stack-sizes {SMALL_HASHES}");
    cargo.env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", flags);
    for name in ["DEFMT_LOG", "RACKHAND_GATEWAY", "RACKHAND_ADDRESS"] {
        cargo.env_remove(name);
    }
    run(&mut cargo);
    File::new(&target).join(TARGET).join("release/rackhand-relay")
}

/// A function's name without the types that it was made for.
fn short(name: &str) -> String {
    let mut depth = 0_u32;
    let mut short = String::new();
    for (place, letter) in name.char_indices() {
        // What a method is of begins with an angle as well, and is wanted.
        match letter {
            '<' if place == 0 || name.get(..place).is_some_and(|before| before.ends_with('<')) => {}
            '<' => depth += 1,
            '>' if depth > 0 => depth -= 1,
            '>' => {}
            _ if depth == 0 => short.push(letter),
            _ => {}
        }
    }
    short.replace("rackhand_", "").replace("::::", "::").trim_end_matches("::").to_owned()
}

/// The last words of it.
fn last(name: &str) -> String {
    let short = short(name);
    let words: Vec<&str> = short.split("::").collect();
    words.get(words.len().saturating_sub(3)..).unwrap_or(&words).join("::")
}
