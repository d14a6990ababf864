//! SecureON: the password that may follow a magic packet (AMD 20213 leaves it to the maker; as `ethtool` and
//! `etherwake` write it: six octets like a MAC, or four like an IPv4 address).

use core::fmt;
use core::net::Ipv4Addr;
use core::str::FromStr;

use serde::{Serialize, Serializer};
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use crate::buffer::copy;

/// A SecureON password of four or six octets.
#[derive(Clone)]
pub struct SecureOn {
    octets: [u8; 6],
    len: usize,
}

/// A text is no SecureON password. It says nothing about the text, which may be nearly right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SecureOnError;

impl fmt::Display for SecureOnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("neither six octets written as a MAC nor four written as an IPv4 address")
    }
}

impl core::error::Error for SecureOnError {}

impl SecureOn {
    /// The password with these octets.
    ///
    /// # Errors
    /// [`SecureOnError`] unless there are four or six.
    pub fn from_octets(octets: &[u8]) -> Result<Self, SecureOnError> {
        let mut password = Self { octets: [0; 6], len: octets.len() };
        if !matches!(octets.len(), 4 | 6) {
            return Err(SecureOnError);
        }
        copy(password.octets.get_mut(..octets.len()).ok_or(SecureOnError)?, octets);
        Ok(password)
    }

    /// The octets as they follow the packet: four or six.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        self.octets.get(..self.len).unwrap_or(&[])
    }
}

impl FromStr for SecureOn {
    type Err = SecureOnError;

    fn from_str(text: &str) -> Result<Self, SecureOnError> {
        if let Ok(address) = text.trim().parse::<Ipv4Addr>() {
            return Self::from_octets(&address.octets());
        }
        let mut octets = [0; 6];
        let len = crate::ethernet::octets_of(text, &mut octets).map_err(|_| SecureOnError)?;
        let password = Self::from_octets(octets.get(..len).unwrap_or(&[]));
        octets.zeroize();
        password
    }
}

impl Drop for SecureOn {
    fn drop(&mut self) {
        self.octets.zeroize();
    }
}

impl PartialEq for SecureOn {
    fn eq(&self, other: &Self) -> bool {
        bool::from(self.octets.ct_eq(&other.octets) & (self.len as u64).ct_eq(&(other.len as u64)))
    }
}

impl Eq for SecureOn {}

impl fmt::Debug for SecureOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(crate::secret::HIDDEN)
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for SecureOn {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "******");
    }
}

/// Only the encrypted channel between host and relay carries it.
impl Serialize for SecureOn {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        struct Revealed<'a>(&'a [u8]);

        impl fmt::Display for Revealed<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut separator = "";
                for octet in self.0 {
                    write!(f, "{separator}{octet:02x}")?;
                    separator = ":";
                }
                Ok(())
            }
        }

        to.collect_str(&Revealed(self.octets()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_lengths_and_nothing_else() {
        let octets = |text: &str| text.parse::<SecureOn>().map(|it| heapless::Vec::<u8, 6>::from_slice(it.octets()));
        assert_eq!(octets("00:de:ad:be:ef:99").unwrap().unwrap(), [0, 0xde, 0xad, 0xbe, 0xef, 0x99]);
        assert_eq!(octets("192.168.1.1").unwrap().unwrap(), [192, 168, 1, 1]);
        assert_eq!(octets("de:ad:be:ef").unwrap().unwrap(), [0xde, 0xad, 0xbe, 0xef]);
        for text in ["", "de:ad", "1.2.3.256", "10.01.02.03", "zz:00:00:00:00:00", "00:11:22:33:44:55:66"] {
            assert_eq!(text.parse::<SecureOn>(), Err(SecureOnError), "{text:?}");
        }
    }
}
