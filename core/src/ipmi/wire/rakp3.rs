//! RAKP Message 3, console to BMC: it knows the password, too, or gives up. IPMI 2.0, section 13.22.
//!
//! ```text
//!  tag | status | 00 00 | BMC 4 | code
//! ```

use super::{SessionId, answer_head, emit_head};
use crate::buffer::{Full, TxWriter};
use crate::input::{ParseError, array, front};
use crate::ipmi::status::Status;

/// The console's part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rakp3<'a> {
    /// Comes back in RAKP Message 4.
    pub tag: u8,
    /// What the console says of RAKP Message 2; other than 00h: it gives up.
    pub status: Status,
    /// The BMC's id of the session.
    pub bmc: SessionId,
    /// The key exchange authentication code: as many bytes as the suite's hash has; none with a status other than 00h.
    pub code: &'a [u8],
}

impl<'a> Rakp3<'a> {
    /// Reads a whole payload.
    ///
    /// # Errors
    /// [`ParseError`] when it is something else.
    pub fn parse(payload: &'a [u8]) -> Result<Self, ParseError> {
        let message = |input| {
            let (input, (tag, status, _)) = answer_head(input)?;
            let (input, bmc) = array(input)?;
            Ok((input, Self { tag, status, bmc, code: input.rest() }))
        };
        front(payload, message).map(|(message, _)| message)
    }

    /// Writes the payload.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short.
    pub fn emit(&self, w: &mut TxWriter<'_>) -> Result<(), Full> {
        emit_head(w, self.tag, self.status, self.bmc);
        w.add(self.code);
        w.went()
    }
}
