//! A console that knows the protocol, on virtual time.

use core::time::Duration;

use rackhand_core::buffer::TxWriter;
use rackhand_core::exchange::{Event, Responder};
use rackhand_core::ipmi::command::{BootDevice, BootFlags, BootParameter, SetBootOptions};
use rackhand_core::ipmi::wire::{
    Header, Message, OpenSessionRequest, OpenSessionResponse, PayloadType, Rakp1, Rakp2, Rakp3, Rakp4, Response, Role,
    SessionId,
};
use rackhand_core::ipmi::{Bridge, CipherSuite, Keys, Opening, Status};
use rackhand_core::secret::Secret;
use rackhand_core::time::Instant;

use super::{Bmc, BmcFault, Config, Note, Shape, User, bytes};

const CONSOLE: SessionId = [0xA4, 0xA3, 0xA2, 0xA0];
const RANDOM: [u8; 16] = [7; 16];

struct Console {
    bmc: Bmc<u8>,
    now: Instant,
}

/// A session that is open.
#[derive(Clone)]
struct Open {
    bmc: SessionId,
    keys: Keys,
    sequence: u32,
    number: u8,
}

/// How far an opening came.
#[derive(Debug, PartialEq, Eq)]
enum Stuck {
    Silence,
    Open(Status),
    OtherSuite,
    Rakp2(Status),
    BadRakp2,
    Rakp4(Status),
    BadRakp4,
}

fn secret(text: &str) -> Secret<20> {
    Secret::new(text).unwrap()
}

fn config() -> Config {
    let mut config = Config::new("admin", secret("s3cret"));
    config.users.push(User { name: "guest".to_owned(), password: secret("guest"), privilege: 2 });
    config.suites = CipherSuite::ALL.to_vec();
    config
}

impl Console {
    fn new(config: Config) -> Self {
        Self { bmc: Bmc::new(config, 1), now: Instant::ZERO }
    }

    fn with(faults: &[&str]) -> Self {
        let mut console = Self::new(config());
        for fault in faults {
            console.bmc.faults().add_named(fault).unwrap();
        }
        console
    }

    fn pass(&mut self, millis: u64) {
        self.now = self.now.after_millis(millis);
        let _ = self.say(&[]);
    }

    /// Sends a datagram; all that is answered at once.
    fn say(&mut self, datagram: &[u8]) -> Vec<Vec<u8>> {
        let (mut rx, mut tx, mut heard) = (datagram.to_vec(), [0; 1024], Vec::new());
        let mut reply = self.bmc.respond(self.now, Event::Received { peer: 1, rx: &mut rx }, &mut tx);
        loop {
            if let Some((_, len)) = reply.send {
                heard.push(tx[..len].to_vec());
            }
            if reply.again.is_none_or(|again| again > self.now) {
                return heard;
            }
            reply = self.bmc.respond(self.now, Event::Due, &mut tx);
        }
    }

    /// The payload of the only answer to one that opens a session.
    fn opening(&mut self, kind: PayloadType, payload: &[u8]) -> Result<Vec<u8>, Stuck> {
        let heard = self.say(&bytes(|w| Header::write(kind, payload, w)));
        assert!(heard.len() <= 1, "{heard:?}");
        heard.first().map(|it| Header::read(it).unwrap().1.to_vec()).ok_or(Stuck::Silence)
    }

    fn begin(&mut self, suite: CipherSuite, privilege: u8) -> Result<SessionId, Stuck> {
        let request = OpenSessionRequest::new(1, privilege, CONSOLE, suite);
        let answer = self.opening(PayloadType::OpenSessionRequest, &bytes(|w| request.emit(w)))?;
        match OpenSessionResponse::parse(&answer).unwrap() {
            OpenSessionResponse::Refused { status, .. } => Err(Stuck::Open(status)),
            OpenSessionResponse::Open { algorithms, .. } if algorithms != suite.numbers() => Err(Stuck::OtherSuite),
            OpenSessionResponse::Open { bmc, .. } => Ok(bmc),
        }
    }

    fn login(&mut self, suite: u8, user: &str, password: &str) -> Result<Open, Stuck> {
        self.login_as(suite, user, password, 4, 4)
    }

