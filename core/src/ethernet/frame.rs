//! A bare Ethernet frame, either direction. IEEE 802.3-2018, section 3.2 "Elements of the MAC frame"; without preamble and check
//! sequence, which are the network card's.
//!
//! ```text
//!  0             6        12          14
//! +-------------+--------+-----------+----------
//! | destination | source | EtherType | payload …
//! +-------------+--------+-----------+----------
//! ```

use crate::ParseError;
use crate::buffer::{Full, TxWriter};
use crate::ethernet::Mac;
use crate::input::{array, front, u16_be};

/// An Ethernet frame without its check sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// To whom.
    pub destination: Mac,
    /// From whom.
    pub source: Mac,
    /// What it carries. The field is called Length/Type: below 0600h it is the length of a payload that says itself what it is.
    pub ethertype: u16,
    /// What it carries, padding included.
    pub payload: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Bytes before the payload.
    pub const HEADER_LEN: usize = 14;
    /// Most bytes of payload (section 3.2.7, the basic frame).
    pub const MAX_PAYLOAD_LEN: usize = 1500;

    /// Reads a frame, whatever it carries.
    ///
    /// # Errors
    /// [`ParseError`] for a frame shorter than its header.
    pub fn parse(frame: &'a [u8]) -> Result<Self, ParseError> {
        let header = |input| {
            let (input, destination) = array::<6>(input)?;
            let (input, source) = array::<6>(input)?;
            let (input, ethertype) = u16_be(input)?;
            Ok((input, (destination, source, ethertype)))
        };
        let ((destination, source, ethertype), payload) = front(frame, header)?;
        let (destination, source) = (Mac::from_octets(destination), Mac::from_octets(source));
        Ok(Self { destination, source, ethertype, payload })
    }

    /// Writes the frame. It is not padded: cards do that.
    ///
    /// # Errors
    /// [`Full`] when the buffer is shorter than header and payload.
    pub fn emit(&self, writer: &mut TxWriter<'_>) -> Result<(), Full> {
        writer.put(&self.destination.octets())?;
        writer.put(&self.source.octets())?;
        writer.u16_be(self.ethertype)?;
        writer.put(self.payload)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ParseErrorKind;

    #[test]
    fn both_ways_and_each_truncation() {
        let (destination, source) = (Mac::BROADCAST, Mac::from_octets([2, 0, 0, 0, 0, 1]));
        let frame = Frame { destination, source, ethertype: 0x0842, payload: b"abc" };
        let mut bytes = [0; 17];
        frame.emit(&mut TxWriter::new(&mut bytes)).unwrap();
        assert_eq!(bytes, *b"\xff\xff\xff\xff\xff\xff\x02\x00\x00\x00\x00\x01\x08\x42abc");
        assert_eq!(Frame::parse(&bytes), Ok(frame));
        for len in 0..Frame::HEADER_LEN {
            let error = Frame::parse(bytes.get(..len).unwrap()).unwrap_err();
            assert_eq!(error.kind, ParseErrorKind::Truncated);
        }
        for len in 0..bytes.len() {
            assert!(frame.emit(&mut TxWriter::new(bytes.get_mut(..len).unwrap())).is_err());
        }
    }
}
