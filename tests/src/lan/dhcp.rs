//! A DHCP server with one address (RFC 2131), on frames.

use smoltcp::phy::ChecksumCapabilities;
use smoltcp::time::Duration;
use smoltcp::wire::{
    DhcpMessageType, DhcpPacket, DhcpRepr, EthernetAddress, EthernetFrame, EthernetProtocol, EthernetRepr, IpAddress,
    IpProtocol, Ipv4Address, Ipv4Packet, Ipv4Repr, UdpPacket, UdpRepr,
};

use super::HOST;

const SERVER_PORT: u16 = 67;
const CLIENT_PORT: u16 = 68;
const LEASE: Duration = Duration::from_secs(3600);
/// The server's own MAC address.
const MAC: EthernetAddress = EthernetAddress([0x02, 0, 0, 0, 0x10, 0xFE]);

/// The server.
pub(super) struct Dhcp {
    offered: Ipv4Address,
    /// What it has answered.
    pub(super) answers: Vec<Vec<u8>>,
}

impl Dhcp {
    /// A server that gives this address to whoever asks.
    pub(super) const fn new(offered: Ipv4Address) -> Self {
        Self { offered, answers: Vec::new() }
    }

    /// Looks at a frame, and answers it if it is for the server.
    pub(super) fn receive(&mut self, frame: &[u8]) {
        if let Some(answer) = self.answer(frame) {
            self.answers.push(answer);
        }
    }

    fn answer(&self, frame: &[u8]) -> Option<Vec<u8>> {
        let frame = EthernetFrame::new_checked(frame).ok()?;
        if frame.ethertype() != EthernetProtocol::Ipv4 {
            return None;
        }
        let packet = Ipv4Packet::new_checked(frame.payload()).ok()?;
        if packet.next_header() != IpProtocol::Udp {
            return None;
        }
        let datagram = UdpPacket::new_checked(packet.payload()).ok()?;
        if datagram.dst_port() != SERVER_PORT {
            return None;
        }
        let message = DhcpPacket::new_checked(datagram.payload()).ok()?;
        let asked = DhcpRepr::parse(&message).ok()?;
        let message_type = match asked.message_type {
            DhcpMessageType::Discover => DhcpMessageType::Offer,
            DhcpMessageType::Request => DhcpMessageType::Ack,
            _ => return None,
        };
        let answer = DhcpRepr {
            message_type,
            your_ip: self.offered,
            server_ip: HOST,
            server_identifier: Some(HOST),
            subnet_mask: Some(Ipv4Address::new(255, 255, 255, 0)),
            router: Some(HOST),
            lease_duration: Some(u32::try_from(LEASE.secs()).unwrap_or(u32::MAX)),
            requested_ip: None,
            client_identifier: None,
            parameter_request_list: None,
            max_size: None,
            ..asked
        };
        Some(Self::frame(frame.src_addr(), &answer))
    }

    fn frame(to: EthernetAddress, answer: &DhcpRepr<'_>) -> Vec<u8> {
        let (checksums, broadcast) = (ChecksumCapabilities::default(), Ipv4Address::BROADCAST);
        let udp = UdpRepr { src_port: SERVER_PORT, dst_port: CLIENT_PORT };
        let ip = Ipv4Repr {
            src_addr: HOST,
            dst_addr: broadcast,
            next_header: IpProtocol::Udp,
            payload_len: udp.header_len() + answer.buffer_len(),
            hop_limit: 64,
        };
        let ethernet = EthernetRepr { src_addr: MAC, dst_addr: to, ethertype: EthernetProtocol::Ipv4 };
        let mut bytes = vec![0; ethernet.buffer_len() + ip.buffer_len() + ip.payload_len];
        let mut frame = EthernetFrame::new_unchecked(&mut bytes);
        ethernet.emit(&mut frame);
        let mut packet = Ipv4Packet::new_unchecked(frame.payload_mut());
        ip.emit(&mut packet, &checksums);
        let mut datagram = UdpPacket::new_unchecked(packet.payload_mut());
        udp.emit(
            &mut datagram,
            &IpAddress::Ipv4(HOST),
            &IpAddress::Ipv4(broadcast),
            answer.buffer_len(),
            |payload| answer.emit(&mut DhcpPacket::new_unchecked(payload)).expect("the room is as long as the answer"),
            &checksums,
        );
        bytes
    }
}
