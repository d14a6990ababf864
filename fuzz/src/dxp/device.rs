//! The device's side of DxP.

use rackhand_core::buffer::TxWriter;
use rackhand_core::dxp::{Command, Credentials, Device, Dialect, RelayBase, RelayId, Request, StateCodes};
use rackhand_core::exchange::{Event, Responder};
use rackhand_core::time::Instant;

use super::credentials;
use crate::responder::{Bench, command};
use crate::script::Script;

type Iboot = Device<u8, 3>;

fn device(script: &mut Script<'_>) -> Iboot {
    let knobs = script.u8();
    let dialect = Dialect {
        base: if knobs & 1 == 0 { RelayBase::One } else { RelayBase::Zero },
        codes: if knobs & 2 == 0 { StateCodes::Boot } else { StateCodes::Manual },
    };
    let mut device = Device::new(credentials(), dialect, usize::from(script.u8() % 40), script.u16());
    let inputs: Vec<_> = script.chunk().iter().map(|byte| byte & 1 != 0).collect();
    device.set_inputs(&inputs);
    device
}

/// Shows `device` the bytes in pieces of the given lengths, one after the other, as a stream: what it answers, and whether
/// it ends the connection.
fn talk(device: &mut Iboot, bytes: &[u8], mut piece: impl FnMut() -> usize) -> (Vec<u8>, bool) {
    let mut tx = [0; 64];
    let (mut answers, mut unread, mut left) = (Vec::new(), Vec::new(), bytes);
    let opened = device.respond(Instant::ZERO, Event::Opened { peer: 0 }, &mut tx);
    assert!(opened.close.is_none() && opened.send.is_none());
    while !left.is_empty() {
        let (now, later) = left.split_at(piece().clamp(1, left.len()));
        unread.extend_from_slice(now);
        left = later;
        loop {
            let len = unread.len();
            let reply = device.respond(Instant::ZERO, Event::Received { peer: 0, rx: &mut unread }, &mut tx);
            assert!(reply.used <= len);
            if let Some((0, len)) = reply.send {
                answers.extend_from_slice(&tx[..len]);
            }
            if reply.close.is_some() {
                return (answers, true);
            }
            unread.drain(..reply.used);
            if reply.used == 0 || unread.is_empty() {
                break;
            }
        }
    }
    assert!(unread.len() < Request::MAX_LEN, "{} bytes are waited upon", unread.len());
    (answers, false)
}

/// One request to a device that has just been greeted: it is answered when number, account and dialect are right.
fn one_request(device: &mut Iboot, script: &mut Script<'_>) {
    let mut tx = [0; 64];
    let _ = device.respond(Instant::ZERO, Event::Opened { peer: 1 }, &mut tx);
    let mut hello = *b"hello-000";
    let reply = device.respond(Instant::ZERO, Event::Received { peer: 1, rx: &mut hello }, &mut tx);
    assert_eq!((reply.used, reply.send), (9, Some((1, 2))));
    let first = u16::from_le_bytes([tx[0], tx[1]]);

    let before = device.relays().to_vec();
    let (ahead, stranger) = (u16::from(script.pick(&[1_u8, 1, 0, 2, 255])), script.u8() & 3 == 3);
    let account = if stranger { Credentials::new("admin", "") } else { Ok(credentials()) };
    let request = Request {
        credentials: account.expect("both are short"),
        sequence: first.wrapping_add(ahead),
        command: command(script),
    };
    let mut bytes = [0; Request::MAX_LEN];
    let mut writer = TxWriter::new(&mut bytes);
    request.emit(&mut writer).expect("MAX_LEN is enough for every request");
    let len = writer.len();
    let reply = device.respond(Instant::ZERO, Event::Received { peer: 1, rx: &mut bytes[..len] }, &mut tx);
    assert_eq!(reply.used, len);
    if ahead != 1 || stranger {
        assert_eq!((reply.close, reply.send), (Some(1), None));
        assert_eq!(device.relays(), before);
        return;
    }
    let reads = matches!(request.command, Command::GetRelays(_) | Command::GetInputs(_));
    assert!(reply.close.is_none() && (reads || reply.send == Some((1, 1))));
    if let Command::GetRelays(_) = request.command {
        let states: Vec<_> = before.iter().map(|on| u8::from(*on)).collect();
        assert_eq!(&tx[..reply.send.map_or(0, |(_, len)| len)], states);
    }
}

/// [`Device`] with several clients, and once more with one client whose bytes come in pieces.
///
/// Asserts: it uses no more than it was shown, what it sends fits and is for a client that is there; it never waits for
/// more bytes than the longest request has; however a stream is cut into pieces, the answers and the relays are the same;
/// a request with a wrong number or account ends the connection and moves nothing, any other is answered; it has as many
/// relays as it was made with.
pub fn dxp_device(data: &[u8]) {
    let mut script = Script::new(data);
    let mut one = device(&mut script);
    let relays = one.relays().len();
    let mut other = one.clone();
    let mut many = one.clone();
    one_request(&mut one.clone(), &mut script.clone());

    let mut pieces = script.chunk().iter().cycle();
    let bytes = script.rest();
    let whole = talk(&mut one, bytes, || bytes.len());
    let chopped = talk(&mut other, bytes, || pieces.next().copied().unwrap_or(1).into());
    assert_eq!(whole, chopped);
    assert_eq!(one.relays(), other.relays());

    let accounts = [credentials(), Credentials::new("admin", "").expect("both are short")];
    let mut bench = Bench::new(64);
    let mut script = Script::new(bytes);
    while !script.is_empty() {
        if script.u8() == 255 {
            if let Some(relay) = RelayId::new(script.u8()) {
                many.set_relay(relay, script.bool());
            }
        } else {
            bench.event(&mut many, &mut script, &accounts);
        }
        assert_eq!(many.relays().len(), relays);
    }
}
