//! RMCP+ Open Session Request, console to BMC, and Response, back. IPMI 2.0, sections 13.17 and 13.18.
//!
//! ```text
//!  request:  tag | most privilege | 00 00 | console 4 | 00 00 00 08 auth 00 00 00 | 01 00 00 08 integ … | 02 00 00 08 conf …
//!  response: tag | status | most privilege | 00 | console 4 | BMC 4 | the same three, as chosen
//! ```
//!
//! With a status other than 00h there need not be more than its first eight bytes.

use super::{SessionId, answer_head};
use crate::buffer::{Full, TxWriter};
use crate::input::{Bytes, ParseError, ParseErrorKind, Parsed, array, front};
use crate::ipmi::status::Status;
use crate::ipmi::suite::CipherSuite;

/// Bytes of an algorithm's record.
const RECORD: u8 = 8;

/// The numbers of authentication, integrity and confidentiality; a record of no length leaves the choice to the other side, and
/// stands here as FFh.
fn algorithms(input: Bytes<'_>) -> Parsed<'_, [u8; 3]> {
    let mut numbers = [0xFF; 3];
    let mut rest = input;
    for (kind, number) in (0_u8..).zip(&mut numbers) {
        let at = rest;
        let (behind, [its, _, _, len, algorithm, _, _, _]) = array(rest)?;
        if its != kind || !matches!(len, 0 | RECORD) {
            return Err(at.error(ParseErrorKind::BadValue));
        }
        if len == RECORD {
            *number = algorithm & 0x3F;
        }
        rest = behind;
    }
    Ok((rest, numbers))
}

fn emit_algorithms(numbers: [u8; 3], w: &mut TxWriter<'_>) {
    for (kind, number) in (0_u8..).zip(numbers) {
        w.add(&[kind, 0, 0, RECORD, number, 0, 0, 0]);
    }
}

/// Opens a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenSessionRequest {
    /// Comes back in the response.
    pub tag: u8,
    /// Most privilege that the session may have: 2 user, 3 operator, 4 administrator; 0 as much as the suite allows.
    pub max_privilege: u8,
    /// The console's id of the session.
    pub console: SessionId,
    /// Numbers of the proposed algorithms: authentication, integrity, confidentiality.
    pub algorithms: [u8; 3],
}

impl OpenSessionRequest {
    /// Bytes of it.
    pub const LEN: u16 = 32;

    /// Proposes `suite`.
    #[must_use]
    pub const fn new(tag: u8, max_privilege: u8, console: SessionId, suite: CipherSuite) -> Self {
        Self { tag, max_privilege, console, algorithms: suite.numbers() }
    }

    /// Reads a whole payload.
    ///
    /// # Errors
    /// [`ParseError`] when it is something else.
    pub fn parse(payload: &[u8]) -> Result<Self, ParseError> {
        let request = |input| {
            let (input, [tag, max_privilege, _, _]) = array(input)?;
            let (input, console) = array(input)?;
            let (input, algorithms) = algorithms(input)?;
            Ok((input, Self { tag, max_privilege, console, algorithms }))
        };
        front(payload, request).map(|(request, _)| request)
    }

    /// Writes the payload.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short.
    pub fn emit(&self, w: &mut TxWriter<'_>) -> Result<(), Full> {
        w.add(&[self.tag, self.max_privilege, 0, 0]);
        w.add(&self.console);
        emit_algorithms(self.algorithms, w);
        w.went()
    }
}

/// The session, half open, or why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenSessionResponse {
    /// There is one.
    Open {
        /// That of the request.
        tag: u8,
        /// Most privilege that the session may have.
        max_privilege: u8,
        /// The console's id of the session.
        console: SessionId,
        /// The BMC's id of it.
        bmc: SessionId,
        /// Numbers of the chosen algorithms: they must be those that were proposed.
        algorithms: [u8; 3],
    },
    /// There is none.
    Refused {
        /// That of the request.
        tag: u8,
        /// Why.
        status: Status,
    },
}

impl OpenSessionResponse {
    /// Reads a whole payload.
    ///
    /// # Errors
    /// [`ParseError`] when it is something else.
    pub fn parse(payload: &[u8]) -> Result<Self, ParseError> {
        let response = |input| {
            let (input, (tag, status, max_privilege)) = answer_head(input)?;
            if status != Status::Ok {
                return Ok((input, Self::Refused { tag, status }));
            }
            let (input, console) = array(input)?;
            let (input, bmc) = array(input)?;
            let (input, algorithms) = algorithms(input)?;
            Ok((input, Self::Open { tag, max_privilege, console, bmc, algorithms }))
        };
        front(payload, response).map(|(response, _)| response)
    }

    /// Writes the payload. A refusal has the eight bytes that it must have, and `console` in the last four.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short.
    pub fn emit(&self, console: SessionId, w: &mut TxWriter<'_>) -> Result<(), Full> {
        match *self {
            Self::Open { tag, max_privilege, console, bmc, algorithms } => {
                w.add(&[tag, Status::Ok.number(), max_privilege, 0]);
                w.add(&console);
                w.add(&bmc);
                emit_algorithms(algorithms, w);
            }
            Self::Refused { tag, status } => super::emit_head(w, tag, status, console),
        }
        w.went()
    }
}
