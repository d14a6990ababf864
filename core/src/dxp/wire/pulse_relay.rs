//! Pulse Relay, client to device; class 3, descriptor 7; answered by a [`Status`](super::Status). Chapter "DxP Protocol",
//! section "Pulse Relay".
//!
//! ```text
//!  47      48      49         51
//! +-------+-------+----------+
//! | relay | state | width LE |
//! +-------+-------+----------+
//! ```

use nom::Parser;

use crate::buffer::{Full, TxWriter};
use crate::input::{Bytes, Parsed, u8, u16_le};

/// Puts a relay into a state for a while. Not idempotent: a second pulse is a second switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PulseRelay {
    /// The relay as the device numbers it.
    pub relay: u8,
    /// The state in the device's code.
    pub state: u8,
    /// For how long.
    pub width_seconds: u16,
}

impl PulseRelay {
    pub(super) const DESCRIPTOR: u8 = 7;

    pub(super) fn parse(input: Bytes<'_>) -> Parsed<'_, Self> {
        (u8, u8, u16_le).map(|(relay, state, width_seconds)| Self { relay, state, width_seconds }).parse(input)
    }

    pub(super) fn emit(self, writer: &mut TxWriter<'_>) -> Result<(), Full> {
        writer.put(&[self.relay, self.state])?;
        writer.u16_le(self.width_seconds)
    }
}
