//! Names. XML 1.0, section 2.3; Namespaces in XML 1.0, section 4.

use crate::input::{Bytes, ParseErrorKind, Parsed};

/// Most bytes of a name, its prefix included.
pub const MAX_NAME: usize = 1024;

/// XML 1.0, production 3: S.
pub(super) const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// XML 1.0, production 4 without the colon.
const fn is_start(c: char) -> bool {
    matches!(c,
        'A'..='Z' | 'a'..='z' | '_' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}'
        | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
        | '\u{10000}'..='\u{EFFFF}')
}

/// XML 1.0, production 4a without the colon.
const fn is_inner(c: char) -> bool {
    is_start(c) || matches!(c, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

/// A name with at most one prefix (Namespaces, production 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RawName<'a> {
    /// As it is written.
    pub(super) whole: &'a [u8],
    /// What is before the colon; empty when there is none.
    pub(super) prefix: &'a [u8],
    /// What is behind it.
    pub(super) local: &'a [u8],
}

/// Where a name of ASCII begins, within itself.
const START: u8 = 1;
/// Within a name: what is ASCII, and bytes of characters that are not.
const INNER: u8 = 2;
const COLON: u8 = 4;
const OTHER: u8 = 8;

/// What each byte is in a name; 0 ends it.
const CLASSES: [u8; 256] = {
    let mut classes = [OTHER; 256];
    let mut rest = classes.as_mut_slice();
    let mut byte = 0_u8;
    while let Some((class, others)) = rest.split_first_mut() {
        *class = match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'_' => START | INNER,
            b'0'..=b'9' | b'-' | b'.' => INNER,
            b':' => COLON,
            b' ' | b'\t' | b'\r' | b'\n' | b'=' | b'/' | b'>' | b'<' | b'"' | b'\'' | b'?' => 0,
            _ => OTHER,
        };
        rest = others;
        byte = byte.wrapping_add(1);
    }
    classes
};

fn class(byte: u8) -> u8 {
    CLASSES.get(usize::from(byte)).copied().unwrap_or(0)
}

impl<'a> RawName<'a> {
    /// Takes a text of bytes apart that may be a name.
    pub(super) fn of(whole: &'a [u8]) -> Option<Self> {
        let seen = whole.iter().fold(0, |seen, byte| seen | class(*byte));
        let (prefix, local) = if seen & COLON == 0 {
            (&[][..], whole)
        } else {
            let colon = whole.iter().position(|byte| *byte == b':')?;
            let (prefix, rest) = whole.split_at_checked(colon)?;
            (prefix, rest.split_first()?.1)
        };
        let good = is_simple(local) && (seen & COLON == 0 || is_simple(prefix));
        good.then_some(Self { whole, prefix, local })
    }
}

/// A name without a colon (Namespaces, production 4).
fn is_simple(name: &[u8]) -> bool {
    let Some((first, rest)) = name.split_first() else { return false };
    if class(*first) & START != 0 && rest.iter().all(|byte| class(*byte) & INNER != 0) {
        return true;
    }
    let Ok(text) = core::str::from_utf8(name) else { return false };
    let mut characters = text.chars();
    characters.next().is_some_and(is_start) && characters.all(is_inner)
}

/// The name that is next.
pub(super) fn name(input: Bytes<'_>) -> Parsed<'_, RawName<'_>> {
    let rest = input.rest();
    let Some(end) = rest.iter().position(|byte| class(*byte) == 0) else {
        return Err(input.advance(rest.len()).error(ParseErrorKind::Truncated));
    };
    match rest.get(..end).and_then(RawName::of) {
        Some(name) if end <= MAX_NAME => Ok((input.advance(end), name)),
        Some(_) => Err(input.error(ParseErrorKind::Limit)),
        None => Err(input.error(ParseErrorKind::BadValue)),
    }
}

/// Behind the blanks that are next, and whether there were any.
pub(super) fn blanks(input: Bytes<'_>) -> (Bytes<'_>, bool) {
    let rest = input.rest();
    let count = rest.iter().position(|byte| !is_blank(*byte)).unwrap_or(rest.len());
    (input.advance(count), count > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["a", "_", "a-1.b", "a:b", "\u{e4}:\u{f6}"] {
            assert!(RawName::of(good.as_bytes()).is_some(), "{good}");
        }
        for bad in ["", ":", "a:", ":a", "a:b:c", "1", "-a", "a\u{d7}", "a b", "\u{2000}"] {
            assert!(RawName::of(bad.as_bytes()).is_none(), "{bad}");
        }
        let name = RawName::of(b"wsa:Action").unwrap();
        assert_eq!((name.prefix, name.local), (&b"wsa"[..], &b"Action"[..]));
    }
}
