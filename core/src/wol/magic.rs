//! The magic packet, host to sleeping network card. AMD 20213, section 2.1.
//!
//! ```text
//!  0      6      12            96      102        106 or 108
//! +------+------+--- … ---+------+------+- - - - - - - - -+
//! | FF×6 | MAC  | MAC ×14 … MAC        | SecureON 4 or 6  |
//! +------+------+--- … ---+------+------+- - - - - - - - -+
//! ```

use crate::buffer::{Full, TxWriter};
use crate::describe::{Field, Sink, Value};
use crate::wol::{Mac, SecureOn};

const SECTION: &str = "AMD 20213, 2.1";

/// Bytes of synchronisation and address, without a password.
const PATTERN: usize = 102;
/// Equalities `byte[i] == byte[i + 6]` that sixteen copies of an address have.
const EQUALITIES: usize = 15 * 6;

/// A magic packet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct MagicPacket {
    /// Whom it wakes.
    pub mac: Mac,
    /// What must follow when the card was told to ask for it.
    pub password: Option<SecureOn>,
}

impl MagicPacket {
    /// Reads a payload that is a magic packet and nothing else but a password.
    #[must_use]
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let (pattern, rest) = payload.split_first_chunk::<PATTERN>()?;
        let (sync, addresses) = pattern.split_first_chunk::<6>()?;
        let (mac, _) = addresses.split_first_chunk::<6>()?;
        if *sync != [0xFF; 6] || addresses.chunks_exact(6).any(|address| address != mac) {
            return None;
        }
        let password = if rest.is_empty() { None } else { Some(SecureOn::from_octets(rest).ok()?) };
        Some(Self { mac: Mac::from_octets(*mac), password })
    }

    /// Bytes that [`MagicPacket::emit`] writes: 102, 106 or 108.
    #[must_use]
    pub fn len(&self) -> usize {
        PATTERN.saturating_add(self.password.as_ref().map_or(0, |password| password.octets().len()))
    }

    /// Never: a magic packet always has bytes.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        false
    }

    /// Writes the packet.
    ///
    /// # Errors
    /// [`Full`] when the buffer is shorter than [`MagicPacket::len`].
    pub fn emit(&self, writer: &mut TxWriter<'_>) -> Result<(), Full> {
        writer.put(&[0xFF; 6])?;
        for _ in 0..16 {
            writer.put(&self.mac.octets())?;
        }
        self.password.as_ref().map_or(Ok(()), |password| writer.put(password.octets()))
    }
}

/// A magic packet somewhere in a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found<'a> {
    /// Where it begins.
    pub at: usize,
    /// Whom it wakes.
    pub mac: Mac,
    /// All that follows its sixteen addresses.
    pub rest: &'a [u8],
}

impl Found<'_> {
    /// The password, when exactly one follows.
    #[must_use]
    pub fn secure_on(&self) -> Option<SecureOn> {
        SecureOn::from_octets(self.rest).ok()
    }

    /// Names the fields.
    pub fn describe(&self, sink: Sink<'_>) {
        let mut field = |name, at, len, value| sink(Field { name, section: SECTION, at, len, value });
        let mac = self.mac.octets();
        field("synchronization stream", self.at, 6, Value::Bytes(&[0xFF; 6]));
        field("target address ×16", self.at.saturating_add(6), 96, Value::Bytes(&mac));
        let end = self.at.saturating_add(PATTERN);
        if self.secure_on().is_some() {
            field("SecureON password", end, self.rest.len(), Value::Hidden);
        } else if !self.rest.is_empty() {
            // It may begin with a password, whatever follows that.
            field("not part of the packet", end, self.rest.len(), Value::Hidden);
        }
    }
}

/// Every place of a payload at which a magic packet begins, first one first. One pass, whatever the bytes are.
///
/// Where synchronisation stream and address run into each other there may be more than one reading; all are given.
#[derive(Clone, Debug)]
pub struct Matches<'a> {
    payload: &'a [u8],
    /// The next byte to be compared with the one six behind it.
    next: usize,
    /// Equalities in a row that end there.
    same: usize,
    /// FF bytes in a row that end where the addresses would begin.
    sync: usize,
}

impl<'a> Matches<'a> {
    /// Looks through `payload`.
    #[must_use]
    pub const fn new(payload: &'a [u8]) -> Self {
        Self { payload, next: 0, same: 0, sync: 0 }
    }

