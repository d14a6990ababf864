//! Set System Boot Options; the answer carries nothing. IPMI 2.0, section 28.12.
//!
//! ```text
//!  request: I parameter 6:0 | its data …
//! ```
//!
//! I: the parameter is marked invalid. Without data nothing else of it changes. Codes of their own: 80h no such parameter, 81h somebody
//! else changes them, 82h it can only be read.

use super::boot_parameter::BootParameter;
use crate::buffer::{Full, TxWriter};
use crate::input::{ParseError, u8};

pub(super) const INVALID: u8 = 0x80;

/// Changes one boot option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetBootOptions<'a> {
    /// It is marked invalid.
    pub invalid: bool,
    /// Which, and what it becomes.
    pub parameter: BootParameter<'a>,
}

impl<'a> SetBootOptions<'a> {
    /// Network function of the request.
    pub const NETFN: u8 = super::CHASSIS;
    /// Command.
    pub const COMMAND: u8 = 0x08;
    /// Completion code: there is no such parameter.
    pub const NO_SUCH_PARAMETER: u8 = 0x80;
    /// Completion code: somebody else changes them.
    pub const IN_PROGRESS: u8 = 0x81;

    /// Of a parameter that is valid.
    #[must_use]
    pub const fn new(parameter: BootParameter<'a>) -> Self {
        Self { invalid: false, parameter }
    }

    /// Reads the data of a request.
    ///
    /// # Errors
    /// [`ParseError`] when they are too short or too long.
    pub fn parse(data: &'a [u8]) -> Result<Self, ParseError> {
        super::whole(data, |input| {
            let (input, number) = u8(input)?;
            let (input, parameter) = BootParameter::read(number & !INVALID, input)?;
            Ok((input, Self { invalid: number & INVALID != 0, parameter }))
        })
    }

    /// Writes the data of a request.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short.
    pub fn emit(&self, w: &mut TxWriter<'_>) -> Result<(), Full> {
        w.add(&[self.parameter.number() | if self.invalid { INVALID } else { 0 }]);
        self.parameter.write(w);
        w.went()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{emitted, takes_all_of};
    use super::super::{BootDevice, BootFlags};
    use super::*;

    #[test]
    fn what_ipmitool_sends_for_a_boot_device() {
        let flags = BootFlags::new(BootDevice::Pxe, true, true);
        let sent = [
            (&b"\0\x01"[..], BootParameter::SetInProgress(1)),
            (b"\x04\x01\x01", BootParameter::Acknowledge { mask: 1, state: 1 }),
            (b"\x05\xe0\x04\0\0\0", BootParameter::Flags(flags)),
            (b"\x03\x08", BootParameter::Validity(8)),
        ];
        for (bytes, parameter) in sent {
            let request = SetBootOptions::parse(bytes).unwrap();
            assert_eq!(request, SetBootOptions::new(parameter));
            assert_eq!(emitted(|w| request.emit(w)), bytes);
            // No data at all are data, too.
            takes_all_of(bytes, 1, |data| SetBootOptions::parse(data).map(|_| ()));
            for len in 2..bytes.len() {
                assert!(SetBootOptions::parse(&bytes[..len]).is_err(), "{len} of {bytes:?}");
            }
        }
        for bytes in [&b"\x85"[..], b"\x05", b"\xe0\x01\x02\x03"] {
            let request = SetBootOptions::parse(bytes).unwrap();
            assert_eq!(request.invalid, bytes[0] >= 0x80);
            assert_eq!(emitted(|w| request.emit(w)), bytes);
        }
    }
}
