//! Every message of Wake-on-LAN and DxP, both ways, packets of IPMI, and whole conversations without a network.

use std::cell::RefCell;
use std::hint::black_box;

use rackhand_core::buffer::{Full, TxWriter};
use rackhand_core::dxp::{
    ChangeRelay, ChangeRelays, Command, Credentials, Device, Dialect, GetInputs, GetRelays, Hello, HelloAnswer,
    Keepalive, PulseRelay, RelayState, Request, Status,
};
use rackhand_core::exchange::{Event, Exchange, Input, Next, Responder};
use rackhand_core::ipmi::wire::Role;
use rackhand_core::ipmi::{CipherSuite, Keys, Opening, PASSWORD_LEN};
use rackhand_core::operation::{Action, Outcome, PowerTarget, Target, Value};
use rackhand_core::secret::Secret;
use rackhand_core::time::Instant;
use rackhand_core::wol::{Mac, MagicPacket, Matches, Nic, SecureOn};
use rackhand_tests::targets;

/// Something that is done again and again.
pub(crate) struct Case {
    /// What it is.
    pub(crate) name: String,
    /// Bytes that are written or read.
    pub(crate) bytes: usize,
    repeat: Box<dyn Fn(u64)>,
}

impl Case {
    /// Does it `times` times.
    pub(crate) fn repeat(&self, times: u64) {
        (self.repeat)(times);
    }

    fn new(name: String, bytes: usize, once: impl Fn() + 'static) -> Self {
        let repeat = move |times| {
            for _ in 0..times {
                once();
            }
        };
        Self { name, bytes, repeat: Box::new(repeat) }
    }

    /// Reads `bytes`.
    fn decode<T: 'static>(name: &str, bytes: &[u8], parse: impl Fn(&[u8]) -> Option<T> + 'static) -> Self {
        let name = format!("{name}, decode");
        assert!(parse(bytes).is_some(), "{name}");
        let bytes = bytes.to_vec();
        Self::new(name, bytes.len(), move || {
            black_box(&parse(black_box(&bytes)));
        })
    }

    /// Writes `message`, and reads what was written.
    fn both<T, E, P, R>(name: &str, message: T, emit: E, parse: P) -> [Self; 2]
    where
        T: 'static,
        E: Fn(&T, &mut TxWriter<'_>) -> Result<(), Full> + 'static,
        P: Fn(&[u8]) -> Option<R> + 'static,
        R: 'static,
    {
        let mut bytes = [0; 128];
        let mut writer = TxWriter::new(&mut bytes);
        emit(&message, &mut writer).expect("room");
        let len = writer.len();
        let write = move || {
            let mut buffer = [0; 128];
            let _ = black_box(emit(black_box(&message), &mut TxWriter::new(black_box(&mut buffer))));
            black_box(&buffer);
        };
        [Self::new(format!("{name}, encode"), len, write), Self::decode(name, &bytes[..len], parse)]
    }
}

/// All cases, in the order of the table.
pub(crate) fn all() -> Vec<Case> {
    let mut cases = Vec::new();
    wake_on_lan(&mut cases);
    dxp(&mut cases);
    ipmi(&mut cases);
    conversations(&mut cases);
    cases
}

const MAC: Mac = Mac::from_octets([0x02, 0x11, 0x22, 0x33, 0x44, 0x55]);

fn magic_packet(password: &[u8]) -> MagicPacket {
    MagicPacket { mac: MAC, password: SecureOn::from_octets(password).ok() }
}

fn wake_on_lan(cases: &mut Vec<Case>) {
    for (name, password) in [("magic packet", [].as_slice()), ("magic packet with SecureON", &[1, 2, 3, 4, 5, 6])] {
        cases.extend(Case::both(name, magic_packet(password), MagicPacket::emit, MagicPacket::parse));
    }
    // The longest way to a packet: noise that looks like the beginning of one everywhere, as much as a frame holds.
    let mut noise = vec![0xFF; 1400];
    let mut packet = TxWriter::new(&mut noise[1400 - 102..]);
    magic_packet(&[]).emit(&mut packet).expect("room");
    let find = |payload: &[u8]| Matches::new(payload).find(|found| found.mac == MAC).map(|found| found.at);
    cases.push(Case::decode("magic packet behind 1,298 bytes FF", &noise, find));
}

fn credentials() -> Credentials {
    Credentials::new("admin", "administrator").expect("short enough")
}

fn dxp(cases: &mut Vec<Case>) {
    fn whole<T>(parsed: Result<(T, &[u8]), rackhand_core::ParseError>) -> Option<T> {
        parsed.ok().filter(|(_, rest)| rest.is_empty()).map(|(message, _)| message)
    }
    cases.extend(Case::both("Hello", Hello, Hello::emit, |bytes| whole(Hello::parse(bytes))));
    let answer = HelloAnswer { sequence: 1234 };
    cases.extend(Case::both("Hello's answer", answer, HelloAnswer::emit, |bytes| whole(HelloAnswer::parse(bytes))));
    for command in [
        Command::ChangeRelay(ChangeRelay { relay: 1, state: 1 }),
        Command::ChangeRelays(ChangeRelays { states: [2; 32] }),
        Command::GetInputs(GetInputs),
        Command::GetRelays(GetRelays),
        Command::Keepalive(Keepalive),
        Command::PulseRelay(PulseRelay { relay: 1, state: 0, width_seconds: 300 }),
    ] {
        let request = Request { credentials: credentials(), sequence: 1235, command };
        cases.extend(Case::both(command.name(), request, Request::emit, |bytes| whole(Request::parse(bytes))));
    }
    let emit = |status: &Status, writer: &mut TxWriter<'_>| status.emit(writer);
    cases.extend(Case::both("Status", Status::SUCCESS, emit, |bytes| whole(Status::parse(bytes))));
    let on = |bytes: &[u8]| Some(bytes.iter().filter(|byte| RelayState::from_byte(**byte) == RelayState::On).count());
    cases.push(Case::decode("states of 32 relays", &[1; 32], on));
}

