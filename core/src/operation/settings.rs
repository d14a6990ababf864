//! The names in driver_info, one table: which there are, whose they are, what they may hold (drivers.md).

use core::fmt;

use serde::de::{Error as _, SeqAccess, Visitor};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The kinds of machines, by Ironic's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "kebab-case")]
pub enum HardwareType {
    /// Plain IPMI.
    Ipmi,
    /// Intel AMT.
    StagingAmt,
    /// Dataprobe iBoot.
    StagingIboot,
    /// A virtual machine of libvirt.
    StagingLibvirt,
    /// Intel Node Manager over IPMI.
    StagingNm,
    /// Wake-on-LAN.
    StagingWol,
}

impl HardwareType {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Ipmi, Self::StagingAmt, Self::StagingIboot, Self::StagingLibvirt, Self::StagingNm, Self::StagingWol];

    /// Ironic's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ipmi => "ipmi",
            Self::StagingAmt => "staging-amt",
            Self::StagingIboot => "staging-iboot",
            Self::StagingLibvirt => "staging-libvirt",
            Self::StagingNm => "staging-nm",
            Self::StagingWol => "staging-wol",
        }
    }

    /// What its settings begin with, but for a few of libvirt's.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Ipmi | Self::StagingNm => "ipmi_",
            Self::StagingAmt => "amt_",
            Self::StagingIboot => "iboot_",
            Self::StagingLibvirt => "libvirt_",
            Self::StagingWol => "wol_",
        }
    }
}

impl fmt::Display for HardwareType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A value as JSON or a command line has it. Nested values come flattened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// `null`, which is the same as not being there.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Another number.
    Float(f64),
    /// Text.
    Str(&'a str),
    /// An empty list or object.
    Empty,
}

macro_rules! settings {
    ($($variant:ident $name:literal $allowed:literal $secret:literal,)*) => {
        /// Everything that driver_info may hold, and the node's ports.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        #[repr(u8)]
        pub enum Setting {
            $(#[doc = concat!("`", $name, "`: ", $allowed, ".")] $variant,)*
        }

        impl Setting {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its name in driver_info.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it may hold, in words.
            #[must_use]
            pub const fn allowed(self) -> &'static str {
                match self { $(Self::$variant => $allowed,)* }
            }

            /// Whether its value is never shown.
            #[must_use]
            pub const fn is_secret(self) -> bool {
                match self { $(Self::$variant => $secret,)* }
            }
        }
    };
}

settings! {
    AmtAddress "amt_address" "an IP address or a host name" false,
    AmtPassword "amt_password" "1 to 64 bytes of UTF-8 without control characters" true,
    AmtPort "amt_port" "a whole number from 1 to 65535" false,
    AmtProtocol "amt_protocol" "'http' or 'https'" false,
    AmtTlsCaFile "amt_tls_ca_file" "the absolute path of a file with certificates in PEM, at most 255 bytes; with https only, and without amt_tls_fingerprint and amt_tls_insecure" false,
    AmtTlsFingerprint "amt_tls_fingerprint" "the SHA-256 of the device's certificate, 64 hexadecimal digits with or without colons; with https only, and without amt_tls_insecure" false,
    AmtTlsInsecure "amt_tls_insecure" "true or false; true with https only" false,
    AmtUsername "amt_username" "1 to 64 bytes of UTF-8 without control characters and ':'" false,
    IbootAddress "iboot_address" "an IP address or a host name" false,
    IbootPassword "iboot_password" "at most 20 bytes of UTF-8 without NUL" true,
    IbootPort "iboot_port" "a whole number from 1 to 65535" false,
    IbootRelayBase "iboot_relay_base" "1 or 0, what the wire calls the first relay" false,
    IbootRelayCount "iboot_relay_count" "a whole number from 1 to 32, not below iboot_relay_id or a relay that is to be switched" false,
    IbootRelayId "iboot_relay_id" "a whole number from 1 to 32" false,
    IbootStateCodes "iboot_state_codes" "'boot' or 'manual'" false,
    IbootUsername "iboot_username" "at most 20 bytes of UTF-8 without NUL" false,
    IpmiAddress "ipmi_address" "an IP address or a host name" false,
    IpmiBridging "ipmi_bridging" "'no' or 'single'" false,
    IpmiCipherSuite "ipmi_cipher_suite" "the number of a cipher suite: 17, 3, 16, 2, 15, 1 or 0 (15 and 1 protect nothing but the login, 0 not even that; 16 and 2 hide nothing)" false,
    IpmiHexKgKey "ipmi_hex_kg_key" "40 hexadecimal digits" true,
    IpmiLocalAddress "ipmi_local_address" "a number from 0 to 255, decimal or as 0x20" false,
    IpmiPassword "ipmi_password" "at most 20 bytes of UTF-8 without control characters" true,
    IpmiPort "ipmi_port" "a whole number from 1 to 65535" false,
    IpmiPrivLevel "ipmi_priv_level" "'ADMINISTRATOR', 'OPERATOR', 'USER' or 'CALLBACK'" false,
    IpmiTargetAddress "ipmi_target_address" "a number from 0 to 255, decimal or as 0x2c" false,
    IpmiTargetChannel "ipmi_target_channel" "a number from 0 to 15, decimal or as 0x6" false,
    IpmiUsername "ipmi_username" "at most 16 bytes of UTF-8 without control characters" false,
    LibvirtUri "libvirt_uri" "qemu:///system, qemu+unix:///system, qemu+ssh://, qemu+tcp:// or qemu+tls:// with a host and /system (or /session), or test:///default, without parameters" false,
    Port "port" "1 to 16 addresses of single network interfaces, such as 00:11:22:33:44:55, none twice" false,
    Relay "relay" "nothing yet: relays come with a later version" false,
    SaslPassword "sasl_password" "1 to 255 bytes of UTF-8 without control characters" true,
    SaslUsername "sasl_username" "1 to 255 bytes of UTF-8 without control characters" false,
    SshKeyFilename "ssh_key_filename" "the absolute path of a private key below one of the folders that the option ssh_key_folders names" false,
    SshNoVerify "ssh_no_verify" "true or false" false,
    WolHost "wol_host" "an IPv4 address; with wol_transport 'udp6' an IPv6 address" false,
    WolInterface "wol_interface" "the name of a network interface, 1 to 15 bytes" false,
    WolPassword "wol_password" "6 bytes written as a MAC or 4 written as an IPv4 address" true,
    WolPort "wol_port" "a whole number from 1 to 65535" false,
    WolProbe "wol_probe" "'none': probes come with a later version" false,
    WolRepeat "wol_repeat" "a whole number from 1 to 255" false,
    WolTransport "wol_transport" "'udp', 'udp6' or 'raw'" false,
}

