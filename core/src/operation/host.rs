//! Where a device is and how it is spoken to.

use core::fmt;
use core::net::IpAddr;
use core::str::FromStr;

use heapless::String;
use serde::{Serialize, Serializer};

use crate::operation::address;
use crate::trust::Trust;

/// An address or a host name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::large_enum_variant, reason = "no heap to put a name on")]
pub enum Host {
    /// An address.
    Ip(IpAddr),
    /// A name of at most 253 bytes (RFC 1035, section 2.3.4), for the runner to look up.
    Name(String<253>),
}

/// A text is neither an address nor a host name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostError;

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("neither an IP address nor a host name")
    }
}

impl core::error::Error for HostError {}

impl FromStr for Host {
    type Err = HostError;

    /// Reads an IPv4 address, an IPv6 address with or without brackets, or a host name (RFC 1123, section 2.1, and the
    /// underscore that people use all the same).
    fn from_str(text: &str) -> Result<Self, HostError> {
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
        if let Some(address) = address::ip(bare) {
            return Ok(Self::Ip(address));
        }
        let label_fits = |label: &[u8]| {
            (1..=63).contains(&label.len())
                && !label.starts_with(b"-")
                && !label.ends_with(b"-")
                && label.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        };
        // Bytes, because splitting a `str` leaves a way to panic.
        let labels = text.strip_suffix('.').unwrap_or(text).as_bytes();
        let dot = |byte: &u8| *byte == b'.';
        // "192.0.2.300" is a mistyped address, not a name.
        let numeric = labels.rsplit(dot).next().is_some_and(|last| last.iter().all(u8::is_ascii_digit));
        if numeric || !labels.split(dot).all(label_fits) {
            return Err(HostError);
        }
        String::try_from(text).map(Self::Name).map_err(|_| HostError)
    }
}

impl Host {
    /// As text, for protocols that name the host they speak to. An IPv6 address has all its groups, and no brackets.
    #[must_use]
    pub fn text(&self) -> String<253> {
        let mut text = String::new();
        match self {
            Self::Name(name) => return name.clone(),
            Self::Ip(ip) => address::write(*ip, &mut text),
        }
        text
    }
}

impl Serialize for Host {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(address) => fmt::Display::fmt(address, f),
            Self::Name(name) => f.write_str(name),
        }
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Host {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{}", defmt::Display2Format(self));
    }
}

/// The name of a network interface of the machine that runs the operation, as the kernel knows it: 1 to 15 bytes without
/// a slash, a colon or a blank (`netdevice(7)`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(transparent)]
pub struct InterfaceName(String<15>);

impl InterfaceName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for InterfaceName {
    type Err = HostError;

    fn from_str(text: &str) -> Result<Self, HostError> {
        String::try_from(text).map_err(|_| HostError)?.try_into()
    }
}

impl TryFrom<String<15>> for InterfaceName {
    type Error = HostError;

    fn try_from(text: String<15>) -> Result<Self, HostError> {
        let bad = |byte: u8| byte.is_ascii_whitespace() || byte.is_ascii_control() || matches!(byte, b'/' | b':');
        if text.is_empty() || matches!(text.as_str(), "." | "..") || text.bytes().any(bad) {
            return Err(HostError);
        }
        Ok(Self(text))
    }
}

/// What a runner opens to reach a device.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[allow(clippy::large_enum_variant, reason = "no heap to put names and paths on")]
#[non_exhaustive]
pub enum Link {
    /// A TCP connection.
    Tcp {
        /// To whom.
        host: Host,
        /// To which port.
        port: u16,
    },
    /// A TCP connection with TLS over it, version 1.2 (RFC 5246) or 1.3 (RFC 8446).
    Tls {
        /// To whom.
        host: Host,
        /// To which port.
        port: u16,
        /// Which certificate of the device is accepted.
        trust: Trust,
    },
    /// UDP datagrams to and from one peer.
    Udp {
        /// To whom.
        host: Host,
        /// To which port.
        port: u16,
    },
    /// UDP datagrams to everybody, or to somebody who cannot answer.
    Broadcast {
        /// A limited or directed broadcast, a multicast group, or a single machine.
        #[cfg_attr(feature = "defmt", defmt(Display2Format))]
        address: IpAddr,
        /// To which port.
        port: u16,
        /// By which interface they leave; without one the routing table decides.
        interface: Option<InterfaceName>,
    },
    /// Bare Ethernet frames to everybody. The runner puts the header before what the machine sends.
    Raw {
        /// By which interface they leave.
        interface: InterfaceName,
        /// The type in the header.
        ethertype: u16,
    },
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::ToString;

    use super::*;

    #[test]
    fn hosts() {
        for text in ["192.0.2.1", "2001:db8::1", "pdu-3.rack_7.example.org", "pdu", "pdu.example.org."] {
            assert_eq!(text.parse::<Host>().map(|host| host.to_string()).as_deref(), Ok(text));
        }
        assert_eq!("[2001:db8::1]".parse::<Host>().map(|host| host.to_string()).as_deref(), Ok("2001:db8::1"));
        for text in ["", "192.0.2.300", "a b", "-a", "a..b", "a/b", "user@host", "1234", "http://a", "a:80"] {
            assert_eq!(text.parse::<Host>(), Err(HostError), "{text:?}");
        }
        assert_eq!("a".repeat(64).parse::<Host>(), Err(HostError));
        assert!("a.".repeat(126).trim_end_matches('.').parse::<Host>().is_ok());
        assert_eq!("a.".repeat(127).parse::<Host>(), Err(HostError));
    }

    #[test]
    fn interfaces() {
        for text in ["eth0", "br-lan", "vlan.100", "eth0@if3"] {
            assert_eq!(text.parse::<InterfaceName>().unwrap().as_str(), text);
        }
        for text in ["", ".", "..", "a/b", "a b", "eth0:1", "sixteen-bytes-16"] {
            assert!(text.parse::<InterfaceName>().is_err(), "{text:?}");
        }
    }
}
