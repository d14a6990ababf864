//! Get System Boot Options. IPMI 2.0, section 28.13.
//!
//! ```text
//!  request:  parameter 6:0 | set | block
//!  response: version 01 | I parameter 6:0 | its data …
//! ```
//!
//! I: the parameter is marked invalid. Code of its own: 80h no such parameter.

use super::boot_parameter::BootParameter;
use super::set_boot_options::INVALID;
use crate::buffer::{Full, TxWriter};
use crate::input::{ParseError, array, front};

/// Asks for one boot option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetBootOptions {
    /// Which, 0 to 127.
    pub parameter: u8,
    /// Which set of it; 0 where there are none.
    pub set: u8,
    /// Which block of it; 0 where there are none.
    pub block: u8,
}

impl GetBootOptions {
    /// Network function of the request.
    pub const NETFN: u8 = super::CHASSIS;
    /// Command.
    pub const COMMAND: u8 = 0x09;

    /// Of a parameter that has neither sets nor blocks.
    #[must_use]
    pub const fn new(parameter: u8) -> Self {
        Self { parameter, set: 0, block: 0 }
    }

    /// Reads the data of a request.
    ///
    /// # Errors
    /// [`ParseError`] when they are too short or too long.
    pub fn parse(data: &[u8]) -> Result<Self, ParseError> {
        let [parameter, set, block] = super::whole(data, array)?;
        Ok(Self { parameter: parameter & !INVALID, set, block })
    }

    /// Writes the data of a request.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short.
    pub fn emit(&self, w: &mut TxWriter<'_>) -> Result<(), Full> {
        w.put(&[self.parameter & !INVALID, self.set, self.block])
    }
}

/// One boot option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BootOptions<'a> {
    /// It is marked invalid.
    pub invalid: bool,
    /// Which, and what it is.
    pub parameter: BootParameter<'a>,
}

impl<'a> BootOptions<'a> {
    /// Version of the parameters.
    const VERSION: u8 = 1;

    /// Reads what is behind the completion code.
    ///
    /// # Errors
    /// [`ParseError`] when it is too short.
    pub fn parse(data: &'a [u8]) -> Result<Self, ParseError> {
        let answer = |input| {
            let (input, [_, number]) = array(input)?;
            let (input, parameter) = BootParameter::read(number & !INVALID, input)?;
            Ok((input, Self { invalid: number & INVALID != 0, parameter }))
        };
        front(data, answer).map(|(it, _)| it)
    }

    /// Writes what is behind the completion code.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short.
    pub fn emit(&self, w: &mut TxWriter<'_>) -> Result<(), Full> {
        w.add(&[Self::VERSION, self.parameter.number() | if self.invalid { INVALID } else { 0 }]);
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
    fn both_ways() {
        let request = GetBootOptions::new(BootParameter::FLAGS);
        assert_eq!(emitted(|w| request.emit(w)), [5, 0, 0]);
        assert_eq!(GetBootOptions::parse(&[5, 0, 0]), Ok(request));
        takes_all_of(&[5, 0, 0], 3, GetBootOptions::parse);
        let answer = BootOptions::parse(b"\x01\x05\xe0\x04\0\0\0").unwrap();
        let flags = BootFlags::new(BootDevice::Pxe, true, true);
        assert_eq!(answer, BootOptions { invalid: false, parameter: BootParameter::Flags(flags) });
        assert_eq!(emitted(|w| answer.emit(w)), b"\x01\x05\xe0\x04\0\0\0");
        assert!(BootOptions::parse(b"\x01\x85\xe0\x04\0\0\0").unwrap().invalid);
        assert!(BootOptions::parse(b"\x01\x05\xe0").is_err() && BootOptions::parse(b"\x01").is_err());
    }
}