    fn login_as(&mut self, suite: u8, user: &str, password: &str, open: u8, role: u8) -> Result<Open, Stuck> {
        let suite = CipherSuite::by_id(suite).unwrap();
        let bmc = self.begin(suite, open)?;
        let role = Role { privilege: role, name_only: true };
        let name = user.bytes().collect();
        let message = Rakp1 { tag: 2, bmc, random: RANDOM, role, user: name };
        let answer = self.opening(PayloadType::Rakp1, &bytes(|w| message.emit(w)))?;
        let (random, guid, code) = match Rakp2::parse(&answer).unwrap() {
            Rakp2::Refused { status, .. } => return Err(Stuck::Rakp2(status)),
            Rakp2::Ready { random, guid, code, .. } => (random, guid, code),
        };
        let (password, kg) = (secret(password), self.bmc.config().kg);
        let opening = Opening {
            suite,
            password: &password,
            kg: kg.as_ref(),
            role,
            user: user.as_bytes(),
            console: CONSOLE,
            bmc,
            console_random: &RANDOM,
            bmc_random: &random,
            guid: &guid,
        };
        if !opening.is_rakp2(code) {
            // A console that does not give up, so that the BMC's own judgement is seen, too.
            let wrong = Rakp3 { tag: 3, status: Status::Ok, bmc, code: &[1; 20] };
            let answer = self.opening(PayloadType::Rakp3, &bytes(|w| wrong.emit(w)))?;
            let status = Rakp4::parse(&answer).unwrap().status;
            return Err(if status == Status::InvalidIntegrityCheckValue {
                Stuck::BadRakp2
            } else {
                Stuck::Rakp4(status)
            });
        }
        let mut code = [0; 32];
        let len = opening.write_rakp3(&mut code);
        let message = Rakp3 { tag: 3, status: Status::Ok, bmc, code: &code[..len] };
        let answer = self.opening(PayloadType::Rakp3, &bytes(|w| message.emit(w)))?;
        let message = Rakp4::parse(&answer).unwrap();
        if message.status != Status::Ok {
            return Err(Stuck::Rakp4(message.status));
        }
        if !opening.is_rakp4(message.integrity_check_value) {
            return Err(Stuck::BadRakp4);
        }
        Ok(Open { bmc, keys: opening.keys(), sequence: 0, number: 0 })
    }

    /// What is heard of a message in a session: numbers of packets, and their messages.
    fn send(&mut self, session: &Open, request: &Message<'_>) -> Vec<(u32, Vec<u8>)> {
        let mut datagram = [0; 512];
        let message = bytes(|w| request.emit(w));
        let len = session.keys.seal(session.bmc, session.sequence, &[9; 16], &message, &mut datagram).unwrap();
        let heard = self.say(&datagram[..len]);
        heard.into_iter().filter_map(|it| Self::opened(session, it)).collect()
    }

    fn opened(session: &Open, mut datagram: Vec<u8>) -> Option<(u32, Vec<u8>)> {
        let opened = session.keys.open(CONSOLE, &mut datagram).ok()?;
        Some((opened.sequence, opened.message.to_vec()))
    }

    fn ask_raw(&mut self, session: &mut Open, netfn: u8, command: u8, data: &[u8]) -> Vec<Vec<u8>> {
        session.sequence += 1;
        session.number = (session.number + 1) % 64;
        let heard = self.send(session, &request(session.number, netfn, command, data));
        heard.into_iter().map(|(_, message)| message).collect()
    }

    /// The one answer to a request: its code, and its data.
    #[track_caller]
    fn ask(&mut self, session: &mut Open, netfn: u8, command: u8, data: &[u8]) -> (u8, Vec<u8>) {
        let heard = self.ask_raw(session, netfn, command, data);
        let [message] = &heard[..] else { panic!("{} answers", heard.len()) };
        let response = Response::parse(message).unwrap();
        assert_eq!((response.netfn, response.command, response.sequence), (netfn, command, session.number));
        (response.completion_code, response.data.to_vec())
    }
}

fn request(sequence: u8, netfn: u8, command: u8, data: &[u8]) -> Message<'_> {
    Message { to: 0x20, netfn, to_lun: 0, from: 0x81, from_lun: 0, sequence, command, data }
}

