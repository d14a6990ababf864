//! RAKP Message 4, BMC to console: the session is open. IPMI 2.0, section 13.23.
//!
//! ```text
//!  tag | status | 00 00 | console 4 | integrity check value
//! ```

use super::{SessionId, answer_head, emit_head};
use crate::buffer::{Full, TxWriter};
use crate::input::{ParseError, array, front};
use crate::ipmi::status::Status;

/// The last word of the opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rakp4<'a> {
    /// That of RAKP Message 3.
    pub tag: u8,
    /// What the BMC says of it.
    pub status: Status,
    /// The console's id of the session; none where a refusal leaves it out.
    pub console: Option<SessionId>,
    /// Shows that both have the same keys: 12 bytes with SHA-1, 16 with SHA-256. Some BMCs send it in suite 0, too, where it says
    /// nothing.
    pub integrity_check_value: &'a [u8],
}

impl<'a> Rakp4<'a> {
    /// Reads a whole payload.
    ///
    /// # Errors
    /// [`ParseError`] when it is something else.
    pub fn parse(payload: &'a [u8]) -> Result<Self, ParseError> {
        let message = |input| {
            let (input, (tag, status, _)) = answer_head(input)?;
            let refused = Self { tag, status, console: None, integrity_check_value: &[] };
            match array(input) {
                Ok((input, console)) => {
                    let integrity_check_value = input.rest();
                    Ok((input, Self { console: Some(console), integrity_check_value, ..refused }))
                }
                Err(_) if status != Status::Ok => Ok((input, refused)),
                Err(error) => Err(error),
            }
        };
        front(payload, message).map(|(message, _)| message)
    }

    /// Writes the payload.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short.
    pub fn emit(&self, w: &mut TxWriter<'_>) -> Result<(), Full> {
        emit_head(w, self.tag, self.status, self.console.unwrap_or_default());
        w.add(self.integrity_check_value);
        w.went()
    }
}
