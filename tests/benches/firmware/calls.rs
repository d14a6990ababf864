//! Who calls whom. What a register calls is made out as well as a reader of the instructions can; everything that is assumed
//! for that is said in [`ASSUMED`].

use std::collections::{BTreeMap, BTreeSet};

use super::code::{Function, Instruction, Source, number};
use super::elf::Elf;

/// What the figures rest on besides the instructions.
pub(crate) const ASSUMED: [&str; 9] = [
    "a panic ends the program: nothing that only panics reach is counted, nor is the fault handler",
    "a register that is called holds what the instruction before it that writes the register put there, or another function's \
     address that the same function puts into the same register",
    "a table of methods is: address or 0, size, alignment, methods; a method at a place in a table may be any table's method at \
     that place",
    "a register that its function was given, and calls, may hold any method of any table, and any function whose address is taken",
    "the readers of orders and of XML hand each other nothing to call: what they call has other arguments",
    "the values of an order nest as core/src/operation/read reads them",
    "the first method of a closure's table, FnOnce's, is never called: that takes a box, and there is no heap",
    "a function pointer in a variable may be any function whose address is taken and which is not accounted for otherwise",
    "a jump out of a function leaves its frame where it is",
];

/// Parts of the names of functions that never call each other, at least not what a register holds.
const APART: [&[&str]; 2] = [
    &["rackhand_core::operation::read::"],
    &["rackhand_core::amt::", "rackhand_core::http::", "rackhand_core::wsman::"],
];

/// Bytes of a table's head: what drops the value, its size, its alignment.
const HEAD: u32 = 12;
/// No table that is looked for has a method further behind.
const FURTHEST: u32 = 0x40;

/// The image's functions and their calls.
pub(crate) struct Calls {
    /// The functions.
    pub(crate) functions: Vec<Function>,
    /// What each calls.
    pub(crate) of: Vec<Vec<usize>>,
    /// Where the processor starts.
    pub(crate) reset: usize,
    /// Handlers of interrupts and exceptions, but for faults.
    pub(crate) handlers: BTreeSet<usize>,
    /// Calls of registers: how many of a constant, of a method in a table, of an argument, of a variable.
    pub(crate) indirect: [u32; 4],
    /// Functions that a variable may hold.
    pub(crate) pointers: BTreeSet<usize>,
    elf: Elf,
    /// The tables of methods.
    tables: BTreeSet<u32>,
}

/// Whether a function does nothing but to end the program.
pub(crate) fn ends_the_program(name: &str) -> bool {
    let panics = ["core::panicking::", "core::option::expect_failed", "core::option::unwrap_failed"];
    let panics = panics.into_iter().chain(["core::result::unwrap_failed", "core::str::slice_error_fail"]);
    let of_core = name.starts_with("core::slice::") && name.ends_with("_fail");
    of_core || panics.into_iter().any(|panic| name.starts_with(panic)) || name.contains("rust_begin_unwind")
}

impl Calls {
    /// Looks at every function of the image.
    pub(crate) fn of(functions: Vec<Function>, elf: Elf) -> Self {
        let vectors: Vec<u32> = elf.words(".vector_table").map(|(_, word)| word).collect();
        let (mut of, reset) = (Vec::new(), vectors[1]);
        let mut calls = Self {
            functions,
            of: Vec::new(),
            reset: 0,
            handlers: BTreeSet::new(),
            indirect: [0; 4],
            pointers: BTreeSet::new(),
            elf,
            tables: BTreeSet::new(),
        };
        calls.reset = calls.exactly(reset).expect("a function that the processor starts with");
        // The fourth is HardFault.
        let handlers = vectors.iter().skip(2).filter(|vector| **vector != vectors[3]);
        calls.handlers = handlers.filter_map(|vector| calls.exactly(*vector)).collect();
        calls.find_tables();
        calls.find_pointers();
        for caller in 0..calls.functions.len() {
            of.push(calls.made_by(caller));
        }
        calls.of = of;
        calls
    }

    /// The function with this address in it.
    fn around(&self, at: u32) -> Option<usize> {
        self.functions.partition_point(|function| function.start <= at).checked_sub(1)
    }

