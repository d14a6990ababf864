//! RAKP Message 2, BMC to console: it knows the password. IPMI 2.0, section 13.21.
//!
//! ```text
//!  tag | status | 00 00 | console 4 | random number 16 | GUID 16 | code
//! ```
//!
//! With a status other than 00h there need not be more than its first eight bytes.

use super::{SessionId, answer_head, emit_head};
use crate::buffer::{Full, TxWriter};
use crate::input::{ParseError, array, front};
use crate::ipmi::status::Status;

/// The BMC's part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rakp2<'a> {
    /// The BMC is ready.
    Ready {
        /// That of RAKP Message 1.
        tag: u8,
        /// The console's id of the session.
        console: SessionId,
        /// The BMC's random number.
        random: [u8; 16],
        /// Who the BMC is.
        guid: [u8; 16],
        /// The key exchange authentication code: as many bytes as the suite's hash has.
        code: &'a [u8],
    },
    /// It is not.
    Refused {
        /// That of RAKP Message 1.
        tag: u8,
        /// Why.
        status: Status,
    },
}

impl<'a> Rakp2<'a> {
    /// Reads a whole payload.
    ///
    /// # Errors
    /// [`ParseError`] when it is something else.
    pub fn parse(payload: &'a [u8]) -> Result<Self, ParseError> {
        let message = |input| {
            let (input, (tag, status, _)) = answer_head(input)?;
            if status != Status::Ok {
                return Ok((input, Self::Refused { tag, status }));
            }
            let (input, console) = array(input)?;
            let (input, random) = array(input)?;
            let (input, guid) = array(input)?;
            Ok((input, Self::Ready { tag, console, random, guid, code: input.rest() }))
        };
        front(payload, message).map(|(message, _)| message)
    }

    /// Writes the payload. A refusal has the eight bytes that it must have, and `console` in the last four.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short.
    pub fn emit(&self, console: SessionId, w: &mut TxWriter<'_>) -> Result<(), Full> {
        match *self {
            Self::Ready { tag, console, random, guid, code } => {
                emit_head(w, tag, Status::Ok, console);
                w.add(&random);
                w.add(&guid);
                w.add(code);
            }
            Self::Refused { tag, status } => emit_head(w, tag, status, console),
        }
        w.went()
    }
}
