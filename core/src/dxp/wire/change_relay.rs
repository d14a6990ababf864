//! Change Relay, client to device; class 3, descriptor 1; answered by a [`Status`](super::Status). Chapter "DxP Protocol",
//! section "Change Relay".
//!
//! ```text
//!  47      48
//! +-------+-------+
//! | relay | state |
//! +-------+-------+
//! ```
//!
//! Which number is the first relay and which state means off is the device's dialect, see
//! [`Dialect`](crate::dxp::Dialect).

use nom::Parser;

use crate::buffer::{Full, TxWriter};
use crate::input::{Bytes, Parsed, u8};

/// Switches one relay. Setting a state twice is the same as setting it once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangeRelay {
    /// The relay as the device numbers it.
    pub relay: u8,
    /// The state in the device's code.
    pub state: u8,
}

impl ChangeRelay {
    pub(super) const DESCRIPTOR: u8 = 1;

    pub(super) fn parse(input: Bytes<'_>) -> Parsed<'_, Self> {
        (u8, u8).map(|(relay, state)| Self { relay, state }).parse(input)
    }

    pub(super) fn emit(self, writer: &mut TxWriter<'_>) -> Result<(), Full> {
        writer.put(&[self.relay, self.state])
    }
}
