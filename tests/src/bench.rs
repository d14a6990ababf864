//! What the benchmarks share: their ceilings, their tables, and how one starts itself again.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::process::{Command, ExitCode};

use crate::need;

/// The ceilings of all benchmarks, in TOML.
pub const CEILINGS: &str = include_str!("../ceilings.toml");

/// What [`CEILINGS`] holds: sections of names and numbers.
pub type Sections = BTreeMap<String, BTreeMap<String, f64>>;

/// One section of the ceilings, and what was found above them.
#[derive(Debug)]
pub struct Ceilings {
    section: String,
    limits: BTreeMap<String, f64>,
    asked: BTreeSet<String>,
    wrong: Vec<String>,
}

impl Ceilings {
    /// The section with this name; an empty one when there is none, so that every measurement in it is called wrong.
    #[must_use]
    pub fn of(sections: &Sections, section: &str) -> Self {
        Self {
            section: section.to_owned(),
            limits: sections.get(section).cloned().unwrap_or_default(),
            asked: BTreeSet::new(),
            wrong: Vec::new(),
        }
    }

    /// Compares a measurement with its ceiling and returns the ceiling for the table.
    pub fn check(&mut self, name: &str, measured: f64) -> String {
        self.asked.insert(name.to_owned());
        let Some(limit) = self.limits.get(name) else {
            self.wrong.push(format!("[{}] \"{name}\" is {measured} and has no ceiling", self.section));
            return "none".to_owned();
        };
        if measured > *limit {
            self.wrong.push(format!("[{}] \"{name}\" is {measured}, above its ceiling of {limit}", self.section));
        }
        limit.to_string()
    }

    /// Whether all is well; says on stderr what is not. A ceiling that nothing was compared with is wrong too.
    #[must_use]
    pub fn within(mut self) -> bool {
        for name in self.limits.keys().filter(|name| !self.asked.contains(*name)) {
            self.wrong.push(format!("[{}] \"{name}\" is a ceiling of nothing", self.section));
        }
        for wrong in &self.wrong {
            eprintln!("tests/ceilings.toml: {wrong}");
        }
        self.wrong.is_empty()
    }
}

/// How a benchmark ends.
#[must_use]
pub fn exit(all_is_well: bool) -> ExitCode {
    if all_is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A table for a person: the first column to the left, numbers to the right.
#[derive(Debug)]
pub struct Table(Vec<Vec<String>>);

impl Table {
    /// A table with these headings.
    #[must_use]
    pub fn new(headings: &[&str]) -> Self {
        Self(vec![headings.iter().map(|&heading| heading.to_owned()).collect()])
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.0.push(cells.into_iter().collect());
    }

    /// Prints it on stdout.
    pub fn print(&self) {
        let columns = self.0.iter().map(Vec::len).max().unwrap_or(0);
        let width =
            |column: usize| self.0.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
        let widths: Vec<_> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
        for row in &self.0 {
            let mut line = String::new();
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                // Writing to a string does not fail.
                let _ = if column == 0 { write!(line, "{cell:width$}") } else { write!(line, "  {cell:>width$}") };
            }
            println!("{}", line.trim_end());
        }
        println!();
    }
}

/// The middle one of `values`; of an even number of them, the upper of both.
///
/// # Panics
/// There is none.
#[must_use]
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A command that runs `program`, or the present program when there is none, with `arguments`.
///
/// # Panics
/// The operating system does not know the present program's path.
pub fn again(arguments: impl IntoIterator<Item: AsRef<OsStr>>) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("the path of this program"));
    command.args(arguments);
    command
}

/// Sees to it that this process and those that it starts may have `needed` files open: runs the present program once more, with
/// more of them, and returns how that ended; or says that there are none to be had. Nothing: there are enough.
#[must_use]
pub fn with_open_files(needed: u64) -> Option<ExitCode> {
    let OpenFiles { soft, hard } = OpenFiles::allowed().filter(|files| files.soft < needed)?;
    if hard < needed {
        need::missing(&format!("{needed} open files at once: a process may have {soft} here, at most {hard}"));
        return Some(ExitCode::SUCCESS);
    }
    // Raising the limit takes a shell, or unsafe code.
    let this = again(std::env::args_os().skip(1));
    let raise = format!("ulimit -n {needed} && exec \"$0\" \"$@\"");
    let mut shell = Command::new("sh");
    shell.args(["-c", &raise]).arg(this.get_program()).args(this.get_args());
    Some(exit(shell.status().is_ok_and(|status| status.success())))
}

/// Files that a process may have open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenFiles {
    /// As things are.
    pub soft: u64,
    /// What it may raise that to.
    pub hard: u64,
}

impl OpenFiles {
    /// What Linux allows this process; none elsewhere.
    #[must_use]
    pub fn allowed() -> Option<Self> {
        let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
        let mut row = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?.split_whitespace();
        let mut number = || match row.next()? {
            "unlimited" => Some(u64::MAX),
            digits => digits.parse().ok(),
        };
        Some(Self { soft: number()?, hard: number()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ceiling_holds_both_ways() {
        let section = [("a", 2.0), ("b", 1.5)].map(|(name, limit)| (name.to_owned(), limit));
        let sections = Sections::from([("s".to_owned(), BTreeMap::from(section))]);
        let mut within = Ceilings::of(&sections, "s");
        assert_eq!((within.check("a", 2.0), within.check("b", 0.0)), ("2".to_owned(), "1.5".to_owned()));
        assert!(within.within());
        for measured in [[("a", 2.1), ("b", 1.0)].as_slice(), &[("a", 1.0)], &[("a", 1.0), ("b", 1.0), ("c", 0.0)]] {
            let mut wrong = Ceilings::of(&sections, "s");
            for (name, measured) in measured {
                wrong.check(name, *measured);
            }
            assert!(!wrong.within(), "{measured:?}");
        }
    }

    #[test]
    fn the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]).to_string(), "2");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn linux_says_how_many_files() {
        let OpenFiles { soft, hard } = OpenFiles::allowed().unwrap();
        assert!(0 < soft && soft <= hard);
    }
}
