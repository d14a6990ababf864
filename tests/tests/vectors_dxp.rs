//! DxP against frozen bytes, both ways, as client, as device and as engine (tests/vectors/dxp.json).

use rackhand_core::buffer::TxWriter;
use rackhand_core::dxp::{
    ChangeRelay, ChangeRelays, Command, Credentials, Device, Dialect, GetInputs, GetRelays, Hello, HelloAnswer,
    PulseRelay, RelayId, RelayState, Request, Status,
};
use rackhand_core::exchange::{Event, Responder};
use rackhand_core::time::Instant;
use rackhand_tests::vectors::{load, unhex};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Vectors {
    exchanges: Vec<Exchange>,
    rejected_inputs: Vec<Value>,
}

#[derive(Deserialize)]
struct Exchange {
    name: String,
    relays: usize,
    user: String,
    password: String,
    client_hello_hex: String,
    server_hello_hex: String,
    initial_sequence: u16,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    op: String,
    seq: u16,
    request_hex: String,
    reply_hex: String,
    expect: Value,
}

/// The command that a vector describes in words.
fn command(words: &str) -> Command {
    let words: Vec<&str> = words.split([' ', ':']).filter(|word| !word.is_empty()).collect();
    let state = |word: &str| u8::from(word == "on");
    match words.as_slice() {
        ["get", "relays"] => Command::GetRelays(GetRelays),
        ["get", "inputs"] => Command::GetInputs(GetInputs),
        ["change", "relay", relay, word] => {
            Command::ChangeRelay(ChangeRelay { relay: relay.parse().unwrap(), state: state(word) })
        }
        ["pulse", "relay", relay, word, width] => Command::PulseRelay(PulseRelay {
            relay: relay.parse().unwrap(),
            state: state(word),
            width_seconds: width.trim_end_matches('s').parse().unwrap(),
        }),
        ["change", "relays"] => {
            let mut states = [2; 32];
            (states[0], states[1]) = (1, 0);
            Command::ChangeRelays(ChangeRelays { states })
        }
        other => panic!("unknown words {other:?}"),
    }
}

fn emitted(emit: impl FnOnce(&mut TxWriter<'_>)) -> Vec<u8> {
    let mut buffer = [0; Request::MAX_LEN];
    let mut writer = TxWriter::new(&mut buffer);
    emit(&mut writer);
    let len = writer.len();
    buffer[..len].to_vec()
}

#[test]
fn every_message_both_ways() {
    let vectors: Vectors = load("dxp.json");
    assert!(vectors.exchanges.len() >= 10);
    for vector in vectors.exchanges {
        let name = &vector.name;
        assert_eq!(emitted(|w| Hello.emit(w).unwrap()), unhex(&vector.client_hello_hex), "{name}");
        assert_eq!(Hello::parse(&unhex(&vector.client_hello_hex)), Ok((Hello, &[][..])), "{name}");
        let hello = HelloAnswer { sequence: vector.initial_sequence };
        assert_eq!(emitted(|w| hello.emit(w).unwrap()), unhex(&vector.server_hello_hex), "{name}");
        assert_eq!(HelloAnswer::parse(&unhex(&vector.server_hello_hex)), Ok((hello, &[][..])), "{name}");
        for (number, step) in (0_u16..).zip(&vector.steps) {
            let credentials = Credentials::new(&vector.user, &vector.password).unwrap();
            let request = Request { credentials, sequence: step.seq, command: command(&step.op) };
            assert_eq!(step.seq, vector.initial_sequence.wrapping_add(1 + 2 * number), "{name}");
            let bytes = unhex(&step.request_hex);
            assert_eq!(emitted(|w| request.emit(w).unwrap()), bytes, "{name}: {}", step.op);
            assert_eq!(Request::parse(&bytes), Ok((request, &[][..])), "{name}: {}", step.op);
            judge_reply(name, step);
        }
    }
}

/// What the reply means is what the vector expects.
fn judge_reply(name: &str, step: &Step) {
    let reply = unhex(&step.reply_hex);
    if let Some(ok) = step.expect.get("ok") {
        let (status, rest) = Status::parse(&reply).unwrap();
        assert_eq!((status == Status::SUCCESS, rest), (ok.as_bool().unwrap(), &[][..]), "{name}");
    }
    if let Some(relays) = step.expect.get("relays") {
        let states: Vec<Value> = reply
            .iter()
            .map(|byte| match RelayState::from_byte(*byte) {
                RelayState::Off => 0.into(),
                RelayState::On => 1.into(),
                RelayState::Unknown(_) => Value::Null,
            })
            .collect();
        assert_eq!(&Value::from(states), relays, "{name}");
    }
}

/// A device of ours says the same bytes as the one in the vector, where that one is in order.
#[test]
fn our_device_answers_like_the_vector() {
    for vector in load::<Vectors>("dxp.json").exchanges {
        let credentials = Credentials::new(&vector.user, &vector.password).unwrap();
        let mut device = Device::<u8, 1>::new(credentials, Dialect::default(), vector.relays, vector.initial_sequence);
        let ask = |device: &mut Device<u8, 1>, bytes: &str| {
            let (mut rx, mut tx) = (unhex(bytes), [0; 64]);
            let len = rx.len();
            let reply = device.respond(Instant::ZERO, Event::Received { peer: 1, rx: &mut rx }, &mut tx);
            assert_eq!((reply.used, reply.close), (len, None), "{}", vector.name);
            hex::encode(&tx[..reply.send.unwrap().1])
        };
        let _ = device.respond(Instant::ZERO, Event::Opened { peer: 1 }, &mut []);
        assert_eq!(ask(&mut device, &vector.client_hello_hex), vector.server_hello_hex, "{}", vector.name);
        for step in &vector.steps {
            // Before it is asked the device is put into the state that it then reports.
            let reply = unhex(&step.reply_hex);
            if step.op == "get relays" {
                for (number, byte) in (1..).zip(&reply) {
                    device.set_relay(RelayId::new(number).unwrap(), *byte == 1);
                }
            } else if step.op == "get inputs" {
                device.set_inputs(&reply.iter().map(|byte| *byte == 1).collect::<Vec<_>>());
            }
            // Two vectors show devices that fail or report a state that is none: ours does neither of itself.
            if step.expect.get("error").is_none() {
                assert_eq!(ask(&mut device, &step.request_hex), step.reply_hex, "{}: {}", vector.name, step.op);
            }
        }
    }
}

#[test]
fn rejected_inputs_are_rejected() {
    for input in load::<Vectors>("dxp.json").rejected_inputs {
        if let (Some(user), Some(password)) = (input["user"].as_str(), input["password"].as_str()) {
            assert!(Credentials::new(user, password).is_err(), "{input}");
        } else if let Some(relay) = input["relay"].as_u64() {
            assert_eq!(RelayId::new(u8::try_from(relay).unwrap()), None, "{input}");
        } else {
            let width = input["width"].as_u64().expect("nothing else is in the file");
            assert!(u16::try_from(width).is_err(), "{input}");
        }
    }
}
