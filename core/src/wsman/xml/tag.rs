//! Pieces of markup: attributes, comments, processing instructions. XML 1.0, sections 2.5, 2.6 and 3.1.

use nom::Parser;
use nom::bytes::complete::tag;

use super::name::{RawName, blanks, name};
use super::reference::reference;
use super::text::{Kind, Text};
use crate::input::{Bytes, ParseErrorKind, Parsed, u8};

/// Name and value of the attribute that is next; its name is at the front.
pub(super) fn attribute(input: Bytes<'_>) -> Parsed<'_, (RawName<'_>, Text<'_>)> {
    let (input, name) = name(input)?;
    let (input, _) = tag(&b"="[..]).parse(blanks(input).0)?;
    let (input, value) = quoted(blanks(input).0)?;
    Ok((input, (name, value)))
}

/// A value in quotes of either kind.
fn quoted(input: Bytes<'_>) -> Parsed<'_, Text<'_>> {
    let (start, quote) = u8(input)?;
    if !matches!(quote, b'"' | b'\'') {
        return Err(input.error(ParseErrorKind::BadValue));
    }
    let value = start.rest();
    let Some(len) = memchr::memchr(quote, value) else {
        return Err(start.advance(value.len()).error(ParseErrorKind::Truncated));
    };
    let raw = value.get(..len).unwrap_or(&[]);
    let behind = start.advance(len.saturating_add(1));
    if let Some(bad) = memchr::memchr(b'<', raw) {
        return Err(start.advance(bad).error(ParseErrorKind::BadValue));
    }
    let mut kind = Kind::Plain;
    if raw.iter().any(|byte| matches!(byte, b'&' | b'\t' | b'\r' | b'\n')) {
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
    let (input, _) = tag(&b"<!--"[..]).parse(input)?;
    // The first two hyphens must be those of the end.
    let (end, ()) = through(input, b"--")?;
    let (end, _) = tag(&b">"[..]).parse(end)?;
    Ok((end, ()))
}

/// A CDATA section, its beginning included.
pub(super) fn cdata(input: Bytes<'_>) -> Parsed<'_, ()> {
    let (input, _) = tag(&b"<![CDATA["[..]).parse(input)?;
    through(input, b"]]>")
}

/// A processing instruction, its beginning included. The one that only the front of a document may have is refused.
pub(super) fn instruction(input: Bytes<'_>) -> Parsed<'_, ()> {
    let (start, _) = tag(&b"<?"[..]).parse(input)?;
    let (input, target) = name(start)?;
    if target.whole.eq_ignore_ascii_case(b"xml") || !target.prefix.is_empty() {
        return Err(start.error(ParseErrorKind::BadValue));
    }
    let (behind, blank) = blanks(input);
    if blank {
        return through(behind, b"?>");
    }
    let (input, _) = tag(&b"?>"[..]).parse(input)?;
    Ok((input, ()))
}

/// The declaration at the front of a document: version 1.x, UTF-8.
pub(super) fn declaration(input: Bytes<'_>) -> Parsed<'_, ()> {
    let (input, _) = tag(&b"<?xml"[..]).parse(input)?;
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
        if name.whole != known {
            continue;
        }
        let good = match place {
            0 => value.trimmed::<4>().is_some_and(|it| it.as_bytes().starts_with(b"1.")),
            1 => value.trimmed::<8>().is_some_and(|it| it.eq_ignore_ascii_case("utf-8")),
            _ => value.is("yes") || value.is("no"),
        };
        if !good {
            return Err(next.error(ParseErrorKind::BadValue));
        }
        input = behind;
    }
    let (input, _) = tag(&b"?>"[..]).parse(blanks(input).0)?;
    Ok((input, ()))
}
