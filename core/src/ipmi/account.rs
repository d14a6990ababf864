//! Who asks a BMC, and how it is known to the two of them. IPMI 2.0, sections 13.20 and 13.31.

use core::fmt;

use heapless::String;
use serde::{Deserialize, Serialize, Serializer};
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use crate::digits::hex;
use crate::secret::{HIDDEN, Secret};

/// Most bytes of a user name.
pub const USER_LEN: usize = 16;

/// Most bytes of a password, and the bytes of Kg.
pub const PASSWORD_LEN: usize = 20;

/// Privilege levels (section 6.8), lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "lowercase")]
pub enum Privilege {
    /// CALLBACK.
    Callback,
    /// USER: reads.
    User,
    /// OPERATOR: powers on and off.
    Operator,
    /// ADMINISTRATOR.
    Administrator,
}

impl Privilege {
    /// All of them, lowest first.
    pub const ALL: [Self; 4] = [Self::Callback, Self::User, Self::Operator, Self::Administrator];

    /// Its number on the wire (table 22-19).
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Callback => 1,
            Self::User => 2,
            Self::Operator => 3,
            Self::Administrator => 4,
        }
    }

    /// Ironic's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Callback => "CALLBACK",
            Self::User => "USER",
            Self::Operator => "OPERATOR",
            Self::Administrator => "ADMINISTRATOR",
        }
    }

    /// The one with this name, in capitals or not.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for Privilege {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The BMC's own key, Kg: a login takes it besides the password. Wiped when dropped.
#[derive(Clone)]
pub struct Kg([u8; PASSWORD_LEN]);

impl Kg {
    /// These bytes; shorter keys end with zeros. All zero is the same as no key.
    #[must_use]
    pub const fn new(bytes: [u8; PASSWORD_LEN]) -> Self {
        Self(bytes)
    }

    /// Of 40 hexadecimal digits, `ipmi_hex_kg_key`.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut key = Self([0; PASSWORD_LEN]);
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != PASSWORD_LEN || !rest.is_empty() {
            return None;
        }
        for (byte, [high, low]) in key.0.iter_mut().zip(pairs) {
            let digit = |digit: &u8| u8::try_from(char::from(*digit).to_digit(16)?).ok();
            *byte = (digit(high)? << 4) | digit(low)?;
        }
        Some(key)
    }

    /// The bytes, for the one place that hashes with them.
    #[cfg(feature = "ipmi")]
    pub(crate) const fn bytes(&self) -> &[u8; PASSWORD_LEN] {
        &self.0
    }
}

impl Drop for Kg {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl PartialEq for Kg {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Kg {}

impl fmt::Debug for Kg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Kg {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "******");
    }
}

/// As hexadecimal digits: it crosses the encrypted channel between host and relay only.
fn kg_on_the_channel<S: Serializer>(kg: &Option<Kg>, to: S) -> Result<S::Ok, S::Error> {
    let Some(Kg(bytes)) = kg else { return to.serialize_none() };
    let mut digits = [0; 40];
    hex(bytes, &mut digits);
    to.serialize_some(core::str::from_utf8(&digits).unwrap_or(""))
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Account {
    /// `ipmi_username`: at most 16 bytes; empty for the user without a name.
    pub user: String<USER_LEN>,
    /// `ipmi_password`.
    #[serde(serialize_with = "crate::secret::on_the_channel")]
    pub password: Secret<PASSWORD_LEN>,
    /// `ipmi_hex_kg_key`.
    #[serde(serialize_with = "kg_on_the_channel")]
    pub kg: Option<Kg>,
    /// `ipmi_priv_level`.
    pub privilege: Privilege,
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;

    #[test]
    fn keys_are_read_compared_and_hidden() {
        let text = "000102030405060708090a0b0c0d0e0F10111213";
        let key = Kg::from_hex(text).unwrap();
        assert_eq!(key, Kg::new(core::array::from_fn(|at| u8::try_from(at).unwrap())));
        assert_ne!(key, Kg::new([0; 20]));
        assert_eq!(std::format!("{key:?}"), HIDDEN);
        for wrong in ["", "00", &text[1..], &std::format!("{text}0"), &text.replace('F', "g"), &text.replace('F', "é")]
        {
            assert!(Kg::from_hex(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn levels_by_name() {
        assert_eq!(Privilege::from_name("administrator"), Some(Privilege::Administrator));
        assert_eq!(Privilege::from_name("ADMIN"), None);
        assert!(Privilege::ALL.is_sorted_by_key(|level| level.number()));
    }
}
