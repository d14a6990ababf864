//! The deepest way through the calls.

use std::collections::{BTreeMap, BTreeSet};

use super::calls::Calls;

/// A way down: its bytes, and the functions on it.
#[derive(Clone, Default)]
pub(crate) struct Path {
    /// Bytes of all frames on it.
    pub(crate) bytes: u32,
    /// The functions, the outermost first.
    pub(crate) functions: Vec<usize>,
}

/// What all functions of the reader of orders have in their names.
const READER: &str = "rackhand_core::operation::read::";
/// Why what lies below itself there comes to an end.
const REASON: &str = "an order's JSON: each value is read below the closure of what it is in, as LEVELS has it, and no order's values \
                      nest deeper than order, memory, AMT's, its challenge, a text in that, and what may be null";
/// So often a value is read below another.
const DEEPEST: usize = 6;

/// A closure of the reader and the closure that its value is read below: what core/src/operation/read says.
struct Level {
    name: &'static str,
    below: Option<&'static str>,
}

const fn level_below(name: &'static str, below: &'static str) -> Level {
    Level { name, below: Some(below) }
}

/// What is called first comes first where one name is the beginning of another.
const LEVELS: [Level; 25] = [
    Level { name: "order::order", below: None },
    level_below("action::action", "order::order"),
    level_below("action::pulse", "action::action"),
    level_below("action::changes", "action::action"),
    level_below("action::change", "action::changes"),
    level_below("action::start_from", "action::action"),
    level_below("order::memory", "order::order"),
    level_below("amt::memory", "order::memory"),
    level_below("amt::challenge", "amt::memory"),
    level_below("amt::target", "target::target"),
    level_below("amt::credentials", "amt::target"),
    level_below("amt::options", "amt::target"),
    level_below("amt::transport", "amt::target"),
    level_below("amt::trust", "amt::transport"),
    level_below("target::target", "order::order"),
    level_below("target::iboot::{closure#0}::{closure#0}", "target::iboot"),
    level_below("target::iboot", "target::target"),
    level_below("target::credentials", "target::iboot"),
    level_below("target::secret", "target::credentials"),
    level_below("target::dialect", "target::iboot"),
    level_below("target::options", "target::iboot"),
    level_below("target::wol", "target::target"),
    level_below("target::ports", "target::wol"),
    level_below("target::secure_on", "target::wol"),
    level_below("optional_text", "target::wol"),
];

/// Its place in the table, if it is a closure that is in it.
fn level(name: &str) -> Option<usize> {
    let name = name.split(READER).nth(1).filter(|name| name.contains("{closure"))?;
    LEVELS.iter().position(|level| name.starts_with(level.name))
}

fn level_of(name: &str) -> Option<&'static str> {
    level(name).map(|level| LEVELS[level].name)
}

/// Functions that are looked at for one deepest way through a cycle before it is called too entangled.
const MOST_STEPS: u32 = 2_000_000;

/// The deepest ways below every function.
pub(crate) struct Depths<'c> {
    calls: &'c Calls,
    /// To which group of functions that call each other every function belongs.
    group: Vec<usize>,
    /// Functions of a group, if they lie below themselves.
    cycles: BTreeMap<usize, Vec<usize>>,
    known: Vec<Option<Path>>,
    /// What is left to explain.
    pub(crate) wrong: BTreeSet<String>,
}

impl<'c> Depths<'c> {
    /// Looks for cycles.
    pub(crate) fn of(calls: &'c Calls) -> Self {
        let count = calls.functions.len();
        let below: Vec<Vec<bool>> = (0..count).map(|from| reached(calls, from)).collect();
        let group: Vec<usize> = (0..count)
            .map(|it| (0..count).find(|other| below[it][*other] && below[*other][it]).unwrap_or(it))
            .collect();
        let mut cycles: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for it in (0..count).filter(|it| below[*it][*it]) {
            cycles.entry(group[it]).or_default().push(it);
        }
        let mut depths = Self { calls, group, cycles, known: vec![None; count], wrong: BTreeSet::new() };
        for cycle in depths.cycles.values() {
            let names: Vec<&str> = cycle.iter().map(|it| calls.functions[*it].name.as_str()).collect();
            if !names.iter().any(|name| name.contains(READER)) {
                depths.wrong.insert(format!("nobody knows how deep these nest: {}", names.join(", ")));
            }
        }
        depths
    }

    /// What lies below itself, and why that ends.
    pub(crate) fn cycles(&self) -> impl Iterator<Item = (usize, &'static str)> {
        let of_the_reader = |it: &usize| self.calls.functions[*it].name.contains(READER);
        let cycles = self.cycles.values().filter(move |cycle| cycle.iter().any(of_the_reader));
        cycles.map(|cycle| (cycle.len(), REASON))
    }

