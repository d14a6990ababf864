//! Our client against our simulated iBoot on virtual time: every action under every named fault, over networks that delay, chop
//! and refuse. The simulated relay is the judge of what is said about it.

use rackhand_adapters::sim::{Iboot, IbootFault, Named};
use rackhand_core::dxp::{Credentials, Dialect, RelayBase, RelayId, StateCodes};
use rackhand_core::operation::{Action, Error, ErrorKind, Outcome, PowerState, PowerTarget, Value};
use rackhand_tests::pair::{Network, Pair, Random};
use rackhand_tests::targets::{iboot, operation};

const SEEDS: u64 = 25;
/// Of the operation, in milliseconds.
const TIMEOUT: u64 = 60_000;

const ACTIONS: [Action; 5] = [
    Action::GetPower,
    Action::SetPower(PowerTarget::On),
    Action::SetPower(PowerTarget::Off),
    Action::SetPower(PowerTarget::Reboot),
    Action::PulseRelay { on: true, seconds: 30 },
];

fn device(dialect: Dialect) -> Iboot<u64> {
    Iboot::new(Credentials::new("admin", "s3cret").unwrap(), dialect, 4)
}

fn network(seed: u64) -> Network {
    let mut random = Random::new(seed ^ 0x5EED);
    Network { delay_ms: random.below(300), chops: random.below(2) == 1, refusals: 0, swallows: 0 }
}

struct Run {
    result: Result<Outcome, Error>,
    took: u64,
    relay: bool,
}

