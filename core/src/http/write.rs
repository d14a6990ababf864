//! What is sent: heads and chunks. RFC 9112, sections 3 to 7.
//!
//! ```text
//!  POST /wsman HTTP/1.1\r\n
//!  Host: 192.0.2.7:16992\r\n
//!  Content-Type: application/soap+xml;charset=UTF-8\r\n
//!  Authorization: Digest …\r\n      when there is a challenge
//!  Content-Length:       1234\r\n   a place of fixed width, filled in when the body is there
//!  \r\n
//! ```

use super::digest::{Answer, authorization};
use super::error::number;
use crate::buffer::{Full, TxWriter, copy};
use crate::digits::decimal;

const LINE_END: &[u8] = b"\r\n";

/// Appends a text. What would end the line, or be no text, becomes a blank: no text can add a line to a head.
fn text(w: &mut TxWriter<'_>, text: &str) {
    for byte in text.bytes() {
        w.add(&[if super::fields::is_text(byte) { byte } else { b' ' }]);
    }
}

/// Appends a word: what would end it becomes `_`.
#[cfg_attr(target_pointer_width = "32", inline(never))]
fn word(w: &mut TxWriter<'_>, word: &str) {
    for byte in word.bytes() {
        w.add(&[if byte.is_ascii_graphic() { byte } else { b'_' }]);
    }
}

fn field(w: &mut TxWriter<'_>, name: &str, value: &str) {
    word(w, name);
    w.add(b": ");
    text(w, value);
    w.add(LINE_END);
}

/// The head of a request that has a body.
#[derive(Clone, Copy, Debug)]
pub struct RequestHead<'a> {
    /// The method, a token: `POST`.
    pub method: &'a str,
    /// The target, printable ASCII without blanks: `/wsman`.
    pub target: &'a str,
    /// The host, a name or an address; one of IPv6 without brackets.
    pub host: &'a str,
    /// The port.
    pub port: u16,
    /// The type of the body.
    pub content_type: &'a str,
    /// What answers the device's challenge, when there was one.
    pub answer: Option<Answer<'a>>,
}

impl RequestHead<'_> {
    /// Writes the head, with a place for the length of the body, which is written behind it.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short.
    pub fn emit(&self, w: &mut TxWriter<'_>) -> Result<LengthPlace, Full> {
        word(w, self.method);
        w.add(b" ");
        word(w, self.target);
        w.add(b" HTTP/1.1\r\nHost: ");
        let is_v6 = self.host.bytes().any(|byte| byte == b':');
        w.add(if is_v6 { b"[" } else { b"" });
        word(w, self.host);
        w.add(if is_v6 { b"]:" } else { b":" });
        w.add(decimal(self.port.into()).trim_ascii_start());
        w.add(LINE_END);
        field(w, "Content-Type", self.content_type);
        if let Some(answer) = &self.answer {
            w.add(b"Authorization: ");
            let Answer { challenge, credentials, nc, cnonce } = answer;
            authorization(challenge, credentials, self.method, self.target, *nc, cnonce, w)?;
            w.add(LINE_END);
        }
        w.add(b"Content-Length: ");
        let digits = w.len();
        w.add(&decimal(0));
        w.add(b"\r\n\r\n");
        w.went()?;
        Ok(LengthPlace { digits, body: w.len() })
    }
}

/// Where the length of a body goes, in the buffer that the head was written to.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LengthPlace {
    digits: usize,
    body: usize,
}

impl LengthPlace {
    /// Fills the length in. `message` is the buffer up to the end of the body.
    pub fn fill(self, message: &mut [u8]) {
        let length = number(message.len().saturating_sub(self.body));
        copy(message.get_mut(self.digits..self.body).unwrap_or(&mut []), &decimal(length));
    }
}

/// How the body ends that follows a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyFraming {
    /// There is none, and no field says so: answers 1xx, 204 and 304.
    None,
    /// After so many bytes.
    Length(u32),
    /// With the last chunk: [`chunk`], [`last_chunk`].
    Chunked,
    /// With the connection.
    Close,
}

/// The head of an answer.
#[derive(Clone, Copy, Debug)]
pub struct ResponseHead<'a> {
    /// The status, three digits.
    pub status: u16,
    /// How the body ends.
    pub framing: BodyFraming,
    /// Further fields, in their order.
    pub fields: &'a [(&'a str, &'a str)],
}

impl ResponseHead<'_> {
    /// Writes the head.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short.
    pub fn emit(&self, w: &mut TxWriter<'_>) -> Result<(), Full> {
        w.add(b"HTTP/1.1 ");
        w.add(decimal(self.status.clamp(100, 999).into()).trim_ascii_start());
        w.add(b" ");
        w.add(reason(self.status).as_bytes());
        w.add(LINE_END);
        for (name, value) in self.fields {
            field(w, name, value);
        }
        match self.framing {
            BodyFraming::None => {}
            BodyFraming::Length(length) => {
                w.add(b"Content-Length: ");
                w.add(decimal(length).trim_ascii_start());
                w.add(LINE_END);
            }
            BodyFraming::Chunked => field(w, "Transfer-Encoding", "chunked"),
            BodyFraming::Close => field(w, "Connection", "close"),
        }
        w.add(LINE_END);
        w.went()
    }
}

/// The words for a status (RFC 9110, section 15); none for one that no device of ours gives.
const fn reason(status: u16) -> &'static str {
    match status {
        100 => "Continue",
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        413 => "Content Too Large",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        _ => "",
    }
}

/// Writes a chunk, its size in four digits at least, as Intel's firmware has it. Of no bytes none is written: it would be the
/// last.
///
/// # Errors
/// [`Full`] when the buffer is too short.
pub fn chunk(bytes: &[u8], w: &mut TxWriter<'_>) -> Result<(), Full> {
    if bytes.is_empty() {
        return Ok(());
    }
    let size = number(bytes.len()).to_be_bytes();
    let mut digits = [0; 8];
    for (digits, byte) in digits.chunks_exact_mut(2).zip(size) {
        copy(digits, &[hex(byte >> 4), hex(byte & 15)]);
    }
    let (front, back) = digits.split_at_checked(4).unwrap_or_default();
    let front = front.iter().position(|digit| *digit != b'0').and_then(|at| front.get(at..));
    w.add(front.unwrap_or(&[]));
    w.add(back);
    w.add(LINE_END);
    w.add(bytes);
    w.put(LINE_END)
}

const fn hex(digit: u8) -> u8 {
    if digit < 10 { digit | b'0' } else { digit.saturating_add(b'A' - 10) }
}

/// Writes the last chunk: the end of a body in chunks.
///
/// # Errors
/// [`Full`] when the buffer is too short.
pub fn last_chunk(w: &mut TxWriter<'_>) -> Result<(), Full> {
    w.put(b"0\r\n\r\n")
}
