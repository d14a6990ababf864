//! Wake-on-LAN with foreign software, over cables between network namespaces: tshark must recognise what `rackhand` sends,
//! and the simulated network card must wake on what etherwake and wakeonlan send. Every payload is also compared with one that
//! is built here.

#[allow(dead_code, reason = "each test uses its part")]
mod common;

use std::time::Duration;

use common::capture::{self, Capture, Field, Packet, dissected, utf8};
use common::need;
use common::netns::Namespace;
use common::process::{RACKHAND, Ran, Running, SECURE_ON_4, SECURE_ON_6, command, rackhand};
use rackhand_adapters::sim::Nic;
use rackhand_core::exchange::{Event, Reply, Responder};
use rackhand_core::time::Instant;

/// The interface at this end of the first cable, and at the other.
const NEAR_MAC: &str = "02:00:00:00:01:00";
const FAR_MAC: &str = "02:00:00:00:02:00";
const BROADCAST: &str = "ff:ff:ff:ff:ff:ff";
/// Everything that may carry a magic packet, and nothing that a kernel says of its own accord.
const MAGIC: &str = "udp or ether proto 0x0842";

const MAC: &str = "00:11:22:33:44:55";
const OTHER_MAC: &str = "00:11:22:33:44:56";

/// A magic packet as AMD describes it, with nothing of ours in it.
fn magic(mac: &str, password: &str) -> Vec<u8> {
    let octets = |text: &str, radix| -> Vec<u8> {
        text.split([':', '.']).filter_map(|octet| u8::from_str_radix(octet, radix).ok()).collect()
    };
    let mut bytes = vec![0xFF; 6];
    bytes.extend(octets(mac, 16).repeat(16));
    bytes.extend(octets(password, if password.contains('.') { 10 } else { 16 }));
    bytes
}

/// What is behind the headers of a frame of type 0842h, or of one with UDP.
fn payload(frame: &[u8]) -> &[u8] {
    match frame[12..14] {
        [0x08, 0x42] => &frame[14..],
        [0x08, 0x00] => &frame[14 + usize::from(frame[14] & 15) * 4 + 8..],
        [0x86, 0xdd] => &frame[14 + 40 + 8..],
        _ => panic!("neither a bare magic packet nor IP: {frame:02x?}"),
    }
}

/// Whom the magic packet in a frame wakes.
fn woken(packet: &Packet) -> String {
    payload(&packet.frame)[6..12].iter().map(|octet| format!("{octet:02x}")).collect::<Vec<_>>().join(":")
}

/// A machine that sends and one that listens.
struct Rack {
    near: Namespace,
    far: Namespace,
}

impl Rack {
    /// One cable, `rack0` to `far0`; none, with a word about it, where something for it is missing.
    fn new(programs: &[&str]) -> Option<Self> {
        let all: Vec<_> = capture::PROGRAMS.iter().chain(programs).copied().collect();
        if !need::programs(&all) {
            return None;
        }
        let rack = Self { near: Namespace::new()?, far: Namespace::new()? };
        rack.near.connect("rack0", NEAR_MAC, &rack.far, "far0", FAR_MAC);
        rack.near.ip("addr add 192.0.2.1/24 brd + dev rack0");
        rack.far.ip("addr add 192.0.2.2/24 brd + dev far0");
        // A machine that sleeps does not answer ARP.
        rack.near.ip(&format!("neigh replace 192.0.2.2 lladdr {FAR_MAC} nud permanent dev rack0"));
        Some(rack)
    }

    fn power(&self, action: &str, more: &[&str]) -> Ran {
        let arguments: Vec<_> = ["power", action, "--driver", "staging-wol"].iter().chain(more).copied().collect();
        rackhand(Some(&self.near), &arguments)
    }

    /// A simulated machine at the far end.
    #[track_caller]
    fn machine(&self, arguments: &[&str]) -> Running {
        let arguments: Vec<_> = ["sim", "nic"].iter().chain(arguments).copied().collect();
        let mut machine = Running::start(command(Some(&self.far), RACKHAND, &arguments));
        machine.line("word that it listens", |line| line.contains("sleeping machine").then_some(()));
        machine
    }

