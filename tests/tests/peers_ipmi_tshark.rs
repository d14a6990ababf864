//! What our client of IPMI and our simulated BMC say to each other, as tshark understands it, which shares no code with them.
//!
//! tshark 4.0 knows no key of RMCP+ (its `ipmi` preferences have none): of a suite with confidentiality it shows the wrapper, of the
//! others every message.

use std::fs;
use std::process::Command;
use std::time::Duration;

use rackhand_adapters::sim::bmc::{Bmc, Config, Shape};
use rackhand_core::ipmi::CipherSuite;
use rackhand_core::nm::{Domain, PolicyId, Request};
use rackhand_core::operation::{Action, BootDevice, HardwareType, Memory, Operation, PowerTarget, Value};
use rackhand_core::secret::Secret;
use rackhand_tests::need;
use rackhand_tests::post::{Post, Weather};
use rackhand_tests::targets::bmc;

/// The client's port is this and the number of the conversation.
const CLIENT: u16 = 50_000;
const BMC: u16 = 623;
const SHAPES: [Shape; 3] = [Shape::Separate, Shape::Inline, Shape::Reordered];

/// A datagram, and the ports that it goes from and to.
type Datagram = (u16, u16, Vec<u8>);

/// What the two say with this suite, in a session each: power, boot device, and Node Manager in this shape.
fn spoken(number: u16, suite: CipherSuite, shape: Shape) -> Vec<Datagram> {
    let mut config = Config::new("admin", Secret::new("s3cret").unwrap());
    config.suites = vec![suite];
    config.shape = shape;
    let mut post = Post::new(Bmc::new(config, 1), Weather { delay_ms: 5, ..Weather::default() }, suite.id.into());
    let target = bmc(HardwareType::StagingNm, &[("ipmi_cipher_suite", Value::Int(suite.id.into()))]).unwrap();
    let policy = PolicyId { domain: Domain::Platform, number: 11 };
    let actions = [
        Action::SetPower(PowerTarget::On),
        Action::SetPower(PowerTarget::Reboot),
        Action::SetPower(PowerTarget::SoftOff),
        Action::SetBootDevice { device: BootDevice::Pxe, persistent: true, efi: Some(true) },
        Action::GetBootDevice,
        Action::NodeManager(Request::GetVersion),
        Action::NodeManager(Request::GetPolicy(policy)),
    ];
    let mut memory = Memory::Nothing;
    for (seed, action) in (1..).zip(&actions) {
        let mut operation = Operation::new(&target, action, Duration::from_secs(60), &memory, &[seed; 32]).unwrap();
        post.run(&mut operation).unwrap_or_else(|error| panic!("{suite:?}: {action:?}: {error}"));
        post.rest(Duration::from_secs(1));
        memory = operation.memory();
    }
    let client = CLIENT + number;
    let address = |(to_device, bytes)| if to_device { (client, BMC, bytes) } else { (BMC, client, bytes) };
    post.log.into_iter().map(address).collect()
}

/// A recording of datagrams, as IP has them: pcap, link type 101.
fn pcap(datagrams: &[Datagram]) -> Vec<u8> {
    let mut file = Vec::new();
    let header: [u32; 6] = [0xA1B2_C3D4, 0x0004_0002, 0, 0, 0xFFFF, 101];
    header.iter().for_each(|word| file.extend(word.to_le_bytes()));
    for (second, (from, to, bytes)) in (0u32..).zip(datagrams) {
        let udp = u16::try_from(8 + bytes.len()).unwrap();
        let len = u32::from(udp + 20);
        [second, 0, len, len].iter().for_each(|word| file.extend(word.to_le_bytes()));
        // Version 4, whole, 64 hops, UDP; no checksums.
        file.extend([0x45, 0]);
        file.extend((udp + 20).to_be_bytes());
        file.extend([0, 0, 0, 0, 64, 17, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1]);
        [*from, *to, udp, 0].iter().for_each(|half| file.extend(half.to_be_bytes()));
        file.extend(bytes);
    }
    file
}

