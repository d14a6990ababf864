//! The relay's real image on both emulated boards, end to end: frames and relays are judged from outside.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, Instant};

use rackhand_adapters::sim::amt::{Generation, Start, Timing};
use rackhand_adapters::sim::{Amt, Iboot, IbootFault, Nic};
use rackhand_core::amt::{AmtFailure, AmtMemory, AmtTrouble, BootSource};
use rackhand_core::dxp::{Credentials, Dialect, Failure, Fault, RelayChange, RelayChanges, RelayId, Stage, Trouble};
use rackhand_core::exchange::Cause;
use rackhand_core::http::digest::{self, Challenge};
use rackhand_core::operation::{
    Action, Answer, BootDevice, Error, ErrorKind, HardwareType, Memory, Order, Outcome, PowerState, PowerTarget,
    Setting, Target, Value,
};
use rackhand_core::wol::Mac;
use rackhand_tests::firmware::{Board, Image, Relay};
use rackhand_tests::lan::{HOST, Lan, Weather};
use rackhand_tests::need;
use rackhand_tests::pair::Random;
use rackhand_tests::targets::{amt, iboot, wol};
use smoltcp::wire::{EthernetFrame, EthernetProtocol, IpProtocol, Ipv4Packet, TcpPacket, UdpPacket};

const PASSWORD: &str = "s3cret";
const PORTS: [&str; 3] = ["02:00:00:00:00:07", "02:00:00:00:00:08", "02:00:00:00:00:09"];
/// The board's own address.
const BOARD: [u8; 6] = [0x02, 0, 0, 0, 0, 0x99];