    fn wake(&self, mac: &str, settings: &[&str]) -> Ran {
        let mut arguments = vec!["--port", mac];
        arguments.extend(settings.iter().flat_map(|setting| ["-i", setting]));
        self.power("on", &arguments)
    }
}

/// Waits until a simulated machine says that it woke.
#[track_caller]
fn awake(machine: &mut Running) {
    machine.line("word that it woke", |line| line.contains("woke up").then_some(()));
}

/// What tshark says of a magic packet.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    ethernet: String,
    ip: Option<String>,
    port: Option<String>,
    mac: String,
    password: Option<String>,
}

impl Seen {
    fn new(ethernet: &str, ip: &str, port: u16, mac: &str, password: &str) -> Self {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Self {
            ethernet: ethernet.to_owned(),
            ip: some(ip),
            port: some(ip).map(|_| port.to_string()),
            mac: mac.to_owned(),
            password: some(password),
        }
    }

    /// All magic packets in a recording; each has its synchronisation and sixteen times the same address.
    #[track_caller]
    fn all(capture: &Capture) -> Vec<Self> {
        let packets = dissected(capture.pcap(), "wol");
        let of = |packet: &std::collections::BTreeMap<String, Vec<Field>>| {
            let one =
                |name| packet.get(name).and_then(|fields| fields.first()).map(|field: &Field| field.shown.clone());
            let macs = packet.get("wol.mac").map_or(&[][..], Vec::as_slice);
            assert_eq!(macs.len(), 16, "{packet:?}");
            assert!(macs.iter().all(|mac| mac.shown == macs[0].shown), "{packet:?}");
            assert_eq!(one("wol.sync").as_deref(), Some("ff:ff:ff:ff:ff:ff"));
            assert_eq!(one("eth.src").as_deref(), Some(NEAR_MAC));
            let ethertype = one("eth.type").expect("a type");
            let bare = ethertype == "0x0842";
            assert!(bare || matches!(&*ethertype, "0x0800" | "0x86dd"), "{ethertype}");
            // The line, not the value: tshark 4.0 makes the value from the letters of the line.
            let password = packet.get("wol.passwd").map(|fields| fields[0].line.replace("Password: ", ""));
            Self {
                ethernet: one("eth.dst").unwrap_or_default(),
                ip: one("ip.dst").or_else(|| one("ipv6.dst")),
                port: one("udp.dstport"),
                mac: macs[0].shown.clone(),
                password,
            }
        };
        packets.iter().map(of).collect()
    }
}

#[test]
fn tshark_recognises_what_rackhand_sends() {
    let Some(rack) = Rack::new(&[]) else { return };
    let capture = Capture::start(&rack.far, "far0", MAGIC);
    // These say what they have to say and send nothing.
    rack.power("status", &["--port", MAC]).well();
    rack.power("off", &["--port", MAC]).well();

    let mut expected = Vec::new();
    let mut sends = |settings: &[&str], ethernet: &str, ip: &str, port: u16, password: &str| {
        let ran = rack.wake(MAC, settings).well();
        assert_eq!(&*ran.stdout, "power on\n");
        expected.push(Seen::new(ethernet, ip, port, MAC, password));
    };
    sends(&["wol_host=192.0.2.255"], BROADCAST, "192.0.2.255", 9, "");
    sends(&["wol_host=192.0.2.255", "wol_port=7"], BROADCAST, "192.0.2.255", 7, "");
    sends(&["wol_interface=rack0"], BROADCAST, "255.255.255.255", 9, "");
    sends(&["wol_host=192.0.2.2", "wol_port=40000"], FAR_MAC, "192.0.2.2", 40000, "");
    sends(&["wol_interface=rack0", "wol_transport=raw"], BROADCAST, "", 0, "");
    let with = |password: &str| format!("wol_password={password}");
    for password in [SECURE_ON_6, SECURE_ON_4] {
        sends(&["wol_host=192.0.2.255", &with(password)], BROADCAST, "192.0.2.255", 9, password);
        sends(&["wol_interface=rack0", "wol_transport=raw", &with(password)], BROADCAST, "", 0, password);
    }
    // The same from a file, and in the way that has no separators.
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), "00deadbeef99\n").expect("a password in it");
    sends(
        &["wol_host=192.0.2.255", &with(&format!("@{}", utf8(file.path())))],
        BROADCAST,
        "192.0.2.255",
        9,
        SECURE_ON_6,
    );

    let packets = capture.packets("all packets", |packets| packets.len() >= expected.len());
    assert_eq!(Seen::all(&capture), expected);
    for (packet, seen) in packets.iter().zip(&expected) {
        assert_eq!(payload(&packet.frame), magic(MAC, seen.password.as_deref().unwrap_or("")), "{seen:?}");
    }
}

