//! The session header of IPMI 1.5, both ways, outside a session: what tells whether there is 2.0 is asked in it. IPMI 2.0,
//! section 13.6.
//!
//! ```text
//!  RMCP | authentication type 00 | sequence 00 × 4 | session 00 × 4 | length | message [| pad]
//! ```

use super::header::payload;
use super::rmcp::{self, Class};
use crate::buffer::{Full, TxWriter};
use crate::input::{ParseError, ParseErrorKind, array, front, u8};

const OUTSIDE: [u8; 9] = [0; 9];

/// A message outside a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session15<'a> {
    /// The IPMI message.
    pub message: &'a [u8],
}

impl<'a> Session15<'a> {
    /// Reads a whole datagram. A byte behind the message is padding.
    ///
    /// # Errors
    /// [`ParseError`] when it is something else, or in a session.
    pub fn parse(datagram: &'a [u8]) -> Result<Self, ParseError> {
        let session = |input| {
            let (input, ()) = rmcp::header(input, Class::Ipmi)?;
            let (rest, header) = array::<9>(input)?;
            if header != OUTSIDE {
                return Err(input.error(ParseErrorKind::BadValue));
            }
            let (rest, len) = u8(rest)?;
            let (rest, message) = payload(rest, len.into())?;
            Ok((rest, Self { message }))
        };
        front(datagram, session).map(|(session, _)| session)
    }

    /// Writes a whole datagram.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short, or the message longer than 255 bytes.
    pub fn emit(&self, w: &mut TxWriter<'_>) -> Result<(), Full> {
        let too_long = Full { needed: w.len().saturating_add(self.message.len()) };
        let len = u8::try_from(self.message.len()).map_err(|_| too_long)?;
        rmcp::emit(Class::Ipmi, w);
        w.add(&OUTSIDE);
        w.add(&[len]);
        w.add(self.message);
        w.went()
    }
}
