//! What holds for any value: what is written is read back as it was, in whatever pieces it comes.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use rackhand_core::ParseErrorKind;
use rackhand_core::buffer::TxWriter;
use rackhand_core::dxp::{
    ChangeRelay, ChangeRelays, Command, Credentials, Device, Dialect, GetInputs, GetRelays, Hello, Keepalive,
    PulseRelay, RelayChange, RelayChanges, RelayId, Request,
};
use rackhand_core::exchange::{Event, Responder};
use rackhand_core::ipmi::{Bridge, RawRequest};
use rackhand_core::nm;
use rackhand_core::operation::{
    Action, Answer, BootDevice, Error, HardwareType, JSON_LEN, Memory, Order, Outcome, PowerState, PowerTarget, Target,
    Value,
};
use rackhand_core::time::Instant;
use rackhand_core::wol::{Mac, MagicPacket, Matches, SecureOn};

fn mac() -> impl Strategy<Value = Mac> {
    any::<[u8; 6]>().prop_map(Mac::from_octets)
}

fn station() -> impl Strategy<Value = Mac> {
    any::<[u8; 6]>().prop_map(|mut octets| {
        octets[0] &= 0xFE;
        octets[5] |= 1;
        Mac::from_octets(octets)
    })
}

fn password() -> impl Strategy<Value = SecureOn> {
    prop_oneof![any::<[u8; 4]>().prop_map(|it| it.to_vec()), any::<[u8; 6]>().prop_map(|it| it.to_vec())]
        .prop_map(|octets| SecureOn::from_octets(&octets).unwrap())
}

fn credentials() -> impl Strategy<Value = Credentials> {
    // Twenty characters of one byte, or five of four.
    let name = prop_oneof!["[ -~]{0,20}", "[\u{1F600}-\u{1F64F}]{0,5}"];
    (name.clone(), name).prop_map(|(user, password)| Credentials::new(&user, &password).unwrap())
}

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        Just(Command::GetRelays(GetRelays)),
        Just(Command::GetInputs(GetInputs)),
        Just(Command::Keepalive(Keepalive)),
        any::<(u8, u8)>().prop_map(|(relay, state)| Command::ChangeRelay(ChangeRelay { relay, state })),
        any::<[u8; 32]>().prop_map(|states| Command::ChangeRelays(ChangeRelays { states })),
        any::<(u8, u8, u16)>().prop_map(|(relay, state, width_seconds)| {
            Command::PulseRelay(PulseRelay { relay, state, width_seconds })
        }),
    ]
}

fn request() -> impl Strategy<Value = Request> {
    (credentials(), any::<u16>(), command()).prop_map(|(credentials, sequence, command)| Request {
        credentials,
        sequence,
        command,
    })
}

