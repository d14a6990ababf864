//! iBoot operations as literal bytes: every line is written from the DxP chapter of the manuals and drivers.md, and no codec of
//! ours is involved.
//!
//! A request is class 03, user, password (21 bytes each, zero behind the text), descriptor, 00, sequence (LE), payload.

use std::num::NonZeroU16;

use rackhand_adapters::drive::Kind;
use rackhand_core::dxp::{Failure, Fault, Reading, Reception, RelayChange, RelayChanges, RelayId, Stage, Trouble};
use rackhand_core::exchange::{Cause, Exchange, Input, Next, Why};
use rackhand_core::operation::{Action, Error, Outcome, PowerState, PowerTarget, Value};
use rackhand_core::time::Instant;
use rackhand_tests::script::Line::{
    self, BreaksUnsent, ClosesAndWaits, Ends, Gets, IsRefused, Opens, OpensInVain, Sends, Silence, Waits,
};
use rackhand_tests::script::play;
use rackhand_tests::targets::{iboot, operation};

const HELLO: Line = Sends("68656c6c6f2d303030");

/// A request of user admin with password s3cret; `$tail` is descriptor, parameter, sequence and payload.
macro_rules! request {
    ($tail:literal) => {
        Sends(concat!(
            "03 61646d696e00000000000000000000000000000000",
            "733363726574000000000000000000000000000000",
            $tail
        ))
    };
}

const ON: Action = Action::SetPower(PowerTarget::On);
const OFF: Action = Action::SetPower(PowerTarget::Off);
const REBOOT: Action = Action::SetPower(PowerTarget::Reboot);