    /// The function that this word is the address of, as it is called: the lowest bit says Thumb.
    fn exactly(&self, word: u32) -> Option<usize> {
        let start = word.checked_sub(1).filter(|start| start % 2 == 0)?;
        self.around(start).filter(|function| self.functions[*function].start == start)
    }

    /// The constants that a function's instructions hold or load.
    fn constants(&self, function: usize) -> Vec<(usize, String, u32)> {
        let mut halves = BTreeMap::new();
        let mut found = Vec::new();
        for (place, Instruction { name, operands, address, .. }) in self.functions[function].body.iter().enumerate() {
            let (Some(to), last) = (operands.first(), operands.last().and_then(|operand| number(operand))) else {
                continue;
            };
            let value = match (name.as_str(), last) {
                ("movw" | "movs" | "mov", Some(low)) => {
                    halves.insert(to, low);
                    None
                }
                ("movt", Some(high)) => Some(high << 16 | halves.get(to).copied().unwrap_or(0) & 0xFFFF),
                _ if name.starts_with("ldr") => address.and_then(|address| self.elf.word(address)),
                _ => None,
            };
            found.extend(value.map(|value| (place, to.clone(), value)));
        }
        found
    }

    /// Tables in the constants.
    fn find_tables(&mut self) {
        let word = |at| self.elf.word(at);
        for (at, _) in self.elf.words(".rodata") {
            let drops = word(at).is_some_and(|word| word == 0 || self.exactly(word).is_some());
            let sized = word(at + 4).is_some_and(|size| size < 4096);
            let aligned = word(at + 8).is_some_and(|align| matches!(align, 1 | 2 | 4 | 8));
            let method = word(at + HEAD).is_some_and(|word| self.exactly(word).is_some());
            if drops && sized && aligned && method {
                self.tables.insert(at);
            }
        }
    }

    /// Functions whose address is taken, but for methods in tables and for what is called where its address is loaded.
    fn find_pointers(&mut self) {
        let mut pointers = BTreeSet::new();
        for function in 0..self.functions.len() {
            let body = &self.functions[function].body;
            for (_, register, value) in self.constants(function) {
                let called = body.iter().any(|it| is_indirect(it) && it.operands.contains(&register));
                pointers.extend(self.exactly(value).filter(|_| !called));
            }
        }
        let mut in_tables = BTreeSet::new();
        for table in &self.tables {
            let methods = (table + HEAD..).step_by(4);
            let methods = methods.take_while(|at| self.elf.word(*at).is_some_and(|word| self.exactly(word).is_some()));
            in_tables.extend(methods.chain([*table]));
        }
        for (at, word) in self.elf.words(".rodata").filter(|(at, _)| !in_tables.contains(at)) {
            // Text and numbers may look like the address of a function, which does no harm.
            pointers.extend(self.exactly(word).filter(|_| at % 4 == 0));
        }
        self.pointers = pointers;
    }

    fn made_by(&mut self, caller: usize) -> Vec<usize> {
        let mut calls: Vec<usize> = Vec::new();
        let constants = self.constants(caller);
        let function = &self.functions[caller];
        for (place, instruction) in function.body.iter().enumerate() {
            if is_indirect(instruction) {
                let register = &instruction.operands[0];
                let before = &function.body[..place];
                let (kind, found) = self.called(register, before, &constants).unwrap_or_else(|| {
                    panic!("{}: what {register} holds at {:#x} is not known", function.name, instruction.at)
                });
                self.indirect[kind] += 1;
                let apart = |to: &usize| are_apart(&function.name, &self.functions[*to].name);
                calls.extend(found.into_iter().filter(|to| !apart(to)));
            } else if let Some(to) = branch(instruction).and_then(|to| self.around(to))
                && (to != caller || is_call(instruction))
            {
                calls.push(to);
            }
        }
        // Functions in assembler may go on in the next one.
        let ends = function.body.last().is_some_and(|last| matches!(last.name.as_str(), "b" | "bx" | "pop" | "udf"));
        if function.source == Source::Instructions && !ends && caller + 1 < self.functions.len() {
            calls.push(caller + 1);
        }
        calls.retain(|call| !ends_the_program(&self.functions[*call].name));
        calls.sort_unstable();
        calls.dedup();
        calls
    }

