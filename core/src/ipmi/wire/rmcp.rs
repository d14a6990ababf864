//! The header of RMCP, both ways. DSP0136 (ASF 2.0), section 3.2.2; IPMI 2.0, section 13.1.3.
//!
//! ```text
//!  version 06 | 00 | sequence FF | class      FF: no acknowledgement is wanted
//! ```

use crate::buffer::TxWriter;
use crate::input::{Bytes, ParseErrorKind, Parsed, array};

const VERSION: u8 = 6;
const NO_ACKNOWLEDGEMENT: u8 = 0xFF;
/// Bit 7 of the class: an acknowledgement, which nobody asked for.
const ACKNOWLEDGEMENT: u8 = 0x80;

/// What is behind the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// ASF: presence ping and pong.
    Asf,
    /// IPMI.
    Ipmi,
}

impl Class {
    const fn number(self) -> u8 {
        match self {
            Self::Asf => 6,
            Self::Ipmi => 7,
        }
    }
}

/// Reads the header of a message of this class.
pub(super) fn header(input: Bytes<'_>, class: Class) -> Parsed<'_, ()> {
    let (rest, [version, _, _, number]) = array(input)?;
    if version != VERSION || number & ACKNOWLEDGEMENT != 0 || number != class.number() {
        return Err(input.error(ParseErrorKind::BadValue));
    }
    Ok((rest, ()))
}

pub(super) fn emit(class: Class, w: &mut TxWriter<'_>) {
    w.add(&[VERSION, 0, NO_ACKNOWLEDGEMENT, class.number()]);
}
