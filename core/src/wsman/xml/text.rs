//! Texts: the content of an element, or the value of an attribute. XML 1.0, sections 2.4, 2.7, 2.11 and 3.3.3.

use heapless::String;

use super::name::is_blank;
use super::reference;
use crate::digits;

/// A text as it stands in a document that was found to be well-formed there.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    raw: &'a [u8],
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Every byte stands for itself.
    Plain,
    /// References, CDATA sections, comments and line ends are to be looked at.
    Content,
    /// References are, and line ends and tabulators are blanks.
    Value,
}

impl<'a> Text<'a> {
    /// A text of nothing.
    pub const EMPTY: Self = Self { raw: &[], kind: Kind::Plain };

    pub(super) const fn new(raw: &'a [u8], kind: Kind) -> Self {
        Self { raw, kind }
    }

    /// Its bytes, without the blanks around them, when each of the others stands for itself.
    pub(super) fn plain(self) -> Option<&'a [u8]> {
        let plain = self.kind == Kind::Plain || !self.raw.iter().any(|byte| matches!(byte, b'&' | b'<'));
        plain.then_some(self.raw.trim_ascii())
    }

    pub(super) const fn raw(self) -> &'a [u8] {
        self.raw
    }

    pub(super) fn is_plain(self) -> bool {
        self.kind == Kind::Plain
    }

    /// Whether it has no characters at all.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.raw.is_empty() || (self.kind != Kind::Plain && self.characters().next().is_none())
    }

    /// Its characters, with all that stands for others resolved.
    #[must_use]
    pub const fn characters(self) -> Characters<'a> {
        Characters { rest: self.raw, kind: self.kind, in_cdata: false }
    }

    /// Whether it is exactly `wanted`.
    #[must_use]
    pub fn is(self, wanted: &str) -> bool {
        if self.kind == Kind::Plain { self.raw == wanted.as_bytes() } else { self.characters().eq(wanted.chars()) }
    }

    /// Whether it is exactly one text and then another.
    #[must_use]
    pub fn is_both(self, first: &str, second: &str) -> bool {
        if self.kind == Kind::Plain {
            self.raw.strip_prefix(first.as_bytes()) == Some(second.as_bytes())
        } else {
            self.characters().eq(first.chars().chain(second.chars()))
        }
    }

    /// Whether both are the same.
    #[must_use]
    pub fn same(self, other: Text<'_>) -> bool {
        if self.kind == Kind::Plain && other.kind == Kind::Plain {
            self.raw == other.raw
        } else {
            self.characters().eq(other.characters())
        }
    }

    /// The whole number that it is, with blanks around it, but nothing else.
    #[must_use]
    pub fn number(self) -> Option<u32> {
        let text: String<32>;
        let digits = match self.plain() {
            Some(digits) => digits,
            None => {
                text = self.trimmed()?;
                text.as_bytes()
            }
        };
        digits::number(digits)
    }

    /// The truth value that it is (XML Schema Part 2, section 3.2.2), with blanks around it.
    #[must_use]
    pub fn boolean(self) -> Option<bool> {
        match self.trimmed::<8>()?.as_bytes() {
            b"true" | b"1" => Some(true),
            b"false" | b"0" => Some(false),
            _ => None,
        }
    }

    /// A copy, without the blanks around it; none when it has more than `N` bytes.
    #[must_use]
    pub fn trimmed<const N: usize>(self) -> Option<String<N>> {
        let mut copy = String::<N>::new();
        // Blanks that may turn out to be at the end.
        let mut blanks = 0_u32;
        for character in self.characters() {
            if u8::try_from(character).is_ok_and(is_blank) {
                blanks = if copy.is_empty() { 0 } else { blanks.saturating_add(1) };
                continue;
            }
            while let Some(left) = blanks.checked_sub(1) {
                copy.push(' ').ok()?;
                blanks = left;
            }
            copy.push(character).ok()?;
        }
        Some(copy)
    }
}

/// The characters of a [`Text`].
#[derive(Clone, Debug)]
pub struct Characters<'a> {
    rest: &'a [u8],
    kind: Kind,
    in_cdata: bool,
}

