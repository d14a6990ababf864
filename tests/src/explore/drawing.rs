//! The state diagram of a dialog in the words of its `doing`, as mermaid draws it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Debug, Write};
use std::path::Path;

/// A state diagram; states and words come in the order in which they were seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawing {
    states: Vec<&'static str>,
    ends: Vec<String>,
    /// From which state (none: the start) to which, then with a pause or without: the words.
    steps: BTreeMap<(Option<usize>, usize, bool), Vec<&'static str>>,
    /// From which state to which end.
    finishes: BTreeMap<(usize, usize), Vec<&'static str>>,
}

fn place<T: PartialEq>(list: &mut Vec<T>, it: T) -> usize {
    list.iter().position(|known| *known == it).unwrap_or_else(|| {
        list.push(it);
        list.len() - 1
    })
}

impl Drawing {
    pub(super) fn step(&mut self, from: Option<&'static str>, word: &'static str, to: &'static str, pause: bool) {
        let from = from.map(|from| place(&mut self.states, from));
        let to = place(&mut self.states, to);
        // That a pause ends is news only where it leads on.
        if word == "waited" && from == Some(to) {
            return;
        }
        place(self.steps.entry((from, to, pause)).or_default(), word);
    }

    pub(super) fn end(&mut self, from: &'static str, word: &'static str, end: Result<(), &impl Debug>) {
        let end = match end {
            Ok(()) => "done".to_owned(),
            Err(error) => {
                let text = format!("{error:?}");
                // A failure may stand alone, or first in a tuple or a structure.
                let text = text.split_once("{ failure: ").map_or(&*text, |(_, rest)| rest);
                let name = text.trim_start_matches('(').split(|c: char| !c.is_alphanumeric()).next();
                format!("failed: {}", name.unwrap_or_default())
            }
        };
        let (from, end) = (place(&mut self.states, from), place(&mut self.ends, end));
        place(self.finishes.entry((from, end)).or_default(), word);
    }

    /// This drawing and `other` in one.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        let states: Vec<usize> = other.states.iter().map(|state| place(&mut self.states, state)).collect();
        let ends: Vec<usize> = other.ends.iter().map(|end| place(&mut self.ends, end.clone())).collect();
        for ((from, to, pause), words) in &other.steps {
            let mine = self.steps.entry((from.map(|from| states[from]), states[*to], *pause)).or_default();
            words.iter().for_each(|word| _ = place(mine, word));
        }
        for ((from, end), words) in &other.finishes {
            let mine = self.finishes.entry((states[*from], ends[*end])).or_default();
            words.iter().for_each(|word| _ = place(mine, word));
        }
        self
    }

    /// The diagram in mermaid's language.
    #[must_use]
    pub fn mermaid(&self) -> String {
        let mut text = "stateDiagram-v2\n".to_owned();
        let mut line = |line: std::fmt::Arguments<'_>| writeln!(text, "    {line}").expect("a String has room");
        for (at, state) in self.states.iter().enumerate() {
            line(format_args!("state \"{state}\" as s{at}"));
        }
        let mut ends: Vec<&String> = self.ends.iter().collect();
        ends.sort_unstable();
        for (at, end) in ends.iter().enumerate() {
            line(format_args!("state \"{end}\" as e{at}"));
        }
        for ((from, to, pause), words) in &self.steps {
            let pause = if *pause { ", then a pause" } else { "" };
            match from {
                None => line(format_args!("[*] --> s{to}")),
                Some(from) => line(format_args!("s{from} --> s{to} : {}{pause}", self.label(*from, words))),
            }
        }
        for from in 0..self.states.len() {
            for (at, end) in ends.iter().enumerate() {
                let finish = self.finishes.iter().find(|((start, to), _)| *start == from && &self.ends[*to] == *end);
                if let Some((_, words)) = finish {
                    line(format_args!("s{from} --> e{at} : {}", self.label(from, words)));
                }
            }
        }
        for at in 0..ends.len() {
            line(format_args!("e{at} --> [*]"));
        }
        text
    }

    /// The words in a row. A question that is unanswered, whether it was sent or not, is lost.
    fn label(&self, from: usize, words: &[&str]) -> String {
        let steps = self.steps.iter().filter(|((start, ..), _)| *start == Some(from)).map(|(_, words)| words);
        let finishes = self.finishes.iter().filter(|((start, _), _)| *start == from).map(|(_, words)| words);
        let mut known: BTreeSet<&str> = steps.chain(finishes).flatten().copied().collect();
        known.remove("waited");
        if known.len() > 2 && known.iter().all(|word| words.contains(word)) {
            return "whatever comes".to_owned();
        }
        let lost = words.contains(&"unanswered") && words.contains(&"never sent");
        let words = words.iter().filter(|word| !(lost && **word == "never sent"));
        let words: Vec<&str> = words.map(|word| if lost && *word == "unanswered" { "lost" } else { word }).collect();
        let label = words.join(", ");
        assert!(!label.contains([':', ';', '#', '"']), "mermaid does not take this for a label: {label}");
        label
    }

    /// Compares the drawing with the one in the file at `path` below the workspace, under the sentence `about`.
    /// With `UPDATE_DIAGRAMS=1` in the environment the file is written instead.
    ///
    /// # Panics
    /// When the file holds something else.
    pub fn check(&self, path: &str, about: &str) {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
        let text = format!("{about}\n\n```mermaid\n{}```\n", self.mermaid());
        if std::env::var_os("UPDATE_DIAGRAMS").is_some_and(|it| it == "1") {
            std::fs::write(&file, &text).unwrap_or_else(|error| panic!("{path}: {error}"));
        }
        let found = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            found == text,
            "{path} does not show the dialog as it is. Run this test with UPDATE_DIAGRAMS=1 and look at the difference. \
             It should be:\n{text}"
        );
    }
}
