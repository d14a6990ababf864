//! Change Relays, client to device; class 3, descriptor 2; answered by a [`Status`](super::Status). Chapter "DxP Protocol",
//! section "Change Relays".
//!
//! ```text
//!  47 … 79
//! +-----------+
//! | state ×32 |
//! +-----------+
//! ```
//!
//! python-iboot's author found that the iBoot does nothing on it; no dialog of ours sends it.

use nom::Parser;

use crate::buffer::{Full, TxWriter};
use crate::input::{Bytes, Parsed, array};

/// Switches several relays at once, where a device does so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangeRelays {
    /// The state of each relay in the device's code; the code for "keep" leaves a relay alone.
    pub states: [u8; 32],
}

impl ChangeRelays {
    pub(super) const DESCRIPTOR: u8 = 2;

    pub(super) fn parse(input: Bytes<'_>) -> Parsed<'_, Self> {
        array.map(|states| Self { states }).parse(input)
    }

    pub(super) fn emit(self, writer: &mut TxWriter<'_>) -> Result<(), Full> {
        writer.put(&self.states)
    }
}
