//! Get Device ID: who a management controller is. IPMI 2.0, section 20.1.
//!
//! ```text
//!  response: id | P revision 3:0 | U major 6:0 | minor (BCD) | version | support | manufacturer 3 | product 2 | auxiliary 4
//!            0    1                2             3             4         5         6                9           11
//! ```
//!
//! P: it provides sensor data records; U: its firmware is being updated. Old ones leave the last four bytes out.

use crate::buffer::{Full, TxWriter};
use crate::input::{ParseError, array, front, u8, u16_le};

without_data! {
    /// Who are you?
    GetDeviceId = super::APP, 0x01
}

const PROVIDES_SDRS: u8 = 0x80;
const UPDATING: u8 = 0x80;

/// Who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceId {
    /// Its maker's number of it.
    pub id: u8,
    /// It provides sensor data records of its own.
    pub provides_sdrs: bool,
    /// Revision of the device, 0 to 15.
    pub revision: u8,
    /// Its firmware is being updated, or it initializes itself.
    pub updating: bool,
    /// Major revision of its firmware, 0 to 127.
    pub firmware_major: u8,
    /// Minor one, as it stands: two decimal digits.
    pub firmware_minor: u8,
    /// Version of IPMI, as it stands, the digits swapped: 02h is 2.0.
    pub ipmi_version: u8,
    /// What else it supports: bit 7 chassis, 6 bridge, 5 and 4 events, 3 inventory, 2 event log, 1 repository, 0 sensors.
    pub support: u8,
    /// Enterprise number of its maker, 24 bits.
    pub manufacturer: u32,
    /// Its maker's number of the product.
    pub product: u16,
    /// What its maker wants.
    pub auxiliary: Option<[u8; 4]>,
}

impl DeviceId {
    /// Reads what is behind the completion code.
    ///
    /// # Errors
    /// [`ParseError`] when it is too short.
    pub fn parse(data: &[u8]) -> Result<Self, ParseError> {
        let answer = |input| {
            let (input, [id, revision, major, firmware_minor]) = array(input)?;
            let (input, ipmi_version) = u8(input)?;
            let (input, support) = u8(input)?;
            let (input, [low, middle, high]) = array(input)?;
            let (input, product) = u16_le(input)?;
            let (input, auxiliary) = array(input).map_or((input, None), |(input, bytes)| (input, Some(bytes)));
            let (provides_sdrs, updating) = (revision & PROVIDES_SDRS != 0, major & UPDATING != 0);
            let (revision, firmware_major) = (revision & 0x0F, major & !UPDATING);
            let manufacturer = u32::from_le_bytes([low, middle, high, 0]);
            let it = Self {
                id,
                provides_sdrs,
                revision,
                updating,
                firmware_major,
                firmware_minor,
                ipmi_version,
                support,
                manufacturer,
                product,
                auxiliary,
            };
            Ok((input, it))
        };
        front(data, answer).map(|(it, _)| it)
    }

    /// Writes what is behind the completion code.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short.
    pub fn emit(&self, w: &mut TxWriter<'_>) -> Result<(), Full> {
        let revision = (self.revision & 0x0F) | if self.provides_sdrs { PROVIDES_SDRS } else { 0 };
        let major = (self.firmware_major & !UPDATING) | if self.updating { UPDATING } else { 0 };
        w.add(&[self.id, revision, major, self.firmware_minor, self.ipmi_version, self.support]);
        let [low, middle, high, _] = self.manufacturer.to_le_bytes();
        w.add(&[low, middle, high]);
        w.add(&self.product.to_le_bytes());
        w.add(self.auxiliary.as_ref().map_or(&[], |bytes| bytes));
        w.went()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::emitted;
    use super::*;

    #[test]
    fn with_and_without_auxiliary_bytes() {
        // Recorded from ipmi_sim.
        let recorded = b"\x20\x81\x02\x15\x02\xbf\x57\x01\x00\x71\x00\x01\x00\x09\x00";
        let it = DeviceId::parse(recorded).unwrap();
        assert!(it.provides_sdrs && !it.updating);
        assert_eq!((it.id, it.revision, it.firmware_major, it.firmware_minor), (0x20, 1, 2, 0x15));
        assert_eq!((it.ipmi_version, it.manufacturer, it.product), (2, 343, 0x71));
        assert_eq!(it.auxiliary, Some([1, 0, 9, 0]));
        assert_eq!(emitted(|w| it.emit(w)), recorded);
        let short = DeviceId::parse(&recorded[..11]).unwrap();
        assert_eq!(short, DeviceId { auxiliary: None, ..it });
        assert_eq!(emitted(|w| short.emit(w)), recorded[..11]);
        for len in 0..11 {
            assert!(DeviceId::parse(&recorded[..len]).is_err(), "{len}");
        }
        let updating = DeviceId { updating: true, ..it };
        assert_eq!(DeviceId::parse(&emitted(|w| updating.emit(w))), Ok(updating));
    }
}
