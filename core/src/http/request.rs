//! A request, as a server reads it. RFC 9112, sections 3, 6 and 9; 100 Continue: RFC 9110, section 10.1.1.

use super::fields::line;
use super::framing::Framing;
use super::head::request_line;
use super::message::{Limits, Message, Progress};
use super::{Fields, HttpError};

/// A request.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Its method, a token: `POST`.
    pub method: &'a str,
    /// Its target as it came, printable ASCII without blanks: `/wsman`.
    pub target: &'a str,
    /// Whether the client will use the connection again.
    pub keeps: bool,
    /// The fields of the head.
    pub fields: Fields<'a>,
    /// The body, in one piece.
    pub body: &'a [u8],
}

/// Reads requests.
#[derive(Clone, Debug)]
pub struct RequestReader {
    message: Message<true>,
}

impl RequestReader {
    /// At the front of a request.
    #[must_use]
    pub const fn new(limits: Limits) -> Self {
        Self { message: Message::new(limits) }
    }

    /// Reads on in `unread`: all unread bytes, from the front of the message; with `ended` no more will come. They must be
    /// those of the last call, and further ones behind them, until that says how many to drop.
    ///
    /// [`Progress::Interim`] says, once, that the client waits for `100 Continue`: the head is whole, and of the body nothing
    /// there.
    ///
    /// # Errors
    /// [`HttpError`], after which the connection is of no use but for an answer that says so
    /// ([`HttpProblem::status`](super::HttpProblem::status)).
    pub fn read<'a>(&mut self, unread: &'a mut [u8], ended: bool) -> Result<Progress<Request<'a>>, HttpError> {
        let Some((head, new)) = self.message.head(unread, ended)? else { return Ok(Progress::More) };
        let nothing_there = unread.len() <= head.end && head.framing != Framing::Length(0);
        if new && head.waits && nothing_there && !ended {
            return Ok(Progress::Interim { used: 0 });
        }
        let Some(whole) = self.message.body(unread, ended)? else { return Ok(Progress::More) };
        let (first, fields, body) = whole.parts(unread);
        // It was found to be in order when the head became whole.
        let (method, target, _) = request_line(line(first).0, head.begin)?;
        let message = Request { method, target, keeps: head.keeps && !ended, fields: Fields::new(fields), body };
        Ok(Progress::Whole { used: whole.end, message })
    }
}
