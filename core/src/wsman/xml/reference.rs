//! Character and entity references. XML 1.0, sections 4.1 and 4.6.

use crate::input::{Bytes, ParseError, ParseErrorKind, Parsed, front};

/// Most digits of a reference and its semicolon.
const MAX_DIGITS: usize = 32;

/// XML 1.0, production 2: Char.
pub(super) const fn is_character(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..='\u{10FFFF}')
}

/// XML 1.0, section 4.6: those that every document has.
const NAMED: [(&[u8], char); 5] =
    [(b"&amp;", '&'), (b"&lt;", '<'), (b"&gt;", '>'), (b"&quot;", '"'), (b"&apos;", '\'')];

/// The reference that is next, from its ampersand to its semicolon.
pub(super) fn reference(input: Bytes<'_>) -> Parsed<'_, char> {
    let rest = input.rest();
    if let [_, b'#', ..] = rest {
        return by_number(input);
    }
    for (text, character) in NAMED {
        if rest.starts_with(text) {
            return Ok((input.advance(text.len()), character));
        }
    }
    let cut = NAMED.iter().any(|(text, _)| text.starts_with(rest));
    let (at, kind) =
        if cut { (input.advance(rest.len()), ParseErrorKind::Truncated) } else { (input, ParseErrorKind::BadValue) };
    Err(at.error(kind))
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
    for (count, byte) in digits.iter().take(MAX_DIGITS).enumerate() {
        if *byte == b';' {
            let character = char::from_u32(number).filter(|it| count > 0 && is_character(*it));
            let behind = input.advance(start.saturating_add(count).saturating_add(1));
            return character.map(|it| (behind, it)).ok_or(bad);
        }
        let digit = match byte {
            b'0'..=b'9' => byte.wrapping_sub(b'0'),
            b'a'..=b'f' if radix == 16 => byte.wrapping_sub(b'a').wrapping_add(10),
            b'A'..=b'F' if radix == 16 => byte.wrapping_sub(b'A').wrapping_add(10),
            _ => return Err(bad),
        };
        number = number.saturating_mul(radix).saturating_add(digit.into());
    }
    if digits.len() < MAX_DIGITS { Err(input.advance(rest.len()).error(ParseErrorKind::Truncated)) } else { Err(bad) }
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
