//! Reserve SDR Repository: until it changes, what is read in parts is of one piece. IPMI 2.0, section 33.11.
//!
//! ```text
//!  response: reservation 2
//! ```

use crate::buffer::{Full, TxWriter};
use crate::input::{ParseError, front, u16_le};

without_data! {
    /// Reserves the repository; every earlier reservation is cancelled.
    ReserveSdrRepository = super::STORAGE, 0x22
}

/// A reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SdrReservation {
    /// Its number, never 0.
    pub id: u16,
}

impl SdrReservation {
    /// Reads what is behind the completion code.
    ///
    /// # Errors
    /// [`ParseError`] when it is too short.
    pub fn parse(data: &[u8]) -> Result<Self, ParseError> {
        front(data, u16_le).map(|(id, _)| Self { id })
    }

    /// Writes what is behind the completion code.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short.
    pub fn emit(&self, w: &mut TxWriter<'_>) -> Result<(), Full> {
        w.u16_le(self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::emitted;
    use super::*;

    #[test]
    fn what_was_recorded() {
        assert_eq!(SdrReservation::parse(b"\x0d\x00"), Ok(SdrReservation { id: 13 }));
        assert_eq!(emitted(|w| SdrReservation { id: 13 }.emit(w)), b"\x0d\x00");
        assert!(SdrReservation::parse(b"\x0d").is_err());
    }
}
