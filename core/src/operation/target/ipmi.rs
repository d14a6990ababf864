//! driver_info of ipmi and staging-nm (drivers.md, "ipmi, and staging-nm").

use core::num::NonZeroU16;

use heapless::String;
use serde::Serialize;

use super::{Info, invalid};
use crate::ipmi::{Account, Bridge, CipherSuite, Kg, PORT, Privilege};
use crate::operation::{Error, Host, Link, Setting, Value};
use crate::secret::Secret;

/// A BMC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct IpmiTarget {
    /// `ipmi_address`.
    pub address: Host,
    /// `ipmi_port`, 623 by default.
    #[cfg_attr(feature = "defmt", defmt(Debug2Format))]
    pub port: NonZeroU16,
    /// `ipmi_username`, `ipmi_password`, `ipmi_hex_kg_key` and `ipmi_priv_level`.
    pub account: Account,
    /// `ipmi_cipher_suite`; none: 17, else 3.
    pub cipher_suite: Option<u8>,
    /// `ipmi_bridging` and what belongs to it; none: the BMC itself.
    pub bridge: Option<Bridge>,
    /// `ipmi_local_address`, 20h by default.
    pub local_address: u8,
}

impl IpmiTarget {
    pub(super) fn new<'a, I>(info: &Info<I>) -> Result<Self, Error>
    where
        I: Iterator<Item = (&'a str, Value<'a>)> + Clone,
    {
        let bridged = info.text(Setting::IpmiBridging, |name| match name {
            "no" => Some(false),
            "single" => Some(true),
            _ => None,
        });
        let place = [Setting::IpmiAddress, Setting::IpmiTargetChannel, Setting::IpmiTargetAddress];
        let needed: &[Setting] = if matches!(bridged, Ok(Some(true))) { &place } else { &[Setting::IpmiAddress] };
        info.require(needed)?;
        super::no_relay_yet(info)?;
        let bridged = bridged?.unwrap_or(false);
        let missing = || invalid(Setting::IpmiAddress, Value::Null);
        let address = info.text(Setting::IpmiAddress, |text| text.parse().ok())?.ok_or_else(missing)?;
        let user = info.text(Setting::IpmiUsername, |user| {
            String::try_from(user).ok().filter(|_| !user.contains(char::is_control))
        })?;
        let password = info.text(Setting::IpmiPassword, |password| {
            Secret::new(password).ok().filter(|_| !password.contains(char::is_control))
        })?;
        let port = info.number(Setting::IpmiPort, |number| NonZeroU16::new(u16::try_from(number).ok()?))?;
        let privilege = info.text(Setting::IpmiPrivLevel, Privilege::from_name)?;
        let cipher_suite = info.number(Setting::IpmiCipherSuite, |number| {
            CipherSuite::by_id(u8::try_from(number).ok()?).map(|suite| suite.id)
        })?;
        let kg = info.text(Setting::IpmiHexKgKey, Kg::from_hex)?;
        let channel = info.text(Setting::IpmiTargetChannel, |text| byte(text).filter(|channel| *channel < 16))?;
        let target = info.text(Setting::IpmiTargetAddress, byte)?;
        let local_address = info.text(Setting::IpmiLocalAddress, byte)?;
        let bridge = channel.zip(target).filter(|_| bridged);
        Ok(Self {
            address,
            port: port.or(NonZeroU16::new(PORT)).unwrap_or(NonZeroU16::MIN),
            account: Account {
                user: user.unwrap_or_default(),
                password: match password {
                    Some(password) => password,
                    None => Secret::new("").map_err(|_| missing())?,
                },
                kg,
                privilege: privilege.unwrap_or(Privilege::Administrator),
            },
            cipher_suite,
            bridge: bridge.map(|(channel, address)| Bridge { channel, address }),
            local_address: local_address.unwrap_or(0x20),
        })
    }

    pub(super) fn link(&self) -> Link {
        Link::Udp { host: self.address.clone(), port: self.port.get() }
    }
}

