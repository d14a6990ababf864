//! Changes of a text that leave everything else as it is, byte for byte.

use std::ops::Range;

/// What takes the place of which bytes.
#[derive(Default)]
pub(super) struct Edits(Vec<(Range<usize>, String)>);

impl Edits {
    /// `text` takes the place of `range`. Ranges must not overlap; of two at one place the first comes first.
    pub(super) fn replace(&mut self, range: Range<usize>, text: impl Into<String>) {
        self.0.push((range, text.into()));
    }

    /// `text` comes in at `at`.
    pub(super) fn insert(&mut self, at: usize, text: impl Into<String>) {
        self.replace(at..at, text);
    }

    /// `xml` with all of them.
    pub(super) fn apply(mut self, xml: &str) -> String {
        self.0.sort_by_key(|(range, _)| (range.start, range.end));
        let mut out = String::with_capacity(xml.len().saturating_add(1024));
        let mut done = 0;
        for (range, text) in self.0 {
            out.push_str(xml.get(done..range.start).unwrap_or_default());
            out.push_str(&text);
            done = range.end;
        }
        out.push_str(xml.get(done..).unwrap_or_default());
        out
    }
}

const WHITESPACE: [char; 4] = [' ', '\t', '\r', '\n'];

/// Whether it is nothing but what XML calls white space.
pub(super) fn is_blank(text: &str) -> bool {
    text.trim_matches(WHITESPACE).is_empty()
}

/// The white space right before `at`.
pub(super) fn gap_before(xml: &str, at: usize) -> Range<usize> {
    let before = xml.get(..at).unwrap_or_default();
    before.trim_end_matches(WHITESPACE).len()..at
}

/// The white space right before `at`, as text.
pub(super) fn indent_at(xml: &str, at: usize) -> &str {
    xml.get(gap_before(xml, at)).unwrap_or_default()
}

/// The white space before what is one level further in than what has `indent` before it.
pub(super) fn deeper(indent: &str) -> String {
    // Without line breaks there is no indentation to go on with.
    if indent.contains('\n') { format!("{indent}  ") } else { indent.to_owned() }
}
