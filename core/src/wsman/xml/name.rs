//! Names. XML 1.0, section 2.3; Namespaces in XML 1.0, section 4.

use crate::input::{Bytes, ParseErrorKind, Parsed};

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

impl<'a> RawName<'a> {
    /// Takes a text of bytes apart that may be a name.
    pub(super) fn of(whole: &'a [u8]) -> Option<Self> {
        let colon = whole.iter().position(|byte| *byte == b':');
        let (prefix, local) = match colon.and_then(|at| whole.split_at_checked(at)) {
            Some((prefix, rest)) => (prefix, rest.split_first()?.1),
            None => (&[][..], whole),
        };
        let good = is_simple(local) && (colon.is_none() || is_simple(prefix));
        good.then_some(Self { whole, prefix, local })
    }
}

/// A name without a colon (Namespaces, production 4).
fn is_simple(name: &[u8]) -> bool {
    let Some((first, rest)) = name.split_first() else { return false };
    let ascii_start = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    let ascii_inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    if ascii_start(*first) && rest.iter().all(|byte| ascii_inner(*byte)) {
        return true;
    }
    let Ok(text) = core::str::from_utf8(name) else { return false };
    let mut characters = text.chars();
    characters.next().is_some_and(is_start) && characters.all(is_inner)
}

/// Whether a byte ends a name in a tag.
const fn ends(byte: u8) -> bool {
    is_blank(byte) || matches!(byte, b'=' | b'/' | b'>' | b'<' | b'"' | b'\'' | b'?')
}

/// The name that is next.
pub(super) fn name(input: Bytes<'_>) -> Parsed<'_, RawName<'_>> {
    let rest = input.rest();
    let Some(end) = rest.iter().position(|byte| ends(*byte)) else {
        return Err(input.advance(rest.len()).error(ParseErrorKind::Truncated));
    };
    match rest.get(..end).and_then(RawName::of) {
        Some(name) => Ok((input.advance(end), name)),
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
