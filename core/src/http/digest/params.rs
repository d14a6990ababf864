//! Parameters and their values. RFC 9110, section 11.2 and 5.6.4.
//!
//! ```text
//!  name = token , name="quoted, \"escaped\""
//! ```

use crate::http::fields::{is_text, is_token, is_word};

/// A place in the value of a field.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    pub(super) rest: &'a [u8],
    len: usize,
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(value: &'a [u8]) -> Self {
        Self { rest: value, len: value.len() }
    }

    /// The offset of what is next.
    pub(super) fn at(&self) -> u32 {
        crate::http::error::number(self.len.saturating_sub(self.rest.len()))
    }

    /// Takes the byte that is next if it is this one.
    pub(super) fn eat(&mut self, byte: u8) -> bool {
        let rest = self.rest.strip_prefix(&[byte]);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Takes the bytes that are so.
    pub(super) fn run(&mut self, is: fn(u8) -> bool) -> &'a [u8] {
        let len = self.rest.iter().position(|byte| !is(*byte)).unwrap_or(self.rest.len());
        let (run, rest) = self.rest.split_at_checked(len).unwrap_or((self.rest, &[]));
        self.rest = rest;
        run
    }

    pub(super) fn blanks(&mut self) {
        let _ = self.run(is_blank);
    }

    /// Takes commas and blanks: a list may have empty elements.
    pub(super) fn commas(&mut self) {
        let _ = self.run(|byte| is_blank(byte) || byte == b',');
    }

    /// Takes a token, of one byte at least.
    pub(super) fn token(&mut self) -> Option<&'a [u8]> {
        Some(self.run(is_token)).filter(|token| !token.is_empty())
    }

    /// Takes a token or a quoted string.
    pub(super) fn value(&mut self) -> Option<Value<'a>> {
        if !self.eat(b'"') {
            return self.token().map(Value);
        }
        let begin = self.rest;
        loop {
            let _ = self.run(|byte| is_text(byte) && byte != b'"' && byte != b'\\');
            let left = self.rest.len();
            if self.eat(b'"') {
                return begin.get(..begin.len().saturating_sub(left)).map(Value);
            }
            if !self.eat(b'\\') || !is_text(*self.rest.split_off_first()?) {
                return None;
            }
        }
    }

    /// Takes what separates a parameter from what follows; false when something else is there.
    pub(super) fn separator(&mut self) -> bool {
        self.blanks();
        let good = self.rest.is_empty() || self.rest.starts_with(b",");
        self.commas();
        good
    }

    /// Takes a parameter; none at the end, and where a name without a value stands. An error is the place of what cannot be
    /// read.
    pub(super) fn parameter(&mut self) -> Result<Option<Parameter<'a>>, u32> {
        self.commas();
        if self.rest.is_empty() {
            return Ok(None);
        }
        let mut ahead = *self;
        let at = ahead.at();
        let name = ahead.token().ok_or(at)?;
        ahead.blanks();
        if !ahead.eat(b'=') {
            return Ok(None);
        }
        ahead.blanks();
        let value = ahead.value().ok_or(ahead.at())?;
        if !ahead.separator() {
            return Err(ahead.at());
        }
        *self = ahead;
        Ok(Some(Parameter { name, value, at }))
    }
}

/// A parameter and where it begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parameter<'a> {
    name: &'a [u8],
    pub(super) value: Value<'a>,
    pub(super) at: u32,
}

impl Parameter<'_> {
    /// Puts it into the place that its name has. An error is the place of one that was there before.
    pub(super) fn sort(self, names: &[&str], places: &mut [Option<Self>]) -> Result<(), u32> {
        let known = names.iter().position(|name| is_word(self.name, name));
        // What is not known says nothing to us.
        let Some(place) = known.and_then(|index| places.get_mut(index)) else { return Ok(()) };
        if place.is_some() {
            return Err(self.at);
        }
        *place = Some(self);
        Ok(())
    }
}

pub(super) const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// A value, with its escapes: of a token, which has none, or what was between the quotes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Value<'a>(pub(super) &'a [u8]);

impl<'a> Value<'a> {
    /// Whether it is this word, in any case.
    pub(super) fn is(self, word: &str) -> bool {
        is_word(self.0, word)
    }

    /// Copies it without escapes; none when there is no room. What there is of it that is no UTF-8 is an error, too.
    pub(super) fn copy(self, room: &mut [u8]) -> Result<&str, NoText> {
        let mut len = 0_usize;
        let mut bytes = self.0.iter();
        while let Some(mut byte) = bytes.next() {
            if *byte == b'\\' {
                byte = bytes.next().ok_or(NoText::NotUtf8)?;
            }
            *room.get_mut(len).ok_or(NoText::TooLong)? = *byte;
            len = len.saturating_add(1);
        }
        core::str::from_utf8(room.get(..len).unwrap_or(&[])).map_err(|_| NoText::NotUtf8)
    }
}

/// Why a value is no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoText {
    TooLong,
    NotUtf8,
}
