//! Get Channel Cipher Suites: sixteen bytes of the list of cipher suites. IPMI 2.0, section 22.15.
//!
//! ```text
//!  request:  channel 3:0 | payload type 5:0 | L index 5:0
//!  response: channel | up to 16 bytes of records (they are read by `Records`)
//! ```
//!
//! L: by suites; else the algorithms alone. The first answer with less than sixteen bytes is the last.

use crate::buffer::{Full, TxWriter};
use crate::input::{ParseError, array, front, u8};

const BY_SUITE: u8 = 0x80;

/// What suites are there?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetChannelCipherSuites {
    /// Which channel, 0 to 15.
    pub channel: u8,
    /// For which payload, 0 to 63: 0 for IPMI.
    pub payload_type: u8,
    /// The list is wanted suite by suite.
    pub by_suite: bool,
    /// Which sixteen bytes of it, 0 to 63.
    pub index: u8,
}

impl GetChannelCipherSuites {
    /// Network function of the request.
    pub const NETFN: u8 = super::APP;
    /// Command.
    pub const COMMAND: u8 = 0x54;
    /// The last index.
    pub const MAX_INDEX: u8 = 0x3F;

    /// Reads the data of a request.
    ///
    /// # Errors
    /// [`ParseError`] when they are too short or too long.
    pub fn parse(data: &[u8]) -> Result<Self, ParseError> {
        super::whole(data, |input| {
            let (input, [channel, payload_type, index]) = array(input)?;
            let (by_suite, index) = (index & BY_SUITE != 0, index & Self::MAX_INDEX);
            Ok((input, Self { channel: channel & 0x0F, payload_type: payload_type & 0x3F, by_suite, index }))
        })
    }

    /// Writes the data of a request.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short.
    pub fn emit(&self, w: &mut TxWriter<'_>) -> Result<(), Full> {
        let index = (self.index & Self::MAX_INDEX) | if self.by_suite { BY_SUITE } else { 0 };
        w.put(&[self.channel & 0x0F, self.payload_type & 0x3F, index])
    }
}

/// A part of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelCipherSuites<'a> {
    /// Which channel it is.
    pub channel: u8,
    /// Bytes of records, which go on in the next part.
    pub records: &'a [u8],
}

impl<'a> ChannelCipherSuites<'a> {
    /// Bytes of a part that is not the last.
    pub const PART: usize = 16;

    /// Reads what is behind the completion code. What is longer than a part is cut.
    ///
    /// # Errors
    /// [`ParseError`] when it is too short.
    pub fn parse(data: &'a [u8]) -> Result<Self, ParseError> {
        let (channel, rest) = front(data, u8)?;
        Ok(Self { channel, records: rest.get(..Self::PART).unwrap_or(rest) })
    }

    /// Writes what is behind the completion code.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short.
    pub fn emit(&self, w: &mut TxWriter<'_>) -> Result<(), Full> {
        w.add(&[self.channel]);
        w.add(self.records);
        w.went()
    }

    /// Whether another part follows.
    #[must_use]
    pub const fn goes_on(&self) -> bool {
        self.records.len() >= Self::PART
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{emitted, takes_all_of};
    use super::*;

    #[test]
    fn what_was_recorded() {
        let request = GetChannelCipherSuites::parse(b"\x0e\x00\x81").unwrap();
        assert_eq!(request, GetChannelCipherSuites { channel: 14, payload_type: 0, by_suite: true, index: 1 });
        assert_eq!(emitted(|w| request.emit(w)), b"\x0e\x00\x81");
        takes_all_of(b"\x0e\x00\x81", 3, GetChannelCipherSuites::parse);
        let first = b"\x01\xc0\x03\x01\x41\x81\xc0\x11\x03\x44\x81\xc0\x01\x03\x44\x80\xc0";
        let last = b"\x01\xc0\x03\x01\x41\x81\xc0\x11\x03\x44\x81";
        for (recorded, goes_on) in [(&first[..], true), (last, false), (b"\x01", false)] {
            let answer = ChannelCipherSuites::parse(recorded).unwrap();
            assert_eq!((answer.channel, answer.goes_on()), (1, goes_on));
            assert_eq!(emitted(|w| answer.emit(w)), recorded);
        }
        assert!(ChannelCipherSuites::parse(b"").is_err());
        assert_eq!(ChannelCipherSuites::parse(&[7; 30]).unwrap().records.len(), 16);
    }
}
