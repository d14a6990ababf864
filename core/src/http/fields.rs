//! The fields of a head: a line each, name, colon, value. RFC 9112, section 5; RFC 9110, section 5.
//!
//! ```text
//!  Content-Type: text/html\r\n      name without blanks, value without those around it
//!  Connection: close\n              a bare LF ends a line, too (RFC 9112, section 2.2)
//! ```

use core::fmt;

use super::work;

/// Whether a byte may be in a token (RFC 9110, section 5.6.2).
pub(super) const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
        )
}

/// Whether a byte may be in a text: everything but control characters, of which the tabulator is none here.
pub(super) const fn is_text(byte: u8) -> bool {
    byte == b'\t' || !byte.is_ascii_control()
}

/// Whether a text is this word, in any case. In one place: each comparison takes a hundred bytes of flash.
#[cfg_attr(target_pointer_width = "32", inline(never))]
pub(super) fn is_word(text: &[u8], word: &str) -> bool {
    text.eq_ignore_ascii_case(word.as_bytes())
}

/// The first line without its end, and what follows it.
pub(super) fn line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| at.saturating_add(1));
    work::add(end);
    let (line, rest) = bytes.split_at_checked(end).unwrap_or((bytes, &[]));
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    (line.strip_suffix(b"\r").unwrap_or(line), rest)
}

/// What is before the first `mark`, and what is behind it, if it is there.
pub(super) fn split(bytes: &[u8], mark: u8) -> (&[u8], Option<&[u8]>) {
    let found = bytes.iter().position(|byte| *byte == mark).and_then(|at| bytes.split_at_checked(at));
    match found {
        Some((before, behind)) => (before, behind.split_first().map(|(_, behind)| behind)),
        None => (bytes, None),
    }
}

/// Name and value of a line that is a field.
pub(super) fn field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    work::add(line.len());
    let (name, value) = split(line, b':');
    let value = value?;
    let good = !name.is_empty() && name.iter().all(|byte| is_token(*byte)) && value.iter().all(|byte| is_text(*byte));
    // What is trimmed beyond blanks and tabulators would not be good.
    good.then_some((name, value.trim_ascii()))
}

/// The elements of a list (RFC 9110, section 5.6.1), without the blanks around them; empty ones, too.
#[derive(Clone, Debug)]
pub(super) struct Elements<'a>(Option<&'a [u8]>);

impl<'a> Elements<'a> {
    pub(super) const fn of(list: &'a [u8]) -> Self {
        Self(Some(list))
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (element, rest) = split(self.0?, b',');
        self.0 = rest;
        Some(element.trim_ascii())
    }
}

/// The fields of a head that was found to be in order: an iterator over names, as they came, and values. A value has no blanks
/// around it and no control characters in it; it need not be UTF-8.
#[derive(Clone, Copy)]
pub struct Fields<'a> {
    lines: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) const fn new(lines: &'a [u8]) -> Self {
        Self { lines }
    }

    /// The value of the first field of this name, whatever its case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a [u8]> {
        self.all(name).next()
    }

    /// The values of all fields of this name, whatever its case, in their order.
    #[must_use]
    pub const fn all<'n>(&self, name: &'n str) -> FieldValues<'a, 'n> {
        FieldValues { fields: *self, name }
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = (&'a str, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (line, rest) = line(self.lines);
        self.lines = rest;
        let (name, value) = field(line)?;
        Some((core::str::from_utf8(name).ok()?, value))
    }
}

/// Fields may hold what shows who asks.
impl fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fields").finish_non_exhaustive()
    }
}

/// The values of the fields of one name.
#[derive(Clone, Copy, Debug)]
pub struct FieldValues<'a, 'n> {
    fields: Fields<'a>,
    name: &'n str,
}

impl<'a> Iterator for FieldValues<'a, '_> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let name = self.name;
        self.fields.find(|(it, _)| is_word(it.as_bytes(), name)).map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use super::*;

    #[test]
    fn names_in_any_case_and_values_without_their_blanks() {
        let fields = Fields::new(b"A: 1\r\nb:\t 2 \t\na:\r\nC:x:y\r\n\r\nd: 4\r\n");
        let all: Vec<_> = fields.collect();
        assert_eq!(all, [("A", &b"1"[..]), ("b", b"2"), ("a", b""), ("C", b"x:y")]);
        assert_eq!(fields.get("B"), Some(&b"2"[..]));
        assert_eq!(fields.get("d"), None, "a field behind the head");
        assert_eq!(fields.all("a").collect::<Vec<_>>(), [&b"1"[..], b""]);
    }

    #[test]
    fn what_is_no_field() {
        for line in [
            &b"a"[..],
            b":b",
            b"a : b",
            b" a: b",
            b"a: b\rc",
            b"a: \0",
            b"a\xE9: b",
            b"a: \x7F",
            b"(: b",
            b"a: b\r",
            b"a: \x0C",
        ] {
            assert_eq!(field(line), None, "{}", line.escape_ascii());
        }
        assert_eq!(field(b"a: \xE9\tb"), Some((&b"a"[..], &b"\xE9\tb"[..])));
    }

    #[test]
    fn elements_of_a_list() {
        assert_eq!(Elements::of(b" a , ,b").collect::<Vec<_>>(), [&b"a"[..], b"", b"b"]);
        assert_eq!(Elements::of(b"").collect::<Vec<_>>(), [b""]);
    }
}