/// Each test once on each board.
macro_rules! on_both_boards {
    ($($name:ident)*) => {
        mod lm3s6965evb {
            $(#[test] fn $name() { super::$name(super::Board::Lm3s6965evb); })*
        }
        mod mps2_an385 {
            $(#[test] fn $name() { super::$name(super::Board::Mps2An385); })*
        }
    };
}

on_both_boards! {
    every_action_on_an_iboot
    every_action_on_a_sleeping_machine
    every_named_fault_of_an_iboot
    every_error_comes_through_with_its_name
    four_at_once_and_no_more
    bad_weather
    a_power_cut_in_the_middle_of_a_reboot
    a_repeat_is_never_carried_out_again
    ten_thousand_datagrams_of_nonsense
    the_watchdog_ends_a_hang
    a_panic_tells_where
    a_release_image_has_no_door
}

fn device() -> Iboot<u64> {
    Iboot::new(Credentials::new("admin", PASSWORD).unwrap(), Dialect::default(), 8)
}

/// Relay 2 of an iBoot of the LAN; quick, so that tests are.
fn at(number: usize) -> Target {
    let address = Lan::iboot_address(number).to_string();
    let settings = [
        ("iboot_address", Value::Str(&address)),
        ("iboot_password", Value::Str(PASSWORD)),
        ("iboot_relay_id", Value::Int(2)),
    ];
    let mut target = iboot(&settings).unwrap();
    let Target::Iboot(iboot) = &mut target else { panic!() };
    (iboot.options.retry_interval_ms, iboot.options.reboot_delay_ms) = (20, 200);
    target
}

fn order(target: Target, action: Action) -> Order {
    Order { target, action, timeout_ms: 30_000, memory: Memory::Nothing }
}

fn power(number: usize, target: PowerTarget) -> Order {
    order(at(number), Action::SetPower(target))
}

fn wake(settings: &[(&str, Value<'_>)], ports: &[&str]) -> Order {
    order(wol(settings, ports).unwrap(), Action::SetPower(PowerTarget::On))
}

const ON: Answer = Answer::Done(Outcome::Power(PowerState::On));
const OFF: Answer = Answer::Done(Outcome::Power(PowerState::Off));
const WOKEN: Answer = Answer::Done(Outcome::Stored(Some(PowerState::On)));

fn start(board: Board) -> Option<Relay> {
    let mut relay = Relay::start(Image::with_door(board), 1)?;
    relay.lan.add_iboot(device());
    Some(relay)
}

fn every_action_on_an_iboot(board: Board) {
    let Some(mut relay) = start(board) else { return };
    let read = order(at(0), Action::GetPower);
    assert_eq!(relay.carry_out(&read), OFF);
    assert_eq!(relay.carry_out(&power(0, PowerTarget::On)), ON);
    assert_eq!(relay.lan.iboot(0).relays(), [false, true, false, false, false, false, false, false]);
    assert_eq!(relay.carry_out(&read), ON);
    let _ = relay.lan.iboot(0).take_moves();
    assert_eq!(relay.carry_out(&power(0, PowerTarget::Reboot)), ON);
    let second = RelayId::new(2).unwrap();
    let moves = [RelayChange { relay: second, on: false }, RelayChange { relay: second, on: true }];
    assert_eq!(relay.lan.iboot(0).take_moves(), moves);
    assert_eq!(relay.carry_out(&power(0, PowerTarget::Off)), OFF);
    assert!(!relay.lan.iboot(0).relays()[1]);

    let change = |number, on| RelayChange { relay: RelayId::new(number).unwrap(), on };
    let changes = RelayChanges::new(&[change(3, true), change(8, true)]).unwrap();
    assert_eq!(relay.carry_out(&order(at(0), Action::SwitchRelays(changes))), Answer::Done(Outcome::Switched));
    assert_eq!(relay.lan.iboot(0).relays(), [false, false, true, false, false, false, false, true]);

    // Every connection was ended in good order: an iBoot that serves one client would take the next.
    relay.until("the end of the last connection", |relay| (relay.lan.iboot_clients(0) == 0).then_some(()));
    let block = relay.block();
    assert_eq!((block.orders.orders, block.orders.done, block.orders.failed, block.running), (6, 6, 0, 0));

    // What it has logged tells what happened, and no secret.
    let log = relay.emulator.log().join("\n");
    for line in ["info slot 0: StagingIboot SetPower(Reboot)", "info slot 0: Done(Power(On))"] {
        assert!(log.lines().any(|other| other == line), "no {line:?} in\n{log}");
    }
    nothing_secret(&relay);
}

/// The payloads of the magic packets that the relay has sent, in UDP and bare, and the whole frames of the bare ones.
fn packets(relay: &Relay) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let (mut datagrams, mut frames) = (Vec::new(), Vec::new());
    for bytes in relay.lan.recording.from_relay() {
        let frame = EthernetFrame::new_checked(bytes).unwrap();
        match frame.ethertype() {
            EthernetProtocol::Ipv4 => {
                let packet = Ipv4Packet::new_checked(frame.payload()).unwrap();
                if packet.next_header() != IpProtocol::Udp {
                    continue;
                }
                let datagram = UdpPacket::new_checked(packet.payload()).unwrap();
                if datagram.dst_port() == 9 {
                    assert_eq!((frame.src_addr().0, frame.dst_addr().0), (BOARD, [0xFF; 6]));
                    assert!(packet.verify_checksum(), "{bytes:02x?}");
                    datagrams.push(datagram.payload().to_vec());
                }
            }
            EthernetProtocol::Unknown(0x0842) => frames.push(bytes.to_vec()),
            _ => {}
        }
    }
    (datagrams, frames)
}

/// A magic packet as the specification has it, without any code of ours (AMD 20213, section 2.1).
fn magic(last: u8, password: &[u8]) -> Vec<u8> {
    let mut packet = vec![0xFF; 6];
    for _ in 0..16 {
        packet.extend([0x02, 0, 0, 0, 0, last]);
    }
    packet.extend(password);
    packet
}

fn every_action_on_a_sleeping_machine(board: Board) {
    let Some(mut relay) = start(board) else { return };
    for port in PORTS {
        relay.lan.add_nic(Nic::new(port.parse().unwrap(), None));
    }
    let armed = relay.lan.add_nic(Nic::new("02:00:00:00:00:0a".parse().unwrap(), "00:de:ad:be:ef:99".parse().ok()));
    let machine = |action| order(wol(&[], &PORTS).unwrap(), action);
    assert_eq!(relay.carry_out(&machine(Action::GetPower)), Answer::Done(Outcome::Stored(None)));
    let off = relay.carry_out(&machine(Action::SetPower(PowerTarget::Off)));
    assert_eq!(off, Answer::Done(Outcome::Stored(Some(PowerState::Off))));
    assert_eq!(packets(&relay).0, Vec::<Vec<u8>>::new(), "nothing to send");

    // Limited and directed broadcast; the reboot of such a machine wakes it.
    assert_eq!(relay.carry_out(&machine(Action::SetPower(PowerTarget::Reboot))), WOKEN);
    assert!(relay.lan.nics.iter().take(3).all(Nic::is_awake));
    let directed = [("wol_host", Value::Str("192.0.2.255"))];
    assert_eq!(relay.carry_out(&wake(&directed, &PORTS[..1])), WOKEN);
    let secured = [("wol_password", Value::Str("00:de:ad:be:ef:99")), ("wol_interface", Value::Str("eth0"))];
    assert_eq!(relay.carry_out(&wake(&secured, &["02:00:00:00:00:0a"])), WOKEN);
    assert!(relay.lan.nics[armed].is_awake());
    let raw = [("wol_transport", Value::Str("raw")), ("wol_interface", Value::Str("eth0"))];
    assert_eq!(relay.carry_out(&wake(&raw, &PORTS[..1])), WOKEN);

    let (datagrams, frames) = packets(&relay);
    let password = [0x00, 0xDE, 0xAD, 0xBE, 0xEF, 0x99];
    assert_eq!(datagrams, [magic(7, &[]), magic(8, &[]), magic(9, &[]), magic(7, &[]), magic(0x0A, &password)]);
    let header = [&[0xFF; 6], &BOARD[..], &[0x08, 0x42]].concat();
    assert_eq!(frames, [[header, magic(7, &[])].concat()]);
    judged_by_tshark(&relay, 6);
}

/// A foreign program reads the recording: so many magic packets, and nothing malformed.
fn judged_by_tshark(relay: &Relay, count: usize) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lan.pcap");
    std::fs::write(&file, relay.lan.recording.pcap()).unwrap();
    let tshark = |filter: &str| {
        let fields = ["-T", "fields", "-e", "wol.mac", "-Y", filter, "-r"];
        Command::new("tshark").args(fields).arg(&file).output()
    };
    let Ok(output) = tshark("wol") else { return need::missing("tshark") };
    let lines = String::from_utf8(output.stdout).unwrap();
    assert_eq!(lines.lines().count(), count, "{lines}{}", String::from_utf8_lossy(&output.stderr));
    assert!(lines.lines().all(|line| line.starts_with("02:00:00:00:00:0")), "{lines}");
    let output = tshark("_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0").unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 0);
}

/// What is said about a relay is what it is, whatever the device does.
fn every_named_fault_of_an_iboot(board: Board) {
    let Some(mut relay) = start(board) else { return };
    for fault in [
        "slow=100",
        "drop-hello*1",
        "drop-request*1",
        "drop-response*1",
        "wrong-sequence*1",
        "fragments",
        "mute*1",
        "wrong-status=7*1",
        "refuse*1",
        "stuck-relay",
        "garbage",
        "drop-hello",
        "wrong-status=7",
        "mute",
    ] {
        for (target, state) in [(PowerTarget::On, true), (PowerTarget::Off, false)] {
            relay.lan.iboot(0).faults().clear();
            relay.lan.iboot(0).set_relay(RelayId::new(2).unwrap(), !state);
            relay.lan.iboot(0).faults().add_named(fault).unwrap();
            let mut order = power(0, target);
            let Target::Iboot(iboot) = &mut order.target else { panic!() };
            iboot.options.max_retry = 1;
            order.timeout_ms = 3000;
            let answer = relay.carry_out(&order);
            let is_on = relay.lan.iboot(0).relays()[1];
            let good = if state { &ON } else { &OFF };
            // Faults that end leave a try that works; and a device that says no but switches is found out by reading back.
            let passes = fault.ends_with("*1") || matches!(fault, "slow=100" | "fragments" | "wrong-status=7");
            assert_eq!(answer == *good, passes, "{fault}: {answer:?}");
            if passes {
                assert_eq!(is_on, state, "{fault}");
            } else {
                assert!(matches!(answer, Answer::Failed(Error::Iboot { .. })), "{fault}: {answer:?}");
            }
        }
    }
}

/// Errors arrive with all that they name.
fn every_error_comes_through_with_its_name(board: Board) {
    let Some(mut relay) = start(board) else { return };
    let failed = |answer| match answer {
        Answer::Failed(error) => error,
        answer => panic!("{answer:?}"),
    };

    let soft = Error::Unsupported {
        hardware: HardwareType::StagingIboot,
        action: Action::SetPower(PowerTarget::SoftOff).name(),
    };
    assert_eq!(failed(relay.carry_out(&power(0, PowerTarget::SoftOff))), soft);
    let mut hasty = power(0, PowerTarget::Reboot);
    hasty.timeout_ms = 399;
    assert_eq!(failed(relay.carry_out(&hasty)).name(), "InvalidParameterValue");
    let mut few = at(0);
    let Target::Iboot(iboot) = &mut few else { panic!() };
    iboot.relay_count = RelayId::new(4);
    let changes = RelayChanges::one(RelayId::new(5).unwrap(), true);
    let error = failed(relay.carry_out(&order(few, Action::SwitchRelays(changes))));
    assert!(matches!(error, Error::InvalidParameterValue { setting: Setting::IbootRelayCount, .. }), "{error:?}");

    // Nobody listens; a name that a relay cannot look up.
    let closed = |cause| Fault { stage: Stage::Connect, trouble: Trouble::Closed(cause) };
    for (host, cause) in [(HOST.to_string(), Cause::Refused), ("pdu.example.org".to_owned(), Cause::NoSuchHost)] {
        let mut target = at(0);
        let Target::Iboot(iboot) = &mut target else { panic!() };
        iboot.address = host.parse().unwrap();
        let Error::Iboot { failure: Failure::NoContact, fault, contact: false, .. } =
            failed(relay.carry_out(&order(target, Action::GetPower)))
        else {
            panic!("{host}");
        };
        assert_eq!(fault, Some(closed(cause)));
    }
    // No such interface; no IPv6.
    let elsewhere = [("wol_interface", Value::Str("eth7"))];
    let six = [("wol_transport", Value::Str("udp6")), ("wol_interface", Value::Str("eth0"))];
    for (settings, cause) in [(&elsewhere[..], Cause::NoInterface), (&six, Cause::Unsupported)] {
        let Error::NotWoken { macs, cause: said, sent: 0 } = failed(relay.carry_out(&wake(settings, &PORTS))) else {
            panic!();
        };
        let all: Vec<Mac> = PORTS.iter().map(|port| port.parse().unwrap()).collect();
        assert_eq!((&macs[..], said), (&all[..], Some(cause)));
    }
    assert_eq!(relay.ask(b"{}"), br#""malformed""#);
    let long = [b' '; 1300];
    assert_eq!(relay.ask(&long), br#""malformed""#);
}

/// Two of each kind run at once and do not delay each other; a third of either is refused, until there is room again.
fn four_at_once_and_no_more(board: Board) {
    let Some(mut relay) = start(board) else { return };
    relay.lan.add_iboot(device());
    for number in [0, 1] {
        relay.lan.iboot(number).faults().add(IbootFault::Slow(Duration::from_millis(400)), None);
    }
    let slow: Vec<_> = [0, 1].map(|number| relay.order(&power(number, PowerTarget::On))).to_vec();
    let often = [("wol_repeat", Value::Int(5))];
    let wakes: Vec<_> = [0, 1].map(|number| relay.order(&wake(&often, &PORTS[number..=number]))).to_vec();
    // Each of them takes a second at least.
    relay.until("start of all four", |relay| {
        let log = relay.emulator.log();
        (log.iter().filter(|line| line.contains("SetPower(On)")).count() == 4).then_some(())
    });
    assert_eq!(relay.carry_out(&power(0, PowerTarget::Off)), Answer::Busy);
    assert_eq!(relay.carry_out(&wake(&[], &PORTS)), Answer::Busy);
    // What is busy is said, and nothing was done.
    for ticket in slow {
        assert_eq!(relay.answer(ticket), ON);
    }
    for ticket in wakes {
        assert_eq!(relay.answer(ticket), WOKEN);
    }
    assert!(relay.lan.iboot(0).relays()[1] && relay.lan.iboot(1).relays()[1]);
    let block = relay.block();
    assert_eq!((block.orders.orders, block.orders.done, block.orders.busy, block.running), (6, 4, 2, 0));
    assert_eq!(relay.carry_out(&wake(&[], &PORTS[..1])), WOKEN, "there is room again");
}

/// A fifth of all frames is lost, some come twice, some too late: what is answered is what is the case.
fn bad_weather(board: Board) {
    let Some(mut relay) = start(board) else { return };
    relay.lan.add_nic(Nic::new(PORTS[0].parse().unwrap(), None));
    relay.lan.cable.set_weather(Weather { lost: 20, doubled: 10, overtaken: 10 });
    let mut reached = 0;
    for round in 0..3 {
        for (target, state) in [(PowerTarget::On, true), (PowerTarget::Reboot, true), (PowerTarget::Off, false)] {
            let answer = relay.carry_out(&power(0, target));
            let is_on = relay.lan.iboot(0).relays()[1];
            match answer {
                Answer::Done(Outcome::Power(said)) => {
                    assert_eq!((said == PowerState::On, is_on), (state, state), "round {round}, {target}");
                    reached += 1;
                }
                // So many tries can all be lost, once in many thousand.
                Answer::Failed(Error::Iboot { .. }) => {}
                answer => panic!("round {round}, {target}: {answer:?}"),
            }
        }
        let repeated = [("wol_repeat", Value::Int(3))];
        assert_eq!(relay.carry_out(&wake(&repeated, &PORTS[..1])), WOKEN);
    }
    assert!(reached >= 7, "only {reached} of 9: retries are for this");
    relay.lan.cable.set_weather(Weather::default());
    // An order that came twice was carried out once: every order of the host's is counted once.
    let block = relay.block();
    assert_eq!((block.orders.orders, block.orders.done + block.orders.failed), (12, 12));
    assert_eq!(block.running, 0);
    assert!(relay.lan.nics[0].is_awake());
}

/// The board is gone while the relay is off. The host goes on asking, and the board that comes back carries the order out.
fn a_power_cut_in_the_middle_of_a_reboot(board: Board) {
    let Some(mut relay) = start(board) else { return };
    assert_eq!(relay.carry_out(&power(0, PowerTarget::On)), ON);
    let first_ports = local_ports(&relay);
    let mut reboot = power(0, PowerTarget::Reboot);
    let Target::Iboot(iboot) = &mut reboot.target else { panic!() };
    iboot.options.reboot_delay_ms = 5000;
    let ticket = relay.order(&reboot);
    relay.until("the relay is off", |relay| (!relay.lan.iboot(0).relays()[1]).then_some(()));
    let before = relay.lan.recording.frames.len();
    relay.emulator.power_cycle();
    assert_eq!(relay.answer(ticket), ON, "the repeated order");
    assert!(relay.lan.iboot(0).relays()[1]);
    let block = relay.block();
    // Nothing of what was before is known: the order is the first one.
    assert_eq!((block.orders.orders, block.orders.done), (1, 1));
    relay.lan.recording.frames.drain(..before);
    if local_ports(&relay).first() == first_ports.first() {
        // Chance does that once in 16,384 boots, and not twice.
        relay.lan.recording.frames.clear();
        relay.emulator.power_cycle();
        assert_eq!(relay.carry_out(&power(0, PowerTarget::Off)), OFF);
    }
    assert_ne!(first_ports.first(), local_ports(&relay).first(), "fresh bytes a boot");
}

/// The ports that the relay has connected from.
fn local_ports(relay: &Relay) -> BTreeSet<u16> {
    let port = |bytes: &[u8]| {
        let frame = EthernetFrame::new_checked(bytes).ok()?;
        let packet = Ipv4Packet::new_checked(frame.payload()).ok()?;
        let is_tcp = frame.ethertype() == EthernetProtocol::Ipv4 && packet.next_header() == IpProtocol::Tcp;
        let segment = TcpPacket::new_checked(packet.payload()).ok().filter(|_| is_tcp)?;
        segment.syn().then(|| segment.src_port())
    };
    relay.lan.recording.from_relay().filter_map(port).collect()
}

/// Random bytes, cut orders and orders with changed bytes, each answered and counted; then frames of noise; nothing restarts
/// and no slot is lost.
fn ten_thousand_datagrams_of_nonsense(board: Board) {
    const COUNT: usize = 10_000;
    let Some(mut relay) = start(board) else { return };
    let mut random = Random::new(7);
    let mut text = [0; 1200];
    let len = power(0, PowerTarget::On).to_json(&mut text).unwrap();
    let ticket = relay.lan.host.send(relay.now(), b"?", false);
    relay.until("the first answer", |relay| (relay.lan.host.texts(ticket).len() == 1).then_some(()));
    for sent in 1..COUNT {
        let mut nonsense = text[..len].to_vec();
        match random.below(3) {
            0 => nonsense = (0..random.below(1400)).map(|_| random.byte()).collect(),
            1 => nonsense.truncate(random.place(len)),
            // A key that is none, however the rest changes.
            _ => {
                nonsense[2] = b'T';
                let at = random.place(len);
                nonsense[at] = random.byte();
            }
        }
        if nonsense == text[..len] || nonsense == br#""counters""# {
            nonsense = vec![0];
        }
        relay.lan.host.send_again(ticket, &nonsense);
        relay.until("an answer to nonsense", |relay| (relay.lan.host.texts(ticket).len() > sent).then_some(()));
    }
    assert!(relay.lan.host.texts(ticket).iter().all(|answer| answer == br#""malformed""#));
    for _ in 0..COUNT {
        let frame: Vec<u8> = (0..60 + random.below(1400)).map(|_| random.byte()).collect();
        relay.emulator.send(&frame);
        relay.turn();
    }
    let block = relay.block();
    assert_eq!((block.orders.malformed, block.orders.orders, block.running), (u32::try_from(COUNT).unwrap(), 0, 0));
    let log = relay.emulator.log();
    assert_eq!(log.iter().filter(|line| line.contains("rackhand relay")).count(), 1, "{}", log.join("\n"));
    // Every slot is there.
    relay.lan.add_iboot(device());
    let orders = [power(0, PowerTarget::On), power(1, PowerTarget::On), wake(&[], &PORTS), wake(&[], &PORTS[..1])];
    let tickets = orders.map(|order| relay.order(&order));
    assert_eq!(tickets.map(|ticket| relay.answer(ticket)), [ON, ON, WOKEN, WOKEN]);
}

fn the_watchdog_ends_a_hang(board: Board) {
    let Some(mut relay) = start(board) else { return };
    assert_eq!(relay.carry_out(&power(0, PowerTarget::On)), ON);
    let first_port = local_ports(&relay).first().copied();
    // The emulator puts the same bytes into the RAM again. Chance leads to the same port once in 16,384 starts, and not twice.
    let is_another = (2..=3).any(|number| {
        let before = relay.lan.recording.frames.len();
        relay.lan.host.send(relay.now(), br#""hang""#, false);
        for (what, words) in [("another start", "rackhand relay"), ("an address", "address [")] {
            let count = |relay: &Relay| relay.emulator.log().iter().filter(|line| line.contains(words)).count();
            relay.until(what, |relay| (count(relay) == number).then_some(()));
        }
        assert_eq!(relay.carry_out(&power(0, PowerTarget::Off)), OFF);
        relay.lan.recording.frames.drain(..before);
        local_ports(&relay).first().copied() != first_port
    });
    assert!(is_another, "no start before has had this port");
}

/// A host whose answer was lost asks again, whoever has ordered what in the meantime: nothing is done twice.
fn a_repeat_is_never_carried_out_again(board: Board) {
    let Some(mut relay) = start(board) else { return };
    relay.lan.add_iboot(device());
    assert_eq!(relay.carry_out(&power(0, PowerTarget::On)), ON);
    let ticket = relay.order(&power(0, PowerTarget::Reboot));
    assert_eq!(relay.answer(ticket), ON);
    let _ = relay.lan.iboot(0).take_moves();
    for _ in 0..4 {
        assert_eq!(relay.carry_out(&order(at(1), Action::GetPower)), OFF);
    }
    // Where answers are slow the host has asked again by itself.
    let (before, answers) = (relay.block().orders.repeats, relay.lan.host.texts(ticket).len());
    relay.lan.host.put(ticket);
    relay.until("the answer, again", |relay| (relay.lan.host.texts(ticket).len() > answers).then_some(()));
    assert_eq!(relay.answer(ticket), ON);
    assert_eq!(relay.lan.iboot(0).take_moves(), []);
    let orders = relay.block().orders;
    assert_eq!((orders.orders, orders.repeats), (6, before + 1));
}

fn a_panic_tells_where(board: Board) {
    let Some(mut relay) = start(board) else { return };
    relay.lan.host.send(relay.now(), br#""panic""#, false);
    let begun = Instant::now();
    let status = loop {
        assert!(begun.elapsed() < Duration::from_secs(60), "it does not end");
        relay.turn();
        if let Some(status) = relay.emulator.ended() {
            break status;
        }
    };
    let log = relay.emulator.log();
    assert_eq!(status, 101);
    assert!(log.iter().any(|line| line.starts_with("error panic at src/relay.rs:")), "{}", log.join("\n"));
}

/// Without the feature nobody can give orders: not even the port is there.
fn a_release_image_has_no_door(board: Board) {
    let image = Image { door: false, ..Image::with_door(board) };
    let Some(mut relay) = Relay::start(image, 1) else { return };
    relay.lan.add_nic(Nic::new(PORTS[0].parse().unwrap(), None));
    let ticket = relay.order(&wake(&[], &PORTS[..1]));
    // The stack says that there is nothing on this port, which is as good an answer as time.
    relay.until("a refusal", |relay| {
        let refused = |frame: &[u8]| {
            let Ok(frame) = EthernetFrame::new_checked(frame) else { return false };
            let Ok(packet) = Ipv4Packet::new_checked(frame.payload()) else { return false };
            packet.next_header() == IpProtocol::Icmp && packet.payload().starts_with(&[3, 3])
        };
        relay.lan.recording.from_relay().any(refused).then_some(())
    });
    assert_eq!(relay.lan.host.texts(ticket).len(), 0);
    assert_eq!(packets(&relay).0.len(), 0);
    assert!(relay.emulator.log().iter().all(|line| !line.contains("door")));
}

/// A fixed address instead of DHCP's.
#[test]
fn an_image_with_a_fixed_address_asks_nobody() {
    let image = Image { address: Some("192.0.2.77/24"), ..Image::with_door(Board::Lm3s6965evb) };
    let mut lan = Lan::new(1);
    lan.without_dhcp();
    lan.host.relay = [192, 0, 2, 77].into();
    let Some(mut relay) = Relay::start_on(image, lan) else { return };
    relay.lan.add_iboot(device());
    assert_eq!(relay.carry_out(&power(0, PowerTarget::On)), ON);
    let asks_dhcp = |frame: &[u8]| frame.windows(4).any(|four| four == [0x63, 0x82, 0x53, 0x63]);
    assert!(!relay.lan.recording.from_relay().any(asks_dhcp));
}

/// The password of `rackhand_tests::targets::amt`.
const AMT_PASSWORD: &str = "Adm1n!Pass";

/// The smaller board with AMT in its image, and two machines with it on the LAN, both off.
fn start_with_amt() -> Option<Relay> {
    let mut relay = Relay::start(Image::with_amt(Board::Lm3s6965evb), 1)?;
    for generation in [Generation::Amt12, Generation::Amt16] {
        let mut device = Amt::new(digest::Credentials::new("admin", AMT_PASSWORD).unwrap(), generation);
        // Quick, so that tests are.
        let [lag, off, on, system] = [50, 100, 150, 200].map(Duration::from_millis);
        device.set_timing(Timing { lag, off, on, system });
        relay.lan.add_amt(device);
    }
    Some(relay)
}

/// An order for a machine with AMT.
fn machine(number: usize, extra: &[(&str, Value<'_>)], action: Action) -> Order {
    let address = Lan::amt_address(number).to_string();
    let settings: Vec<_> = extra.iter().copied().chain([("amt_address", Value::Str(&address))]).collect();
    Order { timeout_ms: 60_000, ..order(amt(&settings).unwrap(), action) }
}

fn failed(answer: Answer) -> Error {
    let Answer::Failed(error) = answer else { panic!("{answer:?}") };
    error
}

/// Both places for connections take one; they are as far apart as devices of different age are.
#[test]
fn two_machines_with_amt_from_end_to_end() {
    let Some(mut relay) = start_with_amt() else { return };
    // What each shall do, how that ends, and PowerState then.
    let from = |boot, target| Action::StartFrom { boot, target };
    let started = Answer::Done(Outcome::Started { state: PowerState::On, boot_device_used: true, left_armed: false });
    let both = [
        (Action::GetPower, OFF, 8),
        (Action::SetPower(PowerTarget::On), ON, 2),
        (Action::GetPower, ON, 2),
        (from(BootDevice::Pxe, PowerTarget::Reboot), started.clone(), 2),
        (Action::SetPower(PowerTarget::Off), OFF, 8),
        (from(BootDevice::Cdrom, PowerTarget::On), started, 2),
        (Action::Disarm, Answer::Done(Outcome::Disarmed), 2),
    ];
    for (action, answer, state) in &both {
        let tickets = [0, 1].map(|number| relay.order(&machine(number, &[], action.clone())));
        for (number, ticket) in tickets.into_iter().enumerate() {
            let said = relay.answer(ticket);
            assert_eq!((&said, relay.lan.amt(number).power_state()), (answer, *state), "{number}: {action:?}");
        }
    }
    for number in [0, 1] {
        let device = relay.lan.amt(number);
        assert_eq!(device.last_start(), Some(Start { from: BootSource::Cdrom, armed: true, erased: false }));
        assert_eq!((device.starts(), device.is_armed(), device.failed_logins()), (3, false, 0));
        assert_eq!(device.most_in_flight(), 1);
        let Answer::Done(Outcome::Described(info)) = relay.carry_out(&machine(number, &[], Action::Describe)) else {
            panic!("no description of {number}");
        };
        let version = info.version.map(|version| version.to_string());
        assert_eq!((version.as_deref(), info.power_state), (Some(relay.lan.amt(number).generation().version()), 2));
    }
    relay.until("the end of the last connections", |relay| {
        [0, 1].iter().all(|number| relay.lan.amt_clients(*number) == 0).then_some(())
    });
    let block = relay.block();
    assert_eq!((block.orders.orders, block.orders.done, block.running), (16, 16, 0));
    let log = relay.emulator.log();
    assert!(log.iter().any(|line| line == "info slot 1: StagingAmt StartFrom(Pxe)"), "{}", log.join("\n"));
    nothing_secret(&relay);
}

/// What goes wrong with AMT comes through by name, and takes no place away from others.
#[test]
fn errors_of_amt_come_through_with_their_names() {
    let Some(mut relay) = start_with_amt() else { return };
    let status = || machine(0, &[], Action::GetPower);

    // Once, and not a second time: accounts get locked.
    let wrong = machine(0, &[("amt_password", Value::Str("Wr0ng!Pass"))], Action::SetPower(PowerTarget::On));
    let error = failed(relay.carry_out(&wrong));
    assert_eq!((error.name(), error.kind()), ("PowerStateFailure", ErrorKind::Access));
    let unauthorized =
        |failure, trouble| matches!((failure, trouble), (AmtFailure::Unauthorized, Some(AmtTrouble::Status(401))));
    assert!(matches!(error, Error::Amt { failure, trouble, .. } if unauthorized(failure, trouble)), "{error:?}");
    assert_eq!((relay.lan.amt(0).failed_logins(), relay.lan.amt(0).power_state()), (1, 8));

    // TLS is refused before anything is sent, with the cause that every runner without it has.
    let before = relay.lan.recording.from_relay().filter(|frame| is_tcp(frame)).count();
    for trust in [("amt_tls_insecure", Value::Bool(true)), ("amt_tls_ca_file", Value::Str("/etc/ca.pem"))] {
        let order = machine(0, &[("amt_protocol", Value::Str("https")), trust], Action::GetPower);
        let error = failed(relay.carry_out(&order));
        let text = error.to_string();
        assert!(text.contains("TLS") && text.contains("amt_protocol 'http'"), "{text}");
        let trouble = Some(AmtTrouble::Closed(Cause::Unsupported));
        let (failure, contact) = (AmtFailure::NoContact, false);
        assert_eq!(
            error,
            Error::Amt { failure, trouble, contact, out_of_time: false, boot_device_used: false, left_armed: false }
        );
    }
    assert_eq!(relay.lan.recording.from_relay().filter(|frame| is_tcp(frame)).count(), before, "nothing was sent");

    // An answer that the window does not hold.
    relay.lan.amt(0).faults().add_named("endless").unwrap();
    let error = failed(relay.carry_out(&status()));
    assert_eq!(error, Error::BufferTooShort { needed: 4097 });
    relay.lan.amt(0).faults().clear();

    // What the order says that the device has taught is used: the login needs no second request.
    let challenge = relay.lan.recording.frames.iter().rev().find_map(|(_, _, frame)| challenge(frame));
    let memory = AmtMemory { challenge, count: 2, idle_ms: Some(0) };
    let before = relay.lan.amt(0).requests();
    assert_eq!(relay.carry_out(&Order { memory: Memory::Amt(memory), ..status() }), OFF);
    assert_eq!(relay.lan.amt(0).requests(), before + 1);
    assert_eq!(relay.carry_out(&status()), OFF, "an order without it");
    assert_eq!(relay.lan.amt(0).requests(), before + 3);

    // A login shows eight bytes that none has shown before.
    let frames = relay.lan.recording.from_relay();
    let shown: Vec<String> = frames.filter_map(|frame| quoted(frame, "cnonce=\"")).collect();
    let different: BTreeSet<&String> = shown.iter().collect();
    assert!(different.len() == 4 && different.iter().all(|cnonce| cnonce.len() == 16), "{shown:?}");

    // Wake-on-LAN and iBoot are as they were.
    relay.lan.add_iboot(device());
    relay.lan.add_nic(Nic::new(PORTS[0].parse().unwrap(), None));
    let tickets = [power(0, PowerTarget::On), wake(&[], &PORTS[..1])].map(|order| relay.order(&order));
    assert_eq!(tickets.map(|ticket| relay.answer(ticket)), [ON, WOKEN]);
    assert!(relay.lan.nics[0].is_awake() && relay.lan.iboot(0).relays()[1]);
    nothing_secret(&relay);
}

/// The log holds no password, and nothing that cannot be read.
fn nothing_secret(relay: &Relay) {
    let log = relay.emulator.log().join("\n");
    assert!(![PASSWORD, AMT_PASSWORD, "Wr0ng"].into_iter().any(|password| log.contains(password)), "{log}");
    assert!(!log.lines().any(|line| line == "malformed"), "{log}");
}

fn is_tcp(frame: &[u8]) -> bool {
    let packet = EthernetFrame::new_checked(frame).ok().filter(|frame| frame.ethertype() == EthernetProtocol::Ipv4);
    packet.is_some_and(|frame| {
        Ipv4Packet::new_checked(frame.payload()).is_ok_and(|packet| packet.next_header() == IpProtocol::Tcp)
    })
}

/// The challenge in a frame, if there is one.
fn challenge(frame: &[u8]) -> Option<Challenge> {
    let text = String::from_utf8_lossy(frame);
    let value = text.split("WWW-Authenticate: ").nth(1)?.lines().next()?;
    Challenge::choose(std::iter::once(value.as_bytes())).ok()
}

/// What stands in a frame between `before` and a quotation mark.
fn quoted(frame: &[u8], before: &str) -> Option<String> {
    let text = String::from_utf8_lossy(frame);
    Some(text.split(before).nth(1)?.split('"').next()?.to_owned())
}
