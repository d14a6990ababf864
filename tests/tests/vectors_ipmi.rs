//! Every golden datagram of IPMI, recorded between three clients and two BMCs: read, judged with the keys of its session, and
//! written again byte for byte.

use std::collections::BTreeMap;

use rackhand_core::buffer::TxWriter;
use rackhand_core::ipmi::command::{
    AuthCapabilities, ChannelCipherSuites, ChassisStatus, CloseSession, DeviceId, GetChannelAuthCapabilities,
    GetChannelCipherSuites, GetChassisStatus, GetDeviceId, GetSdr, GetSdrRepositoryInfo, ReserveSdrRepository, Sdr,
    SdrRepositoryInfo, SdrReservation, SendMessage, SessionPrivilegeLevel, SetSessionPrivilegeLevel,
};
use rackhand_core::ipmi::wire::{
    Header, Message, OpenSessionRequest, OpenSessionResponse, Ping, Pong, Rakp1, Rakp2, Rakp3, Rakp4, Response, Role,
    Session15,
};
use rackhand_core::ipmi::{CipherSuite, Dropped, Keys, Opening, PASSWORD_LEN, Status};
use rackhand_core::secret::Secret;
use rackhand_tests::vectors::{load, unhex};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct File {
    sessions: BTreeMap<String, Session>,
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Session {
    username: String,
    password: String,
    kg: Option<String>,
    console_sid: String,
    bmc_sid: String,
    auth: u8,
    integrity: u8,
    confidentiality: u8,
    rm: String,
    role: u8,
    rc: String,
    guid: String,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    dir: String,
    hex: String,
    session: Option<String>,
    #[serde(default)]
    fields: BTreeMap<String, Value>,
    expect: Option<String>,
    why: Option<String>,
}

fn array<const N: usize>(hex: &str) -> [u8; N] {
    unhex(hex).try_into().unwrap_or_else(|bytes| panic!("{bytes:?} are not {N}"))
}

impl Session {
    /// None where its algorithms are not ours.
    fn suite(&self) -> Option<CipherSuite> {
        CipherSuite::by_numbers([self.auth, self.integrity, self.confidentiality])
    }

    /// What its opening hashed.
    fn opened<T>(&self, with: impl FnOnce(&Opening<'_>) -> T) -> Option<T> {
        let suite = self.suite()?;
        let password = Secret::<PASSWORD_LEN>::new(&self.password).expect("it fits");
        let kg = self.kg.as_deref().map(array::<PASSWORD_LEN>);
        let (rm, rc, guid) = (array(&self.rm), array(&self.rc), array(&self.guid));
        Some(with(&Opening {
            suite,
            password: &password,
            kg: kg.as_ref(),
            role: Role { privilege: self.role & 0xF, name_only: self.role & 0x10 != 0 },
            user: self.username.as_bytes(),
            console: array(&self.console_sid),
            bmc: array(&self.bmc_sid),
            console_random: &rm,
            bmc_random: &rc,
            guid: &guid,
        }))
    }

    #[expect(clippy::redundant_closure_for_method_calls, reason = "the method is of one lifetime, and not of any")]
    fn keys(&self) -> Option<Keys> {
        self.opened(|opening| opening.keys())
    }
}

/// Writes something and compares it with what was recorded.
#[track_caller]
fn same(recorded: &[u8], what: &str, emit: impl FnOnce(&mut TxWriter<'_>)) {
    let mut buffer = [0; 1024];
    let mut w = TxWriter::new(&mut buffer);
    emit(&mut w);
    let len = w.len();
    assert_eq!(hex::encode(&buffer[..len]), hex::encode(recorded), "{what}");
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_else(|| panic!("{key} of {value}"))
}

fn number(value: &Value, key: &str) -> u64 {
    value[key].as_u64().unwrap_or_else(|| panic!("{key} of {value}"))
}

fn message(recorded: &[u8], fields: &Value, name: &str) {
    let message = Message::parse(recorded).unwrap_or_else(|error| panic!("{name}: {error}"));
    let wanted = ["addr1", "netfn", "lun1", "addr2", "rq_seq", "lun2", "cmd"].map(|key| number(fields, key));
    let Message { to, netfn, to_lun, from, from_lun, sequence, command, data } = message;
    assert_eq!([to, netfn, to_lun, from, sequence, from_lun, command].map(u64::from), wanted, "{name}");
    let data_of = |data: &[u8]| hex::encode(data);
    match fields["completion_code"].as_u64() {
        Some(code) => {
            let response = Response::parse(recorded).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!((u64::from(response.completion_code), response.netfn), (code, netfn - 1), "{name}");
            assert_eq!(data_of(response.data), text(fields, "data"), "{name}");
        }
        None => {
            assert!(Response::parse(recorded).is_err(), "{name}: a request");
            assert_eq!(data_of(data), text(fields, "data"), "{name}");
        }
    }
    same(recorded, name, |w| message.emit(w).expect("room"));
}

/// The data of a command, read and written again; false where there is no codec for it, or nothing to read.
fn command(message: &Message<'_>, name: &str) -> bool {
    macro_rules! both_ways {
        ($data:expr, $type:ident) => {{
            let it = $type::parse($data).unwrap_or_else(|error| panic!("{name}: {error}"));
            same($data, name, |w| it.emit(w).expect("room"));
        }};
    }
    let data = message.data;
    if message.netfn & 1 == 0 {
        match (message.netfn, message.command) {
            (GetDeviceId::NETFN, GetDeviceId::COMMAND) => {
                assert_eq!(GetDeviceId::parse(data), Ok(GetDeviceId), "{name}");
            }
            (GetChassisStatus::NETFN, GetChassisStatus::COMMAND) => {
                assert_eq!(GetChassisStatus::parse(data), Ok(GetChassisStatus), "{name}");
            }
            (GetSdrRepositoryInfo::NETFN, GetSdrRepositoryInfo::COMMAND) => {
                assert_eq!(GetSdrRepositoryInfo::parse(data), Ok(GetSdrRepositoryInfo), "{name}");
            }
            (ReserveSdrRepository::NETFN, ReserveSdrRepository::COMMAND) => {
                assert_eq!(ReserveSdrRepository::parse(data), Ok(ReserveSdrRepository), "{name}");
            }
            (GetChannelAuthCapabilities::NETFN, GetChannelAuthCapabilities::COMMAND) => {
                both_ways!(data, GetChannelAuthCapabilities);
            }
            (GetChannelCipherSuites::NETFN, GetChannelCipherSuites::COMMAND) => {
                both_ways!(data, GetChannelCipherSuites);
            }
            (SetSessionPrivilegeLevel::NETFN, SetSessionPrivilegeLevel::COMMAND) => {
                both_ways!(data, SetSessionPrivilegeLevel);
            }
            (CloseSession::NETFN, CloseSession::COMMAND) => both_ways!(data, CloseSession),
            (GetSdr::NETFN, GetSdr::COMMAND) => both_ways!(data, GetSdr),
            (SendMessage::NETFN, SendMessage::COMMAND) => both_ways!(data, SendMessage),
            _ => return false,
        }
        return true;
    }
    let [0, data @ ..] = data else { return false };
    match (message.netfn & !1, message.command) {
        (GetDeviceId::NETFN, GetDeviceId::COMMAND) => both_ways!(data, DeviceId),
        (GetChassisStatus::NETFN, GetChassisStatus::COMMAND) => both_ways!(data, ChassisStatus),
        (GetSdrRepositoryInfo::NETFN, GetSdrRepositoryInfo::COMMAND) => both_ways!(data, SdrRepositoryInfo),
        (ReserveSdrRepository::NETFN, ReserveSdrRepository::COMMAND) => both_ways!(data, SdrReservation),
        (GetChannelAuthCapabilities::NETFN, GetChannelAuthCapabilities::COMMAND) => both_ways!(data, AuthCapabilities),
        (GetChannelCipherSuites::NETFN, GetChannelCipherSuites::COMMAND) => both_ways!(data, ChannelCipherSuites),
        (SetSessionPrivilegeLevel::NETFN, SetSessionPrivilegeLevel::COMMAND) => both_ways!(data, SessionPrivilegeLevel),
        (GetSdr::NETFN, GetSdr::COMMAND) => both_ways!(data, Sdr),
        _ => return false,
    }
    true
}

/// A datagram of a session: opened with its keys, and sealed again to the same bytes.
fn in_session(vector: &Vector, session: &Session) {
    let Some(keys) = session.keys() else { return };
    let reader = if vector.dir == "client_to_bmc" { &session.bmc_sid } else { &session.console_sid };
    let mut datagram = unhex(&vector.hex);
    let opened = keys.open(array(reader), &mut datagram).unwrap_or_else(|why| panic!("{}: {why}", vector.name));
    assert_eq!(hex::encode(opened.message), vector.fields["ipmi_payload"], "{}", vector.name);
    let header = &vector.fields["session_header"];
    assert_eq!(u64::from(opened.sequence), number(header, "sequence"), "{}", vector.name);
    let iv = vector.fields.get("confidentiality").map(|it| array(text(it, "iv"))).unwrap_or_default();
    let mut sealed = [0; 1024];
    let len = keys.seal(array(reader), opened.sequence, &iv, opened.message, &mut sealed).expect("room");
    // "-o icts" and the like pad otherwise; whoever reads takes both.
    assert_eq!(hex::encode(&sealed[..len]), vector.hex, "{}", vector.name);
    let needed = keys.seal(array(reader), opened.sequence, &iv, opened.message, &mut sealed[..len - 1]);
    assert!(needed.is_err(), "{}: a byte too few", vector.name);
}

/// A payload of a session's opening, behind its header.
fn opening(vector: &Vector, kind: &str, fields: &Value, session: Option<&Session>) {
    let recorded = unhex(&vector.hex);
    let (head, payload) = recorded.split_at(Header::LEN);
    let name = &vector.name;
    let known = |key: &str| array::<4>(text(fields, key));
    match kind {
        "open_session_request" => {
            let request = OpenSessionRequest::parse(payload).expect(name);
            let numbers = ["auth", "integrity", "confidentiality"].map(|key| number(fields, key));
            assert_eq!(request.algorithms.map(u64::from), numbers, "{name}");
            assert_eq!(request.console, known("console_session_id"), "{name}");
            assert_eq!(u64::from(request.max_privilege), number(fields, "max_privilege"), "{name}");
            same(payload, name, |w| request.emit(w).expect("room"));
        }
        "open_session_response" => match OpenSessionResponse::parse(payload).expect(name) {
            response @ OpenSessionResponse::Open { console, bmc, .. } => {
                assert_eq!((console, bmc), (known("console_session_id"), known("bmc_session_id")), "{name}");
                same(payload, name, |w| response.emit([0; 4], w).expect("room"));
            }
            OpenSessionResponse::Refused { status, .. } => {
                assert_eq!(u64::from(status.number()), number(fields, "status"), "{name}");
            }
        },
        "rakp1" => {
            let message = Rakp1::parse(payload).expect(name);
            assert_eq!(String::from_utf8_lossy(&message.user), text(fields, "username"), "{name}");
            assert_eq!(u64::from(message.role.byte()), number(fields, "role"), "{name}");
            assert_eq!(message.random, array(text(fields, "rm")), "{name}");
            same(payload, name, |w| message.emit(w).expect("room"));
        }
        "rakp2" => match Rakp2::parse(payload).expect(name) {
            message @ Rakp2::Ready { code, guid, .. } => {
                assert_eq!(guid, array(text(fields, "guid")), "{name}");
                assert_eq!(hex::encode(code), text(fields, "key_exchange_auth_code"), "{name}");
                let valid = session.and_then(|session| session.opened(|it| it.is_rakp2(code)));
                assert_eq!(valid, valid.and(fields["valid_for_session_password"].as_bool()), "{name}");
                same(payload, name, |w| message.emit([0; 4], w).expect("room"));
            }
            Rakp2::Refused { status, .. } => {
                assert_eq!(u64::from(status.number()), number(fields, "status"), "{name}");
                assert_ne!(status, Status::Ok);
            }
        },
        "rakp3" => {
            let message = Rakp3::parse(payload).expect(name);
            if let (Some(session), Status::Ok) = (session, message.status) {
                let good = session.opened(|it| {
                    let mut code = [0; 32];
                    let len = it.write_rakp3(&mut code);
                    it.is_rakp3(message.code) && code[..len] == *message.code
                });
                assert_ne!(good, Some(false), "{name}");
            }
            same(payload, name, |w| message.emit(w).expect("room"));
        }
        "rakp4" => {
            let message = Rakp4::parse(payload).expect(name);
            if let (Some(session), Status::Ok) = (session, message.status) {
                let good = session.opened(|it| it.is_rakp4(message.integrity_check_value));
                assert_ne!(good, Some(false), "{name}");
            }
            same(payload, name, |w| message.emit(w).expect("room"));
        }
        other => panic!("{name}: {other}"),
    }
    assert_eq!(head.len(), Header::LEN);
}

/// What nobody must take.
fn refused(vector: &Vector, session: Option<&Session>) {
    let (name, why) = (&vector.name, &vector.why);
    let mut recorded = unhex(&vector.hex);
    let payload = recorded.split_off(Header::LEN.min(recorded.len()));
    let Some(session) = session else {
        let outside = unhex(&vector.hex);
        let message = Session15::parse(&outside).expect(name).message;
        assert!(Message::parse(message).is_err(), "{name}: {why:?} is taken");
        return;
    };
    let taken = if name.contains("rakp2") {
        let Rakp2::Ready { code, .. } = Rakp2::parse(&payload).expect(name) else { panic!("{name}") };
        session.opened(|opening| opening.is_rakp2(code))
    } else if name.contains("rakp4") {
        let message = Rakp4::parse(&payload).expect(name);
        session.opened(|opening| opening.is_rakp4(message.integrity_check_value))
    } else {
        let reader = if vector.dir == "client_to_bmc" { &session.bmc_sid } else { &session.console_sid };
        session.keys().map(|keys| keys.open(array(reader), &mut unhex(&vector.hex)).is_ok())
    };
    assert_eq!(taken, Some(false), "{name}: {why:?} is taken");
}

#[test]
fn every_datagram() {
    let file: File = load("ipmi.json");
    let mut seen = BTreeMap::<&str, u32>::new();
    for vector in &file.vectors {
        let session = vector.session.as_ref().and_then(|name| file.sessions.get(name));
        let recorded = unhex(&vector.hex);
        let kind = if vector.expect.is_some() {
            refused(vector, session);
            "refused"
        } else if let Some(asf) = vector.fields.get("asf") {
            if number(asf, "type") == 0x80 {
                let ping = Ping::parse(&recorded).expect(&vector.name);
                same(&recorded, &vector.name, |w| ping.emit(w).expect("room"));
            } else {
                let pong = Pong::parse(&recorded).expect(&vector.name);
                assert!(pong.ipmi, "{}", vector.name);
                same(&recorded, &vector.name, |w| pong.emit(w).expect("room"));
            }
            "asf"
        } else if vector.fields.contains_key("ipmi15") {
            let outside = Session15::parse(&recorded).expect(&vector.name);
            message(outside.message, &vector.fields["msg"], &vector.name);
            same(&recorded, &vector.name, |w| outside.emit(w).expect("room"));
            "ipmi15"
        } else if vector.fields.contains_key("ipmi_payload") {
            message(&unhex(vector.fields["ipmi_payload"].as_str().expect("hex")), &vector.fields["msg"], &vector.name);
            // Two were recorded in sessions whose keys were not.
            if let Some(session) = session {
                in_session(vector, session);
            }
            "in session"
        } else if let Some(msg) = vector.fields.get("msg") {
            message(&recorded[Header::LEN..], msg, &vector.name);
            "outside"
        } else {
            let kind = text(&vector.fields["session_header"], "payload_name");
            opening(vector, kind, &vector.fields[kind], session);
            kind
        };
        *seen.entry(kind).or_default() += 1;
    }
    println!("{seen:?}");
    assert_eq!(file.vectors.len(), 243);
    assert!(seen["in session"] > 140 && seen["refused"] == 11, "{seen:?}");
}

#[test]
fn every_command() {
    let file: File = load("ipmi.json");
    let mut known = BTreeMap::<(u8, u8), u32>::new();
    for vector in file.vectors.iter().filter(|vector| vector.expect.is_none()) {
        let message = if let Some(hex) = vector.fields.get("ipmi_payload") {
            unhex(hex.as_str().expect("hex"))
        } else if vector.fields.contains_key("ipmi15") {
            Session15::parse(&unhex(&vector.hex)).expect(&vector.name).message.to_vec()
        } else if vector.fields.contains_key("msg") {
            unhex(&vector.hex)[Header::LEN..].to_vec()
        } else {
            continue;
        };
        let message = Message::parse(&message).expect(&vector.name);
        if command(&message, &vector.name) {
            *known.entry((message.netfn, message.command)).or_default() += 1;
        }
    }
    // Ten requests, and the answers to eight: those to the two others carry nothing.
    assert_eq!(known.len(), 18, "{known:?}");
}

/// Whatever bit of a datagram is changed, and wherever it is cut: it is dropped, or says the same.
#[test]
fn what_was_changed_on_the_way_is_dropped() {
    let file: File = load("ipmi.json");
    let signed = |vector: &&Vector| {
        let session = vector.session.as_ref().and_then(|name| file.sessions.get(name));
        vector.expect.is_none()
            && vector.fields.contains_key("trailer")
            && session.is_some_and(|session| session.suite().is_some())
    };
    for vector in file.vectors.iter().filter(signed).take(12) {
        let session = &file.sessions[vector.session.as_ref().expect("a session")];
        let keys = session.keys().expect("a suite of ours");
        let reader = if vector.dir == "client_to_bmc" { &session.bmc_sid } else { &session.console_sid };
        let recorded = unhex(&vector.hex);
        for at in 0..recorded.len() {
            for bit in 0..8 {
                let mut changed = recorded.clone();
                changed[at] ^= 1 << bit;
                // Nobody looks at RMCP's reserved byte and sequence number, which are not signed.
                let opened = keys.open(array(reader), &mut changed);
                assert!(opened.is_err() || matches!(at, 1 | 2), "{} at {at}, bit {bit}", vector.name);
            }
            let mut cut = recorded[..at].to_vec();
            assert!(keys.open(array(reader), &mut cut).is_err(), "{} cut at {at}", vector.name);
        }
        let mut strange = recorded.clone();
        let other = keys.open([1, 2, 3, 4], &mut strange);
        assert_eq!(other, Err(Dropped::Stranger), "{}", vector.name);
    }
}