#[test]
fn tshark_recognises_what_goes_over_ipv6() {
    if !std::path::Path::new("/proc/net/if_inet6").exists() {
        return need::missing("IPv6");
    }
    let Some(rack) = Rack::new(&[]) else { return };
    rack.near.ip("addr add fe80::1/64 dev rack0 nodad");
    rack.far.ip("addr add fe80::2/64 dev far0 nodad");
    common::process::until("the route for groups", || {
        rack.near.ip("-6 route show table local").contains("multicast ff00::/8 dev rack0").then_some(())
    });
    let capture = Capture::start(&rack.far, "far0", MAGIC);
    rack.wake(MAC, &["wol_transport=udp6", "wol_interface=rack0"]).well();
    let password = format!("wol_password={SECURE_ON_6}");
    rack.wake(MAC, &["wol_transport=udp6", "wol_interface=rack0", "wol_host=ff02::1", "wol_port=7", &password]).well();
    let packets = capture.packets("both packets", |packets| packets.len() >= 2);
    let group = "33:33:00:00:00:01";
    assert_eq!(
        Seen::all(&capture),
        [Seen::new(group, "ff02::1", 9, MAC, ""), Seen::new(group, "ff02::1", 7, MAC, SECURE_ON_6)]
    );
    assert_eq!(payload(&packets[0].frame), magic(MAC, ""));
    assert_eq!(payload(&packets[1].frame), magic(MAC, SECURE_ON_6));
}

#[test]
fn every_port_and_every_repeat_half_a_second_apart() {
    let Some(rack) = Rack::new(&[]) else { return };
    let capture = Capture::start(&rack.far, "far0", MAGIC);
    let ports = ["--port", MAC, "--port", OTHER_MAC];
    let settings = ["-i", "wol_host=192.0.2.255", "-i", "wol_repeat=2", "--json"];
    let ran = rack.power("on", &[&ports[..], &settings].concat()).well();
    let answer: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!(answer["power_state"], "power on");

    let packets = capture.packets("all packets", |packets| packets.len() >= 4);
    let macs = [MAC, OTHER_MAC, MAC, OTHER_MAC];
    let expected: Vec<_> = macs.iter().map(|mac| Seen::new(BROADCAST, "192.0.2.255", 9, mac, "")).collect();
    assert_eq!(Seen::all(&capture), expected);
    for (packet, mac) in packets.iter().zip(macs) {
        assert_eq!(payload(&packet.frame), magic(mac, ""));
    }
    for pair in packets.windows(2) {
        assert!(pair[1].at - pair[0].at >= Duration::from_millis(490), "{packets:?}");
    }
}

