//! Parameters of the boot options. IPMI 2.0, section 28.13, table 28-14.
//!
//! ```text
//!  0 set in progress: state 1:0            3 validity: what keeps the flags 4:0
//!  4 who has taken note: mask | state      5 boot flags 5
//! ```

use super::boot_flags::BootFlags;
use crate::buffer::TxWriter;
use crate::input::{Bytes, Parsed, array, u8};

/// One of the boot options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BootParameter<'a> {
    /// 0: whether somebody changes the others: 0 nobody, 1 somebody does, 2 has done and commits it.
    SetInProgress(u8),
    /// 3: what does not make the flags invalid: bit 4 a PEF reset, 3 no start within 60 s, 2 the watchdog, 1 a reset by button, 0 power
    /// on by button.
    Validity(u8),
    /// 4: who has taken note of the options: bit 4 OEM, 3 SMS, 2 the service partition, 1 the loader, 0 the BIOS.
    Acknowledge {
        /// Which bits are written; that of an answer says nothing.
        mask: u8,
        /// The bits: 1, it has taken no note yet of a change.
        state: u8,
    },
    /// 5: what the next start is from.
    Flags(BootFlags),
    /// Another one; or none of its data, which changes only whether it is valid.
    Other {
        /// Which, 0 to 127.
        number: u8,
        /// Its data.
        data: &'a [u8],
    },
}

impl<'a> BootParameter<'a> {
    /// Number of [`Self::SetInProgress`].
    pub const SET_IN_PROGRESS: u8 = 0;
    /// Number of [`Self::Validity`].
    pub const VALIDITY: u8 = 3;
    /// Number of [`Self::Acknowledge`].
    pub const ACKNOWLEDGE: u8 = 4;
    /// Number of [`Self::Flags`].
    pub const FLAGS: u8 = 5;

    /// Which it is, 0 to 127.
    #[must_use]
    pub const fn number(&self) -> u8 {
        match self {
            Self::SetInProgress(_) => Self::SET_IN_PROGRESS,
            Self::Validity(_) => Self::VALIDITY,
            Self::Acknowledge { .. } => Self::ACKNOWLEDGE,
            Self::Flags(_) => Self::FLAGS,
            Self::Other { number, .. } => *number & 0x7F,
        }
    }

    pub(super) fn read(number: u8, input: Bytes<'a>) -> Parsed<'a, Self> {
        let data = input.rest();
        match number {
            _ if data.is_empty() => Ok((input, Self::Other { number, data })),
            Self::SET_IN_PROGRESS => u8(input).map(|(rest, state)| (rest, Self::SetInProgress(state & 3))),
            Self::VALIDITY => u8(input).map(|(rest, bits)| (rest, Self::Validity(bits & 0x1F))),
            Self::ACKNOWLEDGE => array(input).map(|(rest, [mask, state])| (rest, Self::Acknowledge { mask, state })),
            Self::FLAGS => BootFlags::read(input).map(|(rest, flags)| (rest, Self::Flags(flags))),
            _ => {
                let len = u16::try_from(data.len()).unwrap_or(u16::MAX);
                let (rest, data) = crate::ipmi::wire::payload(input, len)?;
                Ok((rest, Self::Other { number, data }))
            }
        }
    }

    pub(super) fn write(&self, w: &mut TxWriter<'_>) {
        match self {
            Self::SetInProgress(state) => w.add(&[*state & 3]),
            Self::Validity(bits) => w.add(&[*bits & 0x1F]),
            Self::Acknowledge { mask, state } => w.add(&[*mask, *state]),
            Self::Flags(flags) => flags.write(w),
            Self::Other { data, .. } => w.add(data),
        }
    }
}
