//! Get Relays, client to device; class 3, descriptor 4, no payload. Chapter "DxP Protocol", section "Get Relays".
//!
//! The answer, device to client, is one byte for each relay that the device has: 1 on (energised), 0 off. The number of
//! relays is not told.

/// Asks for the state of every relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetRelays;

impl GetRelays {
    pub(super) const DESCRIPTOR: u8 = 4;
}

/// One byte of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum RelayState {
    /// 0.
    Off,
    /// 1.
    On,
    /// Anything else: python-iboot calls it off, we do not guess.
    Unknown(u8),
}

impl RelayState {
    /// What the byte says.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Self {
        match byte {
            0 => Self::Off,
            1 => Self::On,
            other => Self::Unknown(other),
        }
    }
}
