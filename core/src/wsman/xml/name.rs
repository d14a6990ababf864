//! Names. XML 1.0, section 2.3; Namespaces in XML 1.0, section 4.

/// XML 1.0, production 3: S.
pub(super) const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// A name with at most one prefix (Namespaces, production 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RawName<'a> {
    /// As it is written.
    pub(super) whole: &'a [u8],
    /// Where its colon is; 0 when there is none.
    colon: usize,
}

/// Where a name begins, within itself.
const START: u8 = 1;
/// Within a name.
const INNER: u8 = 2;
const COLON: u8 = 4;
/// What no name has.
const OTHER: u8 = 8;

/// What each byte is in a name; 0 ends it. XML 1.0, productions 4 and 4a, for ASCII: of the characters beyond, which no device
/// has in its names, all are taken, since telling them apart takes more flash than all other reading of names.
const CLASSES: [u8; 256] = {
    let mut classes = [OTHER; 256];
    let mut rest = classes.as_mut_slice();
    let mut byte = 0_u8;
    while let Some((class, others)) = rest.split_first_mut() {
        *class = match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'_' | 0x80..=0xFF => START | INNER,
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
    /// The name that is all of a text.
    pub(super) fn of(text: &'a [u8]) -> Option<Self> {
        let (len, name) = Self::front(text);
        name.filter(|_| len == text.len())
    }

    /// Bytes before the first one that ends a name, and the name that they are.
    pub(super) fn front(bytes: &'a [u8]) -> (usize, Option<Self>) {
        // What the next byte must be; where the colon is, with one before it; and whether all was good so far.
        let (mut wanted, mut colon, mut good) = (START, 0_usize, true);
        let mut len = bytes.len();
        for (at, byte) in bytes.iter().enumerate() {
            let class = class(*byte);
            if class == 0 {
                len = at;
                break;
            }
            if class == COLON {
                good &= wanted == INNER && colon == 0;
                (wanted, colon) = (START, at);
            } else {
                good &= class & wanted != 0;
                wanted = INNER;
            }
        }
        let whole = bytes.get(..len).unwrap_or(&[]);
        let name = Self { whole, colon };
        good &= wanted == INNER;
        (len, good.then_some(name))
    }

    /// What is before the colon; empty when there is none.
    pub(super) fn prefix(&self) -> &'a [u8] {
        self.whole.get(..self.colon).unwrap_or(&[])
    }

    /// What is behind it.
    pub(super) fn local(&self) -> &'a [u8] {
        let from = if self.colon > 0 { self.colon.saturating_add(1) } else { 0 };
        self.whole.get(from..).unwrap_or(&[])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["a", "_", "a-1.b", "a:b", "\u{e4}:\u{f6}", "a:\u{f6}", "\u{e4}\u{b7}"] {
            assert!(RawName::of(good.as_bytes()).is_some(), "{good}");
        }
        for bad in ["", ":", "a:", ":a", "a:b:c", "\u{e4}:b:c", "a::b", "1", "-a", "a:1", "a b", "a=", "a,"] {
            assert!(RawName::of(bad.as_bytes()).is_none(), "{bad}");
        }
        let name = RawName::of(b"wsa:Action").unwrap();
        assert_eq!((name.prefix(), name.local()), (&b"wsa"[..], &b"Action"[..]));
        let name = RawName::of(b"Action").unwrap();
        assert_eq!((name.prefix(), name.local()), (&b""[..], &b"Action"[..]));
    }
}
