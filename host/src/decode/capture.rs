//! pcap and pcapng files.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use etherparse::{EtherType, LinkSlice, NetSlice, SlicedPacket, TransportSlice};
use pcap_parser::traits::PcapNGPacketBlock;
use pcap_parser::{Block, Linktype, PcapBlockOwned, PcapError, create_reader};
use rackhand_core::ethernet::Mac;
use rackhand_core::wol::ETHERTYPE;

use super::flows::{Flows, Segment};
use super::message::{Message, in_bare_frame, magic_packet};

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

/// The messages in a file. One that is damaged or cut off in the middle gives what there was before, and a remark.
pub(super) fn messages(bytes: &[u8]) -> Result<Vec<Message>, String> {
    // The file is in memory already, so the buffer holds all of it and any packet fits. The reader wants some room beyond that.
    let mut reader = create_reader(bytes.len().saturating_add(64 * 1024), bytes).map_err(|error| damaged(&error))?;
    let mut interfaces = Vec::new();
    let mut found = Found::default();
    let remark = loop {
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
            Err(PcapError::Eof) => break None,
            // Once all was read this is another error.
            Err(PcapError::Incomplete(_)) => {
                if let Err(error) = reader.refill() {
                    break Some(damaged(&error));
                }
            }
            Err(error) => break Some(damaged(&error)),
        }
    };
    Ok(found.all(remark))
}

/// What is wrong with a file, without its bytes: there may be a password among them.
fn damaged(error: &PcapError<&[u8]>) -> String {
    match error {
        // All of it is there, so whoever wants more speaks of bytes that are not.
        PcapError::Incomplete(_) | PcapError::BufferTooSmall | PcapError::UnexpectedEof => {
            "the recording ends in the middle of a packet, or the length of one is wrong".to_owned()
        }
        PcapError::HeaderNotRecognized => "the recording is damaged: its header is not understood".to_owned(),
        _ => "the recording is damaged: what follows is not understood".to_owned(),
    }
}

#[derive(Default)]
struct Found {
    count: usize,
    flows: Flows,
    messages: Vec<Message>,
    /// Link types that were told of already.
    unknown: BTreeSet<i32>,
}

impl Found {
    fn packet(&mut self, link: Option<Linktype>, data: &[u8]) {
        self.count += 1;
        let number = self.count;
        let sliced = match link {
            Some(Linktype::ETHERNET) => SlicedPacket::from_ethernet(data).ok(),
            // As tcpdump records all interfaces at once (https://www.tcpdump.org/linktypes.html): the EtherType is the last
            // field of 16 bytes, or the first of 20.
            Some(Linktype::LINUX_SLL) => cooked(data, 14, 16),
            Some(Linktype::LINUX_SLL2) => cooked(data, 0, 20),
            Some(Linktype::RAW | Linktype::IPV4 | Linktype::IPV6) => SlicedPacket::from_ip(data).ok(),
            // BSD's loopback: four bytes of address family.
            Some(Linktype::NULL | Linktype::LOOP) => data.get(4..).and_then(|data| SlicedPacket::from_ip(data).ok()),
            Some(other) => {
                self.unknown(number, other);
                None
            }
            None => None,
        };
        if let Some(sliced) = sliced {
            self.sliced(number, &sliced);
        }
    }

    /// Says once for each link type that its packets are not looked into.
    fn unknown(&mut self, number: usize, link: Linktype) {
        if self.unknown.insert(link.0) {
            let known = "Ethernet, Linux cooked (SLL, SLL2), raw IP, BSD loopback";
            let remark = format!("packets of the link type {} are not looked into, only those of {known}", named(link));
            self.messages.push(Message::remark(format!("packet {number}"), remark));
        }
    }

    fn sliced(&mut self, number: usize, packet: &SlicedPacket<'_>) {
        let carried = packet.ether_payload().filter(|it| it.ether_type == EtherType(ETHERTYPE));
        if let Some(carried) = carried {
            let between = match &packet.link {
                Some(LinkSlice::Ethernet2(frame)) => {
                    Some((Mac::from_octets(frame.source()), Mac::from_octets(frame.destination())))
                }
                _ => None,
            };
            self.messages.extend(in_bare_frame(carried.payload, between, &format!("packet {number}")));
            return;
        }
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

    /// All that was found, what was left over included.
    fn all(mut self, remark: Option<String>) -> Vec<Message> {
        self.flows.end(&mut self.messages);
        self.messages.extend(remark.map(|remark| Message::remark(String::new(), remark)));
        self.messages
    }
}

/// A packet behind a header that Linux made up: of `header` bytes, with the EtherType at `at`.
fn cooked(data: &[u8], at: usize, header: usize) -> Option<SlicedPacket<'_>> {
    let kind = data.get(at..)?.first_chunk().copied().map(u16::from_be_bytes)?;
    SlicedPacket::from_ether_type(EtherType(kind), data.get(header..)?).ok()
}

/// A link type's number, and its name where one is known.
fn named(link: Linktype) -> String {
    let name = match link.0 {
        105 => "IEEE 802.11",
        127 => "IEEE 802.11 with radiotap",
        147..=162 => "reserved for private use",
        189 | 220 => "USB",
        195 => "IEEE 802.15.4",
        187 | 201 => "Bluetooth",
        9 | 50 => "PPP",
        239 => "NFLOG",
        253 => "netlink",
        10 => "FDDI",
        6 => "token ring",
        _ => return link.0.to_string(),
    };
    format!("{} ({name})", link.0)
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