/// Node Manager's Get Version, for the bridge.
const GET_VERSION: &[u8] = b"\x46\x2c\xb8\x1c\x20\x18\xca\x57\x01\x00\xa6";
const VERSION: &[u8] = b"\x57\x01\x00\x05\x03\x07\x01\x02";

#[test]
fn every_suite_opens_and_is_asked() {
    for kg in [None, Some([3; 20])] {
        for suite in CipherSuite::ALL {
            let mut console = Console::new(Config { kg, ..config() });
            let mut session = console.login(suite.id, "admin", "s3cret").unwrap();
            assert_eq!(console.ask(&mut session, 6, 0x3B, &[0]), (0, vec![2]), "it begins as a user's");
            assert_eq!(console.ask(&mut session, 0, 2, &[1]).0, 0xD4);
            assert_eq!(console.ask(&mut session, 6, 0x3B, &[4]), (0, vec![4]));
            assert_eq!(console.ask(&mut session, 0, 2, &[1]), (0, vec![]));
            console.pass(400);
            assert_eq!(console.ask(&mut session, 0, 1, &[]).1[0], 1);
            assert_eq!(console.bmc.state().sessions, 1);
            assert_eq!(console.ask(&mut session, 6, 0x3C, &[1, 2, 3, 4]).0, 0x87);
            let id = session.bmc;
            assert_eq!(console.ask(&mut session, 6, 0x3C, &id), (0, vec![]));
            assert_eq!(console.bmc.state().sessions, 0);
            assert!(console.ask_raw(&mut session, 0, 1, &[]).is_empty(), "it is closed");
            let notes: Vec<_> = console.bmc.take_notes().into_iter().map(|(_, note)| note).collect();
            assert!(notes.contains(&Note::Opened("admin".to_owned())) && notes.contains(&Note::Closed), "{notes:?}");
        }
    }
}

#[test]
fn who_may_not_in_is_told_so_or_not() {
    let stuck = |faults: &[&str], suite, user: &str, password: &str| {
        Console::with(faults).login(suite, user, password).map(|_| ()).unwrap_err()
    };
    assert_eq!(stuck(&[], 17, "nobody", "s3cret"), Stuck::Rakp2(Status::UnauthorizedName));
    assert_eq!(stuck(&[], 17, "guest", "guest"), Stuck::Rakp2(Status::UnauthorizedRole));
    assert_eq!(stuck(&[], 3, "admin", "wrong"), Stuck::BadRakp2);
    assert_eq!(stuck(&["silent-login"], 3, "admin", "wrong"), Stuck::Silence);
    assert_eq!(stuck(&["silent-login"], 3, "nobody", "wrong"), Stuck::Silence);
    assert_eq!(stuck(&["wrong-kg"], 3, "admin", "s3cret"), Stuck::BadRakp4);
    assert_eq!(stuck(&["other-suite"], 3, "admin", "s3cret"), Stuck::OtherSuite);
    assert_eq!(stuck(&["other-suite"], 1, "admin", "s3cret"), Stuck::OtherSuite);
    assert_eq!(stuck(&["mute"], 3, "admin", "s3cret"), Stuck::Silence);
    assert_eq!(stuck(&["only-15"], 3, "admin", "s3cret"), Stuck::Silence);
    let mut console = Console::with(&[]);
    for _ in 0..3 {
        let _ = console.login(3, "admin", "wrong");
    }
    let state = console.bmc.state();
    assert_eq!((state.failed_logins, state.half_open), (3, 0));
    let mut few = config();
    few.suites = vec![CipherSuite::by_id(3).unwrap()];
    for (suite, status) in [
        (0, Status::InvalidAuthentication),
        (1, Status::InvalidIntegrity),
        (2, Status::InvalidConfidentiality),
        (17, Status::InvalidAuthentication),
    ] {
        let suite = CipherSuite::by_id(suite).unwrap();
        assert_eq!(Console::new(few.clone()).begin(suite, 4), Err(Stuck::Open(status)));
    }
}

