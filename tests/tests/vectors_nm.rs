//! What was recorded of Node Manager between foreign clients and BMCs (protocols/ipmi.md, sections 6 and 8), and its answers in JSON,
//! as a relay gives them to a host.

use rackhand_core::dialog::{Dialog, Last, Turn};
use rackhand_core::ipmi::Refusal;
use rackhand_core::ipmi::wire::{Message, Response as IpmiResponse};
use rackhand_core::ipmi::{Bridge, RequestWriter};
use rackhand_core::nm::{
    Action, Call, Days, Domain, Few, IANA, LimitKey, NmFailure, Period, PolicyId, Request, Response, Statistics,
    Timestamp, Version,
};
use rackhand_core::time::Instant;
use rackhand_tests::vectors::{load, unhex};
use serde::Deserialize;
use serde_json::Value;

const VERSION: Version = Version { nm: 5, ipmi: 3, patch: 7, major: 1, minor: 2 };

#[derive(Deserialize)]
struct File {
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    #[serde(default)]
    fields: serde_json::Map<String, Value>,
}

/// The IPMI message of a recorded packet.
fn recorded(name: &str) -> Vec<u8> {
    let file: File = load("ipmi.json");
    let vector = file.vectors.iter().find(|vector| vector.name == name).expect(name);
    unhex(vector.fields["ipmi_payload"].as_str().expect("hex"))
}

/// What `call` asks: network function, command, whom, data.
fn asked(call: &Call) -> (u8, u8, Option<Bridge>, Vec<u8>) {
    let mut buffer = [0; 32];
    let mut w = RequestWriter::new(&mut buffer);
    call.ask(&mut w).expect("room");
    let (netfn, command, bridge, len) = (w.netfn, w.command, w.bridge, w.len());
    (netfn, command, bridge, buffer[..len].to_vec())
}

/// ipmitool's Get Version over the bridge, and what a BMC answered: the dialog asks the same, and reads it.
#[test]
fn get_version() {
    let outer = recorded("ipmi_suite_a3i4c1_netfn2e_cmdca_bridged");
    let send_message = Message::parse(&outer).expect("a message");
    let (channel, inner) = send_message.data.split_first().expect("a channel");
    let inner = Message::parse(inner).expect("a message inside");
    let answer = recorded("ipmi_suite_a3i4c1_netfn2f_cmdca");
    let answer = IpmiResponse::parse(&answer).expect("an answer");

    let at = Bridge { channel: channel & 0x0F, address: inner.to };
    let mut call = Call::new(Request::GetVersion, Some(at));
    assert_eq!(call.turn(Instant::ZERO, Last::Start), Ok(Turn::Ask));
    assert_eq!(asked(&call), (inner.netfn, inner.command, Some(at), inner.data.to_vec()));
    let data = inner.data.strip_prefix(&IANA).expect("Intel's");
    assert_eq!(Request::parse(inner.command, data), Ok(Some(Request::GetVersion)));
    match call.turn(Instant::ZERO, Last::Answer(answer.data)) {
        Ok(Turn::Done(called)) => assert_eq!((called.response, called.at), (Response::Version(VERSION), at)),
        other => panic!("{other:?}"),
    }
}

/// The key of a discovery record, as a BMC gave it: what else of the record is read is left alone.
#[test]
fn discovery_record() {
    let answer = recorded("ipmi_suite_a1i1c1_netfn0b_cmd23_7");
    let answer = IpmiResponse::parse(&answer).expect("an answer");
    let mut call = Call::new(Request::GetVersion, None);
    let mut turn = |data: &[u8]| call.turn(Instant::ZERO, Last::Answer(data));
    assert_eq!(turn(&[1, 0]), Ok(Turn::Ask));
    assert_eq!(turn(&[0xFF, 0xFF, 3, 0, 0x51, 0xC0, 11]), Ok(Turn::Ask));
    // Seven bytes were asked for: that record was read whole.
    assert_eq!(turn(&answer.data[..9]), Ok(Turn::Ask));
    let at = Bridge { channel: 0, address: 0x2C };
    assert_eq!(asked(&call), (0x2E, 0xCA, Some(at), IANA.to_vec()));
}

#[test]
fn answers_in_json_there_and_back() {
    let policy = PolicyId { domain: Domain::Unknown(9), number: 13 };
    let mut periods = Few::default();
    periods.push(Period { start: 20, stop: 100, days: Days::of(3) }).expect("room");
    let statistics = Statistics {
        domain: Domain::Platform,
        current: 202,
        minimum: 150,
        maximum: 240,
        average: 200,
        timestamp: Timestamp::of(1_454_530_432),
        reporting_period_seconds: 2125,
        enabled: true,
        operational: true,
        measuring: true,
        limiting: true,
    };
    let responses = [
        Response::Done,
        Response::Version(VERSION),
        Response::SuspendPeriods { policy, periods },
        Response::Statistics(statistics),
        Response::LimitingPolicy { domain: Domain::Cpu, number: None },
    ];
    for response in responses {
        let text = serde_json::to_string(&response).expect("JSON");
        assert_eq!(serde_json::from_str::<Response>(&text).expect(&text), response, "{text}");
    }
    assert_eq!(serde_json::to_string(&Response::Done).expect("JSON"), r#""done""#);
    for bad in [
        r#"{"version":{"nm":5,"ipmi":3,"patch":7,"major":1,"minor":2,"more":0}}"#,
        r#"{"suspend_periods":{"policy":{"domain":"cpu","number":1},"periods":[1,2,3,4,5,6]}}"#,
        r#"{"limiting_policy":{"domain":"gpu","number":null}}"#,
        r#"{"limiting_policy":{"domain":"cpu","number":null,"more":0}}"#,
    ] {
        assert!(serde_json::from_str::<Response>(bad).is_err(), "{bad}");
    }
    let failures = [
        NmFailure::Limit { key: LimitKey::CorrectionTime, got: 1, least: 10, most: 100_000 },
        NmFailure::NotFound { refusal: Some(Refusal::Bridge(0x83)) },
        NmFailure::Refused { command: 0xC1, refusal: Refusal::Completion(0xD5) },
    ];
    for failure in failures {
        let text = serde_json::to_string(&failure).expect("JSON");
        assert_eq!(serde_json::from_str::<NmFailure>(&text).expect(&text), failure, "{text}");
    }
    assert_eq!(serde_json::to_string(&Action::Shutdown).expect("JSON"), r#""shutdown""#);
}