/// What is behind the first `end`; nothing when there is none.
fn behind<'a>(bytes: &'a [u8], end: &[u8]) -> &'a [u8] {
    let mut rest = bytes;
    loop {
        if let Some(behind) = rest.strip_prefix(end) {
            return behind;
        }
        match rest.split_first() {
            Some((_, next)) => rest = next,
            None => return &[],
        }
    }
}

impl Characters<'_> {
    /// Behind whatever is no character.
    fn skip_markup(&mut self) {
        loop {
            if self.in_cdata {
                let Some(rest) = self.rest.strip_prefix(b"]]>") else { return };
                (self.rest, self.in_cdata) = (rest, false);
            } else if let Some(rest) = self.rest.strip_prefix(b"<![CDATA[") {
                (self.rest, self.in_cdata) = (rest, true);
            } else if let Some(rest) = self.rest.strip_prefix(b"<!--") {
                self.rest = behind(rest, b"-->");
            } else if let Some(rest) = self.rest.strip_prefix(b"<?") {
                self.rest = behind(rest, b"?>");
            } else {
                return;
            }
        }
    }
}

/// The first character of UTF-8 and what follows it.
fn decode(bytes: &[u8]) -> Option<(char, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    if first.is_ascii() {
        return Some((char::from(*first), rest));
    }
    let len = if *first >= 0xF0 {
        4
    } else if *first >= 0xE0 {
        3
    } else {
        2
    };
    let (character, rest) = bytes.split_at_checked(len)?;
    Some((core::str::from_utf8(character).ok()?.chars().next()?, rest))
}

impl Iterator for Characters<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        if self.kind == Kind::Content {
            self.skip_markup();
        }
        if self.kind != Kind::Plain && !self.in_cdata && self.rest.first() == Some(&b'&') {
            // It was read before, or the document would not be well-formed.
            let (character, rest) = reference::at_front(self.rest).ok()?;
            self.rest = rest;
            return Some(character);
        }
        let (character, rest) = decode(self.rest)?;
        self.rest = rest;
        if self.kind == Kind::Plain {
            return Some(character);
        }
        if character == '\r' {
            // A line end is one character, however it is written.
            self.rest = self.rest.strip_prefix(b"\n").unwrap_or(self.rest);
            return Some(if self.kind == Kind::Value { ' ' } else { '\n' });
        }
        Some(if self.kind == Kind::Value && matches!(character, '\t' | '\n') { ' ' } else { character })
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;

    fn content(raw: &str) -> std::string::String {
        Text::new(raw.as_bytes(), Kind::Content).characters().collect()
    }

    #[test]
    fn what_stands_for_others_is_resolved() {
        assert_eq!(content("a&amp;b&#x41;<![CDATA[&amp;<x>]]>c<!-- d --><?e f?>\r\ng\rh"), "a&bA&amp;<x>c\ng\nh");
        let value: std::string::String = Text::new(b"a\tb\r\nc&#10;d", Kind::Value).characters().collect();
        assert_eq!(value, "a b c\nd");
        assert_eq!(content("\u{e4}\u{20ac}\u{1f600}"), "\u{e4}\u{20ac}\u{1f600}");
    }

    #[test]
    fn numbers_and_truth_values() {
        let text = |raw: &'static str| Text::new(raw.as_bytes(), Kind::Content);
        assert_eq!(text(" 8\n").number(), Some(8));
        assert_eq!(text("&#52;09<!-- -->6").number(), Some(4096));
        assert_eq!(text("4294967295").number(), Some(u32::MAX));
        for bad in ["", " ", "4294967296", "-1", "+1", "1 2", "0x1", "on", "1.0"] {
            assert_eq!(text(bad).number(), None, "{bad}");
        }
        assert_eq!(
            (text(" true ").boolean(), text("0").boolean(), text("True").boolean()),
            (Some(true), Some(false), None)
        );
        assert!(text("a&amp;b").is("a&b") && !text("a&amp;b").is("a&amp;b"));
        assert_eq!(text("  a  b ").trimmed::<8>().as_deref(), Some("a  b"));
        assert_eq!(text("123456789").trimmed::<8>(), None);
    }
}
