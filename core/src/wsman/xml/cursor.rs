//! A place in a document, and what is read at it: names, values, comments and the like. XML 1.0, sections 2.3 to 2.8.
//!
//! The parsers of this module are methods on a place that moves, where the others of this crate are nom's functions from a place
//! to a place: XML is read in many small steps, and to move places and errors about at each cost a small board kilobytes of flash.

use super::find;
use super::name::{RawName, is_blank};
use super::reference::reference;
use super::text::{Kind, Text};
use crate::input::{ParseError, ParseErrorKind};

/// Most bytes of a name, its prefix included.
pub const MAX_NAME: usize = 1024;

/// What all that reads returns; the place of an error is that of the cursor, or beyond it.
pub(super) type Read<T> = Result<T, ParseError>;

/// A place in a document, never beyond its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    document: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(document: &'a [u8]) -> Self {
        Self { document, at: 0 }
    }

    /// The place at `at`.
    pub(super) fn to(mut self, at: u32) -> Self {
        self.at = 0;
        self.skip(usize::try_from(at).unwrap_or(usize::MAX));
        self
    }

    pub(super) const fn document(&self) -> &'a [u8] {
        self.document
    }

    /// Offset of the next byte.
    pub(super) fn at(&self) -> u32 {
        u32::try_from(self.at).unwrap_or(u32::MAX)
    }

    /// All that is not read yet.
    #[cfg_attr(target_pointer_width = "32", inline(never))]
    pub(super) fn rest(&self) -> &'a [u8] {
        self.document.get(self.at..).unwrap_or(&[])
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.document.get(self.at).copied()
    }

    /// Moves over so many bytes, or to the end.
    #[cfg_attr(target_pointer_width = "32", inline(never))]
    pub(super) fn skip(&mut self, count: usize) {
        self.at = self.at.saturating_add(count).min(self.document.len());
    }

    /// What is between an earlier place and this one.
    pub(super) fn since(&self, earlier: u32) -> &'a [u8] {
        usize::try_from(earlier).ok().and_then(|from| self.document.get(from..self.at)).unwrap_or(&[])
    }

    /// The error that something is wrong with the next byte.
    pub(super) fn error(&self, kind: ParseErrorKind) -> ParseError {
        ParseError { at: self.at(), kind }
    }

    /// The error that the document ends too early.
    pub(super) fn cut(&mut self) -> ParseError {
        self.at = self.document.len();
        self.error(ParseErrorKind::Truncated)
    }

    /// Moves over these bytes if they are next.
    pub(super) fn eat(&mut self, wanted: &[u8]) -> bool {
        let is = self.rest().starts_with(wanted);
        if is {
            self.skip(wanted.len());
        }
        is
    }

    /// These bytes. Where the document ends within them it is cut, and not wrong.
    pub(super) fn literal(&mut self, wanted: &[u8]) -> Read<()> {
        if self.eat(wanted) {
            return Ok(());
        }
        Err(if wanted.starts_with(self.rest()) { self.cut() } else { self.error(ParseErrorKind::BadValue) })
    }

    /// Moves over blanks; whether there were any.
    #[cfg_attr(target_pointer_width = "32", inline(never))]
    pub(super) fn blanks(&mut self) -> bool {
        let from = self.at;
        while self.peek().is_some_and(is_blank) {
            self.skip(1);
        }
        self.at > from
    }

    pub(super) fn name(&mut self) -> Read<RawName<'a>> {
        let rest = self.rest();
        let (len, name) = RawName::front(rest);
        if len == rest.len() {
            return Err(self.cut());
        }
        let name = name.ok_or(self.error(ParseErrorKind::BadValue))?;
        if len > MAX_NAME {
            return Err(self.error(ParseErrorKind::Limit));
        }
        self.skip(len);
        Ok(name)
    }

    /// Name and value of an attribute.
    pub(super) fn attribute(&mut self) -> Read<(RawName<'a>, Text<'a>)> {
        let name = self.name()?;
        self.blanks();
        self.literal(b"=")?;
        self.blanks();
        Ok((name, self.quoted()?))
    }

    /// A value in quotes of either kind.
    fn quoted(&mut self) -> Read<Text<'a>> {
        let quote = match self.peek() {
            Some(quote @ (b'"' | b'\'')) => quote,
            Some(_) => return Err(self.error(ParseErrorKind::BadValue)),
            None => return Err(self.cut()),
        };
        self.skip(1);
        let value = self.rest();
        let Some(raw) = find::first(quote, value).and_then(|len| value.get(..len)) else { return Err(self.cut()) };
        // Without a branch, so that many bytes are looked at at once.
        let (mut less, mut special) = (false, false);
        for byte in raw {
            less |= *byte == b'<';
            special |= *byte < b' ' || *byte == b'&';
        }
        let behind = self.at.saturating_add(raw.len()).saturating_add(1);
        if less || special {
            let text = raw;
            for byte in text {
                match byte {
                    b'<' => return Err(self.error(ParseErrorKind::BadValue)),
                    b'&' => {
                        reference(*self)?;
                    }
                    _ => {}
                }
                self.skip(1);
            }
        }
        self.at = behind;
        Ok(Text::new(raw, if special { Kind::Value } else { Kind::Plain }))
    }

    /// Moves behind the first `end`.
    fn through(&mut self, end: &[u8]) -> Read<()> {
        let first = end.first().copied().unwrap_or(0);
        while let Some(found) = find::first(first, self.rest()) {
            self.skip(found);
            if self.eat(end) {
                return Ok(());
            }
            self.skip(1);
        }
        Err(self.cut())
    }

    /// A comment, its beginning included.
    pub(super) fn comment(&mut self) -> Read<()> {
        self.literal(b"<!--")?;
        // The first two hyphens must be those of the end.
        self.through(b"--")?;
        self.literal(b">")
    }

    /// A CDATA section, its beginning included.
    pub(super) fn cdata(&mut self) -> Read<()> {
        self.literal(b"<![CDATA[")?;
        self.through(b"]]>")
    }

    /// A processing instruction, its beginning included. The one that only the front of a document may have is refused.
    pub(super) fn instruction(&mut self) -> Read<()> {
        self.literal(b"<?")?;
        let wrong = self.error(ParseErrorKind::BadValue);
        let target = self.name()?;
        if target.whole.eq_ignore_ascii_case(b"xml") || !target.prefix().is_empty() {
            return Err(wrong);
        }
        if self.blanks() { self.through(b"?>") } else { self.literal(b"?>") }
    }

    /// The declaration at the front of a document, if there is one: version 1.x, UTF-8.
    pub(super) fn declaration(&mut self) -> Read<()> {
        let mut ahead = *self;
        if !(ahead.eat(b"<?xml") && ahead.blanks()) {
            return Ok(());
        }
        // What may be next, in this order.
        let mut rest: &[&str] = &["version", "encoding", "standalone"];
        while ahead.peek() != Some(b'?') {
            let wrong = ahead.error(ParseErrorKind::BadValue);
            let (name, value) = ahead.attribute()?;
            let raw = value.raw();
            let place = rest.iter().position(|known| known.as_bytes() == name.whole);
            // The first one must be there.
            let place = place.filter(|place| rest.len() < 3 || *place == 0).ok_or(wrong)?;
            rest = rest.get(place.saturating_add(1)..).unwrap_or(&[]);
            let good = match rest.len() {
                2 => raw.strip_prefix(b"1.").is_some_and(is_number),
                1 => raw.eq_ignore_ascii_case(b"utf-8"),
                _ => matches!(raw, b"yes" | b"no"),
            };
            if !good {
                return Err(wrong);
            }
            if !ahead.blanks() {
                break;
            }
        }
        if rest.len() == 3 {
            return Err(ahead.error(ParseErrorKind::BadValue));
        }
        *self = ahead;
        self.literal(b"?>")
    }
}

fn is_number(digits: &[u8]) -> bool {
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}