#[test]
fn packets_leave_by_the_interface_that_was_named() {
    let Some(rack) = Rack::new(&[]) else { return };
    // Two interfaces on one network, and one without any address: the management network of a relay, say.
    rack.near.connect("rack1", "02:00:00:00:01:01", &rack.far, "far1", "02:00:00:00:02:01");
    rack.near.ip("addr add 192.0.2.11/24 brd + dev rack1");
    rack.near.connect("rack2", "02:00:00:00:01:02", &rack.far, "far2", "02:00:00:00:02:02");
    rack.near.ip("route add default via 192.0.2.254 dev rack0");
    let captures = ["far0", "far1", "far2"].map(|interface| Capture::start(&rack.far, interface, MAGIC));

    // The last octet says by which interface it shall leave.
    for (mac, settings) in [
        ("00:00:00:00:01:00", &[][..]),
        ("00:00:00:00:02:00", &["wol_host=192.0.2.255"]),
        ("00:00:00:00:03:00", &["wol_interface=rack0"]),
        ("00:00:00:00:04:01", &["wol_interface=rack1"]),
        ("00:00:00:00:05:02", &["wol_interface=rack2"]),
        ("00:00:00:00:06:01", &["wol_interface=rack1", "wol_host=192.0.2.255"]),
        ("00:00:00:00:07:01", &["wol_interface=rack1", "wol_transport=raw"]),
    ] {
        rack.wake(mac, settings).well();
    }
    // Behind the last one over each cable nothing is under way any more.
    for (mac, interface) in
        [("00:00:00:00:08:00", "rack0"), ("00:00:00:00:08:01", "rack1"), ("00:00:00:00:08:02", "rack2")]
    {
        rack.wake(mac, &[&format!("wol_interface={interface}"), "wol_transport=raw"]).well();
    }
    let arrived = captures.each_ref().map(|capture| {
        let last =
            |packets: &[Packet]| packets.last().is_some_and(|packet| woken(packet).starts_with("00:00:00:00:08"));
        let packets = capture.packets("the last packet", last);
        packets.iter().map(|packet| woken(packet)[12..].to_owned()).collect::<Vec<_>>()
    });
    assert_eq!(
        arrived,
        [&["01:00", "02:00", "03:00", "08:00"][..], &["04:01", "06:01", "07:01", "08:01"][..], &["05:02", "08:02"][..]]
    );
}

#[test]
fn wakeonlan_wakes_the_simulated_machine() {
    let Some(rack) = Rack::new(&["wakeonlan"]) else { return };
    rack.near.ip("route add default via 192.0.2.254 dev rack0");
    let capture = Capture::start(&rack.far, "far0", MAGIC);
    let wakeonlan = |arguments: &[&str]| {
        Running::start(command(Some(&rack.near), "wakeonlan", arguments)).end().well();
    };
    let macs = ["00:11:22:33:44:01", "00:11:22:33:44:02", "00:11:22:33:44:03"];
    let mut directed = rack.machine(&["--listen", "0.0.0.0:9", "--mac", macs[0]]);
    let mut limited = rack.machine(&["--listen", "0.0.0.0:7", "--mac", macs[1]]);
    let mut unicast = rack.machine(&["--listen", "0.0.0.0:40000", "--mac", macs[2]]);
    wakeonlan(&["-i", "192.0.2.255", macs[0]]);
    awake(&mut directed);
    wakeonlan(&["-p", "7", macs[1]]);
    awake(&mut limited);
    wakeonlan(&["-i", "192.0.2.2", "-p", "40000", macs[2]]);
    awake(&mut unicast);
    for machine in [directed, limited, unicast] {
        let said = machine.terminate().well().stdout;
        assert_eq!(said.matches("woke up").count(), 1, "{said}");
    }

    let packets = capture.packets("all packets", |packets| packets.len() >= macs.len());
    let addresses = [("192.0.2.255", 9, BROADCAST), ("255.255.255.255", 7, BROADCAST), ("192.0.2.2", 40000, FAR_MAC)];
    let expected: Vec<_> =
        addresses.iter().zip(macs).map(|((ip, port, ethernet), mac)| Seen::new(ethernet, ip, *port, mac, "")).collect();
    assert_eq!(Seen::all(&capture), expected);
    for (packet, mac) in packets.iter().zip(macs) {
        assert!(wakes(mac, "", packet));
        assert!(!wakes(MAC, "", packet), "woken by another's packet");
        assert!(!wakes(mac, SECURE_ON_6, packet), "woken without the password");
    }

    // One that asks for a password hears nobody else's, in the same process too.
    let password = format!("wol_password={SECURE_ON_4}");
    let mut armed = rack.machine(&["--listen", "0.0.0.0:9", "--mac", MAC, "--password", SECURE_ON_4]);
    wakeonlan(&["-i", "192.0.2.255", MAC]);
    rack.wake(MAC, &["wol_host=192.0.2.255", &password]).well();
    awake(&mut armed);
    armed.terminate().well();
}

