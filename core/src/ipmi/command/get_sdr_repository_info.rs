//! Get SDR Repository Info: how many sensor data records there are. IPMI 2.0, section 33.9.
//!
//! ```text
//!  response: version 51 | records 2 | free 2 | last addition 4 | last erase 4 | operations
//!            0            1           3        5                 9              13
//! ```

use crate::buffer::{Full, TxWriter};
use crate::input::{ParseError, array, front, u8, u16_le};

without_data! {
    /// How many records are there?
    GetSdrRepositoryInfo = super::STORAGE, 0x20
}

/// The repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SdrRepositoryInfo {
    /// Version of the commands, as it stands, the digits swapped: 51h is 1.5.
    pub version: u8,
    /// Records in it.
    pub records: u16,
    /// Bytes that are free: FFFFh unknown, FFFEh that or more.
    pub free_bytes: u16,
    /// When a record was added last: seconds since 1970.
    pub added_s: u32,
    /// When one was erased last: seconds since 1970.
    pub erased_s: u32,
    /// Bit 7 it has overflowed, bits 6:5 how it is updated, 3 it can be deleted from, 2 partly added to, 1 reserved, 0 its allocation can
    /// be told.
    pub operations: u8,
}

impl SdrRepositoryInfo {
    /// Bit of [`Self::operations`]: it can be reserved.
    pub const RESERVES: u8 = 0x02;

    /// Reads what is behind the completion code.
    ///
    /// # Errors
    /// [`ParseError`] when it is too short.
    pub fn parse(data: &[u8]) -> Result<Self, ParseError> {
        let answer = |input| {
            let (input, version) = u8(input)?;
            let (input, records) = u16_le(input)?;
            let (input, free_bytes) = u16_le(input)?;
            let (input, added) = array(input)?;
            let (input, erased) = array(input)?;
            let (input, operations) = u8(input)?;
            let (added_s, erased_s) = (u32::from_le_bytes(added), u32::from_le_bytes(erased));
            Ok((input, Self { version, records, free_bytes, added_s, erased_s, operations }))
        };
        front(data, answer).map(|(it, _)| it)
    }

    /// Writes what is behind the completion code.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short.
    pub fn emit(&self, w: &mut TxWriter<'_>) -> Result<(), Full> {
        w.add(&[self.version]);
        w.add(&self.records.to_le_bytes());
        w.add(&self.free_bytes.to_le_bytes());
        w.add(&self.added_s.to_le_bytes());
        w.add(&self.erased_s.to_le_bytes());
        w.u8(self.operations)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::emitted;
    use super::*;

    #[test]
    fn what_was_recorded() {
        let recorded = b"\x51\x06\0\0\x40\x00\x2f\x68\x59\0\0\0\0\x22";
        let answer = SdrRepositoryInfo::parse(recorded).unwrap();
        assert_eq!((answer.version, answer.records, answer.free_bytes), (0x51, 6, 0x4000));
        assert_eq!((answer.added_s, answer.erased_s), (0x5968_2f00, 0));
        assert_ne!(answer.operations & SdrRepositoryInfo::RESERVES, 0);
        assert_eq!(emitted(|w| answer.emit(w)), recorded);
        for len in 0..recorded.len() {
            assert!(SdrRepositoryInfo::parse(&recorded[..len]).is_err(), "{len}");
        }
    }
}