fn run(action: &Action, fault: Option<&str>, extra: &[(&str, Value<'_>)], network: Network, seed: u64) -> Run {
    let dialect = match extra.iter().any(|(name, _)| *name == "iboot_relay_base") {
        true => Dialect { base: RelayBase::Zero, codes: StateCodes::Manual },
        false => Dialect::default(),
    };
    let mut device = device(dialect);
    device.set_relay(RelayId::new(2).unwrap(), seed.is_multiple_of(2));
    device.set_sequence(u16::try_from(seed.wrapping_mul(65_521) % 65_536).unwrap());
    if let Some(fault) = fault {
        device.faults().add_named(fault).unwrap();
    }
    let all: Vec<_> = [("iboot_relay_id", Value::Int(2))].into_iter().chain(extra.iter().copied()).collect();
    let mut pair = Pair::new(device, network, seed);
    let result = pair.run(operation(&iboot(&all).unwrap(), action));
    Run { result, took: pair.now().as_millis(), relay: pair.device.relays()[1] }
}

/// What is true whatever goes wrong.
fn sane(action: &Action, run: &Run, context: &str) {
    assert!(run.took <= TIMEOUT + 1, "{context}: took {} ms", run.took);
    match &run.result {
        Ok(Outcome::Power(state)) => {
            assert_eq!(*state, PowerState::from_on(run.relay), "{context}: it is not as it was said to be");
            match action {
                Action::SetPower(PowerTarget::Off) => assert_eq!(*state, PowerState::Off, "{context}"),
                Action::SetPower(_) => assert_eq!(*state, PowerState::On, "{context}"),
                _ => {}
            }
        }
        Ok(Outcome::Pulsed(Some(state))) => assert_eq!(*state, PowerState::from_on(run.relay), "{context}"),
        Ok(Outcome::Pulsed(None)) => {}
        Ok(other) => panic!("{context}: {other:?}"),
        Err(error) => {
            let words = error.to_string();
            assert!(!words.contains("s3cret") && !format!("{error:?}").contains("s3cret"), "{context}: {words}");
        }
    }
}

#[test]
fn nothing_wrong() {
    for action in &ACTIONS {
        for seed in 0..SEEDS {
            let context = format!("{action:?}, seed {seed}");
            let run = run(action, None, &[], network(seed), seed);
            sane(action, &run, &context);
            assert!(run.result.is_ok(), "{context}: {:?}", run.result);
        }
    }
}

#[test]
fn both_dialects_on_every_network() {
    let manual = [("iboot_relay_base", Value::Int(0)), ("iboot_state_codes", Value::Str("manual"))];
    for action in &ACTIONS {
        for seed in 0..SEEDS {
            let run = run(action, None, &manual, network(seed), seed);
            sane(action, &run, &format!("{action:?}, seed {seed}"));
            assert!(run.result.is_ok(), "{action:?}, seed {seed}: {:?}", run.result);
        }
    }
}

/// How an action must end under a fault that never stops.
fn verdict(fault: &str, action: &Action) -> Option<ErrorKind> {
    let changes = *action != Action::GetPower;
    let pulses = matches!(action, Action::PulseRelay { .. });
    match fault {
        // What is only slow or oddly cut is no failure, nor is a byte too many that nobody asked about.
        "fragments" | "slow=7" | "too-much" | "trickle" => None,
        "drop-hello" | "mute" => Some(ErrorKind::NoContact),
        "drop-request" | "wrong-sequence" | "drop-response" => Some(ErrorKind::Failed),
        // Refused, but carried out: the look afterwards tells, except for a pulse, which must not be tried again.
        "wrong-status=7" => pulses.then_some(ErrorKind::Failed),
        "refuse" | "stuck-relay" => changes.then_some(ErrorKind::Failed),
        other => panic!("no verdict on {other}"),
    }
}

#[test]
fn every_fault_for_ever() {
    for name in IbootFault::NAMES {
        let fault = match name.split_once('=') {
            Some((name, _)) => format!("{name}=7"),
            None => (*name).to_owned(),
        };
        for action in &ACTIONS {
            for seed in 0..SEEDS {
                let context = format!("{fault}, {action:?}, seed {seed}");
                let run = run(action, Some(&fault), &[], network(seed), seed);
                sane(action, &run, &context);
                let kind = run.result.as_ref().err().map(Error::kind);
                if fault == "garbage" {
                    // The first two bytes of a banner may pass for an answer; what follows them does not.
                    assert!(kind.is_some(), "{context}: {:?}", run.result);
                    continue;
                }
                // A relay that is stuck where it should go anyway does not show; nor does a reboot that finds it off.
                let already = matches!(fault.as_str(), "refuse" | "stuck-relay") && kind.is_none();
                assert!(already || kind == verdict(&fault, action), "{context}: {:?}", run.result);
            }
        }
    }
}

#[test]
fn every_fault_but_for_a_while() {
    for name in IbootFault::NAMES {
        let fault = match name.split_once('=') {
            Some((name, _)) => format!("{name}=7*2"),
            None => format!("{name}*2"),
        };
        for action in &ACTIONS {
            for seed in 0..SEEDS {
                let context = format!("{fault}, {action:?}, seed {seed}");
                let run = run(action, Some(&fault), &[], network(seed), seed);
                sane(action, &run, &context);
                // Two failed tries of four are repeated. A pulse is not, once it may have been carried out.
                if !matches!(action, Action::PulseRelay { .. }) && !fault.starts_with("stuck") {
                    assert!(run.result.is_ok(), "{context}: {:?}", run.result);
                }
            }
        }
    }
}

#[test]
fn connections_that_are_refused_or_swallowed() {
    for action in &ACTIONS {
        for seed in 0..SEEDS {
            let bad = Network { refusals: 2, swallows: 1, ..network(seed) };
            let run = run(action, None, &[], bad, seed);
            sane(action, &run, &format!("{action:?}, seed {seed}"));
            assert!(run.result.is_ok(), "{action:?}, seed {seed}: {:?}", run.result);
        }
    }
}

#[test]
fn a_wrong_password_says_so_as_far_as_it_can_be_known() {
    let mut device = Iboot::new(Credentials::new("admin", "other").unwrap(), Dialect::default(), 4);
    device.set_relay(RelayId::FIRST, true);
    let mut pair = Pair::new(device, Network::default(), 1);
    let error = pair.run(operation(&iboot(&[]).unwrap(), &Action::SetPower(PowerTarget::Off))).unwrap_err();
    let words = error.to_string();
    assert!(words.contains("user name or password"), "{words}");
    assert!(pair.device.relays()[0], "it was not switched");
}

#[test]
fn faults_in_pairs() {
    // No combination of two makes it say what is not so, or go on for ever.
    for first in IbootFault::NAMES {
        for second in IbootFault::NAMES {
            for (seed, action) in (0..).zip(&ACTIONS) {
                let mut device = device(Dialect::default());
                for (fault, times) in [(first, 1), (second, 3)] {
                    let fault =
                        fault.split_once('=').map_or_else(|| (*fault).to_owned(), |(name, _)| format!("{name}=9"));
                    device.faults().add_named(&format!("{fault}*{times}")).unwrap();
                }
                let mut pair = Pair::new(device, network(seed), seed);
                let result = pair.run(operation(&iboot(&[]).unwrap(), action));
                let run = Run { result, took: pair.now().as_millis(), relay: pair.device.relays()[0] };
                sane(action, &run, &format!("{first} + {second}, {action:?}, seed {seed}"));
            }
        }
    }
}
