//! An answer, as a client reads it. RFC 9112, sections 4, 6 and 9; interim answers: RFC 9110, section 15.2.

use super::HttpProblem::TooManyInterim;
use super::message::{Limits, Message, Progress};
use super::{Fields, HttpError};

/// Interim answers before the final one.
pub const MAX_INTERIM: u8 = 8;

/// An answer.
#[derive(Clone, Copy, Debug)]
pub struct Response<'a> {
    /// 101, or from 200 to 999.
    pub status: u16,
    /// Whether the connection can be used again.
    pub keeps: bool,
    /// The fields of the head.
    pub fields: Fields<'a>,
    /// The body, in one piece.
    pub body: &'a [u8],
}

/// Reads answers.
#[derive(Clone, Debug)]
pub struct ResponseReader {
    message: Message<false>,
    interim: u8,
}

impl ResponseReader {
    /// At the front of an answer.
    #[must_use]
    pub const fn new(limits: Limits) -> Self {
        Self { message: Message::new(limits), interim: 0 }
    }

    /// The status of an answer whose head is whole, as long as its body is not.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        self.message.status()
    }

    /// Reads on in `unread`: all unread bytes, from the front of the message; with `ended` no more will come. They must be
    /// those of the last call, and further ones behind them, until that says how many to drop.
    ///
    /// # Errors
    /// [`HttpError`], after which the connection is of no use: there is no way to know where the next answer begins.
    #[cfg_attr(target_pointer_width = "32", inline(never))]
    pub fn read<'a>(&mut self, unread: &'a mut [u8], ended: bool) -> Result<Progress<Response<'a>>, HttpError> {
        let Some((head, _)) = self.message.head(unread, ended)? else { return Ok(Progress::More) };
        if matches!(head.status, 100 | 102..=199) {
            if self.interim >= MAX_INTERIM {
                return Err(HttpError::new(0, TooManyInterim { limit: MAX_INTERIM.into() }));
            }
            self.interim = self.interim.saturating_add(1);
            self.message.reset();
            return Ok(Progress::Interim { used: head.end });
        }
        let Some(whole) = self.message.body(unread, ended)? else { return Ok(Progress::More) };
        self.interim = 0;
        // What follows was not asked for: nobody knows what it answers.
        let keeps = head.keeps && !ended && unread.len() == whole.end;
        let (_, fields, body) = whole.parts(unread);
        let message = Response { status: head.status, keeps, fields: Fields::new(fields), body };
        Ok(Progress::Whole { used: whole.end, message })
    }
}
