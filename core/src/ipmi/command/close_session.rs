//! Close Session; the answer carries nothing. IPMI 2.0, section 22.19.
//!
//! ```text
//!  request: BMC's id of the session 4
//! ```
//!
//! Code of its own: 87h, no such session.

use crate::buffer::{Full, TxWriter};
use crate::input::{ParseError, array};
use crate::ipmi::wire::SessionId;

/// Ends a session, this one or another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CloseSession {
    /// The BMC's id of it.
    pub session: SessionId,
}

impl CloseSession {
    /// Network function of the request.
    pub const NETFN: u8 = super::APP;
    /// Command.
    pub const COMMAND: u8 = 0x3C;
    /// Completion code: there is no such session.
    pub const NO_SUCH_SESSION: u8 = 0x87;

    /// Reads the data of a request.
    ///
    /// # Errors
    /// [`ParseError`] when they are too short or too long.
    pub fn parse(data: &[u8]) -> Result<Self, ParseError> {
        super::whole(data, array).map(|session| Self { session })
    }

    /// Writes the data of a request.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short.
    pub fn emit(&self, w: &mut TxWriter<'_>) -> Result<(), Full> {
        w.put(&self.session)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{emitted, takes_all_of};
    use super::*;

    #[test]
    fn what_was_recorded() {
        let recorded = [0x82, 0x69, 0, 0];
        let request = CloseSession::parse(&recorded).unwrap();
        assert_eq!((request.session, emitted(|w| request.emit(w))), (recorded, recorded.into()));
        takes_all_of(&recorded, 4, CloseSession::parse);
    }
}
