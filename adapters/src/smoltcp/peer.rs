//! Whom a slot speaks to, and whether there is a way.

use core::net::IpAddr;

use ::smoltcp::iface::Interface;
use ::smoltcp::wire::{IpAddress, IpCidr, IpEndpoint, Ipv4Address};
use rackhand_core::exchange::Cause;
use rackhand_core::operation::{Host, Link};

/// A link, as far as this stack can open it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Peer {
    /// A connection to it.
    Stream(IpEndpoint),
    /// Datagrams to it and from it.
    Datagrams(IpEndpoint),
    /// Datagrams to it, whoever it may be.
    Broadcast(IpEndpoint),
    /// Bare frames of this type to everybody.
    Frames(u16),
    /// Nobody, and why.
    Nobody(Cause),
}

impl Peer {
    /// What `link` means on a stack whose only interface is called `interface`.
    pub(super) fn of(link: &Link, interface: &str) -> Self {
        let made = match link {
            Link::Tcp { host, port } => address(host).map(|address| Self::Stream((address, *port).into())),
            Link::Udp { host, port } => address(host).map(|address| Self::Datagrams((address, *port).into())),
            Link::Broadcast { interface: Some(name), .. } | Link::Raw { interface: name, .. }
                if name.as_str() != interface =>
            {
                Err(Cause::NoInterface)
            }
            Link::Broadcast { address, port, .. } => ip(*address).map(|to| Self::Broadcast((to, *port).into())),
            Link::Raw { ethertype, .. } => Ok(Self::Frames(*ethertype)),
            _ => Err(Cause::Unsupported),
        };
        made.unwrap_or_else(Self::Nobody)
    }
}

fn address(host: &Host) -> Result<IpAddress, Cause> {
    match host {
        Host::Ip(address) => ip(*address),
        Host::Name(_) => Err(Cause::NoSuchHost),
    }
}

const fn ip(address: IpAddr) -> Result<IpAddress, Cause> {
    match address {
        IpAddr::V4(address) => Ok(IpAddress::Ipv4(address)),
        IpAddr::V6(_) => Err(Cause::Unsupported),
    }
}

/// Whether there is a way to `to`. The stack itself would wait for one for ever.
pub(super) fn is_reachable(interface: &Interface, to: IpAddress) -> bool {
    // One variant or two: that depends on what else turns smoltcp's features on.
    #[allow(irrefutable_let_patterns, reason = "see above")]
    let IpAddress::Ipv4(to) = to else { return false };
    let everybody = to == Ipv4Address::BROADCAST || to.is_multicast();
    let somehow = everybody || is_near(interface, to) || interface.routes().get_default_ipv4_route().is_some();
    somehow && !interface.ip_addrs().is_empty()
}

/// Whether `to` is on the same network.
pub(super) fn is_near(interface: &Interface, to: Ipv4Address) -> bool {
    interface.ip_addrs().iter().any(|cidr: &IpCidr| cidr.contains_addr(&IpAddress::Ipv4(to)))
}