    /// What `register` may hold behind `before`.
    fn called(
        &self,
        register: &String,
        before: &[Instruction],
        constants: &[(usize, String, u32)],
    ) -> Option<(usize, Vec<usize>)> {
        let of_register = constants.iter().filter(|(_, of, _)| of == register);
        let mut found: Vec<usize> = of_register.filter_map(|(_, _, value)| self.exactly(*value)).collect();
        let Some(written) = before.iter().rposition(|it| writes(it, register)) else {
            found.extend(self.methods(None).into_iter().chain(self.pointers.iter().copied()));
            return Some((2, found));
        };
        if constants.iter().any(|(at, of, value)| *at == written && of == register && self.exactly(*value).is_some()) {
            return Some((0, found));
        }
        let Instruction { name, operands, .. } = &before[written];
        if name == "mov" {
            found.extend(self.methods(None).into_iter().chain(self.pointers.iter().copied()));
            return Some((2, found));
        }
        let memory = operands.iter().position(|operand| operand.starts_with('['))?;
        let base = operands[memory].trim_matches(['[', ']']);
        let offset = operands.get(memory + 1).map_or(Some(0), |operand| number(operand))?;
        let offset = offset + if name == "ldrd" && operands.get(1) == Some(register) { 4 } else { 0 };
        if name.starts_with("ldr") && base == "sp" {
            // What the function was given, and has put away meanwhile.
            found.extend(self.methods(None).into_iter().chain(self.pointers.iter().copied()));
            return Some((2, found));
        }
        if !name.starts_with("ldr") || base == "pc" {
            return None;
        }
        if offset >= FURTHEST {
            found.extend(&self.pointers);
            return Some((3, found));
        }
        found.extend(self.methods(Some(offset)));
        (!found.is_empty()).then_some((1, found))
    }

    /// The methods in all tables, or those at a place.
    fn methods(&self, place: Option<u32>) -> Vec<usize> {
        let mut methods = Vec::new();
        for table in &self.tables {
            for at in (table + HEAD..).step_by(4) {
                let Some(to) = self.elf.word(at).and_then(|word| self.exactly(word)) else { break };
                let boxed = self.functions[to].name.contains("call_once::{shim:vtable");
                if !boxed && place.is_none_or(|place| table + place == at) {
                    methods.push(to);
                }
            }
        }
        methods
    }
}

/// Whether they are on different sides of [`APART`].
fn are_apart(one: &str, other: &str) -> bool {
    let side = |name: &str| APART.iter().position(|parts| parts.iter().any(|part| name.contains(part)));
    side(one).zip(side(other)).is_some_and(|(one, other)| one != other)
}

/// Whether it calls or jumps to what a register holds. A jump by `mov pc` is a switch within its function.
fn is_indirect(instruction: &Instruction) -> bool {
    let register = instruction.operands.first().is_some_and(|operand| operand.starts_with('r'));
    register && matches!(instruction.name.as_str(), "blx" | "bx")
}

/// `bl`, also under a condition; not `ble` and its like, which jump.
fn is_call(instruction: &Instruction) -> bool {
    instruction.name.starts_with("bl") && instruction.name.len() != 3
}

fn branch(instruction: &Instruction) -> Option<u32> {
    instruction.address.filter(|_| instruction.name.starts_with('b'))
}

fn writes(instruction: &Instruction, register: &String) -> bool {
    let Instruction { name, operands, .. } = instruction;
    match name.as_str() {
        name if name.starts_with("str")
            || name.starts_with("cmp")
            || name.starts_with('b')
            || name.starts_with("cb") =>
        {
            false
        }
        "ldrd" => operands.iter().take(2).any(|operand| operand == register),
        "pop" | "ldm" => operands.iter().any(|operand| operand.trim_matches(['{', '}']) == register),
        _ => operands.first() == Some(register),
    }
}