/// A request of Get Device ID and its answer, in packets of a session.
fn ipmi(cases: &mut Vec<Case>) {
    const SESSION: [u8; 4] = [0xA4, 0xA3, 0xA2, 0xA0];
    const REQUEST: [u8; 7] = [0x20, 0x18, 0xC8, 0x81, 0x0C, 0x01, 0x72];
    for id in [3, 17] {
        let password = Secret::<PASSWORD_LEN>::new("calvin").expect("short enough");
        let opening = Opening {
            suite: CipherSuite::by_id(id).expect("a suite"),
            password: &password,
            kg: None,
            role: Role { privilege: 4, name_only: true },
            user: b"root",
            console: SESSION,
            bmc: [1, 2, 3, 4],
            console_random: &[5; 16],
            bmc_random: &[6; 16],
            guid: &[7; 16],
        };
        let keys = opening.keys();
        let seal = move |keys: &Keys, message: &[u8]| {
            let mut packet = [0; 128];
            let len = keys.seal(SESSION, 7, &[8; 16], message, black_box(&mut packet)).expect("room");
            (packet, len)
        };
        let mut answer = [0; 23];
        answer[..7].copy_from_slice(&[0x81, 0x1C, 0x63, 0x20, 0x0C, 0x01, 0x00]);
        let (sealed, len) = seal(&keys, &answer);
        let (sender, bytes) = (keys.clone(), seal(&keys, &REQUEST).1);
        cases.push(Case::new(format!("IPMI, suite {id}: request, seal"), bytes, move || {
            black_box(seal(black_box(&sender), black_box(&REQUEST)));
        }));
        cases.push(Case::new(format!("IPMI, suite {id}: answer, open"), len, move || {
            let mut packet = sealed;
            let opened = keys.open(SESSION, black_box(&mut packet[..len]));
            assert!(black_box(opened).is_ok());
        }));
    }
}

/// Whole operations and their other side: what the sockets of a runner come on top of.
fn conversations(cases: &mut Vec<Case>) {
    let target = targets::iboot(&[("iboot_relay_id", Value::Int(8))]).expect("valid");
    let status = move || assert!(matches!(play(&target, &Action::GetPower), Outcome::Power(_)));
    cases.push(Case::new("conversation: iBoot's status, client".to_owned(), 66, status));

    let device = RefCell::new(Device::new(credentials(), Dialect::default(), 8, SEQUENCE));
    let mut request = [0; Request::MIN_LEN];
    let command = Command::GetRelays(GetRelays);
    let question = Request { credentials: credentials(), sequence: SEQUENCE + 1, command };
    question.emit(&mut TxWriter::new(&mut request)).expect("room");
    let serve = move || serve_status(&mut device.borrow_mut(), request);
    cases.push(Case::new("conversation: iBoot's status, device".to_owned(), 66, serve));

    let target = targets::wol(&[], &["02:11:22:33:44:55"]).expect("valid");
    let on = Action::SetPower(PowerTarget::On);
    let wake = move || assert!(matches!(play(&target, &on), Outcome::Stored(Some(_))));
    cases.push(Case::new("conversation: Wake-on-LAN, client".to_owned(), 102, wake));

    let mut packet = [0; 102];
    magic_packet(&[]).emit(&mut TxWriter::new(&mut packet)).expect("room");
    let card = Nic::new(MAC, None);
    let sleep = move || assert!(black_box(&card).wakes(black_box(&packet)));
    cases.push(Case::new("conversation: Wake-on-LAN, device".to_owned(), 102, sleep));
}

/// Where the simulated device's sequence numbers start.
const SEQUENCE: u16 = 1234;

/// Runs an operation against a network that sends everything and a device that answers at once.
fn play(target: &Target, action: &Action) -> Outcome {
    let mut operation = targets::operation(black_box(target), black_box(action));
    // What these two send; to clear room for AMT's would be most of what is counted.
    let mut tx = [0; 128];
    let (mut hello, mut relays) = (SEQUENCE.to_le_bytes(), [1; 8]);
    let mut answers = [hello.as_mut_slice(), relays.as_mut_slice()].into_iter();
    let mut input = Input::Start;
    loop {
        let step = operation.step(black_box(Instant::ZERO), black_box(input), black_box(&mut tx)).expect("it goes on");
        input = match step.next {
            Next::Open { .. } => Input::Opened { kept: false },
            Next::Send { .. } => Input::Sent,
            Next::Receive { .. } => Input::Received(answers.next().expect("two answers are enough")),
            Next::Wait { .. } => Input::TimedOut,
            Next::Done(outcome) => return outcome,
        };
    }
}

/// The other side of [`play`]'s status.
fn serve_status(device: &mut Device<u8, 4>, mut request: [u8; Request::MIN_LEN]) {
    let mut tx = [0; 8];
    let mut hello = *b"hello-000";
    device.set_sequence(SEQUENCE);
    let _ = device.respond(Instant::ZERO, Event::Opened { peer: 1 }, &mut tx);
    let answers = [hello.as_mut_slice(), request.as_mut_slice()].map(|rx| {
        let event = Event::Received { peer: 1, rx: black_box(rx) };
        device.respond(Instant::ZERO, event, black_box(&mut tx)).send
    });
    assert_eq!(answers, [Some((1, 2)), Some((1, 8))]);
    let _ = device.respond(Instant::ZERO, Event::Closed { peer: 1 }, &mut tx);
}
