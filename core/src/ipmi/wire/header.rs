//! The session header of RMCP+, both ways. IPMI 2.0, section 13.6.
//!
//! ```text
//!  RMCP | 06 | E A type | session 4 | sequence 4 | length 2 | payload …
//!         4    5          6           10           14         16
//! ```
//!
//! E: the payload is encrypted; A: a trailer with its authentication code follows. The session is that of who reads it.

use nom::Parser;
use nom::bytes::complete::take;

use super::SessionId;
use super::rmcp::{self, Class};
use crate::buffer::{Full, TxWriter};
use crate::input::{Bytes, ParseError, ParseErrorKind, Parsed, array, front, u16_le};

/// The authentication type that says RMCP+.
const RMCP_PLUS: u8 = 6;
const ENCRYPTED: u8 = 0x80;
const AUTHENTICATED: u8 = 0x40;

/// What a payload is. Section 13.27.3, table 13-16.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayloadType {
    /// An IPMI message.
    Ipmi,
    /// RMCP+ Open Session Request.
    OpenSessionRequest,
    /// RMCP+ Open Session Response.
    OpenSessionResponse,
    /// RAKP Message 1.
    Rakp1,
    /// RAKP Message 2.
    Rakp2,
    /// RAKP Message 3.
    Rakp3,
    /// RAKP Message 4.
    Rakp4,
}

impl PayloadType {
    const ALL: [Self; 7] = [
        Self::Ipmi,
        Self::OpenSessionRequest,
        Self::OpenSessionResponse,
        Self::Rakp1,
        Self::Rakp2,
        Self::Rakp3,
        Self::Rakp4,
    ];

    const fn number(self) -> u8 {
        match self {
            Self::Ipmi => 0x00,
            Self::OpenSessionRequest => 0x10,
            Self::OpenSessionResponse => 0x11,
            Self::Rakp1 => 0x12,
            Self::Rakp2 => 0x13,
            Self::Rakp3 => 0x14,
            Self::Rakp4 => 0x15,
        }
    }
}

/// What stands before a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// What the payload is.
    pub payload_type: PayloadType,
    /// It is encrypted.
    pub encrypted: bool,
    /// A trailer with an authentication code follows.
    pub authenticated: bool,
    /// The session, by the id that its reader has given it; zero outside a session.
    pub session: SessionId,
    /// Its number in the session; 0 outside.
    pub sequence: u32,
    /// Bytes of the payload.
    pub length: u16,
}

impl Header {
    /// Bytes of it, those of RMCP included.
    pub const LEN: usize = 16;
    /// Where what is authenticated begins.
    pub const AUTHENTICATED_FROM: usize = 4;

    /// Of a payload outside a session.
    #[must_use]
    pub const fn outside(payload_type: PayloadType, length: u16) -> Self {
        Self { payload_type, encrypted: false, authenticated: false, session: [0; 4], sequence: 0, length }
    }

    /// Reads the header of a datagram, and the payload behind it as it stands: what protects it is not looked at.
    ///
    /// # Errors
    /// [`ParseError`] when it is no datagram of RMCP+, or the payload is cut.
    pub fn read(datagram: &[u8]) -> Result<(Self, &[u8]), ParseError> {
        let whole = |input| {
            let (rest, header) = Self::parse(input)?;
            let (rest, payload) = payload(rest, header.length)?;
            Ok((rest, (header, payload)))
        };
        front(datagram, whole).map(|(it, _)| it)
    }

    /// Writes a whole datagram outside a session.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short, or the payload longer than 65,535 bytes.
    pub fn write(payload_type: PayloadType, payload: &[u8], w: &mut TxWriter<'_>) -> Result<(), Full> {
        let length = u16::try_from(payload.len()).map_err(|_| Full { needed: payload.len() })?;
        Self::outside(payload_type, length).emit(w);
        w.add(payload);
        w.went()
    }

    pub(crate) fn parse(input: Bytes<'_>) -> Parsed<'_, Self> {
        let (input, ()) = rmcp::header(input, Class::Ipmi)?;
        let (rest, [authentication, byte]) = array(input)?;
        let payload_type = PayloadType::ALL.into_iter().find(|it| it.number() == byte & 0x3F);
        let Some(payload_type) = payload_type.filter(|_| authentication == RMCP_PLUS) else {
            return Err(input.error(ParseErrorKind::BadValue));
        };
        let (rest, session) = array(rest)?;
        let (rest, sequence) = array(rest)?;
        let (rest, length) = u16_le(rest)?;
        let (encrypted, authenticated) = (byte & ENCRYPTED != 0, byte & AUTHENTICATED != 0);
        let sequence = u32::from_le_bytes(sequence);
        Ok((rest, Self { payload_type, encrypted, authenticated, session, sequence, length }))
    }

    pub(crate) fn emit(&self, w: &mut TxWriter<'_>) {
        let flag = |set, flag| if set { flag } else { 0 };
        let byte =
            self.payload_type.number() | flag(self.encrypted, ENCRYPTED) | flag(self.authenticated, AUTHENTICATED);
        rmcp::emit(Class::Ipmi, w);
        w.add(&[RMCP_PLUS, byte]);
        w.add(&self.session);
        w.add(&self.sequence.to_le_bytes());
        w.add(&self.length.to_le_bytes());
    }
}

/// What has its length before it, a payload or a name: so many bytes, all of them.
pub(crate) fn payload(input: Bytes<'_>, length: u16) -> Parsed<'_, &[u8]> {
    take(length).map(Bytes::rest).parse(input)
}
