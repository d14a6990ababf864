//! Pieces of markup: attributes, comments, processing instructions. XML 1.0, sections 2.5, 2.6 and 3.1.

use super::name::{RawName, blanks, name};
use super::reference::reference;
use super::text::{Kind, Text};
use crate::input::{Bytes, ParseErrorKind, Parsed};

/// These bytes. Where the document ends within them it is cut, and not wrong.
pub(super) fn literal<'a>(input: Bytes<'a>, wanted: &[u8]) -> Parsed<'a, ()> {
    if input.rest().starts_with(wanted) {
        return Ok((input.advance(wanted.len()), ()));
    }
    if wanted.starts_with(input.rest()) {
        return Err(input.advance(wanted.len()).error(ParseErrorKind::Truncated));
    }
    Err(input.error(ParseErrorKind::BadValue))
}

/// Name and value of the attribute that is next; its name is at the front.
pub(super) fn attribute(input: Bytes<'_>) -> Parsed<'_, (RawName<'_>, Text<'_>)> {
    let (input, name) = name(input)?;
    let (input, ()) = literal(blanks(input).0, b"=")?;
    let (input, value) = quoted(blanks(input).0)?;
    Ok((input, (name, value)))
}

/// A value in quotes of either kind.
fn quoted(input: Bytes<'_>) -> Parsed<'_, Text<'_>> {
    let quote = match input.rest().first() {
        Some(quote @ (b'"' | b'\'')) => *quote,
        Some(_) => return Err(input.error(ParseErrorKind::BadValue)),
        None => return Err(input.error(ParseErrorKind::Truncated)),
    };
    let start = input.advance(1);
    let value = start.rest();
    let Some(len) = memchr::memchr(quote, value) else {
        return Err(start.advance(value.len()).error(ParseErrorKind::Truncated));
    };
    let raw = value.get(..len).unwrap_or(&[]);
    let behind = start.advance(len.saturating_add(1));
    // Without a branch, so that many bytes are looked at at once.
    let (mut less, mut special) = (false, false);
    for byte in raw {
        less |= *byte == b'<';
        special |= *byte < b' ' || *byte == b'&';
    }
    if less {
        let bad = memchr::memchr(b'<', raw).unwrap_or(0);
        return Err(start.advance(bad).error(ParseErrorKind::BadValue));
    }
    let mut kind = Kind::Plain;
    if special {
        kind = Kind::Value;
        let mut from = 0_usize;
        while let Some(found) = raw.get(from..).and_then(|rest| memchr::memchr(b'&', rest)) {
            from = from.saturating_add(found);
            reference(start.advance(from))?;
            from = from.saturating_add(1);
        }
    }
    Ok((behind, Text::new(raw, kind)))
}

/// Behind the first `end`.
fn through<'a>(input: Bytes<'a>, end: &[u8]) -> Parsed<'a, ()> {
    let rest = input.rest();
    let Some((first, _)) = end.split_first() else { return Ok((input, ())) };
    let mut from = 0_usize;
    while let Some(found) = rest.get(from..).and_then(|rest| memchr::memchr(*first, rest)) {
        from = from.saturating_add(found);
        if rest.get(from..).is_some_and(|rest| rest.starts_with(end)) {
            return Ok((input.advance(from.saturating_add(end.len())), ()));
        }
        from = from.saturating_add(1);
    }
    Err(input.advance(rest.len()).error(ParseErrorKind::Truncated))
}

/// A comment, its beginning included.
pub(super) fn comment(input: Bytes<'_>) -> Parsed<'_, ()> {
    let (input, ()) = literal(input, b"<!--")?;
    // The first two hyphens must be those of the end.
    let (end, ()) = through(input, b"--")?;
    literal(end, b">")
}

/// A CDATA section, its beginning included.
pub(super) fn cdata(input: Bytes<'_>) -> Parsed<'_, ()> {
    let (input, ()) = literal(input, b"<![CDATA[")?;
    through(input, b"]]>")
}

/// A processing instruction, its beginning included. The one that only the front of a document may have is refused.
pub(super) fn instruction(input: Bytes<'_>) -> Parsed<'_, ()> {
    let (start, ()) = literal(input, b"<?")?;
    let (input, target) = name(start)?;
    if target.whole.eq_ignore_ascii_case(b"xml") || !target.prefix.is_empty() {
        return Err(start.error(ParseErrorKind::BadValue));
    }
    let (behind, blank) = blanks(input);
    if blank {
        return through(behind, b"?>");
    }
    literal(input, b"?>")
}

/// The declaration at the front of a document: version 1.x, UTF-8.
pub(super) fn declaration(input: Bytes<'_>) -> Parsed<'_, ()> {
    let (input, ()) = literal(input, b"<?xml")?;
    let mut input = input;
    for (place, known) in [&b"version"[..], b"encoding", b"standalone"].into_iter().enumerate() {
        let (next, blank) = blanks(input);
        if !blank || next.rest().first() == Some(&b'?') {
            if place == 0 {
                return Err(next.error(ParseErrorKind::BadValue));
            }
            continue;
        }
        let (behind, (name, value)) = attribute(next)?;
        if name.whole != known && place > 0 {
            continue;
        }
        let is_version = |text: &[u8]| {
            text.strip_prefix(b"1.").is_some_and(|minor| !minor.is_empty() && minor.iter().all(u8::is_ascii_digit))
        };
        let good = match place {
            0 => name.whole == known && is_version(value.raw()),
            1 => value.raw().eq_ignore_ascii_case(b"utf-8"),
            _ => matches!(value.raw(), b"yes" | b"no"),
        };
        if !good {
            return Err(next.error(ParseErrorKind::BadValue));
        }
        input = behind;
    }
    literal(blanks(input).0, b"?>")
}