/// Whether a frame wakes the simulated card.
fn wakes(mac: &str, password: &str, packet: &Packet) -> bool {
    let mut nic = Nic::new(mac.parse().expect("a MAC"), password.parse().ok());
    let mut rx = payload(&packet.frame).to_vec();
    let len = rx.len();
    let reply: Reply<u8> = nic.respond(Instant::ZERO, Event::Received { peer: 0, rx: &mut rx }, &mut []);
    assert_eq!(reply, Reply { used: len, ..Reply::NOTHING });
    nic.is_awake()
}

#[test]
fn etherwake_wakes_the_simulated_card_and_is_decoded() {
    let Some(rack) = Rack::new(&["etherwake"]) else { return };
    let capture = Capture::start(&rack.far, "far0", MAGIC);
    let mut plain = rack.machine(&["--interface", "far0", "--mac", MAC]);
    let mut other = rack.machine(&["--interface", "far0", "--mac", OTHER_MAC]);
    let mut armed =
        [SECURE_ON_6, SECURE_ON_4].map(|it| rack.machine(&["--interface", "far0", "--mac", MAC, "--password", it]));
    let sent = [
        (&["-b"][..], ""),
        (&[], ""),
        (&["-b", "-p", SECURE_ON_6], SECURE_ON_6),
        (&["-b", "-p", SECURE_ON_4], SECURE_ON_4),
    ];
    for (options, password) in sent {
        let arguments = [&["-i", "rack0"], options, &[MAC]].concat();
        Running::start(command(Some(&rack.near), "etherwake", &arguments)).end().well();
        // It sleeps until the first frame, and each of those that ask for a password until theirs.
        awake(&mut plain);
        let heard = armed.each_ref().map(|machine| machine.stdout().contains("woke up"));
        assert!(password == SECURE_ON_4 || !heard[1], "{options:?}: woken without its password");
        assert!(!password.is_empty() || heard == [false; 2], "{options:?}: woken without a password");
    }
    armed.iter_mut().for_each(awake);
    // The same card hears the same packet in UDP.
    rack.wake(OTHER_MAC, &["wol_host=192.0.2.255"]).well();
    awake(&mut other);
    for machine in armed.into_iter().chain([plain, other]) {
        let said = machine.terminate().well().stdout;
        assert_eq!(said.matches("woke up").count(), 1, "{said}");
    }
    let packets = capture.packets("all frames", |packets| packets.len() > sent.len());
    for (packet, (options, password)) in packets.iter().zip(sent) {
        assert_eq!(payload(&packet.frame), magic(MAC, password), "{options:?}");
        assert!(wakes(MAC, password, packet), "{options:?}");
        assert!(!wakes(OTHER_MAC, password, packet), "{options:?}");
        assert_eq!(wakes(MAC, SECURE_ON_6, packet), password == SECURE_ON_6, "{options:?}");
    }

    // As tcpdump recorded it, as tshark does, and as tshark prints it. The last packet is ours.
    let pcapng = capture.pcapng();
    let printed = capture::tshark(&["-r", utf8(capture.pcap()), "-Y", "eth.type == 0x0842", "-x"]).stdout;
    let files = [utf8(capture.pcap()), utf8(&pcapng)].map(|file| rackhand(None, &["decode", "--json", file]));
    let mut decode = Running::start(command(None, RACKHAND, &["decode", "--json"]));
    decode.say(printed.as_bytes());
    for (ran, ours) in files.into_iter().zip([1, 1]).chain([(decode.end(), 0)]) {
        let messages: Vec<serde_json::Value> =
            ran.well().stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(messages.len(), sent.len() + ours, "{messages:#?}");
        for (message, (options, password)) in messages.iter().zip(sent) {
            let to = if options.contains(&"-b") { BROADCAST } else { MAC };
            assert_eq!(message["message"], format!("Wake-on-LAN magic packet for {MAC}"));
            assert_eq!(message["remark"], format!("EtherType 0842h, from {NEAR_MAC} to {to}"));
            assert_eq!(message["fields"][1]["value"], "001122334455");
            let hidden = &message["fields"][2];
            let length = magic(MAC, password).len() - 102;
            assert_eq!(
                (hidden["value"].as_str(), hidden["length"].as_u64()),
                match length {
                    0 => (None, None),
                    length => (Some("******"), u64::try_from(length).ok()),
                }
            );
        }
    }
    // The text that a person reads says the same and no more.
    let text = rackhand(None, &["decode", utf8(capture.pcap())]).well().stdout;
    assert_eq!(text.matches(&format!("Wake-on-LAN magic packet for {MAC}")).count(), sent.len(), "{text}");
    assert_eq!(text.matches("******").count(), 2, "{text}");
}