#[test]
fn keys_follow_the_privilege_that_the_fault_says() {
    for (fault, open, role, good) in [
        (None, 4, 4, true),
        (None, 0, 4, true),
        (Some("keys-from-open"), 4, 4, true),
        (Some("keys-from-open"), 0, 4, false),
    ] {
        let mut console = Console::with(fault.as_slice());
        let opened = console.login_as(17, "admin", "s3cret", open, role);
        assert_eq!(opened.is_ok(), good, "{fault:?} {open} {role}");
    }
    // More than the session was opened for, and a privilege that there is not.
    let refused = |open, role| Console::with(&[]).login_as(17, "admin", "s3cret", open, role).map(|_| ()).unwrap_err();
    assert_eq!(refused(3, 4), Stuck::Rakp2(Status::InvalidRole));
    assert_eq!(refused(9, 4), Stuck::Open(Status::UnauthorizedRole));
}

#[test]
fn privileges_have_an_end() {
    let mut console = Console::with(&[]);
    let mut guest = console.login_as(3, "guest", "guest", 4, 2).unwrap();
    assert_eq!(console.ask(&mut guest, 6, 0x3B, &[4]).0, 0x80);
    let mut admin = console.login_as(3, "admin", "s3cret", 4, 3).unwrap();
    assert_eq!(console.ask(&mut admin, 6, 0x3B, &[4]).0, 0x81);
    assert_eq!(console.ask(&mut admin, 6, 0x3B, &[3]), (0, vec![3]));
    assert_eq!(console.ask(&mut admin, 6, 0x3B, &[5]).0, 0xCC);
    assert_eq!(console.ask(&mut admin, 6, 0x3B, &[]).0, 0xC7);
    let id = guest.bmc;
    assert_eq!(console.ask(&mut admin, 6, 0x3C, &id).0, 0xD4, "an operator does not close others' sessions");
}

#[test]
fn sessions_are_few_and_expire() {
    let mut console = Console::with(&[]);
    let suite = CipherSuite::by_id(3).unwrap();
    for _ in 0..8 {
        console.begin(suite, 4).unwrap();
    }
    assert_eq!(console.begin(suite, 4), Err(Stuck::Open(Status::NoResources)));
    assert_eq!(console.bmc.state().half_open, 8);
    console.pass(5_000);
    let mut session = console.login(3, "admin", "s3cret").unwrap();
    assert_eq!(console.bmc.state().half_open, 0);
    console.pass(59_999);
    assert_eq!(console.ask(&mut session, 6, 1, &[]).0, 0);
    console.pass(60_000);
    assert!(console.ask_raw(&mut session, 6, 1, &[]).is_empty());
}

#[test]
fn what_does_not_verify_or_comes_twice_is_dropped() {
    let mut console = Console::with(&[]);
    let mut session = console.login(17, "admin", "s3cret").unwrap();
    console.ask(&mut session, 6, 1, &[]);
    // The same number again, one of long ago, one far ahead; and then one that is next.
    session.sequence = 40;
    for (number, heard) in [(1, 0), (16, 1), (16, 0), (2, 1), (0, 0), (32, 0), (31, 1), (15, 1), (14, 0)] {
        session.sequence = number;
        session.number += 1;
        let request = request(session.number, 6, 1, &[]);
        assert_eq!(console.send(&session, &request).len(), heard, "number {number}");
    }
    // Another's keys, and no keys at all.
    let mut other = console.login(17, "admin", "s3cret").unwrap();
    other.bmc = session.bmc;
    assert!(console.ask_raw(&mut other, 6, 1, &[]).is_empty());
    let message = bytes(|w| request(1, 6, 1, &[]).emit(w));
    let mut plain = bytes(|w| Header::write(PayloadType::Ipmi, &message, w));
    plain[6..10].copy_from_slice(&session.bmc);
    assert!(console.say(&plain).is_empty());
    for junk in [&b""[..], b"\x06", &[6; 300], b"\x06\x00\xff\x07\x06\x40", &[0xFF; 40]] {
        assert!(console.say(junk).is_empty());
    }
}

