//! How long a body is and whether the connection outlives it. RFC 9112, sections 6 and 9.3.

use super::HttpError;
use super::HttpProblem::{BadField, BadLength, BodyTooLong, TooManyFields, UnsupportedTransferCoding};
use super::error::number;
use super::fields::{Elements, field, is_word, line};
use super::message::Limits;

/// How a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// After so many bytes.
    Length(usize),
    /// With the last chunk.
    Chunked,
    /// With the connection.
    Close,
}

/// What the fields say that matters to the framing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Facts {
    length: Option<usize>,
    chunked: bool,
    close: bool,
    keep_alive: bool,
    /// How many hosts are named.
    pub(super) hosts: usize,
    /// 100 Continue is waited for.
    pub(super) expects: bool,
}

impl Facts {
    /// Reads the fields, which begin `at` there, up to the empty line, and finds each to be in order.
    pub(super) fn read(lines: &[u8], at: usize, limits: &Limits) -> Result<Self, HttpError> {
        let mut facts = Self::default();
        let (mut rest, mut count) = (lines, 0_usize);
        loop {
            let at = at.saturating_add(lines.len()).saturating_sub(rest.len());
            let (line, next) = line(rest);
            if line.is_empty() {
                return Ok(facts);
            }
            count = count.saturating_add(1);
            if count > limits.fields {
                return Err(HttpError::new(at, TooManyFields { limit: number(limits.fields) }));
            }
            let (name, value) = field(line).ok_or(HttpError::new(at, BadField))?;
            facts.learn(name, value, at)?;
            rest = next;
        }
    }

    fn learn(&mut self, name: &[u8], value: &[u8], at: usize) -> Result<(), HttpError> {
        if is_word(name, "host") {
            self.hosts = self.hosts.saturating_add(1);
        }
        let known = ["expect", "connection", "content-length", "transfer-encoding"];
        let Some(kind) = known.iter().position(|known| is_word(name, known)) else { return Ok(()) };
        for element in Elements::of(value) {
            match kind {
                0 => self.expects |= is_word(element, "100-continue"),
                1 => {
                    self.close |= is_word(element, "close");
                    self.keep_alive |= is_word(element, "keep-alive");
                }
                2 => {
                    let length = decimal(element).filter(|it| self.length.is_none_or(|length| length == *it));
                    self.length = Some(length.ok_or(HttpError::new(at, BadLength))?);
                }
                // Once only: chunks within chunks may not be (RFC 9112, section 6.1).
                _ if is_word(element, "chunked") && !self.chunked => self.chunked = true,
                _ => return Err(HttpError::new(at, UnsupportedTransferCoding)),
            }
        }
        Ok(())
    }

    /// Framing of the body, which begins at `at`, and whether the connection can be used again: of an answer with its status, of
    /// a request without.
    pub(super) fn framing(
        &self,
        status: Option<u16>,
        minor: u8,
        at: usize,
        limits: &Limits,
    ) -> Result<(Framing, bool), HttpError> {
        let keeps = !self.close && (minor > 0 || self.keep_alive);
        match (self.length, status) {
            // 101 leaves HTTP; none of the others has a body, whatever its fields say.
            (_, Some(status @ (100..=199 | 204 | 304))) => Ok((Framing::Length(0), keeps && status != 101)),
            // Chunks are not believed of HTTP/1.0, nor beside a length, any further than this message.
            (length, _) if self.chunked => Ok((Framing::Chunked, keeps && minor > 0 && length.is_none())),
            (Some(length), _) if length > limits.body => {
                Err(HttpError::new(at, BodyTooLong { limit: number(limits.body) }))
            }
            (Some(length), _) => Ok((Framing::Length(length), keeps)),
            (None, Some(_)) => Ok((Framing::Close, false)),
            (None, None) => Ok((Framing::Length(0), keeps)),
        }
    }
}

/// A number of nothing but digits. One that is too great for a `usize` is the greatest, which is beyond every limit.
fn decimal(digits: &[u8]) -> Option<usize> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(digits.iter().fold(0, |sum: usize, digit| sum.saturating_mul(10).saturating_add(usize::from(digit & 15))))
}