#[test]
fn no_way_out_is_no_contact() {
    let Some(nowhere) = Namespace::new() else { return };
    let Some(far) = Namespace::new() else { return };
    let failed = |settings: &[&str], words: &[&str]| {
        let pairs = settings.iter().flat_map(|setting| ["-i", setting]);
        let arguments: Vec<_> =
            ["power", "on", "--driver", "staging-wol", "--port", MAC].into_iter().chain(pairs).collect();
        let ran = rackhand(Some(&nowhere), &arguments).failed(3, words).failed(3, &["PowerStateFailure", MAC]);
        assert_eq!(ran.stdout, "");
        let as_json = rackhand(Some(&nowhere), &[&arguments[..], &["--json"]].concat());
        let answer: serde_json::Value = serde_json::from_str(&as_json.stdout).expect("JSON");
        assert_eq!((as_json.code, &answer["error"]["name"]), (Some(3), &"PowerStateFailure".into()));
    };
    let no_way = "the network has no way to the host";
    failed(&[], &[no_way]);
    failed(&["wol_host=192.0.2.255"], &[no_way]);
    let password = format!("wol_password={SECURE_ON_6}");
    failed(&[&password], &[no_way]);
    let no_interface = "no such network interface";
    failed(&["wol_interface=rack9"], &[no_interface]);
    failed(&["wol_interface=rack9", "wol_transport=raw"], &[no_interface]);
    failed(&["wol_interface=rack9", "wol_transport=udp6"], &[no_interface]);

    // A cable that was there is pulled: whatever the kernel calls that, it is no contact.
    nowhere.connect("rack0", NEAR_MAC, &far, "far0", FAR_MAC);
    nowhere.ip("link set rack0 down");
    failed(&["wol_interface=rack0"], &[no_way]);
    failed(&["wol_interface=rack0", "wol_transport=raw"], &[no_way]);
}

#[test]
fn bare_frames_without_the_right_to_send_them() {
    let Some(rack) = Rack::new(&["setpriv"]) else { return };
    let capture = Capture::start(&rack.far, "far0", MAGIC);
    let wake = |mac: &str, settings: &[&str]| {
        let pairs = settings.iter().flat_map(|setting| ["-i", setting]);
        // Root in everything but this.
        let arguments: Vec<_> =
            ["--bounding-set", "-net_raw", RACKHAND, "power", "on", "--driver", "staging-wol", "--port", mac]
                .into_iter()
                .chain(pairs)
                .collect();
        Running::start(command(Some(&rack.near), "setpriv", &arguments)).end()
    };
    let ran = wake(MAC, &["wol_interface=rack0", "wol_transport=raw"]).failed(3, &["CAP_NET_RAW", MAC]);
    assert_eq!(ran.stdout, "");
    // A broadcast needs no such right.
    wake(OTHER_MAC, &["wol_host=192.0.2.255"]).well();
    let packets = capture.packets("the broadcast", |packets| !packets.is_empty());
    assert_eq!(packets.iter().map(woken).collect::<Vec<_>>(), [OTHER_MAC]);
}
