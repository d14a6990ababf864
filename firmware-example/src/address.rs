//! The relay's own address: a fixed one, or DHCP's (RFC 2131).

use smoltcp::iface::{Interface, SocketHandle, SocketSet};
use smoltcp::socket::dhcpv4::{Event, Socket};
use smoltcp::wire::{IpCidr, Ipv4Address, Ipv4Cidr};

include!(concat!(env!("OUT_DIR"), "/address.rs"));

/// Who decides about the address.
pub(crate) enum Address {
    /// The image.
    Fixed,
    /// A server; this is the socket that asks it.
    Dhcp(SocketHandle),
}

impl Address {
    /// Takes the fixed address, or begins to ask for one.
    pub(crate) fn new(interface: &mut Interface, sockets: &mut SocketSet<'_>) -> Self {
        match FIXED {
            Some(([a, b, c, d], prefix)) => {
                let gateway = GATEWAY.map(|[a, b, c, d]| Ipv4Address::new(a, b, c, d));
                set(interface, Ipv4Cidr::new(Ipv4Address::new(a, b, c, d), prefix), gateway);
                Self::Fixed
            }
            None => Self::Dhcp(sockets.add(Socket::new())),
        }
    }

    /// Follows what the server says.
    pub(crate) fn poll(&self, interface: &mut Interface, sockets: &mut SocketSet<'_>) {
        let Self::Dhcp(socket) = self else { return };
        match sockets.get_mut::<Socket<'_>>(*socket).poll() {
            Some(Event::Configured(lease)) => set(interface, lease.address, lease.router),
            Some(Event::Deconfigured) => {
                interface.update_ip_addrs(|addresses| addresses.clear());
                interface.routes_mut().remove_default_ipv4_route();
                defmt::warn!("no address");
            }
            None => {}
        }
    }
}

fn set(interface: &mut Interface, address: Ipv4Cidr, gateway: Option<Ipv4Address>) {
    interface.update_ip_addrs(|addresses| {
        addresses.clear();
        // There is room for one at least.
        let _ = addresses.push(IpCidr::Ipv4(address));
    });
    interface.routes_mut().remove_default_ipv4_route();
    if let Some(gateway) = gateway {
        // There is room for one at least.
        let _ = interface.routes_mut().add_default_ipv4_route(gateway);
    }
    defmt::info!("address {=[u8; 4]}/{=u8}", address.address().octets(), address.prefix_len());
}
