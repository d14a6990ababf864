//! The sensor data repository, with records of several types. IPMI 2.0, sections 33 and 43.

use rackhand_core::ipmi::Bridge;
use rackhand_core::ipmi::command::{GetSdr, SdrHeader, SdrRepositoryInfo};

/// Completion codes.
const CANCELLED: u8 = 0xC5;
const OUT_OF_RANGE: u8 = 0xC9;
const TOO_MANY: u8 = 0xCA;
const NOT_PRESENT: u8 = 0xCB;

/// Number of the sensor of the inlet's temperature, and what it reads: degrees Celsius.
pub(super) const INLET: u8 = 0x30;
/// Number of the sensor of the power unit.
pub(super) const POWER_UNIT: u8 = 0x31;

/// Ids are not without gaps: nobody may count on that.
const STEP: u16 = 3;

const CONTROLLER: (u8, &[u8]) = (0x12, b"\x20\x00\x00\xbf\x00\x00\x00\x07\x01\x00\xc7RACKSIM");
const TEMPERATURE: (u8, &[u8]) = (
    0x01,
    b"\x20\x00\x30\x07\x01\x7f\x68\x01\x01\x80\x72\x85\x7a\x38\x38\x00\x01\x00\x00\x01\x00\x00\x00\x00\x00\x07\x19\x32\
      \x05\x7f\x80\x3c\x32\x2d\x80\x00\x05\x02\x02\x00\x00\x00\xcaInlet Temp",
);
const POWER: (u8, &[u8]) = (
    0x02,
    b"\x20\x00\x31\x15\x01\x67\x40\x09\x6f\x00\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xc8PwrUnit1",
);
/// Another vendor's, in which Node Manager's key stands elsewhere: who searches bytes instead of fields is misled.
const ANOTHERS: (u8, &[u8]) = (0xC0, b"\xa2\x02\x00\x57\x01\x00\x0d\x01\x24\x50\x01\x02\x03");
const INVENTORY: (u8, &[u8]) = (0x11, b"\x20\x00\x80\x00\x00\x10\x00\x17\x01\x00\xc7Chassis");

/// The repository.
#[derive(Clone, Debug)]
pub(super) struct Repository {
    records: Vec<Vec<u8>>,
    reservation: u16,
}

impl Repository {
    /// Its records; that of a satellite, if there is one, is behind so many others.
    pub(super) fn new(satellite: Option<Bridge>, place: Option<usize>) -> Self {
        let mut all: Vec<(u8, Vec<u8>)> = [CONTROLLER, TEMPERATURE, POWER, ANOTHERS, INVENTORY]
            .map(|(record_type, body)| (record_type, body.to_vec()))
            .into();
        if let (Some(Bridge { channel, address }), Some(place)) = (satellite, place) {
            let channel = channel.wrapping_shl(4);
            let body = vec![0x57, 0x01, 0x00, 0x0D, 0x01, address, channel, 0x19, 0x18, 0x1A, 0x1B];
            all.insert(place.min(all.len()), (0xC0, body));
        }
        let ids = (1_u16..).step_by(STEP.into());
        let records = ids.zip(all).map(|(id, (record_type, body))| {
            let length = u8::try_from(body.len()).unwrap_or(u8::MAX);
            let header = SdrHeader { id, version: 0x51, record_type, length };
            [super::bytes(|w| header.emit(w)), body].concat()
        });
        Self { records: records.collect(), reservation: 0 }
    }

    pub(super) fn info(&self) -> SdrRepositoryInfo {
        SdrRepositoryInfo {
            version: 0x51,
            records: u16::try_from(self.records.len()).unwrap_or(u16::MAX),
            free_bytes: 0x4000,
            added_s: 0x5968_2F00,
            erased_s: 0,
            operations: 0x20 | SdrRepositoryInfo::RESERVES,
        }
    }

    /// Reserves it; earlier reservations are cancelled.
    pub(super) const fn reserve(&mut self) -> u16 {
        self.cancel();
        self.reservation
    }

