//! pcap and pcapng files.

use std::net::{IpAddr, SocketAddr};

use etherparse::{NetSlice, SlicedPacket, TransportSlice};
use pcap_parser::traits::PcapNGPacketBlock;
use pcap_parser::{Block, Linktype, PcapBlockOwned, PcapError, create_reader};

use super::flows::{Flows, Segment};
use super::message::{Message, magic_frame, magic_packet};

/// Whether the file begins like a pcap or pcapng file.
pub(super) fn is_capture(bytes: &[u8]) -> bool {
    const BEGINNINGS: [[u8; 4]; 5] = [
        [0xd4, 0xc3, 0xb2, 0xa1],
        [0xa1, 0xb2, 0xc3, 0xd4],
        [0x4d, 0x3c, 0xb2, 0xa1],
        [0xa1, 0xb2, 0x3c, 0x4d],
        [0x0a, 0x0d, 0x0d, 0x0a],
    ];
    BEGINNINGS.iter().any(|beginning| bytes.starts_with(beginning))
}

/// The messages in a file.
pub(super) fn messages(bytes: &[u8]) -> Result<Vec<Message>, String> {
    let wrong = |error: &dyn std::fmt::Debug| format!("the recording is damaged: {error:?}");
    let mut reader = create_reader(64 * 1024, bytes).map_err(|error| wrong(&error))?;
    let mut interfaces = Vec::new();
    let mut found = Found::default();
    loop {
        match reader.next() {
            Ok((used, block)) => {
                match block {
                    PcapBlockOwned::LegacyHeader(header) => interfaces = vec![header.network],
                    PcapBlockOwned::Legacy(packet) => found.packet(interfaces.first().copied(), packet.data),
                    PcapBlockOwned::NG(Block::SectionHeader(_)) => interfaces.clear(),
                    PcapBlockOwned::NG(Block::InterfaceDescription(interface)) => interfaces.push(interface.linktype),
                    PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
                        let interface = usize::try_from(packet.if_id).ok().and_then(|id| interfaces.get(id));
                        found.packet(interface.copied(), packet.packet_data());
                    }
                    PcapBlockOwned::NG(Block::SimplePacket(packet)) => {
                        found.packet(interfaces.first().copied(), packet.packet_data());
                    }
                    PcapBlockOwned::NG(_) => {}
                }
                reader.consume(used);
            }
            Err(PcapError::Eof) => return Ok(found.messages),
            Err(PcapError::Incomplete(_)) => {
                reader.refill().map_err(|error| wrong(&error))?;
                if reader.reader_exhausted() && !reader.data().is_empty() {
                    found.messages.push(cut());
                    return Ok(found.messages);
                }
            }
            Err(error) => return Err(wrong(&error)),
        }
    }
}

/// What was recorded is shown all the same.
fn cut() -> Message {
    Message { remark: Some("the recording ends in the middle of a packet".to_owned()), ..Message::default() }
}

#[derive(Default)]
struct Found {
    count: usize,
    flows: Flows,
    messages: Vec<Message>,
}

impl Found {
    fn packet(&mut self, link: Option<Linktype>, data: &[u8]) {
        self.count += 1;
        let number = self.count;
        let sliced = match link {
            Some(Linktype::ETHERNET) => {
                if let Some(message) = magic_frame(data, &format!("packet {number}")) {
                    self.messages.push(message);
                    return;
                }
                SlicedPacket::from_ethernet(data).ok()
            }
            Some(Linktype::LINUX_SLL) => SlicedPacket::from_linux_sll(data).ok(),
            Some(Linktype::RAW | Linktype::IPV4 | Linktype::IPV6) => SlicedPacket::from_ip(data).ok(),
            // BSD's loopback: four bytes of address family.
            Some(Linktype::NULL | Linktype::LOOP) => data.get(4..).and_then(|data| SlicedPacket::from_ip(data).ok()),
            _ => None,
        };
        if let Some(sliced) = sliced {
            self.sliced(number, &sliced);
        }
    }

    fn sliced(&mut self, number: usize, packet: &SlicedPacket<'_>) {
        let Some((from, to)) = addresses(packet) else { return };
        match &packet.transport {
            Some(TransportSlice::Udp(udp)) => {
                let (from, to) =
                    (SocketAddr::new(from, udp.source_port()), SocketAddr::new(to, udp.destination_port()));
                let origin = format!("packet {number}, UDP {from} → {to}");
                self.messages.extend(magic_packet(udp.payload(), &origin));
            }
            Some(TransportSlice::Tcp(tcp)) => {
                let (from, to) =
                    (SocketAddr::new(from, tcp.source_port()), SocketAddr::new(to, tcp.destination_port()));
                let origin = format!("packet {number}, TCP {from} → {to}");
                let segment =
                    Segment { from, to, sequence: tcp.sequence_number(), syn: tcp.syn(), payload: tcp.payload() };
                self.flows.take(&segment, &origin, &mut self.messages);
            }
            _ => {}
        }
    }
}

fn addresses(packet: &SlicedPacket<'_>) -> Option<(IpAddr, IpAddr)> {
    match packet.net.as_ref()? {
        NetSlice::Ipv4(ip) => {
            let header = ip.header();
            Some((header.source_addr().into(), header.destination_addr().into()))
        }
        NetSlice::Ipv6(ip) => {
            let header = ip.header();
            Some((header.source_addr().into(), header.destination_addr().into()))
        }
        NetSlice::Arp(_) => None,
    }
}
