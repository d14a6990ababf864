//! Asks for a neighbour's address (RFC 826) beside the stack, which asks for one neighbour a second whoever needs how many: of
//! two operations that begin together the second would wait for the first one's question.

use ::smoltcp::iface::Interface;
use ::smoltcp::phy::{Device, TxToken};
use ::smoltcp::wire::{
    ArpOperation, ArpPacket, ArpRepr, EthernetAddress, EthernetFrame, EthernetProtocol, EthernetRepr, HardwareAddress,
    IpAddress, Ipv4Address,
};
use rackhand_core::time::Instant;

use super::peer::is_near;
use super::{Net, stack_time};

/// Asks for the address of whoever is next on the way to `to`. The answer goes to the stack like any other.
pub(super) fn ask<D: Device + ?Sized>(net: &mut Net<'_, '_, D>, to: IpAddress, now: Instant) {
    let Some((source, next)) = way(net.interface, to) else { return };
    #[allow(irrefutable_let_patterns, reason = "depends on what else turns smoltcp's features on")]
    let HardwareAddress::Ethernet(mac) = net.interface.hardware_addr() else { return };
    let Some(token) = net.device.transmit(stack_time(now)) else { return };
    let header = EthernetRepr { src_addr: mac, dst_addr: EthernetAddress::BROADCAST, ethertype: EthernetProtocol::Arp };
    let question = ArpRepr::EthernetIpv4 {
        operation: ArpOperation::Request,
        source_hardware_addr: mac,
        source_protocol_addr: source,
        target_hardware_addr: EthernetAddress::BROADCAST,
        target_protocol_addr: next,
    };
    token.consume(header.buffer_len().saturating_add(question.buffer_len()), |room| {
        let mut frame = EthernetFrame::new_unchecked(room);
        header.emit(&mut frame);
        question.emit(&mut ArpPacket::new_unchecked(frame.payload_mut()));
    });
}

/// The address to ask from, and whom to ask for: `to` itself, or who knows the way to it.
fn way(interface: &Interface, to: IpAddress) -> Option<(Ipv4Address, Ipv4Address)> {
    #[allow(irrefutable_let_patterns, reason = "depends on what else turns smoltcp's features on")]
    let IpAddress::Ipv4(to) = to else { return None };
    let next = if is_near(interface, to) {
        to
    } else {
        #[allow(irrefutable_let_patterns, reason = "depends on what else turns smoltcp's features on")]
        let IpAddress::Ipv4(router) = interface.routes().get_default_ipv4_route()?.via_router else { return None };
        router
    };
    Some((interface.get_source_address_ipv4(&next)?, next))
}
