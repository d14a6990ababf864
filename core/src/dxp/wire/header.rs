//! The head of every request, client to device. Chapter "DxP Protocol", section "Header" (SX-20NE-RT-AR, p. 23: the
//! structure in C; its enumeration is one byte on the wire).
//!
//! ```text
//!  0       1          22         43         44        45       47
//! +-------+----------+----------+----------+---------+--------+----------
//! | class | user     | password |descriptor| 00      | seq LE | payload …
//! +-------+----------+----------+----------+---------+--------+----------
//!           20 bytes and a NUL each
//! ```

use nom::Parser;
use nom::bytes::complete::take;

use super::Credentials;
use crate::buffer::{Full, TxWriter};
use crate::input::{Bytes, ParseErrorKind, Parsed, u8, u16_le};

/// The command classes that the iBoot has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) enum Class {
    /// 3: relays and inputs.
    Io,
    /// 4: nothing but a sign of life.
    Keepalive,
}

impl Class {
    pub(super) const fn code(self) -> u8 {
        match self {
            Self::Io => 3,
            Self::Keepalive => 4,
        }
    }
}

/// The head of a request, as it was read.
pub(super) struct Header {
    pub(super) class: Class,
    pub(super) credentials: Credentials,
    pub(super) descriptor: u8,
    pub(super) sequence: u16,
}

impl Header {
    pub(super) const LEN: usize = 47;
    pub(super) const DESCRIPTOR_AT: u32 = 43;

    pub(super) fn parse(start: Bytes<'_>) -> Parsed<'_, Self> {
        let (input, class) = u8(start)?;
        let class = match class {
            3 => Class::Io,
            4 => Class::Keepalive,
            _ => return Err(start.error(ParseErrorKind::BadValue)),
        };
        let at_names = input;
        // A head that is cut is called so before its names are judged.
        let (input, _) = take(2 * Credentials::FIELD_LEN).parse(input)?;
        let (input, descriptor) = u8(input)?;
        let (input, _reserved) = u8(input)?;
        let (input, sequence) = u16_le(input)?;
        let (_, credentials) = Credentials::parse(at_names)?;
        Ok((input, Self { class, credentials, descriptor, sequence }))
    }

    /// Writes a head without owning who asks.
    pub(super) fn put(
        class: Class,
        credentials: &Credentials,
        descriptor: u8,
        sequence: u16,
        writer: &mut TxWriter<'_>,
    ) -> Result<(), Full> {
        writer.u8(class.code())?;
        credentials.emit(writer)?;
        writer.put(&[descriptor, 0])?;
        writer.u16_le(sequence)
    }
}