#[test]
fn a_request_that_comes_again_is_answered_as_before() {
    for code in [false, true] {
        let mut console = Console::with(if code { &["duplicate-code"] } else { &[] });
        let mut session = console.login(3, "admin", "s3cret").unwrap();
        console.ask(&mut session, 6, 0x3B, &[4]);
        session.number = 9;
        let on = request(9, 0, 2, &[1]);
        for (sequence, wanted) in [(2, 0), (3, if code { 0xCF } else { 0 })] {
            session.sequence = sequence;
            let heard = console.send(&session, &on);
            assert_eq!(heard.len(), 1);
            assert_eq!((heard[0].0, heard[0].1[6]), (sequence, wanted));
        }
        assert_eq!(console.bmc.asked().iter().filter(|asked| asked.command == 2).count(), 1, "it was done once");
        // Much later it is another one.
        console.pass(6_000);
        session.sequence = 4;
        assert_eq!(console.send(&session, &on)[0].1[6], 0);
        assert_eq!(console.bmc.asked().iter().filter(|asked| asked.command == 2).count(), 2);
    }
}

#[test]
fn messages_of_the_opening_may_come_again_or_not() {
    for (faults, again) in [(&[][..], Status::Ok), (&["no-repeat"], Status::InvalidSessionId)] {
        let mut console = Console::with(faults);
        let bmc = console.begin(CipherSuite::by_id(0).unwrap(), 4).unwrap();
        let role = Role { privilege: 4, name_only: true };
        let name = b"admin".iter().copied().collect();
        let first = bytes(|w| Rakp1 { tag: 2, bmc, random: RANDOM, role, user: name }.emit(w));
        let answers = [(); 2].map(|()| console.opening(PayloadType::Rakp1, &first).unwrap());
        assert_eq!(Status::of(answers[1][1]), again);
        assert_eq!(answers[0] == answers[1], again == Status::Ok);
        let third = bytes(|w| Rakp3 { tag: 3, status: Status::Ok, bmc, code: &[] }.emit(w));
        let answers = [(); 2].map(|()| console.opening(PayloadType::Rakp3, &third).unwrap());
        assert_eq!(answers.map(|answer| Status::of(answer[1])), [Status::Ok, again]);
    }
}

#[test]
fn refusals_are_short_or_long() {
    for (faults, len) in [(&[][..], 8), (&["long-errors"], 60)] {
        let mut console = Console::with(faults);
        let bmc = console.begin(CipherSuite::by_id(3).unwrap(), 4).unwrap();
        let role = Role { privilege: 4, name_only: true };
        let user = b"nobody".iter().copied().collect();
        let first = bytes(|w| Rakp1 { tag: 2, bmc, random: RANDOM, role, user }.emit(w));
        assert_eq!(console.opening(PayloadType::Rakp1, &first).unwrap().len(), len);
    }
    let mut console = Console::with(&["extra-icv"]);
    let bmc = console.begin(CipherSuite::by_id(0).unwrap(), 4).unwrap();
    let role = Role { privilege: 4, name_only: true };
    let user = b"admin".iter().copied().collect();
    console.opening(PayloadType::Rakp1, &bytes(|w| Rakp1 { tag: 2, bmc, random: RANDOM, role, user }.emit(w))).unwrap();
    let third = bytes(|w| Rakp3 { tag: 3, status: Status::Ok, bmc, code: &[] }.emit(w));
    assert_eq!(console.opening(PayloadType::Rakp3, &third).unwrap().len(), 8 + 12);
}

#[test]
fn bridged_answers_come_in_three_shapes() {
    for (shape, count) in [(Shape::Separate, 2), (Shape::Inline, 1), (Shape::Reordered, 2)] {
        let mut console = Console::new(Config { shape, ..config() });
        let mut session = console.login(3, "admin", "s3cret").unwrap();
        let mut heard = console.ask_raw(&mut session, 6, 0x34, GET_VERSION);
        assert_eq!(heard.len(), count, "{shape:?}");
        if shape == Shape::Reordered {
            heard.reverse();
        }
        let first = Response::parse(&heard[0]).unwrap();
        assert_eq!((first.netfn, first.command, first.completion_code), (6, 0x34, 0));
        let inner = if shape == Shape::Inline { first.data } else { &heard[1] };
        let inner = Response::parse(inner).unwrap();
        assert_eq!((inner.netfn, inner.command, inner.sequence, inner.completion_code), (0x2E, 0xCA, 6, 0));
        assert_eq!(inner.data, VERSION);
        let asked = console.bmc.asked();
        assert_eq!(asked[0].bridge, Some(Bridge { channel: 6, address: 0x2C }));
    }
}