fn emitted(emit: impl FnOnce(&mut TxWriter<'_>)) -> Vec<u8> {
    let mut buffer = [0; 128];
    let mut writer = TxWriter::new(&mut buffer);
    emit(&mut writer);
    let len = writer.len();
    buffer[..len].to_vec()
}

fn changes() -> impl Strategy<Value = RelayChanges> {
    (any::<u32>(), any::<u32>()).prop_filter_map("empty", |(which, on)| {
        let list: Vec<RelayChange> = (0..32)
            .filter(|bit| which & (1 << bit) != 0)
            .map(|bit| RelayChange { relay: RelayId::new(bit + 1).unwrap(), on: on & (1 << bit) != 0 })
            .collect();
        RelayChanges::new(&list).ok()
    })
}

fn action() -> impl Strategy<Value = Action> {
    let power = prop_oneof![
        Just(PowerTarget::On),
        Just(PowerTarget::Off),
        Just(PowerTarget::Reboot),
        Just(PowerTarget::SoftOff),
        Just(PowerTarget::SoftReboot)
    ];
    prop_oneof![
        Just(Action::GetPower),
        power.prop_map(Action::SetPower),
        any::<(bool, std::num::NonZeroU16)>().prop_map(|(on, seconds)| Action::PulseRelay { on, seconds }),
        changes().prop_map(Action::SwitchRelays),
        Just(Action::GetBootDevice),
        (boot_device(), any::<bool>(), option::of(any::<bool>()))
            .prop_map(|(device, persistent, efi)| Action::SetBootDevice { device, persistent, efi }),
        raw().prop_map(Action::Raw),
        node_manager().prop_map(Action::NodeManager),
    ]
}

fn boot_device() -> impl Strategy<Value = BootDevice> {
    (0..BootDevice::ALL.len()).prop_map(|number| BootDevice::ALL[number])
}

fn raw() -> impl Strategy<Value = RawRequest> {
    let bridge = option::of((0..16_u8, any::<u8>()).prop_map(|(channel, address)| Bridge { channel, address }));
    (0..32_u8, any::<u8>(), bridge, vec(any::<u8>(), 0..=64)).prop_map(|(half, command, bridge, data)| RawRequest {
        netfn: 2 * half,
        command,
        bridge,
        data: data.into_iter().collect(),
    })
}

/// Whatever bytes of a request mean; where they set a policy, with the correction time left open or not.
fn node_manager() -> impl Strategy<Value = nm::Request> {
    let command = prop_oneof![0xC0..=0xCB_u8, Just(0xF2_u8)];
    (command, vec(any::<u8>(), nm::Request::LEN), any::<bool>()).prop_filter_map("too few", |(command, data, least)| {
        let lens = (0..=data.len()).rev();
        let request = lens.filter_map(|len| nm::Request::parse(command, &data[..len]).ok().flatten()).next()?;
        Some(match request {
            nm::Request::SetPolicy { settings, .. } => {
                nm::Request::SetPolicy { settings, least_correction_time: least }
            }
            other => other,
        })
    })
}

fn iboot() -> impl Strategy<Value = Target> {
    let host = prop_oneof!["[a-z]{1,20}(\\.[a-z]{1,10}){0,5}", "10\\.0\\.0\\.[1-9]", "fe80::[1-9a-f]{1,4}"];
    (host, "[ -~]{1,20}", "[ -~]{1,20}", 1..=65535_i64, 1..=32_i64).prop_map(|(host, user, secret, port, relay)| {
        let info = [
            ("iboot_address", Value::Str(&host)),
            ("iboot_username", Value::Str(&user)),
            ("iboot_password", Value::Str(&secret)),
            ("iboot_port", Value::Int(port)),
            ("iboot_relay_id", Value::Int(relay)),
        ];
        Target::new(HardwareType::StagingIboot, info.into_iter(), std::iter::empty()).unwrap()
    })
}

fn bmc() -> impl Strategy<Value = Target> {
    let host = prop_oneof!["[a-z]{1,20}(\\.[a-z]{1,10}){0,5}", "10\\.0\\.0\\.[1-9]", "fe80::[1-9a-f]{1,4}"];
    let hardware = prop_oneof![Just(HardwareType::Ipmi), Just(HardwareType::StagingNm)];
    let level = prop_oneof![Just("CALLBACK"), Just("USER"), Just("OPERATOR"), Just("ADMINISTRATOR")];
    let suite = option::of(prop_oneof![Just(0), Just(3), Just(17)]);
    let more = (level, suite, option::of("[0-9a-f]{40}"), option::of((0..16_i64, 0..256_i64)));
    (hardware, host, "[ -~]{0,16}", "[ -~]{0,20}", 1..=65535_i64, more).prop_map(
        |(hardware, host, user, secret, port, (level, suite, kg, bridge))| {
            let mut info = vec![
                ("ipmi_address", Value::Str(&host)),
                ("ipmi_username", Value::Str(&user)),
                ("ipmi_password", Value::Str(&secret)),
                ("ipmi_port", Value::Int(port)),
                ("ipmi_priv_level", Value::Str(level)),
            ];
            info.extend(suite.map(|suite| ("ipmi_cipher_suite", Value::Int(suite))));
            info.extend(kg.as_ref().map(|kg| ("ipmi_hex_kg_key", Value::Str(kg))));
            if let Some((channel, address)) = bridge {
                info.push(("ipmi_bridging", Value::Str("single")));
                info.push(("ipmi_target_channel", Value::Int(channel)));
                info.push(("ipmi_target_address", Value::Int(address)));
            }
            Target::new(hardware, info.into_iter(), std::iter::empty()).unwrap()
        },
    )
}

fn wol() -> impl Strategy<Value = Target> {
    (vec(station(), 1..16), option::of(password()), 1..=255_i64).prop_filter_map("doubles", |(macs, secret, repeat)| {
        let ports: Vec<String> = macs.iter().map(ToString::to_string).collect();
        let secret = secret.map(|it| hex::encode(it.octets()));
        let mut info = vec![("wol_repeat", Value::Int(repeat))];
        if let Some(secret) = &secret {
            info.push(("wol_password", Value::Str(secret)));
        }
        Target::new(HardwareType::StagingWol, info.into_iter(), ports.iter().map(String::as_str)).ok()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn magic_packets(mac in mac(), password in option::of(password())) {
        let packet = MagicPacket { mac, password };
        let bytes = emitted(|writer| packet.emit(writer).unwrap());
        prop_assert_eq!(bytes.len(), packet.len());
        prop_assert_eq!(MagicPacket::parse(&bytes), Some(packet));
    }

    #[test]
    fn magic_packets_are_found_in_any_noise(
        mac in mac(),
        before in vec(any::<u8>(), 0..200),
        after in vec(any::<u8>(), 0..200),
    ) {
        let packet = emitted(|writer| MagicPacket { mac, password: None }.emit(writer).unwrap());
        let bytes = [&before[..], &packet, &after].concat();
        let found = Matches::new(&bytes).find(|found| found.at == before.len());
        prop_assert_eq!(found.map(|found| (found.mac, found.rest)), Some((mac, &after[..])));
    }

    #[test]
    fn addresses_as_people_write_them(mac in station(), style in 0..8_usize, upper in any::<bool>()) {
        let hex = hex::encode(mac.octets());
        let grouped = |size: usize, with: &str| {
            hex.as_bytes().chunks(size).map(|chunk| std::str::from_utf8(chunk).unwrap()).collect::<Vec<_>>().join(with)
        };
        let text = match style {
            0 => grouped(2, ":"),
            1 => grouped(2, "-"),
            2 => grouped(2, " "),
            3 => grouped(4, "."),
            4 => grouped(6, "-"),
            5 => format!("0x{hex}"),
            6 => format!("  {}\n", grouped(2, ".")),
            _ => mac.octets().map(|octet| format!("{octet:x}")).join(":"),
        };
        let text = if upper { text.to_uppercase() } else { text };
        prop_assert_eq!(text.parse::<Mac>(), Ok(mac), "{:?}", text);
    }

    #[test]
    fn any_text_as_an_address(text in "\\PC{0,30}") {
        if let Ok(mac) = text.parse::<Mac>() {
            prop_assert_eq!(mac.to_string().parse::<Mac>(), Ok(mac));
        }
        let _ = text.parse::<SecureOn>();
    }

    #[test]
    fn requests(request in request(), tail in vec(any::<u8>(), 0..10)) {
        let mut bytes = emitted(|writer| request.emit(writer).unwrap());
        let len = bytes.len();
        for short in 0..len {
            let error = Request::parse(&bytes[..short]).unwrap_err();
            prop_assert_eq!(error.kind, ParseErrorKind::Truncated);
        }
        bytes.extend(&tail);
        prop_assert_eq!(Request::parse(&bytes), Ok((request, &tail[..])));
    }

    #[test]
    fn a_device_answers_the_same_to_the_same_bytes_in_any_pieces(
        requests in vec(command(), 1..5),
        cuts in vec(1..20_usize, 0..60),
    ) {
        let credentials = Credentials::new("admin", "admin").unwrap();
        let mut bytes = emitted(|writer| Hello.emit(writer).unwrap());
        for (number, command) in (0_u16..).zip(requests) {
            let request = Request { credentials: credentials.clone(), sequence: 8 + 2 * number, command };
            bytes.extend(emitted(|writer| request.emit(writer).unwrap()));
        }
        let answers = |cuts: &[usize]| {
            let mut device = Device::<u8, 1>::new(credentials.clone(), Dialect::default(), 8, 7);
            let _ = device.respond(Instant::ZERO, Event::Opened { peer: 1 }, &mut []);
            let (mut answers, mut window, mut rest) = (Vec::new(), Vec::new(), &bytes[..]);
            let mut cuts = cuts.iter().copied().chain(std::iter::repeat(usize::MAX));
            while !rest.is_empty() {
                let (piece, later) = rest.split_at(cuts.next().unwrap().min(rest.len()));
                window.extend_from_slice(piece);
                rest = later;
                loop {
                    let mut tx = [0; 64];
                    let reply = device.respond(Instant::ZERO, Event::Received { peer: 1, rx: &mut window }, &mut tx);
                    answers.extend_from_slice(&tx[..reply.send.map_or(0, |(_, len)| len)]);
                    window.drain(..reply.used);
                    if reply.used == 0 || window.is_empty() {
                        break;
                    }
                }
            }
            (answers, device.relays().to_vec())
        };
        prop_assert_eq!(answers(&cuts), answers(&[]));
    }

    #[test]
    fn orders(target in prop_oneof![iboot(), wol(), bmc()], action in action(), timeout_ms in any::<u32>()) {
        let order = Order { target, action, timeout_ms, memory: Memory::Nothing };
        let mut buffer = [0; JSON_LEN];
        let len = order.to_json(&mut buffer).expect("every order fits into a datagram");
        prop_assert_eq!(Order::from_json(&buffer[..len]), Ok(order));
    }

    #[test]
    fn a_target_shows_no_password(secret in "[a-zA-Z0-9]{12,20}", port in 1..=65535_i64) {
        let info = [
            ("iboot_address", Value::Str("pdu")),
            ("iboot_username", Value::Str("admin")),
            ("iboot_password", Value::Str(&secret)),
            ("iboot_port", Value::Int(port)),
        ];
        let target = Target::new(HardwareType::StagingIboot, info.into_iter(), std::iter::empty()).unwrap();
        let shown = format!("{target:?}");
        prop_assert!(!shown.contains(&secret));
    }
}

/// The longest of each: they still fit into one datagram.
#[test]
fn the_longest_order_and_answer_fit() {
    let label = "a".repeat(63);
    let host = [&label[..], &label, &label, &"a".repeat(61)].join(".");
    let quotes = "\"".repeat(20);
    let info = [
        ("iboot_address", Value::Str(&host)),
        ("iboot_username", Value::Str(&quotes)),
        ("iboot_password", Value::Str(&quotes)),
        ("iboot_port", Value::Int(65535)),
        ("iboot_relay_id", Value::Int(32)),
        ("iboot_relay_count", Value::Int(32)),
        ("iboot_state_codes", Value::Str("manual")),
        ("iboot_relay_base", Value::Int(0)),
    ];
    let target = Target::new(HardwareType::StagingIboot, info.into_iter(), std::iter::empty()).unwrap();
    let list: Vec<_> = (1..=32).map(|number| RelayChange { relay: RelayId::new(number).unwrap(), on: false }).collect();
    let action = Action::SwitchRelays(RelayChanges::new(&list).unwrap());
    let order = Order { target, action, timeout_ms: u32::MAX, memory: Memory::Nothing };
    let mut buffer = [0; JSON_LEN];
    let len = order.to_json(&mut buffer).unwrap();
    assert_eq!(Order::from_json(&buffer[..len]), Ok(order));

    let macs = (1..=16).map(|last| Mac::from_octets([0xFE, 0xFE, 0xFE, 0xFE, 0xFE, last])).collect();
    let cause = Some(rackhand_core::exchange::Cause::NotPermitted);
    for answer in [
        Answer::Failed(Error::NotWoken { macs, cause, sent: u16::MAX }),
        Answer::Done(Outcome::Power(PowerState::On)),
        Answer::Busy,
        Answer::Malformed,
    ] {
        let len = answer.to_json(&mut buffer).unwrap();
        assert_eq!(Answer::from_json(&buffer[..len]), Ok(answer));
    }
}

/// Passwords are compared and read as they are, at any length that fits.
#[test]
fn credentials_of_every_length() {
    for len in 0..=20 {
        let text = "p".repeat(len);
        let request = Request {
            credentials: Credentials::new(&text, &text).unwrap(),
            sequence: 0,
            command: Command::GetRelays(GetRelays),
        };
        let bytes = emitted(|writer| request.emit(writer).unwrap());
        assert_eq!(Request::parse(&bytes), Ok((request, &[][..])));
    }
    assert!(Credentials::new(&"p".repeat(21), "").is_err() && Credentials::new("", "a\0b").is_err());
}
