//! The simulated BMC, as a server sees it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rackhand_adapters::sim::bmc::{Config, Shape, User};
use rackhand_adapters::sim::{Bmc, BmcFault, Faults, Named};
use rackhand_core::exchange::{Event, Reply, Responder};
use rackhand_core::ipmi::wire::{
    Header, Message, OpenSessionRequest, OpenSessionResponse, PayloadType, Rakp1, Rakp2, Rakp3, Role, Session15,
    SessionId,
};
use rackhand_core::ipmi::{CipherSuite, Keys, Opening, RX_LEN, Status};
use rackhand_core::secret::Secret;
use rackhand_core::time::Instant;

use crate::emitted;
use crate::script::Script;

/// A device that wants to be called more often than this at one moment does not rest at all.
const MOST_CALLS: usize = 1_000;
const CONSOLE: SessionId = [0xA4, 0xA3, 0xA2, 0xA0];
const RANDOM: [u8; 16] = [6; 16];
const PASSWORD: &str = "s3cret";

/// What a client knows of its session.
#[derive(Default)]
struct Client {
    suite: Option<CipherSuite>,
    bmc: SessionId,
    random: [u8; 16],
    guid: [u8; 16],
    keys: Option<Keys>,
    sequence: u32,
    last: Vec<u8>,
}