#[test]
fn what_the_bridge_refuses_and_keeps() {
    let mut console = Console::with(&[]);
    let mut session = console.login(3, "admin", "s3cret").unwrap();
    let mut with = |place: usize, byte: u8, check: u8| {
        let mut data = GET_VERSION.to_vec();
        data[place] = byte;
        data[3] = check;
        console.ask_raw(&mut session, 6, 0x34, &data)
    };
    let code = |heard: Vec<Vec<u8>>| Response::parse(&heard[0]).unwrap().completion_code;
    assert_eq!(code(with(1, 0x2E, 0x1A)), 0x83, "nobody is there");
    assert_eq!(code(with(0, 0x47, 0x1C)), 0xCC, "no such channel");
    assert_eq!(code(with(0, 0x86, 0x1C)), 0xCC, "raw");
    assert_eq!(code(with(3, 0x1D, 0x1D)), 0xCC, "a wrong check");
    // Not tracked: it is kept, until somebody asks for it.
    assert_eq!(with(0, 0x06, 0x1C).len(), 1);
    let (code, message) = console.ask(&mut session, 6, 0x33, &[]);
    let whole = [&[0x20][..], &message[1..]].concat();
    assert_eq!((code, message[0], Response::parse(&whole).unwrap().data), (0, 6, VERSION));
    assert_eq!(console.ask(&mut session, 6, 0x33, &[]).0, 0x80);
    // What the satellite refuses is not the BMC's own refusal.
    let heard = console.ask_raw(&mut session, 6, 0x34, b"\x46\x2c\xb8\x1c\x20\x18\xdf\x57\x01\x00\x91");
    let codes: Vec<_> = heard.iter().map(|it| Response::parse(it).unwrap().completion_code).collect();
    assert_eq!(codes, [0, 0xC1]);
    for (fault, count) in [("bridge-lost*1", 1), ("bridge-slow=500*1", 1)] {
        console.bmc.faults().add_named(fault).unwrap();
        assert_eq!(console.ask_raw(&mut session, 6, 0x34, GET_VERSION).len(), count, "{fault}");
    }
    console.now = console.now.after(Duration::from_millis(500));
    assert_eq!(console.say(&[]).len(), 1);
}

#[test]
fn boot_flags_with_quirks() {
    for (faults, persistent, efi) in
        [(&[][..], true, true), (&["drops-efi"], true, false), (&["drops-persistent", "drops-efi"], false, false)]
    {
        let mut console = Console::with(faults);
        let mut session = console.login(3, "admin", "s3cret").unwrap();
        let flags = SetBootOptions::new(BootParameter::Flags(BootFlags::new(BootDevice::Bios, true, true)));
        let data = bytes(|w| flags.emit(w));
        assert_eq!(console.ask(&mut session, 0, 8, &data).0, 0xD4);
        console.ask(&mut session, 6, 0x3B, &[3]);
        assert_eq!(console.ask(&mut session, 0, 8, &data).0, 0);
        let set = console.bmc.state().flags;
        assert_eq!((set.persistent, set.efi, set.device), (persistent, efi, BootDevice::Bios));
        let first = 0x80 | if persistent { 0x40 } else { 0 } | if efi { 0x20 } else { 0 };
        assert_eq!(console.ask(&mut session, 0, 9, &[5, 0, 0]), (0, vec![1, 5, first, 0x18, 0, 0, 0]));
        assert_eq!(console.ask(&mut session, 0, 2, &[1]).0, 0);
        console.pass(400);
        let state = console.bmc.state();
        assert_eq!((state.last_start.unwrap().device, state.flags.valid), (BootDevice::Bios, persistent));
    }
}

#[test]
fn the_repository_with_faults() {
    let mut console = Console::with(&["cancel-reservation*1", "sdr-limit=16"]);
    let mut session = console.login(3, "admin", "s3cret").unwrap();
    let reserve = |console: &mut Console, session: &mut Open| console.ask(session, 0x0A, 0x22, &[]).1;
    let part = |id: &[u8], offset, count| [id, &[4, 0, offset, count]].concat();
    let id = reserve(&mut console, &mut session);
    assert_eq!(console.ask(&mut session, 0x0A, 0x23, &part(&id, 0, 5)).0, 0);
    assert_eq!(console.ask(&mut session, 0x0A, 0x23, &part(&id, 5, 16)).0, 0xC5);
    let id = reserve(&mut console, &mut session);
    assert_eq!(console.ask(&mut session, 0x0A, 0x23, &part(&id, 5, 17)).0, 0xCA);
    assert_eq!(console.ask(&mut session, 0x0A, 0x23, &part(&id, 5, 16)).1.len(), 18);
    assert_eq!(console.ask(&mut session, 0x04, 0x2D, &[0x30]), (0, vec![23, 0xC0, 0xC0]));
}