/// A number of eight bits: decimal, or hexadecimal behind `0x`.
fn byte(text: &str) -> Option<u8> {
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None => (text, 10),
    };
    // Rust would take a sign, too.
    let sound = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    sound.then(|| u8::from_str_radix(digits, radix).ok()).flatten()
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::ToString;
    use std::vec::Vec;

    use super::*;
    use crate::operation::{HardwareType, Target};

    fn target(settings: &[(&'static str, Value<'static>)]) -> Result<IpmiTarget, Error> {
        let mut all: Vec<_> = std::vec![("ipmi_address", Value::Str("192.0.2.7"))];
        all.extend(settings);
        match Target::new(HardwareType::StagingNm, all.iter().copied(), core::iter::empty())? {
            Target::Nm(target) => Ok(target),
            other => panic!("{other:?}"),
        }
    }

    fn text(name: &'static str, value: &'static str) -> (&'static str, Value<'static>) {
        (name, Value::Str(value))
    }

    #[test]
    fn an_address_is_enough() {
        let target = target(&[]).unwrap();
        assert_eq!((target.port.get(), target.account.privilege), (623, Privilege::Administrator));
        assert_eq!((target.cipher_suite, target.bridge, target.local_address), (None, None, 0x20));
        assert_eq!(target.link(), Link::Udp { host: "192.0.2.7".parse().unwrap(), port: 623 });
    }

    #[test]
    fn what_an_existing_definition_has() {
        let target = target(&[
            text("ipmi_username", "root"),
            text("ipmi_password", "calvin"),
            ("ipmi_port", Value::Str("6230")),
            text("ipmi_priv_level", "OPERATOR"),
            ("ipmi_cipher_suite", Value::Int(3)),
            text("ipmi_hex_kg_key", "0000000000000000000000000000000000000001"),
            text("ipmi_bridging", "single"),
            ("ipmi_target_channel", Value::Int(6)),
            text("ipmi_target_address", "0x2c"),
            text("ipmi_local_address", "0x20"),
            text("ipmi_terminal_port", "8023"),
        ])
        .unwrap();
        assert_eq!(target.bridge, Some(Bridge { channel: 6, address: 0x2C }));
        assert_eq!((target.cipher_suite, target.port.get()), (Some(3), 6230));
        assert_eq!((target.account.user.as_str(), target.account.password.reveal()), ("root", "calvin"));
    }

    #[test]
    fn what_is_missing_is_named_all_of_it() {
        let none = Target::new(HardwareType::Ipmi, core::iter::empty(), core::iter::empty()).unwrap_err();
        assert_eq!(none.to_string(), "missing: ipmi_address");
        let half = target(&[text("ipmi_bridging", "single")]).unwrap_err();
        assert_eq!(half.to_string(), "missing: ipmi_target_address, ipmi_target_channel");
    }

    #[test]
    fn what_is_wrong_is_named_and_no_secret_shown() {
        for (name, value) in [
            ("ipmi_address", Value::Str("a b")),
            ("ipmi_username", Value::Str("seventeen-letters")),
            ("ipmi_password", Value::Str("twenty-one-letters-xx")),
            ("ipmi_port", Value::Int(0)),
            ("ipmi_port", Value::Int(65_536)),
            ("ipmi_priv_level", Value::Str("ROOT")),
            ("ipmi_cipher_suite", Value::Int(8)),
            ("ipmi_cipher_suite", Value::Int(-1)),
            ("ipmi_hex_kg_key", Value::Str("c0ffee")),
            ("ipmi_bridging", Value::Str("dual")),
            ("ipmi_target_channel", Value::Int(16)),
            ("ipmi_target_address", Value::Str("0x100")),
            ("ipmi_target_address", Value::Str("+1")),
            ("ipmi_local_address", Value::Str("2c")),
            ("relay", Value::Str("rack7")),
        ] {
            let error = target(&[(name, value)]).unwrap_err();
            assert!(matches!(error, Error::InvalidParameterValue { .. }), "{name}: {error:?}");
            let told = error.to_string();
            assert!(told.starts_with(name), "{told}");
            assert!(!told.contains("twenty") && !told.contains("c0ffee"), "{told}");
        }
    }
}
