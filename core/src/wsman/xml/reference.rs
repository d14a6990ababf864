//! Character and entity references. XML 1.0, sections 4.1 and 4.6.

use super::cursor::{Cursor, Read};
use crate::input::ParseErrorKind;

/// Most digits of a reference and its semicolon.
const MAX_DIGITS: usize = 32;

/// XML 1.0, production 2: Char.
pub(super) const fn is_character(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..='\u{10FFFF}')
}

/// XML 1.0, section 4.6: those that every document has.
const NAMED: [(&[u8], char); 5] =
    [(b"&amp;", '&'), (b"&lt;", '<'), (b"&gt;", '>'), (b"&quot;", '"'), (b"&apos;", '\'')];

/// The reference that is next, from its ampersand to its semicolon, and what is behind it.
pub(super) fn reference(mut input: Cursor<'_>) -> Read<(char, Cursor<'_>)> {
    let rest = input.rest();
    if rest.get(1) == Some(&b'#') {
        return by_number(input);
    }
    let mut cut = false;
    for (text, character) in NAMED {
        if input.eat(text) {
            return Ok((character, input));
        }
        cut |= text.starts_with(rest);
    }
    Err(if cut { input.cut() } else { input.error(ParseErrorKind::BadValue) })
}

/// `&#65;` or `&#x41;`.
fn by_number(mut input: Cursor<'_>) -> Read<(char, Cursor<'_>)> {
    let bad = input.error(ParseErrorKind::BadValue);
    let radix = if input.eat(b"&#x") { 16 } else { 10 };
    if radix == 10 {
        input.skip(2);
    }
    let mut number = 0_u32;
    // Leading zeros may be many, but not without end.
    for count in 0..MAX_DIGITS {
        let Some(byte) = input.peek() else { return Err(input.cut()) };
        input.skip(1);
        if byte == b';' {
            let character = char::from_u32(number).filter(|it| count > 0 && is_character(*it));
            return character.map(|it| (it, input)).ok_or(bad);
        }
        let digit = char::from(byte).to_digit(radix).ok_or(bad)?;
        number = number.saturating_mul(radix).saturating_add(digit);
    }
    Err(bad)
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
            let (read, behind) = reference(Cursor::new(text.as_bytes())).unwrap();
            assert_eq!((read, behind.rest()), (character, &[][..]), "{text}");
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
            assert!(reference(Cursor::new(bad.as_bytes())).is_err(), "{bad}");
        }
    }
}
