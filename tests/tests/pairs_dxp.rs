//! Our client against our simulated iBoot on virtual time: every action under every named fault, over networks that delay, chop
//! and refuse. The simulated relay is the judge of what is said about it.

use std::num::NonZeroU16;
use std::time::Duration;

use rackhand_adapters::sim::{Iboot, IbootFault, Named};
use rackhand_core::dxp::{
    Credentials, Dialect, Engine, Failure, Limits, Reading, Reboot, Reception, RelayBase, RelayChange, RelayChanges,
    RelayId, Retry, StateCodes,
};
use rackhand_core::operation::{Action, Error, ErrorKind, Outcome, PowerState, PowerTarget, Value};
use rackhand_tests::pair::{Network, Pair, Random};
use rackhand_tests::targets::{iboot, operation};

const SEEDS: u64 = 25;
/// Of the operation, in milliseconds.
const TIMEOUT: u64 = 60_000;

const REBOOT: Action = Action::SetPower(PowerTarget::Reboot);

fn relay(number: u8) -> RelayId {
    RelayId::new(number).unwrap()
}

/// Switches relays 3 and 2 on and relay 4 off, in this order.
fn list() -> RelayChanges {
    RelayChanges::new(&[(3, true), (2, true), (4, false)].map(|(number, on)| RelayChange { relay: relay(number), on }))
        .unwrap()
}

fn actions() -> [Action; 6] {
    [
        Action::GetPower,
        Action::SetPower(PowerTarget::On),
        Action::SetPower(PowerTarget::Off),
        REBOOT,
        Action::PulseRelay { on: true, seconds: NonZeroU16::new(30).unwrap() },
        Action::SwitchRelays(list()),
    ]
}

fn device(dialect: Dialect) -> Iboot<u64> {
    Iboot::new(Credentials::new("admin", "s3cret").unwrap(), dialect, 4)
}

fn network(seed: u64) -> Network {
    let mut random = Random::new(seed ^ 0x5EED);
    Network { delay_ms: random.below(300), chops: random.below(2) == 1, refusals: 0, swallows: 0, lasts: None }
}

struct Run {
    result: Result<Outcome, Error>,
    took: u64,
    /// All relays, before and after.
    before: Vec<bool>,
    relays: Vec<bool>,
}

impl Run {
    fn on(&self, relay: RelayId) -> bool {
        self.relays[relay.index()]
    }
}

