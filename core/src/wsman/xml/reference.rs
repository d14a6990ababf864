//! Character and entity references. XML 1.0, sections 4.1 and 4.6.

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::combinator::value;

use crate::input::{Bytes, ParseError, ParseErrorKind, Parsed, front};

/// XML 1.0, production 2: Char.
pub(super) const fn is_character(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..='\u{10FFFF}')
}

/// The reference that is next, from its ampersand to its semicolon.
pub(super) fn reference(input: Bytes<'_>) -> Parsed<'_, char> {
    alt((
        value('&', tag(&b"&amp;"[..])),
        value('<', tag(&b"&lt;"[..])),
        value('>', tag(&b"&gt;"[..])),
        value('"', tag(&b"&quot;"[..])),
        value('\'', tag(&b"&apos;"[..])),
        by_number,
    ))
    .parse(input)
}

/// `&#65;` or `&#x41;`.
fn by_number(input: Bytes<'_>) -> Parsed<'_, char> {
    let bad = input.error(ParseErrorKind::BadValue);
    let rest = input.rest();
    let (digits, radix, start) = match (rest.strip_prefix(b"&#x"), rest.strip_prefix(b"&#")) {
        (Some(digits), _) => (digits, 16, 3_usize),
        (None, Some(digits)) => (digits, 10, 2),
        (None, None) => return Err(bad),
    };
    let mut number = 0_u32;
    // Leading zeros may be many, but not without end.
    for (count, byte) in digits.iter().take(32).enumerate() {
        if *byte == b';' {
            let character = char::from_u32(number).filter(|it| count > 0 && is_character(*it));
            let behind = input.advance(start.saturating_add(count).saturating_add(1));
            return character.map(|it| (behind, it)).ok_or(bad);
        }
        let Some(digit) = char::from(*byte).to_digit(radix) else { return Err(bad) };
        number = number.saturating_mul(radix).saturating_add(digit);
    }
    Err(bad)
}

/// The character of the reference at the front of `bytes`, and what follows it.
pub(super) fn at_front(bytes: &[u8]) -> Result<(char, &[u8]), ParseError> {
    front(bytes, reference)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references() {
        for (text, character) in [
            ("&amp;", '&'),
            ("&lt;", '<'),
            ("&gt;", '>'),
            ("&quot;", '"'),
            ("&apos;", '\''),
            ("&#65;", 'A'),
            ("&#x41;", 'A'),
            ("&#x000041;", 'A'),
            ("&#128512;", '\u{1f600}'),
            ("&#x9;", '\t'),
        ] {
            assert_eq!(at_front(text.as_bytes()), Ok((character, &[][..])), "{text}");
        }
        for bad in [
            "&",
            "&;",
            "&a;",
            "&#;",
            "&#x;",
            "&#0;",
            "&#x1f;",
            "&#xD800;",
            "&#xFFFE;",
            "&#x110000;",
            "&#99999999999;",
            "&#-1;",
            "&#X41;",
            "&amp",
            "&# 65;",
        ] {
            assert!(at_front(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