    /// The deepest way that begins with a function.
    pub(crate) fn below(&mut self, function: usize) -> Path {
        if let Some(known) = &self.known[function] {
            return known.clone();
        }
        let deepest = if self.cycles.contains_key(&self.group[function]) {
            let mut walk = Walk::default();
            self.walk(function, &mut walk);
            walk.deepest
        } else {
            let callees = self.calls.of[function].clone();
            let deepest =
                callees.into_iter().map(|to| self.below(to)).max_by_key(|path| path.bytes).unwrap_or_default();
            self.before(function, deepest)
        };
        self.known[function] = Some(deepest.clone());
        deepest
    }

    /// The deepest way from `from` that comes by `by`, if there is one.
    pub(crate) fn by(&mut self, from: usize, by: usize) -> Option<Path> {
        let below = self.below(by);
        let mut known = BTreeMap::from([(by, Some(below))]);
        self.by_known(from, &mut known)
    }

    fn by_known(&self, from: usize, known: &mut BTreeMap<usize, Option<Path>>) -> Option<Path> {
        if let Some(path) = known.get(&from) {
            return path.clone();
        }
        let mut deepest = None;
        // Nothing that is asked for lies below a cycle alone.
        if !self.cycles.contains_key(&self.group[from]) {
            let ways = self.calls.of[from].iter().filter_map(|call| self.by_known(*call, known));
            deepest = ways.max_by_key(|path| path.bytes).map(|path| self.before(from, path));
        }
        known.insert(from, deepest.clone());
        deepest
    }

    fn before(&self, function: usize, Path { bytes, mut functions }: Path) -> Path {
        functions.insert(0, function);
        Path { bytes: bytes + self.calls.functions[function].frame, functions }
    }

    /// Tries every way through a cycle.
    fn walk(&mut self, function: usize, walk: &mut Walk) {
        let calls = self.calls;
        walk.steps += 1;
        if walk.steps == MOST_STEPS {
            self.wrong.insert(format!("too many ways lead through {}", calls.functions[function].name));
        }
        if walk.steps >= MOST_STEPS {
            return;
        }
        walk.way.push(function);
        let here: u32 = walk.way.iter().map(|it| calls.functions[*it].frame).sum();
        let (inside, outside): (Vec<usize>, Vec<usize>) =
            calls.of[function].iter().partition(|call| self.group[**call] == self.group[function]);
        let out = outside.into_iter().map(|call| self.below(call)).max_by_key(|path| path.bytes).unwrap_or_default();
        if here + out.bytes > walk.deepest.bytes {
            let functions = walk.way.iter().copied().chain(out.functions).collect();
            walk.deepest = Path { bytes: here + out.bytes, functions };
        }
        for call in inside {
            if self.may(call, walk) {
                self.walk(call, walk);
            }
        }
        walk.way.pop();
    }

    /// Whether the way may go on with this call: a closure of the reader lies below the one that it is declared to lie below, and
    /// never below itself; what they share lies below itself as often as values nest.
    fn may(&mut self, call: usize, walk: &Walk) -> bool {
        let name = |it: usize| self.calls.functions[it].name.as_str();
        let times = walk.way.iter().filter(|it| **it == call).count();
        if !name(call).contains(READER) {
            return times < if name(call).starts_with("OUTLINED") { DEEPEST } else { 1 };
        }
        let Some(level) = level(name(call)) else {
            if name(call).contains("{closure") && !name(call).contains("::source::") {
                self.wrong.insert(format!("nobody says what {} lies below", name(call)));
            }
            // Each level has one value that is being read; what may be null is read below itself once, and only at the end.
            let reads = ["Want as ", "::Read>::read", "Read::read"].iter().any(|part| name(call).contains(part));
            let in_a_row = walk.way.iter().rev().take_while(|it| **it == call).count();
            return if reads { times < DEEPEST && in_a_row < 2 } else { times < 1 };
        };
        let above = walk.way.iter().rev().find_map(|it| level_of(name(*it)));
        times == 0 && LEVELS[level].below == above
    }
}

#[derive(Default)]
struct Walk {
    steps: u32,
    way: Vec<usize>,
    deepest: Path,
}

/// Which functions lie below a function.
fn reached(calls: &Calls, from: usize) -> Vec<bool> {
    let mut reached = vec![false; calls.functions.len()];
    let mut open = vec![from];
    while let Some(function) = open.pop() {
        for to in &calls.of[function] {
            if !std::mem::replace(&mut reached[*to], true) {
                open.push(*to);
            }
        }
    }
    reached
}
