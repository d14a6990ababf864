//! Texts: the content of an element, or the value of an attribute. XML 1.0, sections 2.4, 2.7, 2.11 and 3.3.3.

use core::fmt;

use heapless::String;

use super::cursor::Cursor;
use super::name::is_blank;
use super::reference::reference;
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
        self.octets().next().is_none()
    }

    /// Its bytes in UTF-8, with all that stands for others resolved.
    #[must_use]
    pub const fn octets(self) -> Octets<'a> {
        Octets { rest: self.raw, kind: self.kind, in_cdata: false, pending: 0 }
    }

    /// Whether it is exactly `wanted`.
    #[must_use]
    pub fn is(self, wanted: &str) -> bool {
        self.is_both(wanted, "")
    }

    /// Whether it is exactly one text and then another.
    #[must_use]
    pub fn is_both(self, first: &str, second: &str) -> bool {
        if self.kind == Kind::Plain {
            self.raw.strip_prefix(first.as_bytes()) == Some(second.as_bytes())
        } else {
            self.octets().eq(first.bytes().chain(second.bytes()))
        }
    }

    /// Whether both are the same.
    #[must_use]
    pub fn same(self, other: Text<'_>) -> bool {
        if self.kind == Kind::Plain && other.kind == Kind::Plain {
            self.raw == other.raw
        } else {
            self.octets().eq(other.octets())
        }
    }

    /// The whole number that it is, with blanks around it, but nothing else.
    #[must_use]
    pub fn number(self) -> Option<u32> {
        digits::number(self.trim(&mut [0; 32])?)
    }

    /// The truth value that it is (XML Schema Part 2, section 3.2.2), with blanks around it.
    #[must_use]
    pub fn boolean(self) -> Option<bool> {
        match self.trim(&mut [0; 8])? {
            b"true" | b"1" => Some(true),
            b"false" | b"0" => Some(false),
            _ => None,
        }
    }

    /// A copy, without the blanks around it; none when it has more than `N` bytes.
    #[must_use]
    pub fn trimmed<const N: usize>(self) -> Option<String<N>> {
        let mut room = [0; N];
        let text = core::str::from_utf8(self.trim(&mut room)?).ok()?;
        String::try_from(text).ok()
    }

    /// What it is without the blanks around it; none when there is no room for that.
    pub(crate) fn trim(self, room: &mut [u8]) -> Option<&[u8]> {
        // Up to the last byte that is no blank, and to the last one.
        let (mut len, mut end) = (0_usize, 0_usize);
        for byte in self.octets() {
            let blank = is_blank(byte);
            if blank && len == 0 {
                continue;
            }
            let place = room.get_mut(end);
            end = end.saturating_add(1);
            if !blank {
                len = end;
            }
            match place {
                Some(place) => *place = byte,
                // Blanks may turn out to be at the end.
                None if blank => {}
                None => return None,
            }
        }
        room.get(..len)
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut octets = self.octets();
        while let Some(first) = octets.next() {
            // What is behind the first byte of a character: the document is UTF-8.
            let more = usize::try_from(first.leading_ones()).unwrap_or(0).saturating_sub(1);
            let mut character = [first, 0, 0, 0];
            for place in character.iter_mut().skip(1).take(more) {
                *place = octets.next().unwrap_or(0);
            }
            let len = more.saturating_add(1);
            let text = character.get(..len).and_then(|bytes| core::str::from_utf8(bytes).ok());
            f.write_str(text.unwrap_or("\u{FFFD}"))?;
        }
        Ok(())
    }
}

/// The bytes of a [`Text`].
#[derive(Clone, Debug)]
pub struct Octets<'a> {
    rest: &'a [u8],
    kind: Kind,
    in_cdata: bool,
    /// Those of a character that was read from a reference, the next one lowest. A document has no zeros.
    pending: u32,
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

impl Octets<'_> {
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

impl Iterator for Octets<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        if self.pending == 0 && self.kind == Kind::Content {
            self.skip_markup();
        }
        let is_reference = self.kind != Kind::Plain && !self.in_cdata && self.rest.first() == Some(&b'&');
        if self.pending == 0 && is_reference {
            // It was read before, or the document would not be well-formed.
            let (character, behind) = reference(Cursor::new(self.rest)).ok()?;
            self.rest = behind.rest();
            let mut bytes = [0; 4];
            character.encode_utf8(&mut bytes);
            self.pending = u32::from_le_bytes(bytes);
        }
        if self.pending > 0 {
            let [byte, ..] = self.pending.to_le_bytes();
            self.pending >>= 8;
            return Some(byte);
        }
        let (byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        if self.kind == Kind::Plain {
            return Some(*byte);
        }
        if *byte == b'\r' {
            // A line end is one character, however it is written.
            self.rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        }
        Some(match (byte, self.kind) {
            (b'\r' | b'\n' | b'\t', Kind::Value) => b' ',
            (b'\r', _) => b'\n',
            (byte, _) => *byte,
        })
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::ToString;

    use super::*;

    fn content(raw: &str) -> std::string::String {
        Text::new(raw.as_bytes(), Kind::Content).to_string()
    }

    #[test]
    fn what_stands_for_others_is_resolved() {
        assert_eq!(content("a&amp;b&#x41;<![CDATA[&amp;<x>]]>c<!-- d --><?e f?>\r\ng\rh"), "a&bA&amp;<x>c\ng\nh");
        let value = Text::new(b"a\tb\r\nc&#10;d", Kind::Value).to_string();
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