#[test]
fn faults_hit_the_same_answers_each_time() {
    let heard = |faults: &[&str], seed| {
        let mut console = Console::with(&[]);
        console.bmc = Bmc::new(config(), seed);
        let mut session = console.login(17, "admin", "s3cret").unwrap();
        for fault in faults {
            console.bmc.faults().add_named(fault).unwrap();
        }
        (0..200).map(|_| console.ask_raw(&mut session, 6, 1, &[]).len()).collect::<Vec<_>>()
    };
    let lossy = heard(&["loss=300"], 1);
    let lost = lossy.iter().filter(|count| **count == 0).count();
    assert!((40..80).contains(&lost), "{lost} of 200 were lost");
    assert_eq!(lossy, heard(&["loss=300", "junk=500", "busy=200"], 1), "other faults change nothing");
    assert_ne!(lossy, heard(&["loss=300"], 2));
    assert_eq!(heard(&["duplicate=1000"], 1), [2; 200]);
    assert_eq!(heard(&["junk=1000"], 1), [1; 200], "junk does not verify");
    assert_eq!(heard(&["bad-code"], 1), [0; 200]);
}

#[test]
fn faults_of_requests() {
    let mut console = Console::with(&[]);
    let mut session = console.login(17, "admin", "s3cret").unwrap();
    console.bmc.faults().add(BmcFault::Busy(1000), Some(1));
    console.bmc.faults().add(BmcFault::Code(0xD5), Some(1));
    assert_eq!(console.ask(&mut session, 6, 1, &[]).0, 0xC0);
    assert_eq!(console.ask(&mut session, 6, 1, &[]).0, 0xD5);
    assert_eq!(console.ask(&mut session, 6, 1, &[]).0, 0);
    assert_eq!(console.ask(&mut session, 0x2E, 0xCA, b"\x57\x01\x00").0, 0xC1, "the BMC is no Node Manager");
    // An answer that is under way, and a second request.
    console.bmc.faults().add_named("slow=100*1").unwrap();
    console.bmc.faults().add_named("drop-second").unwrap();
    assert!(console.ask_raw(&mut session, 6, 1, &[]).is_empty());
    assert!(console.ask_raw(&mut session, 6, 1, &[]).is_empty());
    console.now = console.now.after_millis(100);
    assert_eq!(console.say(&[]).len(), 1);
    assert_eq!(console.ask(&mut session, 6, 1, &[]).0, 0);
    console.bmc.faults().add_named("ignores-soft").unwrap();
    console.bmc.faults().add_named("stuck-power^1").unwrap();
    console.bmc.set_power(true);
    console.ask(&mut session, 6, 0x3B, &[4]);
    assert_eq!(console.ask(&mut session, 0, 2, &[5]).0, 0);
    assert_eq!(console.ask(&mut session, 0, 2, &[0]).0, 0);
    console.pass(9_000);
    assert!(console.bmc.state().on);
    console.bmc.faults().add_named("forget*1").unwrap();
    assert!(console.ask_raw(&mut session, 6, 1, &[]).is_empty());
    assert_eq!(console.bmc.state().sessions, 0);
}

#[test]
fn without_room_an_answer_is_lost_and_nothing_else() {
    let mut bmc = Bmc::<u8>::new(config(), 1);
    let mut ping = [0; 12];
    let mut w = TxWriter::new(&mut ping);
    rackhand_core::ipmi::wire::Ping { tag: 1 }.emit(&mut w).unwrap();
    for (room, heard) in [(27, None), (28, Some((1, 28)))] {
        let mut tx = vec![0; room];
        let reply = bmc.respond(Instant::ZERO, Event::Received { peer: 1, rx: &mut ping.clone() }, &mut tx);
        assert_eq!((reply.used, reply.send, reply.again), (12, heard, None));
    }
}
