//! Cipher suites. IPMI 2.0, section 22.15.2, table 22-20; what an algorithm is called on the wire: tables 13-17 to 13-19.

use crate::input::{Bytes, Parsed, array};

/// How the two sides show that they know the password (table 13-17).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Authentication {
    /// They do not.
    None,
    /// RAKP-HMAC-SHA1.
    HmacSha1,
    /// RAKP-HMAC-SHA256.
    HmacSha256,
}

/// What packets are signed with (table 13-18).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Integrity {
    /// Nothing.
    None,
    /// HMAC-SHA1-96.
    HmacSha1,
    /// HMAC-SHA256-128.
    HmacSha256,
}

impl Integrity {
    /// Bytes of an authentication code (section 13.28.4).
    pub(super) const fn code_len(self) -> usize {
        match self {
            Self::None => 0,
            Self::HmacSha1 => 12,
            Self::HmacSha256 => 16,
        }
    }
}

/// What payloads are encrypted with (table 13-19).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Confidentiality {
    /// Nothing.
    None,
    /// AES-CBC-128.
    AesCbc128,
}

/// A cipher suite that we have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct CipherSuite {
    /// Its number.
    pub id: u8,
    /// How the two sides show that they know the password.
    pub authentication: Authentication,
    /// What packets are signed with.
    pub integrity: Integrity,
    /// What payloads are encrypted with.
    pub confidentiality: Confidentiality,
}

const fn suite(
    id: u8,
    authentication: Authentication,
    integrity: Integrity,
    confidentiality: Confidentiality,
) -> CipherSuite {
    CipherSuite { id, authentication, integrity, confidentiality }
}

impl CipherSuite {
    /// Those that there are here, best first. The last one has no password at all: it is for whoever asks for it by number.
    pub const ALL: [Self; 7] = [
        suite(17, Authentication::HmacSha256, Integrity::HmacSha256, Confidentiality::AesCbc128),
        suite(3, Authentication::HmacSha1, Integrity::HmacSha1, Confidentiality::AesCbc128),
        suite(16, Authentication::HmacSha256, Integrity::HmacSha256, Confidentiality::None),
        suite(2, Authentication::HmacSha1, Integrity::HmacSha1, Confidentiality::None),
        suite(15, Authentication::HmacSha256, Integrity::None, Confidentiality::None),
        suite(1, Authentication::HmacSha1, Integrity::None, Confidentiality::None),
        suite(0, Authentication::None, Integrity::None, Confidentiality::None),
    ];

    /// The suite with this number, if there is one here.
    #[must_use]
    pub fn by_id(id: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|suite| suite.id == id)
    }

    /// Whether packets are signed.
    pub(super) const fn signs(self) -> bool {
        !matches!(self.integrity, Integrity::None)
    }

    /// Whether payloads are encrypted.
    pub(super) const fn encrypts(self) -> bool {
        !matches!(self.confidentiality, Confidentiality::None)
    }

    /// Numbers of the algorithms: authentication, integrity, confidentiality (tables 13-17 to 13-19).
    #[must_use]
    pub const fn numbers(self) -> [u8; 3] {
        [
            match self.authentication {
                Authentication::None => 0,
                Authentication::HmacSha1 => 1,
                Authentication::HmacSha256 => 3,
            },
            match self.integrity {
                Integrity::None => 0,
                Integrity::HmacSha1 => 1,
                Integrity::HmacSha256 => 4,
            },
            match self.confidentiality {
                Confidentiality::None => 0,
                Confidentiality::AesCbc128 => 1,
            },
        ]
    }

    /// The suite's record in an answer to Get Channel Cipher Suites; [`Records`] reads them.
    #[must_use]
    pub const fn record(self) -> [u8; 5] {
        let [authentication, integrity, confidentiality] = self.numbers();
        [STANDARD, self.id, authentication, 0x40 | integrity, 0x80 | confidentiality]
    }

    /// The suite of these algorithms, if there is one here.
    #[must_use]
    pub fn by_numbers(numbers: [u8; 3]) -> Option<Self> {
        Self::ALL.into_iter().find(|suite| suite.numbers() == numbers)
    }
}

/// The numbers of the suites in the records of Get Channel Cipher Suites (section 22.15.1, table 22-18), vendors' own left out.
///
/// ```text
///  C0 | id | algorithms …        C1 | id | IANA 3 | algorithms …
/// ```
#[derive(Clone, Debug)]
pub struct Records<'a> {
    rest: Bytes<'a>,
}

const STANDARD: u8 = 0xC0;
const OEM: u8 = 0xC1;

impl<'a> Records<'a> {
    /// Of the bytes of all answers, one behind the other.
    #[must_use]
    pub const fn new(records: &'a [u8]) -> Self {
        Self { rest: Bytes::new(records) }
    }

    fn record(input: Bytes<'a>) -> Parsed<'a, (bool, u8)> {
        let (mut rest, [start, id]) = array(input)?;
        if start == OEM {
            rest = array::<3>(rest)?.0;
        }
        while let Ok((behind, [algorithm])) = array::<1>(rest) {
            if matches!(algorithm, STANDARD | OEM) {
                break;
            }
            rest = behind;
        }
        Ok((rest, (start == STANDARD, id)))
    }
}

impl Iterator for Records<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        loop {
            let (rest, (standard, id)) = Self::record(self.rest).ok()?;
            self.rest = rest;
            if standard {
                return Some(id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use super::*;

    #[test]
    fn suites_by_number_and_by_algorithms() {
        for suite in CipherSuite::ALL {
            assert_eq!(CipherSuite::by_id(suite.id), Some(suite));
            assert_eq!(CipherSuite::by_numbers(suite.numbers()), Some(suite));
        }
        assert_eq!(CipherSuite::by_id(8), None);
        assert_eq!(CipherSuite::by_numbers([1, 4, 1]), None);
    }

    #[test]
    fn records_of_suites() {
        let ids = |records: &[u8]| Records::new(records).collect::<Vec<_>>();
        assert_eq!(ids(b"\xC0\x03\x01\x41\x81\xC0\x11\x03\x44\x81"), [3, 17]);
        assert_eq!(ids(b"\xC1\x80\x57\x01\x00\x01\xC0\x00\x00\x40\x80"), [0]);
        assert_eq!(ids(b"\xC0\x02\x01\x41\x42\x80\xC0"), [2]);
        assert_eq!(ids(b""), []);
        let all = CipherSuite::ALL.map(CipherSuite::record).concat();
        assert_eq!(ids(&all), CipherSuite::ALL.map(|suite| suite.id));
        assert_eq!(all[5..10], *b"\xC0\x03\x01\x41\x81");
    }
}
