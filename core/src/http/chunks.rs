//! A body in chunks. RFC 9112, section 7.1.
//!
//! ```text
//!  5;extension\r\n hello \r\n       size in hexadecimal digits, the bytes
//!  0\r\n                            the last one has none
//!  trailer: value\r\n               fields that nobody asked for
//!  \r\n
//! ```

use super::HttpError;
use super::HttpProblem::{BadChunk, BadField, BodyTooLong, HeadTooLong, TooManyFields};
use super::error::number;
use super::message::Limits;
use super::work;

/// Most bytes of the line with a size: extensions are allowed without end.
const SIZE_LINE: usize = 1024;

/// What the next byte is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// The first digit of a size.
    Size,
    /// A further digit, or what follows the size.
    Digits,
    /// A blank behind the size.
    Blanks,
    Extension,
    /// The LF behind a size.
    SizeEnd,
    /// Bytes of the body.
    Data,
    /// The CR behind a chunk.
    DataCr,
    /// The LF behind a chunk.
    DataLf,
    /// The first byte of a trailer, or of the empty line.
    Trailer,
    /// Within a trailer.
    InTrailer,
    /// The LF of the empty line.
    End,
    /// Behind the message.
    Over,
}

/// How far the chunks were read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chunks {
    at: At,
    /// The next byte's place.
    place: usize,
    /// Bytes of the body in the chunks before.
    body: usize,
    /// The size of the present chunk; bytes of it that were not seen yet.
    size: usize,
    /// Bytes of the present line with a size, or of the trailers.
    line: usize,
    trailers: usize,
}

impl Chunks {
    /// At the first one, which is at `place`.
    pub(super) const fn new(place: usize) -> Self {
        Self { at: At::Size, place, body: 0, size: 0, line: 0, trailers: 0 }
    }

    /// Reads on. Behind the message: the place of its end, and how long the body is.
    pub(super) fn read(&mut self, unread: &[u8], limits: &Limits) -> Result<Option<(usize, usize)>, HttpError> {
        while self.at != At::Over {
            if self.at == At::Data {
                let seen = self.size.min(unread.len().saturating_sub(self.place));
                self.skip(seen);
                if self.size > 0 {
                    return Ok(None);
                }
                self.at = At::DataCr;
            }
            let Some(byte) = unread.get(self.place) else { return Ok(None) };
            work::add(1);
            self.step(*byte, limits).map_err(|what| HttpError::new(self.place, what))?;
            self.place = self.place.saturating_add(1);
        }
        Ok(Some((self.place, self.body)))
    }

    /// So many bytes of the present chunk were seen.
    fn skip(&mut self, count: usize) {
        self.place = self.place.saturating_add(count);
        self.size = self.size.saturating_sub(count);
        self.body = self.body.saturating_add(count);
    }

    fn step(&mut self, byte: u8, limits: &Limits) -> Result<(), super::HttpProblem> {
        self.line = self.line.saturating_add(1);
        let in_trailers = matches!(self.at, At::Trailer | At::InTrailer | At::End);
        if in_trailers && self.line > limits.head {
            return Err(HeadTooLong { limit: number(limits.head) });
        }
        if !in_trailers && self.line > SIZE_LINE {
            return Err(BadChunk);
        }
        self.at = match (self.at, byte) {
            (At::Size | At::Digits, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                let digit = if byte.is_ascii_digit() { byte & 15 } else { (byte & 15).saturating_add(9) };
                self.size = self
                    .size
                    .checked_mul(16)
                    .map(|size| size.saturating_add(digit.into()))
                    .filter(|size| *size <= limits.body.saturating_sub(self.body))
                    .ok_or(BodyTooLong { limit: number(limits.body) })?;
                At::Digits
            }
            (At::Digits | At::Blanks, b' ' | b'\t') => At::Blanks,
            (At::Digits | At::Blanks, b';') => At::Extension,
            (At::Digits | At::Blanks | At::Extension, b'\r') => At::SizeEnd,
            (At::Extension, _) if super::fields::is_text(byte) => At::Extension,
            (At::SizeEnd, b'\n') => {
                self.line = 0;
                if self.size > 0 { At::Data } else { At::Trailer }
            }
            (At::DataCr, b'\r') => At::DataLf,
            (At::DataLf, b'\n') => {
                self.line = 0;
                At::Size
            }
            (At::Trailer | At::End, b'\n') => At::Over,
            (At::Trailer, b'\r') => At::End,
            (At::Trailer, _) => {
                self.trailers = self.trailers.saturating_add(1);
                if self.trailers > limits.fields {
                    return Err(TooManyFields { limit: number(limits.fields) });
                }
                At::InTrailer
            }
            (At::InTrailer, b'\n') => At::Trailer,
            (At::InTrailer, _) => At::InTrailer,
            (At::End, _) => return Err(BadField),
            _ => return Err(BadChunk),
        };
        Ok(())
    }

    /// Moves the bytes of all chunks to the place of the first: to be done once, when they are all there, with a reader that
    /// is new.
    pub(super) fn join(&mut self, unread: &mut [u8], limits: &Limits) {
        let mut to = self.place;
        while self.at != At::Over {
            if self.at == At::Data {
                let (from, size) = (self.place, self.size);
                work::add(size);
                for offset in 0..size {
                    let byte = unread.get(from.saturating_add(offset)).copied();
                    if let Some((byte, place)) = byte.zip(unread.get_mut(to.saturating_add(offset))) {
                        *place = byte;
                    }
                }
                to = to.saturating_add(size);
                self.skip(size);
                self.at = At::DataCr;
            }
            let Some(byte) = unread.get(self.place) else { return };
            work::add(1);
            if self.step(*byte, limits).is_err() {
                return;
            }
            self.place = self.place.saturating_add(1);
        }
    }
}
