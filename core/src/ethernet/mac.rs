//! Media access control addresses (IEEE 802-2014, section 8.2: EUI-48) and every way in which people type them.

use core::fmt;
use core::str::FromStr;

use serde::de::Visitor;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A 48-bit address of a network interface.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Mac([u8; 6]);

/// Why a text is no address of a network interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum MacError {
    /// A character that is neither a hexadecimal digit nor the separator used before it.
    BadCharacter {
        /// Its place in the text, in bytes.
        at: usize,
    },
    /// Not six octets of two digits, three groups of four, two of six or twelve digits.
    BadShape,
    /// The group bit is set (lowest bit of the first octet): no single interface has such an address.
    Group,
    /// All zero.
    Zero,
}

impl fmt::Display for MacError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadCharacter { at } => write!(f, "a character that does not belong there, at place {at}"),
            Self::BadShape => f.write_str("not twelve hexadecimal digits in six, three, two groups or one"),
            Self::Group => f.write_str("a group address: no single interface has it"),
            Self::Zero => f.write_str("all zero"),
        }
    }
}

impl core::error::Error for MacError {}

impl Mac {
    /// The address that every station of a segment listens to.
    pub const BROADCAST: Self = Self([0xFF; 6]);

    /// The address with these octets, whatever they are: the wire may carry any.
    #[must_use]
    pub const fn from_octets(octets: [u8; 6]) -> Self {
        Self(octets)
    }

    /// The six octets, first on the wire first.
    #[must_use]
    pub const fn octets(self) -> [u8; 6] {
        self.0
    }

    /// Whether the group bit is set: multicast and broadcast.
    #[must_use]
    pub const fn is_group(self) -> bool {
        let [first, ..] = self.0;
        first & 1 != 0
    }
}

/// The hexadecimal groups of `text`: digits are appended to `octets`, group lengths judged by `shape`.
///
/// Returns how many octets there were.
pub(crate) fn octets_of(text: &str, octets: &mut [u8; 6]) -> Result<usize, MacError> {
    let trimmed = text.trim_start();
    let lead = text.len().saturating_sub(trimmed.len());
    let trimmed = trimmed.trim_end();
    let (digits, lead) = match trimmed.strip_prefix("0x").or_else(|| trimmed.strip_prefix("0X")) {
        Some(rest) => (rest, lead.saturating_add(2)),
        None => (trimmed, lead),
    };

    // One pass: nibbles go where they belong once the group lengths are known, so they are kept apart first.
    let mut nibbles = [0_u8; 12];
    let mut lengths = [0_u8; 6];
    let mut separator = None;
    let mut count = 0_usize;
    let mut group = 0_usize;
    for (at, byte) in digits.bytes().enumerate() {
        match (char::from(byte).to_digit(16), separator) {
            (Some(digit), _) => {
                *nibbles.get_mut(count).ok_or(MacError::BadShape)? = u8::try_from(digit).unwrap_or(0);
                count = count.saturating_add(1);
                let length = lengths.get_mut(group).ok_or(MacError::BadShape)?;
                *length = length.saturating_add(1);
            }
            (None, None) if matches!(byte, b':' | b'-' | b'.' | b' ') => {
                separator = Some(byte);
                group = group.saturating_add(1);
            }
            (None, Some(known)) if byte == known => group = group.saturating_add(1),
            (None, _) => return Err(MacError::BadCharacter { at: lead.saturating_add(at) }),
        }
    }
    let groups = group.saturating_add(1);
    let lengths = lengths.get(..groups).ok_or(MacError::BadShape)?;
    let all = |length: u8| lengths.iter().all(|it| *it == length);
    let short = matches!(separator, Some(b':' | b'-')) && lengths.iter().all(|it| matches!(it, 1 | 2));
    let fits = match groups {
        1 => all(12) || all(8),
        2 => all(6),
        3 => all(4),
        // Four with dots would be decimal: an IPv4 address, and none that is right.
        4 => separator != Some(b'.') && (all(2) || short),
        6 => all(2) || short,
        _ => false,
    };
    if !fits {
        return Err(MacError::BadShape);
    }

    let mut nibbles = nibbles.iter().take(count).copied();
    let mut written = 0_usize;
    let mut put = |octet: u8| -> Result<(), MacError> {
        *octets.get_mut(written).ok_or(MacError::BadShape)? = octet;
        written = written.saturating_add(1);
        Ok(())
    };
    for length in lengths {
        let mut left = *length;
        while left > 0 {
            let high = if left == 1 { 0 } else { nibbles.next().unwrap_or(0) };
            let low = nibbles.next().unwrap_or(0);
            put((high << 4) | low)?;
            left = left.saturating_sub(2);
        }
    }
    Ok(written)
}