/// What tshark prints of a recording; none where there is no tshark.
fn tshark(datagrams: &[Datagram], options: &[&str]) -> Option<String> {
    let Some(program) = need::program("tshark") else {
        need::missing("tshark");
        return None;
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ipmi.pcap");
    fs::write(&file, pcap(datagrams)).unwrap();
    let mut command = Command::new(program);
    command.args(["-n", "-o", "ipmi.dissect_bus_commands:TRUE", "-r"]).arg(file).args(options);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

/// A packet as tshark shows its wrapper.
#[derive(Debug)]
struct Wrapper {
    /// To the BMC.
    asks: bool,
    kind: u8,
    signed: bool,
    encrypted: bool,
    session: u32,
    number: u32,
    /// Bytes of the message, and behind it.
    len: usize,
    trailer: usize,
    /// What it calls the message.
    info: String,
}

/// What is asked of it about each packet.
const FIELDS: [&str; 12] = [
    "udp.dstport",
    "rmcp.version",
    "rmcp.sequence",
    "rmcp.class",
    "ipmi_session.payloadtype",
    "ipmi_session.payloadtype.auth",
    "ipmi_session.payloadtype.enc",
    "ipmi_session.id",
    "ipmi_session.sequence",
    "ipmi_session.msg.len",
    "ipmi_session.trailer",
    "_ws.col.Info",
];

impl Wrapper {
    fn read(line: &str) -> Self {
        let fields: Vec<&str> = line.split('|').collect();
        let [to, version, sequence, class, kind, signed, encrypted, session, number, len, trailer, info] = fields[..]
        else {
            panic!("{line}")
        };
        assert_eq!([version, sequence, class], ["0x06", "0xff", "0x07"], "{line}");
        let hex = |text: &str| u32::from_str_radix(text.strip_prefix("0x").expect(line), 16).unwrap();
        Self {
            asks: to.parse() == Ok(BMC),
            kind: u8::try_from(hex(kind)).unwrap(),
            signed: signed == "1",
            encrypted: encrypted == "1",
            session: hex(session),
            number: hex(number),
            len: len.parse().unwrap(),
            trailer: trailer.len() / 2,
            info: info.to_owned(),
        }
    }
}

/// Bytes of a digest in RAKP messages, of the check value in the last of them, and of a packet's code (section 13.28).
const fn lengths(suite: u8) -> (usize, usize, usize) {
    match suite {
        0 => (0, 0, 0),
        1 => (20, 12, 0),
        2 | 3 => (20, 12, 12),
        15 => (32, 16, 0),
        _ => (32, 16, 16),
    }
}

/// Six packets that open it, then those within, each with the next number of its direction.
fn is_a_session(suite: u8, packets: &[Wrapper]) {
    let (opening, within) = packets.split_at_checked(6).expect("an opening");
    let (digest, check, code) = lengths(suite);
    let lens = [32, 36, 28 + "admin".len(), 40 + digest, 8 + digest, 8 + check];
    for ((packet, len), kind) in opening.iter().zip(lens).zip(0x10..) {
        let plain = (packet.kind, packet.session, packet.number, packet.len, packet.trailer);
        assert_eq!(plain, (kind, 0, 0, len, 0), "{suite}: {packet:?}");
        assert!(packet.asks == (kind % 2 == 0) && !packet.signed && !packet.encrypted, "{suite}: {packet:?}");
    }
    for asks in [true, false] {
        let mine: Vec<&Wrapper> = within.iter().filter(|packet| packet.asks == asks).collect();
        let session = mine[0].session;
        for (number, packet) in (1..).zip(mine) {
            assert_eq!((packet.kind, packet.session, packet.number), (0, session, number), "{suite}: {packet:?}");
            assert!(packet.session != 0 && packet.signed == (code > 0), "{suite}: {packet:?}");
            assert_eq!(packet.encrypted, matches!(suite, 3 | 17), "{suite}: {packet:?}");
            if packet.encrypted {
                assert!(packet.len >= 32 && packet.len % 16 == 0, "{suite}: {packet:?}");
            }
            // What is signed is whole words: the wrapper from its second part, the message, the padding and its two last bytes.
            let padding = packet.trailer.checked_sub(code).expect("a code");
            let sound = if code == 0 { padding == 0 } else { padding >= 2 && (12 + packet.len + padding) % 4 == 0 };
            assert!(sound && padding < 6, "{suite}: {packet:?}");
        }
    }
}

/// What tshark calls the requests of each session, from the rights to the end.
const REQUESTS: [&[&str]; 5] = [
    &["Get Chassis Status", "Chassis Control", "Get Chassis Status"],
    &["Get Chassis Status", "Chassis Control", "Get Chassis Status", "Chassis Control", "Get Chassis Status"],
    &["Get Chassis Status", "Chassis Control", "Get Chassis Status"],
    &["Set System Boot Options"; 6],
    &["Get System Boot Options"],
];

fn requests_are_called_right(session: &[Wrapper], expected: &[&str]) {
    let mut called: Vec<&str> = session.iter().filter_map(|packet| packet.info.strip_prefix("Req, ")).collect();
    assert_eq!((called.first(), called.last()), (Some(&"Set Session Privilege Level"), Some(&"Close Session")));
    // How often one looks is a matter of time, and options are read back.
    called.dedup_by(|next, last| next == last && *next == "Get Chassis Status");
    called.retain(|&name| expected.contains(&name));
    assert_eq!(called, expected);
}

#[test]
fn tshark_understands_every_packet() {
    let talks: Vec<(CipherSuite, Shape)> =
        CipherSuite::ALL.into_iter().flat_map(|suite| SHAPES.map(|shape| (suite, shape))).collect();
    let spoken: Vec<_> = (0..).zip(&talks).map(|(number, (suite, shape))| spoken(number, *suite, *shape)).collect();
    let all = spoken.concat();
    let mut fields = vec!["-T", "fields", "-E", "separator=|"];
    FIELDS.iter().for_each(|field| fields.extend(["-e", field]));
    let Some(shown) = tshark(&all, &fields) else { return };
    let mut packets = shown.lines().map(Wrapper::read);
    for ((suite, _), datagrams) in talks.iter().zip(&spoken) {
        let talk: Vec<_> = packets.by_ref().take(datagrams.len()).collect();
        assert_eq!(talk.len(), datagrams.len());
        let sessions: Vec<_> = talk.chunk_by(|_, next| next.kind != 0x10).collect();
        assert_eq!(sessions.len(), REQUESTS.len() + 2, "{suite:?}");
        sessions.iter().for_each(|session| is_a_session(suite.id, session));
        if !matches!(suite.id, 3 | 17) {
            sessions.iter().zip(REQUESTS).for_each(|(session, expected)| requests_are_called_right(session, expected));
        }
    }
    assert!(packets.next().is_none(), "one datagram is one packet");
    let text = tshark(&all, &["-V"]).unwrap();
    for wrong in ["Malformed", "incorrect"] {
        assert!(!text.contains(wrong), "{wrong}");
    }
    let complaints = text.lines().filter(|line| line.contains("Expert Info"));
    // OEM commands are not its own.
    complaints.for_each(|line| assert!(line.contains("[PARSER NOT IMPLEMENTED]"), "{line}"));
    // In clear five suites, three shapes each: what a message means is what was meant.
    for (meant, times) in [
        ("Boot Device Selector: Force PXE (0x1)", 2),
        ("Boot type: Extensible Firmware Interface Boot (EFI)", 2),
        ("Permanency: options requested to be persistent for all future boots", 2),
        ("Tracking: Track Request, Channel: Channel #6 (0x06)", 1),
        ("Embedded message: Req, ", 1),
        ("Signature: 570100 (OEM/Group)", 4),
        ("Requested Privilege Level: Administrator (0x4)", 7),
    ] {
        let found = text.matches(meant).count();
        assert!(found >= times * 5 * SHAPES.len(), "{meant}: {found}");
    }
}

/// A judge that finds nothing wrong with anything is none.
#[test]
fn tshark_finds_what_is_wrong() {
    let suite = CipherSuite::by_id(0).unwrap();
    let good = &spoken(0, suite, Shape::Separate)[..10];
    // The first request within the session.
    let spoilt = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut all = good.to_vec();
        change(&mut all[6].2);
        tshark(&all, &["-V"])
    };
    let Some(text) = spoilt(&|_| {}) else { return };
    assert!(!text.contains("incorrect") && !text.contains("Malformed"));
    let text = spoilt(&|bytes| *bytes.last_mut().unwrap() ^= 1).unwrap();
    assert!(text.contains("Data checksum: 0x3d (incorrect, expected 0x3c)"));
    let text = spoilt(&|bytes| bytes[18] ^= 1).unwrap();
    assert!(text.contains("Header Checksum: 0xc9 (incorrect, expected 0xc8)"));
    let text = spoilt(&|bytes| bytes.truncate(bytes.len() - 3)).unwrap();
    assert!(text.contains("[Malformed Packet"));
}