impl Client {
    /// What an honest client hashes; one with a wrong password, too.
    fn opening<T>(&self, password: &str, with: impl FnOnce(&Opening<'_>) -> T) -> Option<T> {
        let password = Secret::new(password).expect("it is short");
        Some(with(&Opening {
            suite: self.suite?,
            password: &password,
            kg: None,
            role: Role { privilege: 4, name_only: true },
            user: b"admin",
            console: CONSOLE,
            bmc: self.bmc,
            console_random: &RANDOM,
            bmc_random: &self.random,
            guid: &self.guid,
        }))
    }

    fn learn(&mut self, datagram: &[u8]) {
        let Ok((header, payload)) = Header::read(datagram) else { return };
        match header.payload_type {
            PayloadType::OpenSessionResponse => {
                if let Ok(OpenSessionResponse::Open { bmc, .. }) = OpenSessionResponse::parse(payload) {
                    (self.bmc, self.keys) = (bmc, None);
                }
            }
            PayloadType::Rakp2 => {
                if let Ok(Rakp2::Ready { random, guid, .. }) = Rakp2::parse(payload) {
                    (self.random, self.guid) = (random, guid);
                }
            }
            _ => {}
        }
    }

    /// A datagram of somebody who knows how.
    #[expect(clippy::redundant_closure_for_method_calls, reason = "the method is of one lifetime, and not of any")]
    fn datagram(&mut self, script: &mut Script<'_>) -> Vec<u8> {
        let wrap = |kind, payload: Vec<u8>| emitted(|w| Header::write(kind, &payload, w).expect("room"));
        match script.u8() % 8 {
            0 => script.chunk().to_vec(),
            1 => {
                let suite = script.pick(&CipherSuite::ALL);
                self.suite = Some(suite);
                let request = OpenSessionRequest::new(script.u8(), script.u8() % 6, CONSOLE, suite);
                wrap(PayloadType::OpenSessionRequest, emitted(|w| request.emit(w).expect("room")))
            }
            2 => {
                let name = if script.u8().is_multiple_of(8) { script.text() } else { "admin" };
                let role =
                    Role { privilege: if script.u8().is_multiple_of(8) { 2 } else { 4 }, name_only: script.bool() };
                let user = name.bytes().take(16).collect();
                let message = Rakp1 { tag: 2, bmc: self.bmc, random: RANDOM, role, user };
                wrap(PayloadType::Rakp1, emitted(|w| message.emit(w).expect("room")))
            }
            3 => {
                let right = !script.u8().is_multiple_of(8);
                let mut code = [0; 32];
                let password = if right { PASSWORD } else { "wrong" };
                let len = self.opening(password, |opening| opening.write_rakp3(&mut code)).unwrap_or(0);
                self.keys = self.opening(PASSWORD, |opening| opening.keys());
                self.sequence = 0;
                let status = if script.u8().is_multiple_of(16) { Status::of(script.u8()) } else { Status::Ok };
                let message = Rakp3 { tag: 3, status, bmc: self.bmc, code: &code[..len] };
                wrap(PayloadType::Rakp3, emitted(|w| message.emit(w).expect("room")))
            }
            4 => {
                let message = message(script, self.bmc);
                if script.bool() {
                    wrap(PayloadType::Ipmi, message)
                } else {
                    emitted(|w| Session15 { message: &message[..message.len().min(255)] }.emit(w).expect("room"))
                }
            }
            5 => self.last.clone(),
            _ => {
                self.sequence = self.sequence.wrapping_add(u32::from(script.u8() % 20));
                let message = message(script, self.bmc);
                let Some(keys) = &self.keys else { return message };
                let mut sealed = vec![0; 2048];
                let len = keys.seal(self.bmc, self.sequence, &[8; 16], &message, &mut sealed).expect("room");
                sealed.truncate(len);
                sealed
            }
        }
    }
}

/// Requests that a BMC knows, with data that mean something.
fn message(script: &mut Script<'_>, session: SessionId) -> Vec<u8> {
    const KNOWN: [(u8, u8, &[u8]); 19] = [
        (0x06, 0x01, b""),
        (0x06, 0x33, b""),
        (0x06, 0x37, b""),
        (0x06, 0x38, b"\x8e\x04"),
        (0x06, 0x3B, b"\x04"),
        (0x06, 0x54, b"\x0e\x00\x80"),
        (0x00, 0x01, b""),
        (0x00, 0x02, b"\x01"),
        (0x00, 0x02, b"\x02"),
        (0x00, 0x02, b"\x05"),
        (0x00, 0x08, b"\x05\xe0\x04\x00\x00\x00"),
        (0x00, 0x09, b"\x05\x00\x00"),
        (0x0A, 0x20, b""),
        (0x0A, 0x22, b""),
        (0x0A, 0x23, b"\x00\x00\x00\x00\x00\xff"),
        (0x2E, 0xC8, b"\x57\x01\x00\x01\x00\x00"),
        (0x2E, 0xC1, b"\x57\x01\x00\x10\x0a\x10\x01\xc8\x00\x0a\x00\x00\x00\x00\x00\x20\x4e"),
        (0x2E, 0xC5, b"\x57\x01\x00\x00\x0a\x01\x0a\x3c\x03"),
        (0x2E, 0xC2, b"\x57\x01\x00\x00\x0b"),
    ];
    let (mut netfn, mut command, data) = script.pick(&KNOWN);
    let mut data = data.to_vec();
    match script.u8() % 8 {
        0 => data = script.chunk().to_vec(),
        1 => (netfn, command) = (script.u8() % 64, script.u8()),
        2 => (netfn, command, data) = (0x06, 0x3C, session.to_vec()),
        3 | 4 if !data.is_empty() => {
            let place = script.below(data.len());
            data[place] = script.u8();
        }
        _ => {}
    }
    let sequence = script.u8() % 64;
    let emit = |to, netfn, command, data: &[u8]| {
        let message = Message { to, netfn, to_lun: 0, from: 0x81, from_lun: 0, sequence, command, data };
        emitted(|w| message.emit(w).expect("room"))
    };
    if netfn != 0x2E && !script.u8().is_multiple_of(8) {
        return emit(0x20, netfn, command, &data);
    }
    let inner = emit(0x2C, netfn, command, &data);
    let first = if script.u8().is_multiple_of(8) { script.u8() } else { 0x46 };
    emit(0x20, 0x06, 0x34, &[&[first], &inner[..]].concat())
}

struct Bench {
    now: Instant,
    due: Option<Instant>,
    clients: BTreeMap<u8, Client>,
    /// Datagrams that were sent and answered.
    asked: usize,
    sent: usize,
}

impl Bench {
    fn give(&mut self, device: &mut Bmc<u8>, event: Event<'_, u8>) {
        let shown = match &event {
            Event::Received { rx, .. } => rx.len(),
            _ => 0,
        };
        let mut tx = [0xE5; RX_LEN];
        let Reply { used, send, again, close } = device.respond(self.now, event, &mut tx);
        assert!(used == shown && close.is_none(), "a datagram is used up, and no connection is closed");
        if let Some((peer, len)) = send {
            let client = self.clients.get_mut(&peer).expect("it sends to somebody who has said nothing");
            let datagram = &tx[..len];
            assert!(!datagram.windows(PASSWORD.len()).any(|window| window == PASSWORD.as_bytes()), "the password");
            client.learn(datagram);
            self.sent += 1;
        }
        self.due = again;
    }