impl Mac {
    /// The address of one interface.
    ///
    /// # Errors
    /// [`MacError::Group`] or [`MacError::Zero`]: nobody has such an address.
    pub(crate) fn of_station(octets: [u8; 6]) -> Result<Self, MacError> {
        let mac = Self(octets);
        if mac.is_group() {
            Err(MacError::Group)
        } else if octets == [0; 6] {
            Err(MacError::Zero)
        } else {
            Ok(mac)
        }
    }
}

impl FromStr for Mac {
    type Err = MacError;

    /// Reads the address of one interface: `00:11:22:33:44:55`, `00-11-…`, `0011.2233.4455`, `001122-334455`,
    /// `001122334455`, blanks between, single-digit octets, `0x` in front, blanks around, any case.
    fn from_str(text: &str) -> Result<Self, MacError> {
        let mut octets = [0; 6];
        if octets_of(text, &mut octets)? != 6 {
            return Err(MacError::BadShape);
        }
        Self::of_station(octets)
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Mac {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        // By hand: the formatting of numbers would take a kilobyte of a small board's flash.
        let mut text = heapless::String::<17>::new();
        for octet in self.0 {
            for digit in [octet >> 4, octet & 0xF] {
                let digit = char::from_digit(u32::from(digit), 16).unwrap_or('0');
                text.push(digit).map_err(|_| S::Error::custom("no room"))?;
            }
            // The last one has no room, and needs none.
            let _ = text.push(':');
        }
        to.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Mac {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Mac;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the address of a network interface")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Mac, E> {
                text.parse().map_err(E::custom)
            }
        }

        from.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::ToString;

    use super::*;

    #[test]
    fn every_way_people_type_one() {
        for text in [
            "00:11:22:33:44:55",
            "00-11-22-33-44-55",
            "0011.2233.4455",
            "0011-2233-4455",
            "001122334455",
            "001122-334455",
            "00 11 22 33 44 55",
            "00.11.22.33.44.55",
            "0:11:22:33:44:55",
            "0x001122334455",
            " 00:11:22:33:44:55\n",
        ] {
            assert_eq!(text.parse::<Mac>().map(|mac| mac.to_string()).as_deref(), Ok("00:11:22:33:44:55"), "{text:?}");
        }
        assert_eq!("0:1:2:3:4:5".parse(), Ok(Mac([0, 1, 2, 3, 4, 5])));
        assert_eq!("AA:bb:Cc:dD:EE:fe".parse(), Ok(Mac([0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xfe])));
    }

    #[test]
    fn nothing_is_misread() {
        use MacError::{BadCharacter, BadShape, Group, Zero};
        for (text, error) in [
            ("", BadShape),
            ("00:11:22:33:44:55:66", BadShape),
            ("00:11:22:33:44", BadShape),
            ("de:ad:be:ef", BadShape),
            ("01:00:5e:00:00:01", Group),
            ("ff:ff:ff:ff:ff:ff", Group),
            ("00:00:00:00:00:00", Zero),
            ("00:11-22:33-44:55", BadCharacter { at: 5 }),
            ("00:11:22:33:44:5g", BadCharacter { at: 16 }),
            ("00::11:22:33:44", BadShape),
            ("0.1.2.3.4.5", BadShape),
            ("00112233445", BadShape),
            ("0011223344556", BadShape),
            ("000:11:22:33:44:5", BadShape),
            ("0011:2233:44:55", BadShape),
            ("00:11:22:33:44:55é", BadCharacter { at: 17 }),
        ] {
            assert_eq!(text.parse::<Mac>(), Err(error), "{text:?}");
        }
    }
}