impl Setting {
    /// The setting with this name in driver_info.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|setting| setting.as_str() == name)
    }

    /// Whether machines of this type have it.
    #[must_use]
    pub fn is_of(self, hardware: HardwareType) -> bool {
        match self {
            Self::Port | Self::Relay => true,
            // Upstream's names: without the prefix that all others have.
            Self::SaslPassword | Self::SaslUsername | Self::SshKeyFilename | Self::SshNoVerify => {
                matches!(hardware, HardwareType::StagingLibvirt)
            }
            _ => self.as_str().starts_with(hardware.prefix()),
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for Setting {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Setting {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Name;

        impl Visitor<'_> for Name {
            type Value = Setting;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a setting")
            }

            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Setting, E> {
                Setting::from_name(name).ok_or_else(|| E::custom("no such setting"))
            }
        }

        from.deserialize_str(Name)
    }
}

/// A set of settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Settings(u64);

impl Settings {
    const fn bit(setting: Setting) -> u64 {
        1_u64.wrapping_shl(setting as u32)
    }

    /// Adds `setting`.
    pub const fn insert(&mut self, setting: Setting) {
        self.0 |= Self::bit(setting);
    }

    /// Whether `setting` is in it.
    #[must_use]
    pub const fn contains(self, setting: Setting) -> bool {
        self.0 & Self::bit(setting) != 0
    }

    /// Whether nothing is in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// What is in it, in the order of the table.
    pub fn iter(self) -> impl Iterator<Item = Setting> {
        Setting::ALL.iter().copied().filter(move |setting| self.contains(*setting))
    }
}

impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for setting in self.iter() {
            write!(f, "{separator}{setting}")?;
            separator = ", ";
        }
        Ok(())
    }
}

impl Serialize for Settings {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut list = to.serialize_seq(Some(self.iter().count()))?;
        for setting in self.iter() {
            list.serialize_element(&setting)?;
        }
        list.end()
    }
}

impl<'de> Deserialize<'de> for Settings {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct List;

        impl<'de> Visitor<'de> for List {
            type Value = Settings;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("names of settings")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Settings, A::Error> {
                let mut settings = Settings::default();
                while let Some(setting) = list.next_element()? {
                    if settings.contains(setting) {
                        return Err(A::Error::custom("a setting is named twice"));
                    }
                    settings.insert(setting);
                }
                Ok(settings)
            }
        }

        from.deserialize_seq(List)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::ToString;

    use super::*;

    #[test]
    fn names_lead_back_to_settings() {
        for setting in Setting::ALL {
            assert_eq!(Setting::from_name(setting.as_str()), Some(*setting));
        }
        assert!(Setting::ALL.len() <= 64, "Settings has a bit for each");
        assert!(Setting::IbootPort.is_of(HardwareType::StagingIboot));
        assert!(!Setting::IbootPort.is_of(HardwareType::StagingWol));
        assert!(Setting::SaslUsername.is_of(HardwareType::StagingLibvirt));
        assert!(!Setting::SaslUsername.is_of(HardwareType::StagingAmt));
    }

    #[test]
    fn a_set_names_all_of_it() {
        let mut set = Settings::default();
        assert!(set.is_empty());
        set.insert(Setting::IbootUsername);
        set.insert(Setting::IbootAddress);
        assert_eq!(set.to_string(), "iboot_address, iboot_username");
    }
}
