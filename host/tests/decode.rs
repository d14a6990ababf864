//! Recordings, made here byte by byte: damaged ones, cut ones, and the link types that tcpdump writes.

use std::process::{Command, Stdio};

use etherparse::PacketBuilder;

const ETHERNET: u32 = 1;
const LINUX_SLL: u32 = 113;
const LINUX_SLL2: u32 = 276;

const CLIENT: ([u8; 4], u16) = ([192, 0, 2, 1], 40_000);
const DEVICE: ([u8; 4], u16) = ([192, 0, 2, 7], 9100);

/// Change relay 2 on, of the protocol's description.
const CHANGE: &str =
    "0361646d696e0000000000000000000000000000000061646d696e000000000000000000000000000000000100d3040201";
/// Get relays, likewise.
const GET: &str = "0361646d696e0000000000000000000000000000000061646d696e000000000000000000000000000000000400d704";

/// A recording in pcap of packets of one link type.
struct Recording(Vec<u8>);

impl Recording {
    fn new(link: u32) -> Self {
        let mut file = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        file.extend([262_144, link].map(u32::to_le_bytes).concat());
        Self(file)
    }

    fn with(mut self, packet: &[u8]) -> Self {
        let len = u32::try_from(packet.len()).unwrap();
        self.0.extend([0, 0, len, len].map(u32::to_le_bytes).concat());
        self.0.extend(packet);
        self
    }

    /// Exit status, and name or else remark of each message.
    #[track_caller]
    fn decoded(&self) -> (i32, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("recording.pcap");
        std::fs::write(&file, &self.0).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_rackhand"))
            .args(["decode", "--json"])
            .arg(file)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let lines = String::from_utf8(output.stdout).unwrap();
        let said = lines.lines().map(|line| {
            let message: serde_json::Value = serde_json::from_str(line).unwrap();
            message["message"].as_str().or(message["remark"].as_str()).unwrap().to_owned()
        });
        (output.status.code().unwrap(), said.collect())
    }
}

/// A conversation over TCP, as IP packets.
struct Tcp {
    sent: [u32; 2],
}

impl Tcp {
    fn new() -> Self {
        Self { sent: [1000, u32::MAX - 3] }
    }

    fn says(&mut self, client: bool, payload: &[u8]) -> Vec<u8> {
        let (from, to) = if client { (CLIENT, DEVICE) } else { (DEVICE, CLIENT) };
        let sent = &mut self.sent[usize::from(!client)];
        let packet = PacketBuilder::ipv4(from.0, to.0, 64).tcp(from.1, to.1, *sent, 4096);
        *sent = sent.wrapping_add(u32::try_from(payload.len()).unwrap());
        let mut bytes = Vec::new();
        packet.write(&mut bytes, payload).unwrap();
        bytes
    }

    fn client(&mut self, hex: &str) -> Vec<u8> {
        self.says(true, &unhex(hex))
    }

    fn device(&mut self, hex: &str) -> Vec<u8> {
        self.says(false, &unhex(hex))
    }
}

