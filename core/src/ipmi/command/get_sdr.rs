//! Get SDR: a part of a sensor data record, and the header that all records have. IPMI 2.0, sections 33.12 and 43.
//!
//! ```text
//!  request:  reservation 2 | record 2 | offset | count
//!  response: next record 2 | bytes …
//!  record:   id 2 | version 51 | type | length | length bytes …
//! ```
//!
//! Record 0000h is the first one, FFFFh the last, and behind it there is FFFFh; a count of FFh is the whole record. Offset 0 needs no
//! reservation.

use crate::buffer::{Full, TxWriter};
use crate::input::{ParseError, array, front, u8, u16_le};

/// Asks for a part of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetSdr {
    /// The reservation; 0 none.
    pub reservation: u16,
    /// Id of the record.
    pub record: u16,
    /// From which byte of it on.
    pub offset: u8,
    /// How many bytes.
    pub count: u8,
}

impl GetSdr {
    /// Network function of the request.
    pub const NETFN: u8 = super::STORAGE;
    /// Command.
    pub const COMMAND: u8 = 0x23;
    /// The first record, as one asks for it.
    pub const FIRST: u16 = 0x0000;
    /// The last record, as one asks for it; as an answer, that there is none behind.
    pub const LAST: u16 = 0xFFFF;
    /// A count: the whole record.
    pub const WHOLE: u8 = 0xFF;

    /// Reads the data of a request.
    ///
    /// # Errors
    /// [`ParseError`] when they are too short or too long.
    pub fn parse(data: &[u8]) -> Result<Self, ParseError> {
        super::whole(data, |input| {
            let (input, reservation) = u16_le(input)?;
            let (input, record) = u16_le(input)?;
            let (input, [offset, count]) = array(input)?;
            Ok((input, Self { reservation, record, offset, count }))
        })
    }

    /// Writes the data of a request.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short.
    pub fn emit(&self, w: &mut TxWriter<'_>) -> Result<(), Full> {
        w.add(&self.reservation.to_le_bytes());
        w.add(&self.record.to_le_bytes());
        w.put(&[self.offset, self.count])
    }
}

/// A part of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sdr<'a> {
    /// Id of the record behind it; FFFFh none.
    pub next: u16,
    /// What was asked for.
    pub bytes: &'a [u8],
}

impl<'a> Sdr<'a> {
    /// Reads what is behind the completion code.
    ///
    /// # Errors
    /// [`ParseError`] when it is too short.
    pub fn parse(data: &'a [u8]) -> Result<Self, ParseError> {
        front(data, u16_le).map(|(next, bytes)| Self { next, bytes })
    }

    /// Writes what is behind the completion code.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short.
    pub fn emit(&self, w: &mut TxWriter<'_>) -> Result<(), Full> {
        w.add(&self.next.to_le_bytes());
        w.add(self.bytes);
        w.went()
    }
}

/// What every record begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SdrHeader {
    /// Its id, which may be another when the repository has changed.
    pub id: u16,
    /// Version, as it stands, the digits swapped: 51h is 1.5.
    pub version: u8,
    /// Type: 01h full sensor, 02h compact, 03h event only, 11h device locator, 12h controller locator, C0h OEM.
    pub record_type: u8,
    /// Bytes behind this header.
    pub length: u8,
}

impl SdrHeader {
    /// Bytes of it.
    pub const LEN: u8 = 5;

    /// Reads the first bytes of a record.
    ///
    /// # Errors
    /// [`ParseError`] when they are too short.
    pub fn parse(record: &[u8]) -> Result<Self, ParseError> {
        let header = |input| {
            let (input, id) = u16_le(input)?;
            let (input, [version, record_type]) = array(input)?;
            let (input, length) = u8(input)?;
            Ok((input, Self { id, version, record_type, length }))
        };
        front(record, header).map(|(header, _)| header)
    }

    /// Writes it.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short.
    pub fn emit(&self, w: &mut TxWriter<'_>) -> Result<(), Full> {
        w.add(&self.id.to_le_bytes());
        w.put(&[self.version, self.record_type, self.length])
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{emitted, takes_all_of};
    use super::*;

    #[test]
    fn what_was_recorded() {
        let request = GetSdr::parse(b"\x0d\0\x03\0\x05\x0b").unwrap();
        assert_eq!(request, GetSdr { reservation: 13, record: 3, offset: 5, count: 11 });
        assert_eq!(emitted(|w| request.emit(w)), b"\x0d\0\x03\0\x05\x0b");
        takes_all_of(b"\x0d\0\x03\0\x05\x0b", 6, GetSdr::parse);
        let answer = Sdr::parse(b"\xff\xff\x03\0\x51\xc0\x0b").unwrap();
        assert_eq!(answer.next, GetSdr::LAST);
        assert_eq!(emitted(|w| answer.emit(w)), b"\xff\xff\x03\0\x51\xc0\x0b");
        let header = SdrHeader::parse(answer.bytes).unwrap();
        assert_eq!(header, SdrHeader { id: 3, version: 0x51, record_type: 0xC0, length: 11 });
        assert_eq!(emitted(|w| header.emit(w)), answer.bytes);
        assert!(Sdr::parse(b"\xff").is_err());
        for len in 0..5 {
            assert!(SdrHeader::parse(&answer.bytes[..len]).is_err(), "{len}");
        }
    }
}
