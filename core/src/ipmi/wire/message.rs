//! An IPMI message, request and response. IPMI 2.0, section 13.8.
//!
//! ```text
//!  request:  to | netFn 7:2 LUN 1:0 | check | from | seq 7:2 LUN 1:0 | command | data … | check
//!  response: to | netFn+1   LUN     | check | from | seq     LUN     | command | completion code | data … | check
//! ```
//!
//! Each check makes the sum of what it covers, itself included, 0 modulo 256: the first the two bytes before it, the second all
//! from `from` on.

use crate::buffer::{Full, TxWriter};
use crate::input::{Bytes, ParseError, ParseErrorKind, Parsed, array, front};

/// The address of the BMC.
const BMC: u8 = 0x20;
/// The software id of a remote console.
pub const REMOTE_CONSOLE: u8 = 0x81;

/// The check over some bytes.
#[must_use]
pub fn checksum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_sub(*byte))
}

/// What requests and responses have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// Whom for.
    pub to: u8,
    /// Network function, 0 to 63: even of a request.
    pub netfn: u8,
    /// Whose: the logical unit at `to`, 0 to 3.
    pub to_lun: u8,
    /// From whom.
    pub from: u8,
    /// The logical unit there.
    pub from_lun: u8,
    /// Tells the requests of who asks apart, 0 to 63.
    pub sequence: u8,
    /// Command.
    pub command: u8,
    /// What follows it, up to the last check: with the completion code of a response.
    pub data: &'a [u8],
}

impl<'a> Message<'a> {
    /// Bytes besides the data.
    pub const OVERHEAD: usize = 7;

    /// Reads a whole message.
    ///
    /// # Errors
    /// [`ParseError`] when it is too short, or a check does not fit.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        front(bytes, |input| Self::read(input, true)).map(|(message, _)| message)
    }

    fn read(input: Bytes<'a>, checked: bool) -> Parsed<'a, Self> {
        let bytes = input.rest();
        let (second, [to, net, first]) = array(input)?;
        let (rest, [from, seq, command]) = array(second)?;
        let Some((check, data)) = rest.rest().split_last() else { return Err(rest.error(ParseErrorKind::Truncated)) };
        if checked && checksum(&[to, net]) != first {
            return Err(input.error(ParseErrorKind::BadChecksum));
        }
        if checked && checksum(bytes.get(3..bytes.len().saturating_sub(1)).unwrap_or(&[])) != *check {
            return Err(second.error(ParseErrorKind::BadChecksum));
        }
        let (netfn, to_lun, sequence, from_lun) = (net >> 2, net & 3, seq >> 2, seq & 3);
        Ok((rest, Self { to, netfn, to_lun, from, from_lun, sequence, command, data }))
    }

    /// Writes it. Bits that a field does not have are left out.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short.
    pub fn emit(&self, w: &mut TxWriter<'_>) -> Result<(), Full> {
        let first = [self.to, self.netfn.wrapping_shl(2) | (self.to_lun & 3)];
        let second = [self.from, self.sequence.wrapping_shl(2) | (self.from_lun & 3), self.command];
        w.add(&first);
        w.add(&[checksum(&first)]);
        w.add(&second);
        w.add(self.data);
        w.put(&[checksum(&second).wrapping_add(checksum(self.data))])
    }
}

/// A request of a remote console to the BMC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// Network function, even, 0 to 62.
    pub netfn: u8,
    /// Command.
    pub command: u8,
    /// Tells our requests apart, 0 to 63.
    pub sequence: u8,
    /// What the command takes.
    pub data: &'a [u8],
}

impl Request<'_> {
    /// Writes it.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short.
    pub fn emit(&self, w: &mut TxWriter<'_>) -> Result<(), Full> {
        let Self { netfn, command, sequence, data } = *self;
        Message { to: BMC, netfn, to_lun: 0, from: REMOTE_CONSOLE, from_lun: 0, sequence, command, data }.emit(w)
    }
}

/// A response, whoever gave it. Addresses are not looked at: what is bridged comes from elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Response<'a> {
    /// Network function of the request.
    pub netfn: u8,
    /// Command.
    pub command: u8,
    /// That of the request.
    pub sequence: u8,
    /// 00h: done (section 5.2, table 5-2).
    pub completion_code: u8,
    /// What was answered.
    pub data: &'a [u8],
}

impl<'a> Response<'a> {
    /// Reads a whole message.
    ///
    /// # Errors
    /// [`ParseError`] when it is no response, or a check does not fit.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        Self::read(bytes, true)
    }

    /// Reads a whole message out of a packet that is signed, whatever its checks say: some firmware gets them wrong.
    ///
    /// # Errors
    /// [`ParseError`] when it is no response.
    pub fn parse_signed(bytes: &'a [u8]) -> Result<Self, ParseError> {
        Self::read(bytes, false)
    }

    fn read(bytes: &'a [u8], checked: bool) -> Result<Self, ParseError> {
        let (message, _) = front(bytes, |input| Message::read(input, checked))?;
        let request = message.netfn.checked_sub(1).filter(|netfn| netfn & 1 == 0);
        match (request, message.data.split_first()) {
            (Some(netfn), Some((code, data))) => {
                let Message { command, sequence, .. } = message;
                Ok(Self { netfn, command, sequence, completion_code: *code, data })
            }
            (Some(_), None) => Err(ParseError { at: 6, kind: ParseErrorKind::Truncated }),
            (None, _) => Err(ParseError { at: 1, kind: ParseErrorKind::BadValue }),
        }
    }
}
