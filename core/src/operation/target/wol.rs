//! driver_info of staging-wol (drivers.md, staging-wol).

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::num::{NonZeroU8, NonZeroU16};

use heapless::Vec;
use serde::Serialize;

use super::{Info, invalid};
use crate::operation::{Error, InterfaceName, Link, Setting, Settings, Value, address};
use crate::wol::{ETHERTYPE, MAX_PORTS, Mac, SecureOn};

/// How magic packets travel: `wol_transport`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// In UDP over IPv4.
    #[default]
    Udp,
    /// In UDP over IPv6: to all nodes of a link, as there is no broadcast.
    Udp6,
    /// In bare Ethernet frames of type 0842h.
    Raw,
}

impl Transport {
    /// The transport with this name.
    pub(in crate::operation) fn from_name(name: &str) -> Option<Self> {
        match name {
            "udp" => Some(Self::Udp),
            "udp6" => Some(Self::Udp6),
            "raw" => Some(Self::Raw),
            _ => None,
        }
    }
}

/// A machine that wakes on a magic packet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct WolTarget {
    /// `wol_host`: by default 255.255.255.255, with `udp6` ff02::1.
    #[cfg_attr(feature = "defmt", defmt(Display2Format))]
    pub host: IpAddr,
    /// `wol_port`, 9 by default.
    #[cfg_attr(feature = "defmt", defmt(Debug2Format))]
    pub port: NonZeroU16,
    /// `wol_transport`.
    pub transport: Transport,
    /// `wol_interface`: by which interface packets leave.
    pub interface: Option<InterfaceName>,
    /// `wol_password`.
    pub password: Option<SecureOn>,
    /// `wol_repeat`: packets for each port.
    #[cfg_attr(feature = "defmt", defmt(Debug2Format))]
    pub repeat: NonZeroU8,
    /// The node's ports.
    pub ports: Ports,
}

/// The addresses of a node's network interfaces: 1 to 16 of them, none twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(transparent)]
pub struct Ports(Vec<Mac, MAX_PORTS>);

/// Why a list of addresses makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum PortsError {
    /// There is none.
    Empty,
    /// One comes twice, or there are more than 16.
    TooMany,
}

impl fmt::Display for PortsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the node has no port",
            Self::TooMany => "a port comes twice, or there are more than 16",
        })
    }
}

impl Ports {
    /// The addresses `macs`.
    ///
    /// # Errors
    /// [`PortsError`] when there is none, more than 16 or one twice.
    pub fn new(macs: &[Mac]) -> Result<Self, PortsError> {
        let mut ports = Vec::new();
        for mac in macs {
            if ports.contains(mac) || ports.push(*mac).is_err() {
                return Err(PortsError::TooMany);
            }
        }
        if ports.is_empty() { Err(PortsError::Empty) } else { Ok(Self(ports)) }
    }

    /// The addresses in the order in which they were given.
    #[must_use]
    pub fn as_slice(&self) -> &[Mac] {
        &self.0
    }
}

impl From<Ports> for Vec<Mac, MAX_PORTS> {
    fn from(ports: Ports) -> Self {
        ports.0
    }
}

impl WolTarget {
    pub(super) fn new<'a, I>(info: &Info<I>, ports: impl Iterator<Item = &'a str> + Clone) -> Result<Self, Error>
    where
        I: Iterator<Item = (&'a str, Value<'a>)> + Clone,
    {
        let mut missing = Settings::default();
        if ports.clone().next().is_none() {
            missing.insert(Setting::Port);
        }
        let transport = info.text(Setting::WolTransport, Transport::from_name)?.unwrap_or_default();
        let host = info.text(Setting::WolHost, |text| address::ip(text).filter(|host| fits(transport, *host)))?;
        let interface = info.text(Setting::WolInterface, |text| text.parse().ok())?;
        let everybody = match transport {
            Transport::Udp6 => IpAddr::V6(Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1)),
            Transport::Udp | Transport::Raw => IpAddr::V4(Ipv4Addr::BROADCAST),
        };
        let host = host.unwrap_or(everybody);
        if interface.is_none() && needs_interface(transport, host) {
            missing.insert(Setting::WolInterface);
        }
        if !missing.is_empty() {
            return Err(Error::MissingParameterValue(missing));
        }
        super::no_relay_yet(info)?;
        info.text(Setting::WolProbe, |text| (text == "none").then_some(()))?;

        let port = info.number(Setting::WolPort, |number| NonZeroU16::new(u16::try_from(number).ok()?))?;
        let repeat = info.number(Setting::WolRepeat, |number| NonZeroU8::new(u8::try_from(number).ok()?))?;
        let password = info.text(Setting::WolPassword, |text| text.parse().ok())?;
        let mut macs = Vec::<Mac, MAX_PORTS>::new();
        for text in ports {
            let wrong = || invalid(Setting::Port, Value::Str(text));
            let mac = text.parse().map_err(|_| wrong())?;
            if macs.contains(&mac) || macs.push(mac).is_err() {
                return Err(wrong());
            }
        }
        Ok(Self {
            host,
            port: port.or(NonZeroU16::new(9)).unwrap_or(NonZeroU16::MIN),
            transport,
            interface,
            password,
            repeat: repeat.unwrap_or(NonZeroU8::MIN),
            ports: Ports(macs),
        })
    }

    /// What holds of every target that comes from driver_info, for those that come otherwise.
    #[cfg(feature = "relay")]
    pub(in crate::operation) fn is_sound(&self) -> bool {
        fits(self.transport, self.host) && (self.interface.is_some() || !needs_interface(self.transport, self.host))
    }

    pub(super) fn link(&self) -> Link {
        match (self.transport, &self.interface) {
            (Transport::Raw, Some(interface)) => Link::Raw { interface: interface.clone(), ethertype: ETHERTYPE },
            _ => Link::Broadcast { address: self.host, port: self.port.get(), interface: self.interface.clone() },
        }
    }
}

fn fits(transport: Transport, host: IpAddr) -> bool {
    host.is_ipv6() == (transport == Transport::Udp6)
}

/// Frames leave by one interface, and so do packets to a link's own group; nothing else says which.
fn needs_interface(transport: Transport, host: IpAddr) -> bool {
    match host {
        IpAddr::V6(host) => is_link_local(host),
        IpAddr::V4(_) => transport == Transport::Raw,
    }
}

/// Link-local unicast and multicast: addresses that mean nothing without an interface (RFC 4291, sections 2.5.6 and 2.7).
const fn is_link_local(address: Ipv6Addr) -> bool {
    let [first, ..] = address.segments();
    first & 0xffc0 == 0xfe80 || first & 0xff0f == 0xff02 || first & 0xff0f == 0xff01
}