fn unhex(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

/// A packet as it is on Ethernet.
fn ethernet(ethertype: &str, payload: &[u8]) -> Vec<u8> {
    [&unhex("ffffffffffff020000000001")[..], &unhex(ethertype), payload].concat()
}

fn magic() -> Vec<u8> {
    [vec![0xff; 6], unhex("001122334455").repeat(16)].concat()
}

const HELLO: &str = "68656c6c6f2d303030";
const WOL: &str = "Wake-on-LAN magic packet for 00:11:22:33:44:55";
const TOO_EARLY: &str = "the message ends too early";

#[test]
fn a_packet_longer_than_64_kib_costs_no_other() {
    let long = ethernet("88b5", &vec![0; 200_000]);
    let recording =
        Recording::new(ETHERNET).with(&ethernet("0842", &magic())).with(&long).with(&ethernet("0842", &magic()));
    assert_eq!(recording.decoded(), (0, vec![WOL.to_owned(); 2]));
}

#[test]
fn what_was_found_before_the_damage_is_shown() {
    let good = Recording::new(ETHERNET).with(&ethernet("0842", &magic()));
    let whole = good.0.len();
    // A length that no file has, and one that this one has not.
    for len in [u32::MAX, 100_000, 20_000_000] {
        let mut bad = Recording(good.0.clone()).with(&[0; 60]);
        bad.0[whole + 8..whole + 12].copy_from_slice(&len.to_le_bytes());
        let (status, said) = bad.decoded();
        assert_eq!((status, said.len(), said[0].as_str()), (0, 2, WOL), "{said:?}");
        assert!(said[1].contains("ends in the middle of a packet, or the length of one is wrong"), "{said:?}");
    }
    // Cut off anywhere in the second record.
    let two = good.with(&[0; 60]);
    for len in [whole + 1, whole + 15, whole + 16, two.0.len() - 1] {
        let (status, said) = Recording(two.0[..len].to_vec()).decoded();
        assert_eq!((status, said.len(), said[0].as_str()), (0, 2, WOL), "{len}: {said:?}");
    }
    // pcapng, a block of which says of itself two different lengths.
    let header = unhex("0a0d0d0a1c0000004d3c2b1a01000000ffffffffffffffff1c000000");
    let interface = unhex("01000000140000000100000000000000 14000000".replace(' ', "").as_str());
    let mut packet = ethernet("0842", &magic());
    packet.resize(116, 0);
    let lengths = [0_u32, 0, 0, 116, 116].map(u32::to_le_bytes).concat();
    let block = |end: u32| {
        let len = 12 + 20 + 116_u32;
        [&6_u32.to_le_bytes()[..], &len.to_le_bytes(), &lengths, &packet, &end.to_le_bytes()].concat()
    };
    let file = Recording([header, interface, block(148), block(152), block(148)].concat());
    let (status, said) = file.decoded();
    assert_eq!((status, said[0].as_str()), (0, WOL), "{said:?}");
    assert!(said.len() == 2 && said[1].contains("damaged"), "{said:?}");
}

#[test]
fn link_types_that_tcpdump_writes() {
    let cooked = |ethertype: &str, payload: &[u8]| {
        [unhex("0004000100060200000000010000"), unhex(ethertype), payload.to_vec()].concat()
    };
    let cooked2 = |ethertype: &str, payload: &[u8]| {
        [unhex(ethertype), unhex("0000000000020001040602000000 00010000".replace(' ', "").as_str()), payload.to_vec()]
            .concat()
    };
    let mut tcp = Tcp::new();
    let packets = [tcp.client(HELLO), tcp.device("d204"), tcp.client(CHANGE), tcp.device("00")];
    let names = ["DxP Hello", "DxP Hello answer", "DxP Change Relay", "DxP Status"].map(ToOwned::to_owned);
    let (mut sll, mut sll2, mut vlan) =
        (Recording::new(LINUX_SLL), Recording::new(LINUX_SLL2), Recording::new(ETHERNET));
    for packet in &packets {
        sll = sll.with(&cooked("0800", packet));
        sll2 = sll2.with(&cooked2("0800", packet));
        vlan = vlan.with(&ethernet("8100", &[&unhex("00070800"), &packet[..]].concat()));
    }
    // The bare frame too; behind two tags on Ethernet, behind one that Linux has left in place elsewhere.
    let tagged = |tag: &str| [unhex(tag), magic()].concat();
    sll = sll.with(&cooked("0842", &magic())).with(&cooked("8100", &tagged("00070842")));
    sll2 = sll2.with(&cooked2("0842", &magic())).with(&cooked2("8100", &tagged("00070842")));
    vlan = vlan.with(&ethernet("8100", &tagged("00070842"))).with(&ethernet("88a8", &tagged("0007810000080842")));
    let expected = [&names[..], &[WOL.to_owned(), WOL.to_owned()]].concat();
    for (recording, link) in [(sll, "SLL"), (sll2, "SLL2"), (vlan, "VLAN")] {
        assert_eq!(recording.decoded(), (0, expected.clone()), "{link}");
    }
    // Others are named, once each.
    let (status, said) = Recording::new(127).with(&[0; 40]).with(&[0; 40]).decoded();
    assert_eq!((status, said.len()), (1, 1), "{said:?}");
    assert!(said[0].contains("link type 127 (IEEE 802.11 with radiotap)"), "{said:?}");
    let (_, said) = Recording::new(300).with(&[0; 40]).decoded();
    assert!(said[0].contains("link type 300 "), "{said:?}");
}

#[test]
fn half_a_message_is_told_of() {
    let mut tcp = Tcp::new();
    let frame = |packet: Vec<u8>| ethernet("0800", &packet);
    let recording = Recording::new(ETHERNET)
        .with(&frame(tcp.client(HELLO)))
        .with(&frame(tcp.device("d204")))
        .with(&frame(tcp.client(&CHANGE[..60])));
    let (status, said) = recording.decoded();
    assert_eq!((status, &said[..2]), (0, &["DxP Hello", "DxP Hello answer"].map(ToOwned::to_owned)[..]));
    assert_eq!(said[2..], [format!("30 bytes: {TOO_EARLY}")]);

    // A segment is missing, and another one comes behind the gap.
    let lost = tcp.client(&CHANGE[60..]);
    drop(lost);
    let recording = Recording(recording.0).with(&frame(tcp.client(GET)));
    let (_, said) = recording.decoded();
    assert_eq!(
        said[2..],
        [format!("30 bytes: {TOO_EARLY}"), "47 bytes behind a segment that was not recorded".to_owned()]
    );
}

#[test]
fn a_recording_that_begins_after_the_hello() {
    let frame = |packet: Vec<u8>| ethernet("0800", &packet);
    let names = ["DxP Change Relay", "DxP Status", "DxP Get Relays", "DxP Get Relays answer"].map(ToOwned::to_owned);
    let rest = |tcp: &mut Tcp, recording: Recording| {
        recording
            .with(&frame(tcp.client(CHANGE)))
            .with(&frame(tcp.device("00")))
            .with(&frame(tcp.client(GET)))
            .with(&frame(tcp.device("000100")))
    };
    let mut tcp = Tcp::new();
    assert_eq!(rest(&mut tcp, Recording::new(ETHERNET)).decoded(), (0, names.to_vec()));

    // In the middle of a request, or with an answer: that is told of, and what is whole is read.
    let before = |len: &str| format!("{len} before the first request that was recorded whole");
    let mut tcp = Tcp::new();
    let begun = Recording::new(ETHERNET).with(&frame(tcp.client(&CHANGE[60..]))).with(&frame(tcp.device("00")));
    let (status, said) = rest(&mut tcp, begun).decoded();
    assert_eq!((status, &said[0], &said[1..]), (0, &before("20 bytes"), &names[..]));
    let mut tcp = Tcp::new();
    let begun = Recording::new(ETHERNET).with(&frame(tcp.device("000100")));
    let (status, said) = rest(&mut tcp, begun).decoded();
    assert_eq!((status, &said[0], &said[1..]), (0, &before("3 bytes"), &names[..]));
}

#[test]
fn other_connections_are_left_alone() {
    let frame = |packet: Vec<u8>| ethernet("0800", &packet);
    let mut tcp = Tcp::new();
    let recording = Recording::new(ETHERNET)
        .with(&frame(tcp.says(true, b"GET / HTTP/1.1\r\n\r\n")))
        .with(&frame(tcp.says(false, &b"HTTP/1.1 200 OK\r\n".repeat(10))))
        .with(&frame(tcp.client(CHANGE)));
    assert_eq!(recording.decoded(), (1, Vec::new()));
}
