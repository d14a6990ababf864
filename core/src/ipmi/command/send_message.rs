//! Send Message: hands a message on to another channel. IPMI 2.0, section 22.7; what comes back: section 6.13.
//!
//! ```text
//!  request:  tracking 7:6 | channel 3:0    a whole message, with both of its checks …
//!  response: nothing, and the message's answer comes by itself; or that answer, whole
//! ```
//!
//! Codes of its own: 80h invalid session handle, 81h lost arbitration, 82h bus error, 83h nobody answers at that address.

use crate::buffer::{Full, TxWriter};
use crate::input::{ParseError, front, u8};
use crate::ipmi::wire::Message;

/// What becomes of the answer of who gets the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tracking {
    /// It is left in the BMC's queue, for Get Message.
    No,
    /// The BMC sends it to who has asked.
    Tracked,
    /// What is sent is no message of IPMI.
    Raw,
    /// The number that is reserved.
    Reserved,
}

impl Tracking {
    const fn of(bits: u8) -> Self {
        match bits & 3 {
            0 => Self::No,
            1 => Self::Tracked,
            2 => Self::Raw,
            _ => Self::Reserved,
        }
    }

    const fn bits(self) -> u8 {
        match self {
            Self::No => 0,
            Self::Tracked => 1,
            Self::Raw => 2,
            Self::Reserved => 3,
        }
    }
}

/// Hands a message on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SendMessage<'a> {
    /// By which channel, 0 to 15.
    pub channel: u8,
    /// What becomes of its answer.
    pub tracking: Tracking,
    /// The message: `from` is the BMC, which asks there in its own name.
    pub message: Message<'a>,
}

impl<'a> SendMessage<'a> {
    /// Network function of the request.
    pub const NETFN: u8 = super::APP;
    /// Command.
    pub const COMMAND: u8 = 0x34;
    /// Completion code: nobody answers at that address.
    pub const NOBODY: u8 = 0x83;
    /// Bytes besides the data of the message.
    pub const OVERHEAD: usize = Message::OVERHEAD.saturating_add(1);

    /// Reads the data of a request.
    ///
    /// # Errors
    /// [`ParseError`] when the message is none.
    pub fn parse(data: &'a [u8]) -> Result<Self, ParseError> {
        let (first, inner) = front(data, u8)?;
        let deeper = |error: ParseError| ParseError { at: error.at.saturating_add(1), ..error };
        let message = Message::parse(inner).map_err(deeper)?;
        Ok(Self { channel: first & 0x0F, tracking: Tracking::of(first >> 6), message })
    }

    /// Writes the data of a request.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short.
    pub fn emit(&self, w: &mut TxWriter<'_>) -> Result<(), Full> {
        w.add(&[(self.channel & 0x0F) | self.tracking.bits().wrapping_shl(6)]);
        self.message.emit(w)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::emitted;
    use super::*;
    use crate::input::ParseErrorKind;

    #[test]
    fn what_was_recorded() {
        let recorded = b"\x46\x2c\xb8\x1c\x81\x18\xca\x57\x01\x00\x45";
        let request = SendMessage::parse(recorded).unwrap();
        assert_eq!((request.channel, request.tracking), (6, Tracking::Tracked));
        let Message { to, netfn, sequence, command, data, .. } = request.message;
        assert_eq!((to, netfn, sequence, command, data), (0x2C, 0x2E, 6, 0xCA, &b"\x57\x01\x00"[..]));
        assert_eq!(emitted(|w| request.emit(w)), recorded);
        for len in 0..recorded.len() {
            assert!(SendMessage::parse(&recorded[..len]).is_err(), "{len}");
        }
        let mut wrong = *recorded;
        wrong[3] ^= 1;
        assert_eq!(SendMessage::parse(&wrong), Err(ParseError { at: 1, kind: ParseErrorKind::BadChecksum }));
        for tracking in [Tracking::No, Tracking::Tracked, Tracking::Raw, Tracking::Reserved] {
            let request = SendMessage { tracking, ..request };
            assert_eq!(SendMessage::parse(&emitted(|w| request.emit(w))), Ok(request));
        }
    }
}
