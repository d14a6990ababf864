//! Hello, client to device, and its answer, device to client. Chapter "DxP Protocol", section "Session".
//!
//! ```text
//!  client: 68 65 6c 6c 6f 2d 30 30 30    "hello-000", neither NUL nor CR
//!  device: SS SS                         sequence number S, least significant byte first on the iBoot
//! ```

use nom::Parser;
use nom::bytes::complete::tag;
use nom::combinator::value;

use crate::ParseError;
use crate::buffer::{Full, TxWriter};
use crate::input::{front, u16_le};

const TEXT: &[u8] = b"hello-000";

/// The first message of every session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hello;

impl Hello {
    /// Bytes of the message.
    pub const LEN: usize = TEXT.len();

    /// Reads a hello and returns what follows it.
    ///
    /// # Errors
    /// [`ParseError`] when the bytes are another text, or not yet nine.
    pub fn parse(bytes: &[u8]) -> Result<(Self, &[u8]), ParseError> {
        // The tag alone would call a hello that is still on its way a wrong one.
        front(bytes, |input| value(Self, tag(TEXT)).parse(input)).map_err(|error| {
            let kind = if TEXT.starts_with(bytes) { crate::ParseErrorKind::Truncated } else { error.kind };
            ParseError { kind, ..error }
        })
    }

    /// Writes the nine bytes.
    ///
    /// # Errors
    /// [`Full`] when the buffer is shorter.
    pub fn emit(&self, writer: &mut TxWriter<'_>) -> Result<(), Full> {
        writer.put(TEXT)
    }
}

/// The answer to hello: where the sequence numbers start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HelloAnswer {
    /// The number that counts as the answer's own; the first request carries the one after it.
    pub sequence: u16,
}

impl HelloAnswer {
    /// Bytes of the message.
    pub const LEN: usize = 2;

    /// Reads an answer and returns what follows it.
    ///
    /// # Errors
    /// [`ParseError`] when there are not yet two bytes.
    pub fn parse(bytes: &[u8]) -> Result<(Self, &[u8]), ParseError> {
        let (sequence, rest) = front(bytes, u16_le)?;
        Ok((Self { sequence }, rest))
    }

    /// Writes the two bytes.
    ///
    /// # Errors
    /// [`Full`] when the buffer is shorter.
    pub fn emit(&self, writer: &mut TxWriter<'_>) -> Result<(), Full> {
        writer.u16_le(self.sequence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ParseErrorKind::{BadValue, Truncated};

    #[test]
    fn hello_grows_until_it_is_whole() {
        for len in 0..TEXT.len() {
            assert_eq!(Hello::parse(TEXT.get(..len).unwrap()).unwrap_err().kind, Truncated);
        }
        assert_eq!(Hello::parse(b"hello-000\x03"), Ok((Hello, &b"\x03"[..])));
        assert_eq!(Hello::parse(b"hello-001").unwrap_err().kind, BadValue);
        assert_eq!(Hello::parse(b"GET / HTTP/1.1").unwrap_err().kind, BadValue);
    }

    #[test]
    fn the_answer_is_little_endian() {
        assert_eq!(HelloAnswer::parse(&[0x02, 0x01]), Ok((HelloAnswer { sequence: 258 }, &[][..])));
        assert_eq!(HelloAnswer::parse(&[0x02]).unwrap_err().kind, Truncated);
    }
}
