//! The answer to every command that changes something, device to client: one byte. Chapter "DxP Protocol", section
//! "Change Relay" and its siblings.

use crate::ParseError;
use crate::buffer::{Full, TxWriter};
use crate::input::{front, u8};

/// How a command ended: 0 is success, anything else failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Status(pub u8);

impl Status {
    /// Bytes of the answer.
    pub const LEN: usize = 1;
    /// The command was carried out.
    pub const SUCCESS: Self = Self(0);
    /// The failure that the manuals name; devices send others too.
    pub const FAILURE: Self = Self(1);

    /// Reads a status and returns what follows it.
    ///
    /// # Errors
    /// [`ParseError`] when there is no byte yet.
    pub fn parse(bytes: &[u8]) -> Result<(Self, &[u8]), ParseError> {
        front(bytes, u8).map(|(code, rest)| (Self(code), rest))
    }

    /// Writes the byte.
    ///
    /// # Errors
    /// [`Full`] when the buffer is empty.
    pub fn emit(self, writer: &mut TxWriter<'_>) -> Result<(), Full> {
        writer.u8(self.0)
    }
}
