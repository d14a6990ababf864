//! The checked input that every parser of this crate works on.
//!
//! nom's combinators rely on the optimiser to remove the bounds checks of plain slices, and at some optimisation
//! levels it does not. [`Bytes`] checks each step itself, so the levels that we ship (s and 3) leave no way to panic
//! (DESIGN, core rule 7), and it carries its offset, so that an error can say where.

use core::iter::{Copied, Enumerate};
use core::slice::Iter;

use nom::error::ErrorKind;
use nom::{Err, IResult, Needed};
use serde::{Deserialize, Serialize};

/// What was wrong with a message, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(deny_unknown_fields)]
pub struct ParseError {
    /// Offset of the offending byte from the start of the message.
    pub at: u32,
    /// What was wrong there.
    pub kind: ParseErrorKind,
}

/// What was wrong with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
pub enum ParseErrorKind {
    /// The message ends too early: with more bytes it may still become whole.
    Truncated,
    /// A field holds what the specification does not allow.
    BadValue,
    /// A checksum or authentication code does not fit the bytes.
    BadChecksum,
    /// There are more bytes than the message has.
    TooLong,
    /// A document type, which no device sends: what it defines can grow without bound.
    DocumentType,
    /// Deeper, wider or longer than the reader goes.
    Limit,
    /// An end tag that is not that of the element which is open.
    Mismatched,
    /// A prefix that is not declared, or that must not be.
    Prefix,
    /// What is there is well-formed, and not what was expected.
    Unexpected,
}

impl core::fmt::Display for ParseError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let what = match self.kind {
            ParseErrorKind::Truncated => "the message ends too early",
            ParseErrorKind::BadValue => "a value that the specification does not allow",
            ParseErrorKind::BadChecksum => "a checksum that does not fit",
            ParseErrorKind::TooLong => "bytes after the end of the message",
            ParseErrorKind::DocumentType => "a document type, which is refused",
            ParseErrorKind::Limit => "deeper, wider or longer than is read",
            ParseErrorKind::Mismatched => "an end tag that does not fit",
            ParseErrorKind::Prefix => "a prefix that is not declared",
            ParseErrorKind::Unexpected => "not what was expected there",
        };
        write!(f, "{what}, at byte {}", self.at)
    }
}

impl core::error::Error for ParseError {}

impl<'a> nom::error::ParseError<Bytes<'a>> for ParseError {
    fn from_error_kind(input: Bytes<'a>, kind: ErrorKind) -> Self {
        let kind = if matches!(kind, ErrorKind::Eof) { ParseErrorKind::Truncated } else { ParseErrorKind::BadValue };
        Self { at: input.at, kind }
    }

    fn append(_: Bytes<'a>, _: ErrorKind, other: Self) -> Self {
        other
    }
}

/// Unread bytes and their offset in the message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bytes<'a> {
    rest: &'a [u8],
    at: u32,
}

/// What a parser of this crate returns.
pub(crate) type Parsed<'a, T> = IResult<Bytes<'a>, T, ParseError>;

impl<'a> Bytes<'a> {
    pub(crate) const fn new(message: &'a [u8]) -> Self {
        Self { rest: message, at: 0 }
    }

    pub(crate) const fn rest(self) -> &'a [u8] {
        self.rest
    }

    fn skip(self, count: usize, rest: &'a [u8]) -> Self {
        Self { rest, at: self.at.saturating_add(u32::try_from(count).unwrap_or(u32::MAX)) }
    }

    /// The error that a parser reports about the byte that is next.
    pub(crate) const fn error(self, kind: ParseErrorKind) -> Err<ParseError> {
        Err::Error(ParseError { at: self.at, kind })
    }
}

impl<'a> nom::Input for Bytes<'a> {
    type Item = u8;
    type Iter = Copied<Iter<'a, u8>>;
    type IterIndices = Enumerate<Self::Iter>;

    fn input_len(&self) -> usize {
        self.rest.len()
    }

    fn take(&self, index: usize) -> Self {
        Self { rest: self.rest.get(..index).unwrap_or(self.rest), at: self.at }
    }

    fn take_from(&self, index: usize) -> Self {
        self.skip(index.min(self.rest.len()), self.rest.get(index..).unwrap_or(&[]))
    }

    fn take_split(&self, index: usize) -> (Self, Self) {
        (self.take_from(index), self.take(index))
    }

    fn position<P: Fn(u8) -> bool>(&self, predicate: P) -> Option<usize> {
        self.rest.iter().position(|byte| predicate(*byte))
    }