    /// Calls the device as often as it wants until now.
    fn call(&mut self, device: &mut Bmc<u8>) {
        for _ in 0..MOST_CALLS {
            if self.due.is_none_or(|due| due > self.now) {
                return;
            }
            self.give(device, Event::Due);
        }
        panic!("it never rests");
    }
}

/// Any fault, as it is named.
fn fault(script: &mut Script<'_>) -> String {
    let name = script.pick(BmcFault::NAMES);
    let number = script.u8();
    let named = match name.split_once('=') {
        Some((name, "THOUSANDTHS")) => format!("{name}={}", u16::from(number) * 3),
        Some((name, _)) => format!("{name}={}", number.max(1)),
        None => name.to_owned(),
    };
    format!("{named}^{}*{}", script.below(4), script.below(16))
}

/// [`Bmc`] with faults by name, serving several clients that say what they should, or anything.
///
/// Asserts: a text that names no fault is refused with all names that there are; every datagram is used up; it answers only those who
/// have spoken, and each datagram with a bounded number of bounded ones; it rests; the password is in none of them; there are never more
/// sessions than it may have; the machine starts only when somebody was let in.
pub fn sim_bmc(data: &[u8]) {
    let mut script = Script::new(data);
    let any = script.text();
    if let Err(error) = Faults::<BmcFault>::default().add_named(any) {
        let text = error.to_string();
        assert!(text.contains(any) && BmcFault::NAMES.iter().all(|name| text.contains(name)));
    }
    let mut config = Config::new("admin", Secret::new(PASSWORD).expect("it is short"));
    let operator = Secret::new(PASSWORD).expect("it is short");
    config.users.push(User { name: "operator".to_owned(), password: operator, privilege: 3 });
    config.suites = CipherSuite::ALL.to_vec();
    let with_password = script.bool();
    if with_password {
        config.suites.retain(|suite| suite.id != 0);
    }
    config.shape = script.pick(&Shape::NAMED).1;
    config.discovery = Some(script.below(8));
    let most = config.sessions;
    let mut device = Bmc::new(config, script.u16().into());
    for _ in 0..script.below(4) {
        device.faults().add_named(&fault(&mut script)).expect("it is a fault");
    }
    let mut bench = Bench { now: Instant::ZERO, due: None, clients: BTreeMap::new(), asked: 0, sent: 0 };
    let mut opened = BTreeSet::new();
    while !script.is_empty() {
        let lapse = script.u8();
        let until = bench.now.after(Duration::from_millis(u64::from(lapse).pow(2)));
        while let Some(due) = bench.due.filter(|due| *due <= until) {
            bench.now = due.max(bench.now);
            bench.call(&mut device);
        }
        bench.now = until;
        let peer = script.u8() % 4;
        let client = bench.clients.entry(peer).or_default();
        let mut datagram = client.datagram(&mut script);
        client.last.clone_from(&datagram);
        bench.asked += 1;
        bench.give(&mut device, Event::Received { peer, rx: &mut datagram });
        bench.call(&mut device);
        let state = device.state();
        if state.sessions > 0 {
            opened.insert(state.sessions);
        }
        assert!(state.sessions + state.half_open <= most, "{state:?}");
        assert!(bench.sent <= bench.asked * 6, "{} datagrams for {}", bench.sent, bench.asked);
        assert!(state.starts == 0 || !opened.is_empty(), "it was started by nobody");
        assert!(device.asked().len() as u64 <= state.requests);
    }
}