    #[cfg_attr(not(target_pointer_width = "32"), inline)]
    fn byte_is(&self, at: usize, value: u8) -> bool {
        self.payload.get(at) == Some(&value)
    }
}

impl<'a> Iterator for Matches<'a> {
    type Item = Found<'a>;

    #[cfg_attr(not(target_pointer_width = "32"), inline)]
    fn next(&mut self) -> Option<Found<'a>> {
        loop {
            let at = self.next;
            let later = *self.payload.get(at.saturating_add(6))?;
            self.next = at.saturating_add(1);
            self.same = if self.byte_is(at, later) { self.same.saturating_add(1) } else { 0 };
            // The equality at `at` is the last of sixteen addresses when they begin 89 bytes before it; the last byte
            // of the synchronisation stream is the one before those.
            let Some(end_of_sync) = at.checked_sub(EQUALITIES) else { continue };
            self.sync = if self.byte_is(end_of_sync, 0xFF) { self.sync.saturating_add(1) } else { 0 };
            if self.same < EQUALITIES || self.sync < 6 {
                continue;
            }
            let begin = end_of_sync.saturating_sub(5);
            let addresses = self.payload.get(end_of_sync.saturating_add(1)..)?;
            let (mac, _) = addresses.split_first_chunk::<6>()?;
            let rest = addresses.get(96..)?;
            return Some(Found { at: begin, mac: Mac::from_octets(*mac), rest });
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::String;
    use std::vec::Vec;

    use super::*;

    const MAC: Mac = Mac::from_octets([0x00, 0x11, 0x22, 0x33, 0x44, 0x55]);

    fn packet(mac: Mac, password: &[u8]) -> Vec<u8> {
        let mut bytes = std::vec![0; 108];
        let packet = MagicPacket { mac, password: SecureOn::from_octets(password).ok() };
        let mut writer = TxWriter::new(&mut bytes);
        packet.emit(&mut writer).unwrap();
        let len = writer.len();
        assert_eq!(len, packet.len());
        bytes.truncate(len);
        bytes
    }

    #[test]
    fn found_anywhere() {
        for lead in [0, 1, 7, 14, 90] {
            for tail in [0, 1, 4, 6, 40] {
                let mut bytes = std::vec![0xA5; lead];
                bytes.extend(packet(MAC, &[]));
                bytes.extend(std::vec![0x5A; tail]);
                let found = Matches::new(&bytes).next().unwrap();
                assert_eq!((found.at, found.mac, found.rest.len()), (lead, MAC, tail));
            }
        }
    }

    #[test]
    fn one_byte_off_is_none() {
        let whole = packet(MAC, &[]);
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            *bytes.get_mut(at).unwrap() ^= 0x10;
            assert_eq!(Matches::new(&bytes).count(), 0, "byte {at}");
        }
        for len in 0..whole.len() {
            assert_eq!(MagicPacket::parse(whole.get(..len).unwrap()), None);
        }
    }

    #[test]
    fn every_reading_of_an_address_like_the_stream() {
        // One FF too many in front, and an address that ends with FF: two readings, the card's own among them.
        let mac = Mac::from_octets([0x02, 0, 0, 0, 0, 0xFF]);
        let mut bytes = std::vec![0xFF];
        bytes.extend(packet(mac, &[]));
        let macs: Vec<_> = Matches::new(&bytes).map(|found| found.mac).collect();
        assert!(macs.contains(&mac), "{macs:?}");
    }

    #[test]
    fn a_password_is_hidden_whatever_follows_it() {
        for tail in [4, 6, 10, 40] {
            let mut bytes = packet(MAC, &[]);
            bytes.extend(std::vec![0xDE; tail]);
            let found = Matches::new(&bytes).next().unwrap();
            let mut values = Vec::new();
            found.describe(&mut |field| values.push(std::format!("{:?}", field.value)));
            assert_eq!(values.last().map(String::as_str), Some("Hidden"), "{tail}");
        }
    }

    #[test]
    fn short_buffer_says_how_much() {
        let mut bytes = [0; 101];
        let packet = MagicPacket { mac: MAC, password: None };
        assert_eq!(packet.emit(&mut TxWriter::new(&mut bytes)), Err(Full { needed: 102 }));
    }
}
