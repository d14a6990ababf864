//! Get Channel Authentication Capabilities: whether there is IPMI 2.0, and how to log in. IPMI 2.0, section 22.13.
//!
//! ```text
//!  request:  X channel 3:0 | privilege
//!  response: channel | X types | K P U names 2:0 | versions | OEM id 3 | OEM
//!            0         1         2                 3          4          7
//! ```
//!
//! X: with what 2.0 has added. Some that have only 1.5 refuse a request with it (CCh).

use crate::buffer::{Full, TxWriter};
use crate::input::{ParseError, array, front, u8};

const EXTENDED: u8 = 0x80;
const KG: u8 = 0x20;

/// How may one log in?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetChannelAuthCapabilities {
    /// What 2.0 has added is wanted.
    pub extended: bool,
    /// Which channel, 0 to 15.
    pub channel: u8,
    /// For which privilege, 2 user, 3 operator, 4 administrator.
    pub privilege: u8,
}

impl GetChannelAuthCapabilities {
    /// Network function of the request.
    pub const NETFN: u8 = super::APP;
    /// Command.
    pub const COMMAND: u8 = 0x38;

    /// Reads the data of a request.
    ///
    /// # Errors
    /// [`ParseError`] when they are too short or too long.
    pub fn parse(data: &[u8]) -> Result<Self, ParseError> {
        super::whole(data, |input| {
            let (input, [channel, privilege]) = array(input)?;
            let (extended, channel) = (channel & EXTENDED != 0, channel & 0x0F);
            Ok((input, Self { extended, channel, privilege: privilege & 0x0F }))
        })
    }

    /// Writes the data of a request.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short.
    pub fn emit(&self, w: &mut TxWriter<'_>) -> Result<(), Full> {
        let channel = (self.channel & 0x0F) | if self.extended { EXTENDED } else { 0 };
        w.put(&[channel, self.privilege & 0x0F])
    }
}

/// How one may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuthCapabilities {
    /// Which channel it is.
    pub channel: u8,
    /// `versions` says something: it was asked for, and there is 2.0.
    pub extended: bool,
    /// Authentication types of 1.5: bit 5 OEM, 4 password, 2 MD5, 1 MD2, 0 none.
    pub types: u8,
    /// A Kg is set.
    pub kg: bool,
    /// Bit 4 packets need no code, 3 nor those of users, 2 there are users with names, 1 without, 0 anonymous login.
    pub logins: u8,
    /// Bit 1 IPMI 2.0, bit 0 IPMI 1.5.
    pub versions: u8,
    /// Enterprise number of whose the OEM authentication is, least significant byte first, and one byte of its own.
    pub oem: [u8; 4],
}

impl AuthCapabilities {
    /// Bit of [`Self::versions`]: sessions of IPMI 2.0.
    pub const V20: u8 = 2;

    /// Reads what is behind the completion code.
    ///
    /// # Errors
    /// [`ParseError`] when it is too short.
    pub fn parse(data: &[u8]) -> Result<Self, ParseError> {
        let answer = |input| {
            let (input, [channel, types, logins]) = array(input)?;
            let (input, versions) = u8(input)?;
            let (input, oem) = array(input)?;
            let (extended, types) = (types & EXTENDED != 0, types & !EXTENDED);
            let (kg, logins) = (logins & KG != 0, logins & 0x1F);
            Ok((input, Self { channel, extended, types, kg, logins, versions, oem }))
        };
        front(data, answer).map(|(it, _)| it)
    }

    /// Writes what is behind the completion code.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short.
    pub fn emit(&self, w: &mut TxWriter<'_>) -> Result<(), Full> {
        let types = (self.types & !EXTENDED) | if self.extended { EXTENDED } else { 0 };
        let logins = (self.logins & 0x1F) | if self.kg { KG } else { 0 };
        w.add(&[self.channel, types, logins, self.versions]);
        w.put(&self.oem)
    }

    /// Whether it says that there are sessions of IPMI 2.0.
    #[must_use]
    pub const fn has_v20(&self) -> bool {
        self.extended && self.versions & Self::V20 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{emitted, takes_all_of};
    use super::*;

    #[test]
    fn what_was_recorded() {
        let request = GetChannelAuthCapabilities::parse(b"\x8e\x04").unwrap();
        assert_eq!(request, GetChannelAuthCapabilities { extended: true, channel: 14, privilege: 4 });
        assert_eq!(emitted(|w| request.emit(w)), b"\x8e\x04");
        takes_all_of(b"\x8e\x04", 2, GetChannelAuthCapabilities::parse);
        let recorded = b"\x01\x95\x24\x03\0\0\0\0";
        let answer = AuthCapabilities::parse(recorded).unwrap();
        assert!(answer.extended && answer.kg && answer.has_v20());
        assert_eq!((answer.types, answer.logins), (0x15, 4));
        assert_eq!(emitted(|w| answer.emit(w)), recorded);
        for len in 0..8 {
            assert!(AuthCapabilities::parse(&recorded[..len]).is_err(), "{len}");
        }
        assert!(!AuthCapabilities { extended: false, ..answer }.has_v20());
    }
}
