//! Chassis Control: power; the answer carries nothing. IPMI 2.0, section 28.3.
//!
//! ```text
//!  request: what 3:0
//! ```

use crate::buffer::{Full, TxWriter};
use crate::input::{ParseError, ParseErrorKind, u8};

/// What shall happen to the power.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum ChassisControl {
    /// Off at once.
    Off,
    /// On.
    On,
    /// Off for a second at least, and on.
    Cycle,
    /// Reset, the power stays on.
    Reset,
    /// A diagnostic interrupt, which stops an operating system.
    Diagnose,
    /// The operating system is asked to shut down (ACPI).
    Soft,
}

impl ChassisControl {
    /// Network function of the request.
    pub const NETFN: u8 = super::CHASSIS;
    /// Command.
    pub const COMMAND: u8 = 0x02;
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 6] = [Self::Off, Self::On, Self::Cycle, Self::Reset, Self::Diagnose, Self::Soft];

    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Off => 0,
            Self::On => 1,
            Self::Cycle => 2,
            Self::Reset => 3,
            Self::Diagnose => 4,
            Self::Soft => 5,
        }
    }

    /// Reads the data of a request.
    ///
    /// # Errors
    /// [`ParseError`] when they are too short or too long, or there is no such thing.
    pub fn parse(data: &[u8]) -> Result<Self, ParseError> {
        super::whole(data, |input| {
            let (rest, number) = u8(input)?;
            let known = Self::ALL.into_iter().find(|it| it.number() == number & 0x0F);
            known.map(|it| (rest, it)).ok_or_else(|| input.error(ParseErrorKind::BadValue))
        })
    }

    /// Writes the data of a request.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short.
    pub fn emit(&self, w: &mut TxWriter<'_>) -> Result<(), Full> {
        w.u8(self.number())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{emitted, takes_all_of};
    use super::*;

    #[test]
    fn all_of_them() {
        for (number, it) in (0..).zip(ChassisControl::ALL) {
            assert_eq!(ChassisControl::parse(&[number]), Ok(it));
            assert_eq!(emitted(|w| it.emit(w)), [number]);
        }
        takes_all_of(&[1], 1, ChassisControl::parse);
        assert_eq!(ChassisControl::parse(&[6]), Err(ParseError { at: 0, kind: ParseErrorKind::BadValue }));
    }
}
