//! Which certificate a TLS link accepts from a device, and how one certificate is told from another.
//!
//! Core speaks no TLS; runners do (`rackhand-adapters`, feature `tls`). What they must know of it, and what they tell of it,
//! is data, and crosses the relay's channel as everything else does.

use core::fmt;
use core::str::FromStr;

use heapless::String;
use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use subtle::ConstantTimeEq;

use crate::digits::hex;

/// Bytes of the path of a file with CA certificates.
pub const CA_FILE_LEN: usize = 255;

/// Which certificate of a device is accepted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
#[allow(clippy::large_enum_variant, reason = "no heap to put a path on")]
pub enum Trust {
    /// One that a CA of the machine that runs the operation has signed, for the name or address that was dialled.
    System,
    /// One that a CA in this PEM file has signed, for the name or address that was dialled.
    CaFile(String<CA_FILE_LEN>),
    /// Exactly this one. Nothing else is asked of it: neither a name, nor a date, nor who signed it.
    Fingerprint(Fingerprint),
    /// Any. Whoever stands between can read and change everything.
    Insecure,
}

/// The SHA-256 digest of a certificate in DER, by which one device's certificate is known.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    /// Whether both are the same, in a time that tells nothing of where they differ.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

/// A text is no SHA-256 fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FingerprintError;

impl fmt::Display for FingerprintError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "not a SHA-256 fingerprint: 64 hexadecimal digits, with or without colons, as `openssl x509 -noout \
             -fingerprint -sha256` prints them",
        )
    }
}

impl core::error::Error for FingerprintError {}

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    /// Reads 64 hexadecimal digits in any case, with a colon between all bytes or between none, after `SHA256:` or openssl's
    /// `sha256 Fingerprint=`, or after nothing.
    fn from_str(text: &str) -> Result<Self, FingerprintError> {
        // Bytes, because splitting a `str` leaves a way to panic.
        let text = text.as_bytes().trim_ascii();
        let bare = ["sha256 fingerprint=", "sha256:"].iter().find_map(|prefix| {
            let (head, rest) = text.split_at_checked(prefix.len())?;
            head.eq_ignore_ascii_case(prefix.as_bytes()).then_some(rest)
        });
        let mut rest = bare.unwrap_or(text).iter();
        let colons = rest.len() > 64;
        let mut bytes = [0; 32];
        for (index, byte) in bytes.iter_mut().enumerate() {
            if colons && index > 0 && rest.next() != Some(&b':') {
                return Err(FingerprintError);
            }
            let (high, low) = rest.next().zip(rest.next()).ok_or(FingerprintError)?;
            *byte = nibble(*high).zip(nibble(*low)).map(|(high, low)| high << 4 | low).ok_or(FingerprintError)?;
        }
        if rest.next().is_some() { Err(FingerprintError) } else { Ok(Self(bytes)) }
    }
}

/// The value of a hexadecimal digit.
fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

impl Fingerprint {
    /// 64 hexadecimal digits, small and without colons. The standard library's formatting, in every answer of a relay, would cost a
    /// small board a kilobyte of flash.
    fn digits(&self) -> String<64> {
        let mut digits = [0; 64];
        hex(&self.0, &mut digits);
        // They are ASCII, and there is room.
        core::str::from_utf8(&digits).ok().and_then(|digits| String::try_from(digits).ok()).unwrap_or_default()
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.digits())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Fingerprint {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{=[u8; 32]:02x}", self.0);
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.digits())
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Hex;

        impl Visitor<'_> for Hex {
            type Value = Fingerprint;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a SHA-256 fingerprint")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Fingerprint, E> {
                text.parse().map_err(|_| E::custom("no SHA-256 fingerprint"))
            }
        }

        from.deserialize_str(Hex).map_err(|_| D::Error::custom("no SHA-256 fingerprint"))
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::borrow::ToOwned;
    use std::format;
    use std::string::{String as Text, ToString};

    use super::*;

    const HEX: &str = "00112233445566778899aabbccddeeff0123456789abcdef0123456789abcdef";

    fn with_colons(hex: &str) -> Text {
        hex.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).unwrap()).collect::<std::vec::Vec<_>>().join(":")
    }

    #[test]
    fn fingerprints_are_read_as_tools_print_them() {
        let colons = with_colons(HEX);
        for text in [
            HEX.to_owned(),
            HEX.to_uppercase(),
            colons.clone(),
            colons.to_uppercase(),
            format!("SHA256:{HEX}"),
            format!("sha256:{colons}"),
            format!("sha256 Fingerprint={}\n", colons.to_uppercase()),
            format!(" SHA256 Fingerprint={colons}"),
        ] {
            let read: Fingerprint = text.parse().unwrap();
            assert_eq!(read.to_string(), HEX, "{text}");
            assert_eq!(read.0[..3], [0, 0x11, 0x22]);
        }
    }

    #[test]
    fn what_is_no_fingerprint_is_refused() {
        let colons = with_colons(HEX);
        for text in [
            "",
            "sha256:",
            &HEX[1..],
            &HEX[2..],
            &format!("{HEX}0"),
            &format!("{HEX}00"),
            &format!("{colons}:"),
            &format!(":{colons}"),
            &colons.replacen(':', "", 1),
            &colons.replacen(':', "-", 1),
            &HEX.replace('a', "g"),
            &HEX.replace('a', "+"),
            &format!("SHA1:{HEX}"),
            &format!("sha256 Fingerprint:{HEX}"),
            &"ä".repeat(32),
        ] {
            assert_eq!(text.parse::<Fingerprint>(), Err(FingerprintError), "{text:?}");
        }
    }

    #[test]
    fn one_bit_is_another_certificate() {
        let one: Fingerprint = HEX.parse().unwrap();
        assert!(one.matches(&one));
        for bit in 0..256_usize {
            let mut other = one;
            other.0[bit / 8] ^= 1 << (bit % 8);
            assert!(!one.matches(&other), "{bit}");
        }
    }

    #[cfg(feature = "relay")]
    #[test]
    fn trust_is_named_in_json() {
        let json = |trust: &Trust| serde_json_core::to_string::<_, 128>(trust).unwrap().to_string();
        assert_eq!(json(&Trust::System), r#""system""#);
        assert_eq!(json(&Trust::CaFile("/etc/ca.pem".try_into().unwrap())), r#"{"ca_file":"/etc/ca.pem"}"#);
        assert_eq!(json(&Trust::Fingerprint(HEX.parse().unwrap())), format!(r#"{{"fingerprint":"{HEX}"}}"#));
    }
}
