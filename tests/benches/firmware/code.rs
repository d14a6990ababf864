//! The image's functions, as llvm-objdump shows them.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use rackhand_tests::toolchain::run;

use super::elf::Elf;

/// A function.
pub(crate) struct Function {
    /// Its name, without the crate's hash.
    pub(crate) name: String,
    /// Where it begins.
    pub(crate) start: u32,
    /// Bytes of its frame: what the compiler says, or what its instructions take, whichever is more.
    pub(crate) frame: u32,
    /// Where the frame's size is from.
    pub(crate) source: Source,
    /// What it consists of.
    pub(crate) body: Vec<Instruction>,
}

/// Where the size of a frame is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The compiler's record.
    Record,
    /// The function's instructions, which take more than the record says.
    More,
    /// The function's instructions, as there is no record.
    Instructions,
}

/// An instruction.
pub(crate) struct Instruction {
    /// Where it is.
    pub(crate) at: u32,
    /// Its name, without the width.
    pub(crate) name: String,
    /// Its operands.
    pub(crate) operands: Vec<String>,
    /// The address in flash that it names, if any.
    pub(crate) address: Option<u32>,
}

/// All functions of the image, in the order of their addresses.
///
/// # Panics
/// The disassembler shows something else.
pub(crate) fn functions(objdump: &Path, image: &Path, elf: &Elf) -> Vec<Function> {
    let mut command = Command::new(objdump);
    command.args(["-d", "--demangle", "--no-show-raw-insn"]).arg(image);
    let text = String::from_utf8(run(&mut command).stdout).expect("text");
    let mut functions: Vec<Function> = Vec::new();
    for line in text.lines() {
        if let Some((start, name)) = line.strip_suffix(">:").and_then(|line| line.split_once(" <")) {
            let start = u32::from_str_radix(start, 16).expect("a function's address");
            let (name, source) = (name.to_owned(), Source::Record);
            functions.push(Function { name, start, frame: 0, source, body: Vec::new() });
        } else if let (Some(function), Some(instruction)) = (functions.last_mut(), instruction(line)) {
            function.body.push(instruction);
        }
    }
    functions.sort_by_key(|function| function.start);
    for function in &mut functions {
        // What the linker fills gaps with is a jump as well.
        function.body.pop_if(|last| last.name == "bmi");
    }
    let records = elf.frames();
    functions.iter_mut().for_each(|function| measure(function, &records));
    functions
}

/// `      12fa:      \tblx\tr4`; with an address, `\tldr\tr4, [pc, #0x22c]        @ 0x1528 <…>` or `\tbl\t0x8068 <…> @ imm = …`.
fn instruction(line: &str) -> Option<Instruction> {
    let mut fields = line.splitn(3, '\t');
    let at = u32::from_str_radix(fields.next()?.trim().strip_suffix(':')?, 16).ok()?;
    let name = fields.next()?;
    let text = fields.next().unwrap_or_default();
    let (operands, remark) = text.split_once('@').unwrap_or((text, ""));
    // A name behind an address may have commas in it.
    let operands = operands.split_once('<').map_or(operands, |(operands, _)| operands).trim();
    let address = [remark, operands.rsplit(' ').next().unwrap_or_default()]
        .into_iter()
        .find_map(|text| number(text.trim().split(' ').next()?.strip_prefix("0x").map(|_| text.trim())?));
    let operands = operands.split(',').map(|operand| operand.trim().to_owned()).collect();
    Some(Instruction { at, name: name.split('.').next()?.to_owned(), operands, address })
}

/// The number at the beginning of a text: `0x1528 <…>`, `#0x22c`, `#-4]!`.
pub(crate) fn number(text: &str) -> Option<u32> {
    let text = text.trim_start_matches(['#', '-']);
    let (text, radix) = text.strip_prefix("0x").map_or((text, 10), |text| (text, 16));
    let end = text.find(|letter: char| !letter.is_digit(radix)).unwrap_or(text.len());
    u32::from_str_radix(text.get(..end)?, radix).ok()
}

fn measure(function: &mut Function, records: &BTreeMap<u32, u32>) {
    // Each is run once at most: no compiler moves the stack in a loop.
    let taken = function.body.iter().map(taken).sum();
    (function.frame, function.source) = match records.get(&function.start) {
        Some(record) if *record >= taken => (*record, Source::Record),
        Some(_) => (taken, Source::More),
        None => (taken, Source::Instructions),
    };
}

/// Bytes that an instruction takes of the stack.
fn taken(instruction: &Instruction) -> u32 {
    let Instruction { name, operands, .. } = instruction;
    let registers = || u32::try_from(operands.len()).expect("few registers");
    let on_stack = operands.first().is_some_and(|operand| operand == "sp");
    match name.as_str() {
        "push" => 4 * registers(),
        "vpush" => 8 * registers(),
        "sub" | "subw" if on_stack => operands.last().and_then(|operand| number(operand)).expect("a number"),
        "stmdb" if operands.first().is_some_and(|operand| operand == "sp!") => 4 * (registers() - 1),
        name if name.starts_with("str") && operands.iter().any(|operand| operand == "[sp") => {
            let last = operands.last().filter(|operand| operand.ends_with("]!") && operand.starts_with("#-"));
            last.and_then(|operand| number(operand)).unwrap_or(0)
        }
        _ => 0,
    }
}
