//! Datagrams of IPMI, whoever sent them.

use rackhand_core::ipmi::command::{
    AuthCapabilities, BootOptions, ChannelCipherSuites, ChassisControl, ChassisStatus, CloseSession, DeviceId,
    GetBootOptions, GetChannelAuthCapabilities, GetChannelCipherSuites, GetSdr, Sdr, SdrHeader, SdrRepositoryInfo,
    SdrReservation, SendMessage, SessionPrivilegeLevel, SetBootOptions, SetSessionPrivilegeLevel,
};
use rackhand_core::ipmi::wire::{
    Message, OpenSessionRequest, OpenSessionResponse, Ping, Pong, Rakp1, Rakp2, Rakp3, Rakp4, Response, Role, Session15,
};
use rackhand_core::ipmi::{CipherSuite, Integrity, Keys, Opening, PASSWORD_LEN, Records};
use rackhand_core::secret::Secret;

use crate::emitted;
use crate::script::Script;

const SESSION: [u8; 4] = [0xA4, 0xA3, 0xA2, 0xA0];

fn keys(suite: CipherSuite) -> Keys {
    let password = Secret::<PASSWORD_LEN>::new("calvin").expect("it is short");
    Opening {
        suite,
        password: &password,
        kg: None,
        role: Role { privilege: 4, name_only: true },
        user: b"root",
        console: SESSION,
        bmc: [1, 2, 3, 4],
        console_random: &[5; 16],
        bmc_random: &[6; 16],
        guid: &[7; 16],
    }
    .keys()
}

/// What is read of a payload is written as it was read.
fn payloads(payload: &[u8]) {
    if let Ok(request) = OpenSessionRequest::parse(payload) {
        let again = emitted(|w| request.emit(w).expect("room"));
        let lacks = request.algorithms.contains(&0xFF);
        assert!(lacks || OpenSessionRequest::parse(&again) == Ok(request));
    }
    if let Ok(response @ OpenSessionResponse::Open { algorithms, .. }) = OpenSessionResponse::parse(payload) {
        let again = emitted(|w| response.emit(SESSION, w).expect("room"));
        assert!(algorithms.contains(&0xFF) || OpenSessionResponse::parse(&again) == Ok(response));
    }
    if let Ok(message) = Rakp1::parse(payload) {
        let again = emitted(|w| message.emit(w).expect("room"));
        assert_eq!(Rakp1::parse(&again), Ok(message));
    }
    if let Ok(message) = Rakp2::parse(payload) {
        let again = emitted(|w| message.emit(SESSION, w).expect("room"));
        assert_eq!(Rakp2::parse(&again), Ok(message));
    }
    if let Ok(message) = Rakp3::parse(payload) {
        assert_eq!(Rakp3::parse(&emitted(|w| message.emit(w).expect("room"))), Ok(message));
    }
    if let Ok(message) = Rakp4::parse(payload) {
        let again = emitted(|w| message.emit(w).expect("room"));
        assert!(message.console.is_none() || Rakp4::parse(&again) == Ok(message));
    }
    if let Ok(message) = Message::parse(payload) {
        assert_eq!(emitted(|w| message.emit(w).expect("room")), payload);
        let _ = Response::parse(payload);
        commands(message.data);
    }
    assert!(Records::new(payload).count() <= payload.len());
}

/// What is read of the data of a command is written as it was read.
fn commands(data: &[u8]) {
    macro_rules! both_ways {
        ($($type:ident)*) => {
            $(if let Ok(it) = $type::parse(data) {
                let again = emitted(|w| it.emit(w).expect("room"));
                assert_eq!($type::parse(&again), Ok(it));
            })*
        };
    }
    both_ways! {
        AuthCapabilities BootOptions ChannelCipherSuites ChassisControl ChassisStatus CloseSession DeviceId GetBootOptions
        GetChannelAuthCapabilities GetChannelCipherSuites GetSdr Sdr SdrHeader SdrRepositoryInfo SdrReservation SendMessage
        SessionPrivilegeLevel SetBootOptions SetSessionPrivilegeLevel
    }
}

/// Everything that reads datagrams of IPMI, on any bytes, with the keys of any suite.
///
/// Asserts: what is read is written as it was read; a packet that nobody with the keys has made is dropped where the suite signs; one
/// that we made is opened, and says the same; a byte of it changed, and it is dropped.
pub fn ipmi_datagram(data: &[u8]) {
    let mut script = Script::new(data);
    let suite = script.pick(&CipherSuite::ALL);
    let (sequence, at, flip) = (script.u16(), script.u16(), script.u8());
    let message = script.chunk();
    let datagram = script.rest();
    payloads(datagram);
    commands(datagram);
    payloads(datagram.get(16..).unwrap_or(&[]));
    if let Ok(ping) = Ping::parse(datagram) {
        assert_eq!(Ping::parse(&emitted(|w| ping.emit(w).expect("room"))), Ok(ping));
    }
    if let Ok(pong) = Pong::parse(datagram) {
        assert_eq!(Pong::parse(&emitted(|w| pong.emit(w).expect("room"))), Ok(pong));
    }
    if let Ok(outside) = Session15::parse(datagram) {
        payloads(outside.message);
    }
    let keys = keys(suite);
    let signs = suite.integrity != Integrity::None;
    let opened = keys.open(SESSION, &mut datagram.to_vec()).map(|opened| opened.message.to_vec());
    assert!(opened.is_err() || !signs, "forged by chance");
    let mut sealed = vec![0; 8192];
    let Ok(len) = keys.seal(SESSION, sequence.into(), &[8; 16], message, &mut sealed) else { return };
    sealed.truncate(len);
    let mut ours = sealed.clone();
    let opened = keys.open(SESSION, &mut ours).expect("it is ours");
    assert_eq!((opened.sequence, opened.message), (sequence.into(), message));
    let at = usize::from(at) % len;
    // RMCP's reserved byte and sequence number are nobody's.
    if signs && flip != 0 && !matches!(at, 1 | 2) {
        sealed[at] ^= flip;
        assert!(keys.open(SESSION, &mut sealed).is_err(), "changed at {at}");
    }
}