fn run(action: &Action, fault: Option<&str>, extra: &[(&str, Value<'_>)], network: Network, seed: u64) -> Run {
    let dialect = match extra.iter().any(|(name, _)| *name == "iboot_relay_base") {
        true => Dialect { base: RelayBase::Zero, codes: StateCodes::Manual },
        false => Dialect::default(),
    };
    let mut device = device(dialect);
    device.set_relay(relay(2), seed.is_multiple_of(2));
    device.set_relay(relay(4), true);
    device.set_sequence(u16::try_from(seed.wrapping_mul(65_521) % 65_536).unwrap());
    if let Some(fault) = fault {
        device.faults().add_named(fault).unwrap();
    }
    let all: Vec<_> = [("iboot_relay_id", Value::Int(2))].into_iter().chain(extra.iter().copied()).collect();
    conclude(Pair::new(device, network, seed), |pair| pair.run(operation(&iboot(&all).unwrap(), action)))
}

fn conclude(mut pair: Pair<Iboot<u64>>, run: impl FnOnce(&mut Pair<Iboot<u64>>) -> Result<Outcome, Error>) -> Run {
    let before = pair.device.relays().to_vec();
    let result = run(&mut pair);
    Run { result, took: pair.now().as_millis(), before, relays: pair.device.relays().to_vec() }
}

/// What a failure says of a relay: which one, what was seen, and what became of the request.
fn told(failure: Failure) -> Option<(RelayId, Reading, Option<Reception>)> {
    match failure {
        Failure::NotReached { relay, request, seen, .. }
        | Failure::NeverOff { relay, request, seen }
        | Failure::NotOnAgain { relay, request, seen } => Some((relay, seen, Some(request))),
        Failure::Unanswered { relay, seen } => Some((relay, seen, None)),
        Failure::NoContact | Failure::Refused | Failure::UnknownState(_) => None,
    }
}

/// What an error says is so.
fn true_error(action: &Action, run: &Run, error: &Error, context: &str) {
    let words = error.to_string();
    assert!(!words.contains("s3cret") && !format!("{error:?}").contains("s3cret"), "{context}: {words}");
    let &Error::Iboot { failure, contact, .. } = error else { panic!("{context}: {error:?}") };
    assert_eq!(error.kind() == ErrorKind::NoContact, !contact, "{context}: {words}");

    // Nothing was changed, it says, or nothing of what was.
    let moved = run.relays != run.before;
    let told = told(failure);
    assert!(!moved || contact && failure != Failure::NoContact, "{context}: {words}");
    let silent = told.is_none() && !matches!(action, Action::PulseRelay { .. });
    assert!(!moved || !silent, "{context}: {words}: {:?}, {:?}", run.before, run.relays);

    let Some((named, seen, request)) = told else { return };
    assert!(words.contains(&format!("relay {}", named.get())), "{context}: {words}");
    if let Some(on) = seen.is_on() {
        assert_eq!(run.on(named), on, "{context}: {words}");
    }
    let unsent = request == Some(Reception::NeverSent);
    match failure {
        Failure::NotReached { wanted, .. } => {
            assert_ne!(seen.is_on(), Some(wanted), "{context}: {words}");
            assert!(!unsent || run.on(named) == run.before[named.index()], "{context}: {words}");
        }
        Failure::NotOnAgain { .. } => assert!(!unsent || seen.is_on() != Some(true) && !run.on(named), "{words}"),
        Failure::NeverOff { .. } | Failure::Unanswered { .. } => {}
        other => panic!("{context}: {other:?}"),
    }
    if *action == REBOOT {
        assert!(matches!(failure, Failure::NeverOff { .. } | Failure::NotOnAgain { .. }), "{context}: {words}");
    }
}

/// What is true whatever goes wrong.
fn sane(action: &Action, run: &Run, context: &str) {
    assert!(run.took <= TIMEOUT + 1, "{context}: took {} ms", run.took);
    match &run.result {
        Ok(Outcome::Power(state)) => {
            assert_eq!(*state, PowerState::from_on(run.on(relay(2))), "{context}: it is not as it was said to be");
            match action {
                Action::SetPower(PowerTarget::Off) => assert_eq!(*state, PowerState::Off, "{context}"),
                Action::SetPower(_) => assert_eq!(*state, PowerState::On, "{context}"),
                _ => {}
            }
        }
        Ok(Outcome::Pulsed(seen)) => {
            assert!(seen.is_on().is_none_or(|on| on == run.on(relay(2))), "{context}: {seen:?}");
        }
        Ok(Outcome::Switched) => {
            for change in list().as_slice() {
                assert_eq!(run.on(change.relay), change.on, "{context}: relay {}", change.relay.get());
            }
        }
        Ok(other) => panic!("{context}: {other:?}"),
        Err(error) => true_error(action, run, error, context),
    }
}

#[test]
fn nothing_wrong() {
    for action in &actions() {
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
    for action in &actions() {
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
    let (pulses, list) = (matches!(action, Action::PulseRelay { .. }), matches!(action, Action::SwitchRelays(_)));
    match fault {
        // What is only slow or oddly cut is no failure, nor is a byte too many that nobody asked about.
        "fragments" | "slow=7" | "too-much" | "trickle" => None,
        "drop-hello" | "mute" => Some(ErrorKind::NoContact),
        "drop-request" | "wrong-sequence" | "drop-response" => Some(ErrorKind::Failed),
        // Refused, but carried out: the look afterwards tells, except for a pulse, which must not be tried again.
        // Nor does a list go on behind a change that is refused.
        "wrong-status=7" => (pulses || list).then_some(ErrorKind::Failed),
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
        for action in &actions() {
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
        for action in &actions() {
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
    for action in &actions() {
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
    let begins = "relay 1 should be off; the request was not answered, and the relay could not be read; last: ";
    assert!(words.starts_with(begins) && error.kind() == ErrorKind::Failed, "{words}");
    assert!(pair.device.relays()[0], "it was not switched");
}

#[test]
fn faults_in_pairs() {
    // No combination of two makes it say what is not so, or go on for ever.
    for first in IbootFault::NAMES {
        for second in IbootFault::NAMES {
            for (seed, action) in (0..).zip(&actions()) {
                let mut device = device(Dialect::default());
                device.set_relay(relay(4), true);
                for (fault, times) in [(first, 1), (second, 3)] {
                    let fault =
                        fault.split_once('=').map_or_else(|| (*fault).to_owned(), |(name, _)| format!("{name}=9"));
                    device.faults().add_named(&format!("{fault}*{times}")).unwrap();
                }
                let target = iboot(&[("iboot_relay_id", Value::Int(2))]).unwrap();
                let pair = Pair::new(device, network(seed), seed);
                let run = conclude(pair, |pair| pair.run(operation(&target, action)));
                sane(action, &run, &format!("{first} + {second}, {action:?}, seed {seed}"));
            }
        }
    }
}

/// Every name with a value that bites.
fn named_faults() -> impl Iterator<Item = String> {
    IbootFault::NAMES.iter().map(|name| match name.split_once('=') {
        Some(("slow", _)) => "slow=20000".to_owned(),
        Some((name, _)) => format!("{name}=7"),
        None => (*name).to_owned(),
    })
}

#[test]
fn fine_then_not() {
    for fault in named_faults() {
        for action in &actions() {
            for after in 1..=6 {
                for (times, seed) in ["", "*1", "*4", "*5"].into_iter().zip(0..) {
                    let text = format!("{fault}^{after}{times}");
                    let run = run(action, Some(&text), &[], network(seed), seed);
                    sane(action, &run, &format!("{text}, {action:?}, seed {seed}"));
                }
            }
        }
    }
}

#[test]
fn fine_then_gone() {
    for action in &actions() {
        for lasts in 0..=6 {
            for (fault, seed) in [None, Some("stuck-relay"), Some("refuse*2"), Some("drop-response*1")].iter().zip(0..)
            {
                let gone = Network { lasts: Some(lasts), ..network(seed) };
                let run = run(action, *fault, &[], gone, seed);
                sane(action, &run, &format!("{fault:?}, gone after {lasts} connections, {action:?}, seed {seed}"));
            }
        }
    }
}

/// A reboot of relay 2, which is on, within `timeout` milliseconds.
fn reboot(fault: Option<&str>, network: Network, delay: u64, timeout: u64) -> Run {
    let mut device = device(Dialect::default());
    device.set_relay(relay(2), true);
    if let Some(fault) = fault {
        device.faults().add_named(fault).unwrap();
    }
    let dialog = Reboot::new(relay(2), Duration::from_millis(delay), Retry::default());
    let account = Credentials::new("admin", "s3cret").unwrap();
    let within = Duration::from_millis(timeout);
    let engine = Engine::new(dialog, account, Dialect::default(), None, Limits::default(), within);
    conclude(Pair::new(device, network, timeout), |pair| {
        pair.run(engine).map(|()| Outcome::Power(PowerState::On)).map_err(Error::from)
    })
}

/// Whenever time or the device is gone: a machine that the reboot has switched off is on again, or it is said that it is off,
/// or may be.
fn nobody_is_left_in_the_dark(run: &Run, context: &str) {
    sane(&REBOOT, run, context);
    if run.on(relay(2)) {
        return;
    }
    let error = run.result.as_ref().expect_err(context);
    let words = error.to_string();
    assert!(words.contains("relay 2") && error.kind() == ErrorKind::Failed, "{context}: {words}");
    assert!(!words.contains("last read on"), "{context}: {words}");
}

#[test]
fn a_reboot_with_a_slow_device() {
    for slow in (0..6_000).step_by(150) {
        let fault = format!("slow={slow}");
        for delay in [0_u32, 1_000, 10_000] {
            let least = u64::from(Reboot::least_ms(delay));
            // Less than `least` is refused before it begins; the engine bears it all the same.
            for timeout in (0..least).step_by(1_250).chain([0, 1, 1_000, 10_000, 35_000].map(|more| least + more)) {
                let context = format!("{fault}, delay {delay} ms, timeout {timeout} ms");
                let run = reboot(Some(&fault), Network::default(), delay.into(), timeout);
                nobody_is_left_in_the_dark(&run, &context);
                assert!(run.took <= timeout, "{context}: took {} ms", run.took);
                let enough = timeout >= least && slow <= 1_000 || timeout >= least + 10_000 && slow <= 1_800;
                assert!(!enough || run.result.is_ok(), "{context}: {:?}", run.result);
            }
        }
    }
}

#[test]
fn a_reboot_and_a_device_that_goes_away() {
    for after in 0..=8 {
        for (timeout, seed) in [20_000, 30_000, 60_000].into_iter().zip(0..) {
            for fault in named_faults() {
                let fault = format!("{fault}^{after}");
                let run = reboot(Some(&fault), network(seed), 5_000, timeout);
                nobody_is_left_in_the_dark(&run, &format!("{fault}, timeout {timeout} ms, seed {seed}"));
            }
            let run = reboot(None, Network { lasts: Some(after), ..network(seed) }, 5_000, timeout);
            nobody_is_left_in_the_dark(
                &run,
                &format!("gone after {after} connections, timeout {timeout} ms, seed {seed}"),
            );
        }
    }
}

#[test]
fn a_delay_is_cut_short_rather_than_the_on() {
    // 3.6 s for the off, 3.6 s to see it: 12.8 s are left of 20, and 10 of them are kept.
    let run = reboot(Some("slow=1800"), Network::default(), 10_000, 20_000);
    assert_eq!((run.result, run.took), (Ok(Outcome::Power(PowerState::On)), 17_200));
}

fn words(run: Run) -> (String, ErrorKind) {
    let error = run.result.unwrap_err();
    (error.to_string(), error.kind())
}

#[test]
fn what_is_said_when_it_fails_in_the_middle() {
    let refused = "last: no connection: the connection was refused: nothing listens on that port";
    // Off, read off, gone: no on has left.
    let gone = |lasts| Network { lasts: Some(lasts), ..Network::default() };
    let said = words(reboot(None, gone(2), 1_000, 60_000));
    let off = "relay 2 was told to go off and read off; it could not be switched on again: the request was never sent, and \
               the relay last read off";
    assert_eq!(said, (format!("{off}; {refused}"), ErrorKind::Failed));
    // On, and nobody can look.
    let said = words(reboot(None, gone(3), 1_000, 60_000));
    let on = "relay 2 was told to go off and read off; whether it is on again is not known: the request was accepted, and \
              the relay could not be read";
    assert_eq!(said, (format!("{on}; {refused}"), ErrorKind::Failed));
    // Hello is answered late, ever later than there is time: the on never leaves.
    let said = words(reboot(Some("slow=9900^2"), Network::default(), 10_000, 20_000));
    let slow = "last: hello was not answered: this is not DxP";
    assert!(said.0.starts_with(&format!("time is up: {off}; {slow}")) && said.1 == ErrorKind::Failed, "{said:?}");
    // It sticks on, and then it is gone.
    let said = words(reboot(Some("stuck-relay"), gone(5), 1_000, 60_000));
    let never = "relay 2 did not read off when it should, so the reboot was given up; the request to set it on again was \
                 never sent, and the relay last read on (does iboot_state_codes fit the device?)";
    assert_eq!(said, (format!("{never}; {refused}"), ErrorKind::Failed));
    // A list ends at the change that is refused.
    let list = run(&Action::SwitchRelays(list()), Some("wrong-status=5*4"), &[], Network::default(), 1);
    let wrong = "relay 2 should be on; the request was never sent, and the relay last read off; requests of the list that \
                 were never sent: 2; last: the device answered failure, status 5";
    assert_eq!(words(list), (wrong.to_owned(), ErrorKind::Failed));
    // A status has changed nothing, and says nothing of changes.
    let slow = run(&Action::GetPower, Some("mute"), &[], Network::default(), 1);
    assert_eq!(slow.result.as_ref().map_err(Error::kind), Err(ErrorKind::NoContact));
    let late = Error::Iboot { failure: Failure::NoContact, fault: None, contact: true, out_of_time: true };
    assert_eq!((late.to_string().as_str(), late.kind()), ("time is up", ErrorKind::Failed));
}