    /// Cancels whatever reservation there is.
    pub(super) const fn cancel(&mut self) {
        self.reservation = match self.reservation.wrapping_add(1) {
            0 => 1,
            other => other,
        };
    }

    fn id(record: &[u8]) -> u16 {
        SdrHeader::parse(record).map_or(0, |header| header.id)
    }

    /// A part of a record, and the id of the one behind; a completion code when there is none. `limit`: most bytes at once.
    pub(super) fn get(&self, request: &GetSdr, limit: usize) -> Result<(u16, &[u8]), u8> {
        let GetSdr { reservation, record, offset, count } = *request;
        let reserved = reservation == self.reservation || (reservation == 0 && offset == 0);
        if !reserved {
            return Err(CANCELLED);
        }
        let place = match record {
            GetSdr::FIRST => Some(0),
            GetSdr::LAST => self.records.len().checked_sub(1),
            id => self.records.iter().position(|record| Self::id(record) == id),
        };
        let place = place.ok_or(NOT_PRESENT)?;
        let whole = self.records.get(place).ok_or(NOT_PRESENT)?;
        let next = self.records.get(place.saturating_add(1)).map_or(GetSdr::LAST, |record| Self::id(record));
        let rest = whole.get(offset.into()..).filter(|rest| !rest.is_empty()).ok_or(OUT_OF_RANGE)?;
        let part = if count == GetSdr::WHOLE { rest } else { rest.get(..count.into()).unwrap_or(rest) };
        if part.len() > limit || (count != GetSdr::WHOLE && usize::from(count) > limit) {
            return Err(TOO_MANY);
        }
        Ok((next, part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NM: Bridge = Bridge { channel: 6, address: 0x2C };

    fn part(reservation: u16, record: u16, offset: u8, count: u8) -> GetSdr {
        GetSdr { reservation, record, offset, count }
    }

    #[test]
    fn a_walk_finds_every_record_once() {
        for (place, wanted) in [(Some(0), 6), (Some(3), 6), (Some(99), 6), (None, 5)] {
            let mut repository = Repository::new(Some(NM), place);
            let reservation = repository.reserve();
            let (mut id, mut types) = (GetSdr::FIRST, Vec::new());
            while id != GetSdr::LAST {
                let (next, record) = repository.get(&part(reservation, id, 0, GetSdr::WHOLE), 255).unwrap();
                let header = SdrHeader::parse(record).unwrap();
                assert_eq!(record.len(), usize::from(header.length) + 5);
                types.push((header.record_type, record[5..].to_vec()));
                id = next;
            }
            assert_eq!((types.len(), usize::from(repository.info().records)), (wanted, wanted));
            let key = b"\x57\x01\x00\x0d\x01\x2c\x60\x19\x18\x1a\x1b";
            let found = types.iter().filter(|(record_type, body)| *record_type == 0xC0 && body[..] == key[..]).count();
            assert_eq!(found, usize::from(place.is_some()));
        }
    }

    #[test]
    fn what_is_refused() {
        let mut repository = Repository::new(Some(NM), Some(0));
        let old = repository.reserve();
        let new = repository.reserve();
        assert_eq!(repository.get(&part(old, 1, 5, 4), 255), Err(0xC5));
        assert_eq!(repository.get(&part(0, 1, 5, 4), 255), Err(0xC5));
        assert_eq!(repository.get(&part(0, 1, 0, 5), 255), Ok((4, &b"\x01\x00\x51\xc0\x0b"[..])));
        assert_eq!(repository.get(&part(new, 1, 5, 17), 16), Err(0xCA));
        assert_eq!(repository.get(&part(new, 7, 0, 0xFF), 16), Err(0xCA));
        assert_eq!(repository.get(&part(new, 1, 14, 16), 16), Ok((4, &b"\x1a\x1b"[..])));
        assert_eq!(repository.get(&part(new, 1, 16, 1), 255), Err(0xC9));
        assert_eq!(repository.get(&part(new, 2, 0, 5), 255), Err(0xCB));
        assert_eq!(repository.get(&part(new, 0xFFFF, 0, 2), 255), Ok((0xFFFF, &b"\x10\x00"[..])));
    }
}
