//! What reading requests and answers has in common: the head, then the body as it is framed. RFC 9112, section 6.

use super::HttpError;
use super::HttpProblem::{BodyTooLong, Truncated};
use super::chunks::Chunks;
use super::error::number;
use super::framing::Framing;
use super::head::{Head, Search, unfold};

/// How long a message may be. The buffer that a message is read in has to have room for head and body, and, for a body in
/// chunks, for their sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a head: everything before the body. As many may follow the last chunk.
    pub head: usize,
    /// Fields of a head. As many may follow the last chunk.
    pub fields: usize,
    /// Bytes of a body.
    pub body: usize,
}

/// How far a message has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress<T> {
    /// More bytes are needed; none of those that are there can be dropped.
    More,
    /// To a client: an interim answer was there, and is to be dropped. To a server, once a request at most and with nothing to
    /// drop: the client waits for `100 Continue` before it sends the body.
    Interim {
        /// Bytes to drop from the front.
        used: usize,
    },
    /// The message is whole, and the reader ready for the next.
    Whole {
        /// Bytes to drop from the front.
        used: usize,
        /// The message.
        message: T,
    },
}

/// Reads one message: a request, as a `SERVER` does, or an answer. An image that is no server has none of its code.
#[derive(Clone, Debug)]
pub(super) struct Message<const SERVER: bool> {
    limits: Limits,
    stage: Stage,
}

#[derive(Clone, Debug)]
enum Stage {
    Head(Search),
    Body(Head, Chunks),
}

/// A message that is whole.
pub(super) struct Whole {
    pub(super) head: Head,
    /// Where it ends.
    pub(super) end: usize,
    /// Bytes of its body, which follows the head.
    body: usize,
}

impl<const SERVER: bool> Message<SERVER> {
    pub(super) const fn new(limits: Limits) -> Self {
        Self { limits, stage: Stage::Head(Search::new()) }
    }

    /// Begins with the next message.
    pub(super) fn reset(&mut self) {
        self.stage = Stage::Head(Search::new());
    }

    /// The head, when it is whole; and whether it has just become so.
    pub(super) fn head(&mut self, unread: &mut [u8], ended: bool) -> Result<Option<(Head, bool)>, HttpError> {
        let search = match &mut self.stage {
            Stage::Head(search) => search,
            Stage::Body(head, _) => return Ok(Some((*head, false))),
        };
        let Some(head) = search.head::<SERVER>(unread, &self.limits)? else {
            return if ended { Err(HttpError::new(unread.len(), Truncated)) } else { Ok(None) };
        };
        self.stage = Stage::Body(head, Chunks::new(head.end));
        Ok(Some((head, true)))
    }

    /// The status of an answer whose head is whole, and whose body is not.
    pub(super) const fn status(&self) -> Option<u16> {
        match &self.stage {
            Stage::Head(_) => None,
            Stage::Body(head, _) => Some(head.status),
        }
    }

    /// The message behind a head that is whole, when it is whole itself: then the body is in one piece, and the reader
    /// ready for the next message.
    pub(super) fn body(&mut self, unread: &mut [u8], ended: bool) -> Result<Option<Whole>, HttpError> {
        let Stage::Body(head, chunks) = &mut self.stage else { return Ok(None) };
        let head = *head;
        let there = unread.len().saturating_sub(head.end);
        let found = match head.framing {
            Framing::Length(body) => (there >= body).then_some((head.end.saturating_add(body), body)),
            Framing::Chunked => chunks.read(unread, &self.limits)?,
            Framing::Close if there > self.limits.body => {
                let at = head.end.saturating_add(self.limits.body);
                return Err(HttpError::new(at, BodyTooLong { limit: number(self.limits.body) }));
            }
            Framing::Close => ended.then_some((unread.len(), there)),
        };
        let Some((end, body)) = found else {
            return if ended { Err(HttpError::new(unread.len(), Truncated)) } else { Ok(None) };
        };
        if head.framing == Framing::Chunked {
            Chunks::new(head.end).join(unread, &self.limits);
        }
        // These may be other bytes than those that the head was found in: only what was read is remembered.
        if head.folded {
            let _ = unfold(unread.get_mut(head.fields..head.end).unwrap_or(&mut []));
        }
        self.reset();
        Ok(Some(Whole { head, end, body }))
    }
}

impl Whole {
    /// First line, fields, body.
    pub(super) fn parts<'a>(&self, unread: &'a [u8]) -> (&'a [u8], &'a [u8], &'a [u8]) {
        let Head { begin, fields, end, .. } = self.head;
        let part = |from, to| unread.get(from..to).unwrap_or(&[]);
        (part(begin, fields), part(fields, end), part(end, end.saturating_add(self.body)))
    }
}