fn run(extra: &[(&str, Value<'_>)], action: &Action, script: &[Line]) -> (Result<Outcome, Error>, u64) {
    play(operation(&iboot(extra).unwrap(), action), Kind::Stream, script)
}

fn failed(failure: Failure, stage: Stage, trouble: Trouble) -> Result<Outcome, Error> {
    // Hello was answered wherever a request was the trouble.
    let contact = stage == Stage::Request;
    Err(Error::Iboot { failure, fault: Some(Fault { stage, trouble }), contact, out_of_time: false })
}

fn relay(number: u8) -> RelayId {
    RelayId::new(number).unwrap()
}

#[test]
fn status_takes_its_byte_and_drops_the_rest() {
    let script = [Opens, HELLO, Gets("d204"), request!("04 00 d304"), Gets("000001ff")];
    let (result, took) = run(&[("iboot_relay_id", Value::Int(3))], &Action::GetPower, &script);
    assert_eq!((result, took), (Ok(Outcome::Power(PowerState::On)), 0));
}

#[test]
fn split_hello_and_split_status_are_waited_for() {
    let script = [Opens, HELLO, Gets("d2"), Gets("04"), request!("04 00 d304"), Gets("01"), Gets("01"), Gets("00")];
    let (result, _) = run(&[("iboot_relay_id", Value::Str("3"))], &Action::GetPower, &script);
    assert_eq!(result, Ok(Outcome::Power(PowerState::Off)));
}

#[test]
fn on_is_read_back_on_a_connection_of_its_own() {
    let script = [
        Opens,
        HELLO,
        Gets("d204"),
        request!("01 00 d304 0201"),
        Gets("00"),
        Opens,
        HELLO,
        Gets("1000"),
        request!("04 00 1100"),
        Gets("0001"),
    ];
    let (result, took) = run(&[("iboot_relay_id", Value::Int(2))], &ON, &script);
    assert_eq!((result, took), (Ok(Outcome::Power(PowerState::On)), 0));
}

#[test]
fn sequence_numbers_wrap() {
    let change = |number, on| RelayChange { relay: relay(number), on };
    let both = Action::SwitchRelays(RelayChanges::new(&[change(1, false), change(2, true)]).unwrap());
    let read = [Opens, HELLO, Gets("ffff"), request!("04 00 0000"), Gets("0001")];
    let wraps = [
        [Opens, HELLO, Gets("ffff"), request!("01 00 0000 0100"), Gets("00"), request!("01 00 0200 0201"), Gets("00")],
        [Opens, HELLO, Gets("feff"), request!("01 00 ffff 0100"), Gets("00"), request!("01 00 0100 0201"), Gets("00")],
        [Opens, HELLO, Gets("fdff"), request!("01 00 feff 0100"), Gets("00"), request!("01 00 0000 0201"), Gets("00")],
    ];
    for script in wraps {
        assert_eq!(run(&[], &both, &[&script[..], &read].concat()).0, Ok(Outcome::Switched));
    }
}

#[test]
fn the_manuals_dialect() {
    let manual = [("iboot_relay_base", Value::Int(0)), ("iboot_state_codes", Value::Str("manual"))];
    let script = [
        Opens,
        HELLO,
        Gets("0000"),
        request!("01 00 0100 0002"),
        Gets("00"),
        Opens,
        HELLO,
        Gets("0000"),
        request!("04 00 0100"),
        Gets("00"),
    ];
    assert_eq!(run(&manual, &OFF, &script).0, Ok(Outcome::Power(PowerState::Off)));
}

#[test]
fn reboot_reads_back_both_ways_and_waits_between() {
    let script = [
        Opens,
        HELLO,
        Gets("0100"),
        request!("01 00 0200 0100"),
        Gets("00"),
        Opens,
        HELLO,
        Gets("0500"),
        request!("04 00 0600"),
        // Not off yet: asked again a second later.
        Gets("01"),
        ClosesAndWaits(1000),
        Opens,
        HELLO,
        Gets("0900"),
        request!("04 00 0a00"),
        Gets("00"),
        ClosesAndWaits(5000),
        Opens,
        HELLO,
        Gets("2000"),
        request!("01 00 2100 0101"),
        Gets("00"),
        Opens,
        HELLO,
        Gets("0000"),
        request!("04 00 0100"),
        Gets("01"),
    ];
    let (result, took) = run(&[], &REBOOT, &script);
    assert_eq!((result, took), (Ok(Outcome::Power(PowerState::On)), 6000));
}

#[test]
fn a_relay_that_never_reads_off_is_set_on_again() {
    let read = [Opens, HELLO, Gets("0000"), request!("04 00 0100"), Gets("01")];
    let mut script = vec![Opens, HELLO, Gets("0000"), request!("01 00 0100 0100"), Gets("00")];
    script.extend(read);
    for _ in 0..3 {
        script.push(ClosesAndWaits(1000));
        script.extend(read);
    }
    script.extend([Opens, HELLO, Gets("0000"), request!("01 00 0100 0101"), Gets("00")]);
    script.extend(read);
    let failure = Failure::NeverOff { relay: relay(1), request: Reception::Accepted, seen: Reading::On };
    let error = Error::Iboot { failure, fault: None, contact: true, out_of_time: false };
    assert_eq!(run(&[], &REBOOT, &script).0, Err(error));
}

#[test]
fn failed_tries_are_repeated_and_then_read_back() {
    // Refused, silent at hello, closed after the request, failure: four tries, then a look.
    let script = [
        IsRefused,
        ClosesAndWaits(1000),
        Opens,
        HELLO,
        Silence,
        ClosesAndWaits(1000),
        Opens,
        HELLO,
        Gets("0100"),
        request!("01 00 0200 0101"),
        Ends,
        ClosesAndWaits(1000),
        Opens,
        HELLO,
        Gets("0500"),
        request!("01 00 0600 0101"),
        Gets("7f"),
        Opens,
        HELLO,
        Gets("0000"),
        request!("04 00 0100"),
        Gets("01"),
    ];
    let (result, took) = run(&[], &ON, &script);
    assert_eq!((result, took), (Ok(Outcome::Power(PowerState::On)), 13_000), "it reads on, whatever was said");
}

#[test]
fn what_never_got_through_needs_no_look() {
    let script = [
        IsRefused,
        ClosesAndWaits(1000),
        OpensInVain,
        ClosesAndWaits(1000),
        IsRefused,
        ClosesAndWaits(1000),
        IsRefused,
    ];
    let (result, took) = run(&[], &ON, &script);
    assert_eq!(result, failed(Failure::NoContact, Stage::Connect, Trouble::Closed(Cause::Refused)));
    assert_eq!(took, 8000, "5 s for a connection that never comes, 1 s between tries");
}

/// Relays 1 and 2 are switched on. The first change is made on the first connection, which `ends` as it does; the second has a
/// connection of its own.
fn second_change_on_a_new_connection(ends: &[Line]) -> Result<Outcome, Error> {
    let change = |number| RelayChange { relay: relay(number), on: true };
    let both = Action::SwitchRelays(RelayChanges::new(&[change(1), change(2)]).unwrap());
    let first = [Opens, HELLO, Gets("0100"), request!("01 00 0200 0101")];
    let second = [Opens, HELLO, Gets("0700"), request!("01 00 0800 0201"), Gets("00")];
    let read = [Opens, HELLO, Gets("0900"), request!("04 00 0a00"), Gets("0101")];
    run(&[], &both, &[&first[..], ends, &second, &read].concat()).0
}

#[test]
fn a_device_that_serves_one_request_a_connection_is_reopened() {
    let result = second_change_on_a_new_connection(&[Gets("00"), BreaksUnsent]);
    assert_eq!(result, Ok(Outcome::Switched), "that is no failed try: nothing waits");
}

#[test]
fn a_stray_byte_costs_the_connection_and_nothing_else() {
    assert_eq!(second_change_on_a_new_connection(&[Gets("0001")]), Ok(Outcome::Switched));
}

#[test]
fn a_refused_relay_is_read_back_before_anything_is_said() {
    let mut script = vec![Opens, HELLO, Gets("0100"), request!("01 00 0200 0101"), Gets("01"), Waits(1000)];
    for tail in [request!("01 00 0400 0101"), request!("01 00 0600 0101")] {
        script.extend([tail, Gets("01"), Waits(1000)]);
    }
    script.extend([
        request!("01 00 0800 0101"),
        Gets("01"),
        Opens,
        HELLO,
        Gets("0000"),
        request!("04 00 0100"),
        Gets("00"),
    ]);
    for _ in 0..3 {
        script.extend([ClosesAndWaits(1000), Opens, HELLO, Gets("0000"), request!("04 00 0100"), Gets("00")]);
    }
    let (request, seen) = (Reception::Refused, Reading::Off);
    let failure = Failure::NotReached { relay: relay(1), wanted: true, request, seen, untried: 0 };
    assert_eq!(run(&[], &ON, &script).0, failed(failure, Stage::Request, Trouble::Refused(1)));
}

#[test]
fn a_pulse_is_sent_once() {
    let pulse = Action::PulseRelay { on: false, seconds: NonZeroU16::new(300).unwrap() };
    let script = [
        Opens,
        HELLO,
        Gets("6300"),
        request!("07 00 6400 01002c01"),
        Gets("00"),
        Opens,
        HELLO,
        Gets("0000"),
        request!("04 00 0100"),
        Gets("00"),
    ];
    assert_eq!(run(&[], &pulse, &script).0, Ok(Outcome::Pulsed(Reading::Off)));

    // Lost before it left: again. Lost after: never again, but the relay is read.
    let script = [
        Opens,
        HELLO,
        Gets("6300"),
        BreaksUnsent,
        ClosesAndWaits(1000),
        Opens,
        HELLO,
        Gets("6300"),
        request!("07 00 6400 01002c01"),
        Silence,
        Opens,
        HELLO,
        Gets("0000"),
        request!("04 00 0100"),
        Gets("01"),
    ];
    let failure = Failure::Unanswered { relay: relay(1), seen: Reading::On };
    assert_eq!(run(&[], &pulse, &script).0, failed(failure, Stage::Request, Trouble::Silence));
}

#[test]
fn several_relays_one_by_one_on_one_connection() {
    let change = |number, on| RelayChange { relay: relay(number), on };
    let list = RelayChanges::new(&[change(3, true), change(1, false)]).unwrap();
    let script = [
        Opens,
        HELLO,
        Gets("0100"),
        request!("01 00 0200 0301"),
        Gets("00"),
        request!("01 00 0400 0100"),
        Gets("00"),
        Opens,
        HELLO,
        Gets("0000"),
        request!("04 00 0100"),
        Gets("000001"),
    ];
    assert_eq!(run(&[], &Action::SwitchRelays(list), &script).0, Ok(Outcome::Switched));
}

#[test]
fn a_known_number_of_relays_is_held_to() {
    let count = [("iboot_relay_count", Value::Int(2))];
    let asks = [Opens, HELLO, Gets("0100"), request!("04 00 0200"), Gets("01")];
    // Silence after the last byte, or the end of the connection, shows that it was the last; the bytes are looked at again then.
    let script = [&asks[..], &[Gets("00"), Silence, Gets("")]].concat();
    assert_eq!(run(&count, &Action::GetPower, &script), (Ok(Outcome::Power(PowerState::On)), 200));
    let script = [&asks[..], &[Gets("00"), Ends]].concat();
    assert_eq!(run(&count, &Action::GetPower, &script), (Ok(Outcome::Power(PowerState::On)), 0));

    // One more is too much, whether it comes with the others or after them.
    for answer in [&[Gets("010100")][..], &[Gets("01"), Gets("0100")], &[Gets("0101"), Gets("00")]] {
        let mut script = vec![];
        for _ in 0..4 {
            script.extend([&asks[..4], answer, &[ClosesAndWaits(1000)]].concat());
        }
        script.pop();
        let too_much = failed(Failure::NoContact, Stage::Request, Trouble::TooMuch);
        assert_eq!(run(&count, &Action::GetPower, &script).0, too_much);
    }
}

#[test]
fn another_protocol_is_recognised_by_its_banner() {
    let mut script = vec![];
    for _ in 0..4 {
        script.extend([Opens, HELLO, Gets("5353482d322e30"), ClosesAndWaits(1000)]);
    }
    script.pop();
    assert_eq!(run(&[], &Action::GetPower, &script).0, failed(Failure::NoContact, Stage::Hello, Trouble::TooMuch));
}

#[test]
fn a_state_that_is_none_is_not_guessed_at() {
    let mut script = vec![];
    for _ in 0..4 {
        script.extend([Opens, HELLO, Gets("0100"), request!("04 00 0200"), Gets("02"), ClosesAndWaits(1000)]);
    }
    script.pop();
    let failure = Failure::UnknownState(2);
    let error = Error::Iboot { failure, fault: None, contact: true, out_of_time: false };
    assert_eq!(run(&[], &Action::GetPower, &script).0, Err(error));
}

/// A message that ends with its connection is whole only then; the connection is of no use any more.
#[test]
fn an_answer_that_comes_with_the_end_of_its_connection_counts() {
    let now = Instant::from_millis(5);
    let target = iboot(&[("iboot_relay_id", Value::Int(2))]).unwrap();
    let mut machine = operation(&target, &Action::GetPower);
    let mut tx = [0; 128];
    let (mut hello, mut answer) = ([1, 0], [0, 1]);
    let inputs = [
        Input::Start,
        Input::Opened { kept: false },
        Input::Sent,
        Input::Received(&mut hello),
        Input::Sent,
        Input::Closed { why: Why { cause: Cause::Ended, sent: true }, unread: &mut answer },
    ];
    let mut last = None;
    for input in inputs {
        last = Some(machine.step(now, input, &mut tx).unwrap().next);
    }
    assert_eq!(last, Some(Next::Done(Outcome::Power(PowerState::On))));
}