    fn iter_elements(&self) -> Self::Iter {
        self.rest.iter().copied()
    }

    fn iter_indices(&self) -> Self::IterIndices {
        self.iter_elements().enumerate()
    }

    fn slice_index(&self, count: usize) -> Result<usize, Needed> {
        match count.checked_sub(self.rest.len()) {
            None | Some(0) => Ok(count),
            Some(missing) => Err(Needed::new(missing)),
        }
    }
}

impl nom::Compare<&[u8]> for Bytes<'_> {
    fn compare(&self, tag: &[u8]) -> nom::CompareResult {
        let differs = self.rest.iter().zip(tag).any(|(ours, theirs)| ours != theirs);
        match (differs, self.rest.len() < tag.len()) {
            (true, _) => nom::CompareResult::Error,
            (false, true) => nom::CompareResult::Incomplete,
            (false, false) => nom::CompareResult::Ok,
        }
    }

    fn compare_no_case(&self, tag: &[u8]) -> nom::CompareResult {
        let differs = self.rest.iter().zip(tag).any(|(ours, theirs)| !ours.eq_ignore_ascii_case(theirs));
        match (differs, self.rest.len() < tag.len()) {
            (true, _) => nom::CompareResult::Error,
            (false, true) => nom::CompareResult::Incomplete,
            (false, false) => nom::CompareResult::Ok,
        }
    }
}

/// The next `N` bytes.
pub(crate) fn array<const N: usize>(input: Bytes<'_>) -> Parsed<'_, [u8; N]> {
    match input.rest.split_first_chunk::<N>() {
        Some((bytes, rest)) => Ok((input.skip(N, rest), *bytes)),
        None => Err(input.skip(input.rest.len(), &[]).error(ParseErrorKind::Truncated)),
    }
}

/// One byte.
pub(crate) fn u8(input: Bytes<'_>) -> Parsed<'_, u8> {
    let (rest, [byte]) = array(input)?;
    Ok((rest, byte))
}

/// A 16-bit number, least significant byte first.
pub(crate) fn u16_le(input: Bytes<'_>) -> Parsed<'_, u16> {
    let (rest, bytes) = array(input)?;
    Ok((rest, u16::from_le_bytes(bytes)))
}

/// A 16-bit number, most significant byte first.
pub(crate) fn u16_be(input: Bytes<'_>) -> Parsed<'_, u16> {
    let (rest, bytes) = array(input)?;
    Ok((rest, u16::from_be_bytes(bytes)))
}

/// Runs `parser` over the front of `message` and returns what is left.
pub(crate) fn front<'a, T>(
    message: &'a [u8],
    parser: impl FnOnce(Bytes<'a>) -> Parsed<'a, T>,
) -> Result<(T, &'a [u8]), ParseError> {
    match parser(Bytes::new(message)) {
        Ok((rest, value)) => Ok((value, rest.rest())),
        Err(Err::Error(error) | Err::Failure(error)) => Err(error),
        Err(Err::Incomplete(_)) => {
            Err(ParseError { at: u32::try_from(message.len()).unwrap_or(u32::MAX), kind: ParseErrorKind::Truncated })
        }
    }
}

#[cfg(test)]
mod tests {
    use nom::bytes::complete::{tag, take};
    use nom::{Input, Parser};

    use super::*;

    #[test]
    fn every_step_is_checked_and_knows_its_offset() {
        let input = Bytes::new(b"abc");
        assert_eq!(input.take(9).rest(), b"abc");
        assert_eq!(input.take_from(9).rest(), b"");
        assert_eq!(input.take_from(9).at, 3);
        assert_eq!(input.slice_index(4), Err(Needed::new(1)));
        assert_eq!(input.position(|byte| byte == b'c'), Some(2));
    }

    #[test]
    fn combinators_say_where() {
        let two = |input| (tag(&b"ab"[..]), u16_le).parse(input).map(|(rest, (_, number))| (rest, number));
        assert_eq!(front(b"ab\x01\x02\x03", two), Ok((0x0201, &[3][..])));
        assert_eq!(front(b"ab\x01", two), Err(ParseError { at: 3, kind: ParseErrorKind::Truncated }));
        assert_eq!(front(b"ax\x01\x02", two), Err(ParseError { at: 0, kind: ParseErrorKind::BadValue }));
        let three = |input| take(3_usize).parse(input);
        assert!(matches!(front(b"ab", three), Err(ParseError { kind: ParseErrorKind::Truncated, .. })));
    }
}
