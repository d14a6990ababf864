//! A bare Ethernet frame of Wake-on-LAN's own type, either direction. IEEE 802.3-2018, section 3.1.1; the type is the one
//! that `etherwake` sends and Wireshark calls WOL.
//!
//! ```text
//!  0             6        12     14
//! +-------------+--------+------+----------
//! | destination | source | 0842 | payload …
//! +-------------+--------+------+----------
//! ```

use crate::ParseError;
use crate::buffer::{Full, TxWriter};
use crate::input::{ParseErrorKind, array, front, u16_be};
use crate::wol::Mac;

/// The EtherType of Wake-on-LAN.
pub const ETHERTYPE: u16 = 0x0842;

/// An Ethernet frame without its check sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// To whom.
    pub destination: Mac,
    /// From whom.
    pub source: Mac,
    /// What it carries, padding included.
    pub payload: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Bytes before the payload.
    pub const HEADER_LEN: usize = 14;

    /// Reads a frame of type 0842h.
    ///
    /// # Errors
    /// [`ParseError`] when it is shorter than its header or of another type.
    pub fn parse(frame: &'a [u8]) -> Result<Self, ParseError> {
        let header = |input| {
            let (input, destination) = array::<6>(input)?;
            let (input, source) = array::<6>(input)?;
            let (rest, kind) = u16_be(input)?;
            if kind == ETHERTYPE {
                Ok((rest, (destination, source)))
            } else {
                Err(input.error(ParseErrorKind::BadValue))
            }
        };
        let ((destination, source), payload) = front(frame, header)?;
        Ok(Self { destination: Mac::from_octets(destination), source: Mac::from_octets(source), payload })
    }

    /// Writes the frame. It is not padded: the payload of a magic packet is longer than the shortest frame.
    ///
    /// # Errors
    /// [`Full`] when the buffer is shorter than header and payload.
    pub fn emit(&self, writer: &mut TxWriter<'_>) -> Result<(), Full> {
        writer.put(&self.destination.octets())?;
        writer.put(&self.source.octets())?;
        writer.u16_be(ETHERTYPE)?;
        writer.put(self.payload)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_and_each_truncation() {
        let frame =
            Frame { destination: Mac::BROADCAST, source: Mac::from_octets([2, 0, 0, 0, 0, 1]), payload: b"abc" };
        let mut bytes = [0; 17];
        frame.emit(&mut TxWriter::new(&mut bytes)).unwrap();
        assert_eq!(Frame::parse(&bytes), Ok(frame));
        for len in 0..Frame::HEADER_LEN {
            let error = Frame::parse(bytes.get(..len).unwrap()).unwrap_err();
            assert_eq!(error.kind, ParseErrorKind::Truncated);
        }
        *bytes.get_mut(12).unwrap() = 0x09;
        assert_eq!(Frame::parse(&bytes), Err(ParseError { at: 12, kind: ParseErrorKind::BadValue }));
    }
}
