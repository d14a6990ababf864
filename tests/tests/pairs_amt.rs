//! Our client against our simulated AMT on virtual time: every action under every named fault, every style, framing and
//! generation, over networks that delay, chop and refuse. The simulated machine is the judge of what is said about it.

use std::time::Duration;

use rackhand_adapters::sim::amt::{Asked, Generation, Note, Style};
use rackhand_adapters::sim::{Amt, AmtFault, Named};
use rackhand_core::amt::{AmtFailure, BootSource};
use rackhand_core::http::digest::Credentials;
use rackhand_core::operation::{
    Action, BootDevice, Error, ErrorKind, Memory, Operation, Outcome, PowerState, PowerTarget, Target,
};
use rackhand_tests::pair::{Network, Pair, Random};
use rackhand_tests::targets::amt;

const SEEDS: u64 = 12;
/// Of the operation, in milliseconds.
const TIMEOUT: u64 = 90_000;

const fn set(target: PowerTarget) -> Action {
    Action::SetPower(target)
}

const fn from(boot: BootDevice, target: PowerTarget) -> Action {
    Action::StartFrom { boot, target }
}

const ACTIONS: [Action; 13] = [
    Action::GetPower,
    set(PowerTarget::On),
    set(PowerTarget::Off),
    set(PowerTarget::Reboot),
    set(PowerTarget::SoftOff),
    set(PowerTarget::SoftReboot),
    from(BootDevice::Pxe, PowerTarget::On),
    from(BootDevice::Disk, PowerTarget::Reboot),
    from(BootDevice::Cdrom, PowerTarget::Reboot),
    from(BootDevice::Bios, PowerTarget::On),
    from(BootDevice::Pxe, PowerTarget::SoftReboot),
    Action::Disarm,
    Action::Describe,
];

fn device(generation: Generation) -> Amt<u64> {
    Amt::new(Credentials::new("admin", "Adm1n!Pass").unwrap(), generation)
}

/// One that an action has something to do with.
fn ready(generation: Generation, action: &Action, seed: u64) -> Amt<u64> {
    let mut device = device(generation);
    let on = match action {
        Action::SetPower(target) | Action::StartFrom { target, .. } => *target != PowerTarget::On,
        _ => seed.is_multiple_of(2),
    };
    device.set_power_state(if on { 2 } else { 8 });
    // Leftovers of an earlier consumer, which the device refuses a boot source beside.
    device.leave_setting("UseSOL", if seed % 3 == 1 { "true" } else { "false" });
    device.leave_setting("BIOSSetup", if seed % 3 == 2 { "true" } else { "false" });
    device
}

fn network(seed: u64) -> Network {
    let mut random = Random::new(seed ^ 0x5EED);
    Network { delay_ms: random.below(300), chops: random.below(2) == 1, refusals: 0, swallows: 0, lasts: None }
}

fn pair(device: Amt<u64>, network: Network, seed: u64) -> Pair<Amt<u64>> {
    Pair::new(device, network, seed).with_buffers(8 * 1024, 300 * 1024)
}

fn operation(target: &Target, action: &Action, memory: &Memory) -> Operation {
    Operation::new(target, action, Duration::from_millis(TIMEOUT), memory, &[7; 32]).unwrap()
}

struct Run {
    result: Result<Outcome, Error>,
    took: u64,
    /// PowerState, when it ended.
    state: u32,
    /// The device, when what was under way is over.
    device: Amt<u64>,
    notes: Vec<Note>,
}

fn conclude(mut pair: Pair<Amt<u64>>, action: &Action) -> Run {
    let before = pair.now().as_millis();
    let result = pair.run(operation(&amt(&[]).unwrap(), action, &Memory::Nothing));
    let took = pair.now().as_millis() - before;
    let state = pair.device.power_state();
    // The operating system restarts in its own time.
    pair.rest(Duration::from_secs(10));
    let mut device = pair.device;
    let notes = device.take_notes().into_iter().map(|(_, note)| note).collect();
    Run { result, took, state, device, notes }
}

fn run(generation: Generation, action: &Action, faults: &[String], network: Network, seed: u64) -> Run {
    let mut device = ready(generation, action, seed);
    for fault in faults {
        device.faults().add_named(fault).unwrap();
    }
    conclude(pair(device, network, seed), action)
}

/// Faults under which the client gives a request up that the device still has.
const SILENT: [&str; 7] = ["asleep", "endless", "hang-body", "mute", "slow", "slow-first", "trickle"];

const fn source(boot: BootDevice) -> Option<BootSource> {
    match boot {
        BootDevice::Bios => Some(BootSource::Bios),
        BootDevice::Cdrom => Some(BootSource::Cdrom),
        BootDevice::Disk => Some(BootSource::Disk),
        BootDevice::Pxe => Some(BootSource::Pxe),
        BootDevice::Safe => None,
    }
}

/// What is true whatever goes wrong.
fn sane(action: &Action, faults: &[String], run: &Run, context: &str) {
    assert!(run.took <= TIMEOUT + 1, "{context}: took {} ms", run.took);
    let device = &run.device;
    assert_eq!(device.failed_logins(), 0, "{context}");
    if !faults.iter().any(|fault| SILENT.iter().any(|silent| fault.starts_with(silent))) {
        assert!(device.most_in_flight() <= 1, "{context}: it did not wait for an answer");
    }
    let is_on = matches!(run.state, 2..=4);
    let is = |state| is_on == (state == PowerState::On);
    let armed_starts: Vec<_> = run.notes.iter().filter(|note| matches!(note, Note::Started(it) if it.armed)).collect();
    assert!(armed_starts.len() <= 1, "{context}: {armed_starts:?}");
    let erased = run.notes.iter().any(|note| matches!(note, Note::Started(it) if it.erased));
    assert!(!erased, "{context}: the disks are gone");

    // No change of power is asked for blindly.
    let mut looked = false;
    for Asked { what, class, .. } in device.asked().into_iter().filter(|asked| !asked.refused) {
        match (what.as_str(), class.as_str()) {
            ("Get", "CIM_AssociatedPowerManagementService") => looked = true,
            ("RequestPowerStateChange", _) => {
                assert!(looked, "{context}: two changes without a look: {:?}", device.asked());
                looked = false;
            }
            _ => {}
        }
    }

    match &run.result {
        Ok(Outcome::Power(state)) => assert!(is(*state), "{context}: {state} is {}", run.state),
        Ok(Outcome::Started { state, boot_device_used, left_armed }) => {
            assert!(is(*state), "{context}: {state} is {}", run.state);
            let Action::StartFrom { boot, .. } = action else { panic!("{context}: {:?}", run.result) };
            if *boot_device_used {
                let start = device.last_start().unwrap();
                assert!(start.armed && Some(start.from) == source(*boot), "{context}: started from {start:?}");
            }
            assert!(*left_armed || !device.is_armed(), "{context}: it is left armed");
        }
        Ok(Outcome::Disarmed) => assert!(!device.is_armed(), "{context}"),
        Ok(Outcome::Described(info)) => {
            let version = info.version.map(|version| version.to_string());
            assert!(version.is_none_or(|version| version == device.generation().version()), "{context}: {info:?}");
        }
        Ok(other) => assert_eq!((*other, action), (Outcome::Changing, &Action::GetPower), "{context}"),
        Err(error) => {
            let words = error.to_string();
            assert!(!words.contains("Adm1n") && !format!("{error:?}").contains("Adm1n"), "{context}: {words}");
            let Error::Amt { left_armed, contact, .. } = error else { panic!("{context}: {error:?}") };
            assert!(*left_armed || !device.is_armed(), "{context}: it is left armed, and not told: {words}");
            assert_eq!(error.kind() == ErrorKind::NoContact, !contact, "{context}: {words}");
        }
    }
}

/// Every name, with a value that bites.
fn named() -> impl Iterator<Item = String> {
    AmtFault::NAMES.iter().map(|name| match name.split_once('=') {
        Some(("slow", _)) => "slow=1500".to_owned(),
        Some(("slow-first", _)) => "slow-first=4000".to_owned(),
        Some(("status", _)) => "status=500".to_owned(),
        Some(("fault", _)) => "fault=InternalError".to_owned(),
        Some((name, _)) => format!("{name}=4"),
        None => (*name).to_owned(),
    })
}

/// How an action must end under a fault that never stops; none: well.
fn verdict(fault: &str, action: &Action) -> Option<ErrorKind> {
    use PowerTarget::{Off, Reboot, SoftOff, SoftReboot};
    let target = match action {
        Action::SetPower(target) | Action::StartFrom { target, .. } => Some(*target),
        _ => None,
    };
    let arms = matches!(action, Action::StartFrom { .. } | Action::Disarm);
    let soft = matches!(target, Some(SoftOff | SoftReboot));
    let failed = |it: bool| it.then_some(ErrorKind::Failed);
    match fault {
        // What is only slow or oddly cut is no failure.
        "chunked" | "close-delimited" | "fault-as-200" | "fragments" | "http10" | "interim" | "length"
        | "negotiate" | "slow=1500" | "slow-first=4000" | "stale" => None,
        // Nor are connections that do not last; but a system that may have been asked to shut down is not asked again.
        "close-after-answer" | "close-kept" => failed(target == Some(SoftOff)),
        "basic" | "unauthorized" => Some(ErrorKind::Access),
        "asleep" | "mute" | "trickle" => Some(ErrorKind::NoContact),
        "consent" => arms.then_some(ErrorKind::Access),
        "kvm-session" => failed(matches!(target, Some(Off | Reboot))),
        "no-system" => failed(soft),
        "return-value=4" => failed(target.is_some() || arms),
        // Whether a system restarts cannot be seen.
        "stuck-power" => failed(target.is_some_and(|target| target != SoftReboot)),
        "bad-xml"
        | "busy"
        | "drop-response"
        | "endless"
        | "fault=InternalError"
        | "garbage"
        | "hang-body"
        | "redirect"
        | "status=500"
        | "truncated"
        | "unavailable"
        | "wrong-class" => Some(ErrorKind::Failed),
        other => panic!("no verdict on {other}"),
    }
}

#[test]
fn every_fault_for_ever() {
    for fault in named() {
        for action in &ACTIONS {
            for seed in 0..SEEDS {
                let context = format!("{fault}, {action:?}, seed {seed}");
                let run = run(Generation::Amt12, action, std::slice::from_ref(&fault), network(seed), seed);
                let lost = matches!(fault.as_str(), "close-after-answer" | "close-kept" | "stuck-power");
                if lost && is_soft_reboot(action) {
                    // See a_soft_reboot_whose_request_was_lost_is_not_said_to_be_done.
                    continue;
                }
                sane(action, std::slice::from_ref(&fault), &run, &context);
                let kind = run.result.as_ref().err().map(Error::kind);
                assert_eq!(kind, verdict(&fault, action), "{context}: {:?}", run.result);
            }
        }
    }
}

const fn is_soft_reboot(action: &Action) -> bool {
    matches!(
        action,
        Action::SetPower(PowerTarget::SoftReboot) | Action::StartFrom { target: PowerTarget::SoftReboot, .. }
    )
}

#[test]
fn a_soft_reboot_whose_request_was_lost_is_not_said_to_be_done() {
    for action in ACTIONS.iter().filter(|action| is_soft_reboot(action)) {
        let run = run(Generation::Amt12, action, &["close-kept".to_owned()], network(1), 1);
        assert!(run.result.is_err() || run.device.starts() == 1, "{action:?}: {:?}", run.result);
        sane(action, &[], &run, &format!("{action:?}"));
    }
}

#[test]
fn every_generation_every_style_every_framing() {
    for generation in Generation::ALL {
        for (name, style) in Style::NAMED {
            for (seed, framing) in (0..).zip(["chunked", "length", "close-delimited", "http10"]) {
                for action in &ACTIONS {
                    let context = format!("{generation:?}, {name}, {framing}, {action:?}");
                    let mut device = ready(generation, action, seed);
                    device.set_style(style);
                    device.faults().add_named(framing).unwrap();
                    let run = conclude(pair(device, network(seed), seed), action);
                    sane(action, &[], &run, &context);
                    // Firmware before 9 does not list what the operating system can be asked for.
                    let soft = matches!(
                        action,
                        Action::SetPower(PowerTarget::SoftOff | PowerTarget::SoftReboot)
                            | Action::StartFrom { target: PowerTarget::SoftReboot, .. }
                    );
                    let wanted = soft && generation == Generation::Amt7;
                    assert_eq!(run.result.is_err(), wanted, "{context}: {:?}", run.result);
                    if let (Action::StartFrom { boot, .. }, false) = (action, wanted) {
                        let start = run.device.last_start().unwrap();
                        assert_eq!((Some(start.from), start.armed), (source(*boot), true), "{context}");
                        assert_eq!(run.device.setting("BIOSSetup"), Some("false"), "{context}");
                    }
                }
            }
        }
    }
}

/// Whatever request a fault strikes once, nothing is left armed: there was a way to disarm, and it was gone.
#[test]
fn every_fault_once_at_every_request() {
    for name in named() {
        // Whoever is not let in cannot disarm, and tries nothing again.
        let locked_out = matches!(name.as_str(), "basic" | "unauthorized");
        for at in 0..14 {
            let fault = format!("{name}^{at}*1");
            for (seed, action) in (0..).zip(&ACTIONS) {
                let context = format!("{fault}, {action:?}");
                let run = run(Generation::Amt12, action, std::slice::from_ref(&fault), network(seed), seed);
                if is_soft_reboot(action) && run.result.is_ok() && run.device.starts() == 0 {
                    // See a_soft_reboot_whose_request_was_lost_is_not_said_to_be_done.
                    continue;
                }
                sane(action, std::slice::from_ref(&fault), &run, &context);
                let left = match &run.result {
                    Err(Error::Amt { left_armed, .. }) => *left_armed && *action != Action::Disarm,
                    Ok(Outcome::Started { left_armed, .. }) => *left_armed,
                    _ => false,
                };
                assert!(!left || locked_out, "{context}: {:?}", run.result);
            }
        }
    }
}

#[test]
fn faults_in_pairs_at_any_moment() {
    let names: Vec<String> = named().collect();
    for seed in 0..600 {
        let mut random = Random::new(seed);
        let action = &ACTIONS[random.place(ACTIONS.len())];
        let generation = Generation::ALL[random.place(Generation::ALL.len())];
        let fault = |random: &mut Random| {
            let name = &names[random.place(names.len())];
            format!("{name}^{}*{}", random.below(12), 1 + random.below(4))
        };
        let faults = [fault(&mut random), fault(&mut random)];
        let context = format!("{faults:?}, {generation:?}, {action:?}, seed {seed}");
        let run = run(generation, action, &faults, network(seed), seed);
        if is_soft_reboot(action) && run.result.is_ok() && run.device.starts() == 0 {
            continue;
        }
        sane(action, &faults, &run, &context);
    }
}

#[test]
fn a_wrong_password_is_tried_once() {
    for generation in Generation::ALL {
        for action in &ACTIONS {
            let other = Credentials::new("admin", "another").unwrap();
            let mut device = Amt::new(other, generation);
            device.set_power_state(2);
            device.leave_setting("UseSOL", "true");
            let run = conclude(pair(device, network(3), 3), action);
            let error = run.result.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Access, "{error}");
            assert!(error.to_string().starts_with("user name or password is wrong"), "{error}");
            // One that asks for the challenge, and one that answers it.
            assert_eq!((run.device.failed_logins(), run.device.requests()), (1, 2), "{action:?}");
            assert_eq!((run.state, run.device.asked()), (2, vec![]), "{action:?}");
        }
    }
}

#[test]
fn a_device_that_is_asleep_is_woken() {
    for (seed, action) in (0..).zip(&ACTIONS) {
        for (refusals, swallows) in [(3, 0), (0, 3), (2, 2)] {
            let context = format!("{action:?}, {refusals} refusals, {swallows} swallows");
            let bad = Network { refusals, swallows, ..network(seed) };
            let run = run(Generation::Amt12, action, &[], bad, seed);
            sane(action, &[], &run, &context);
            assert!(run.result.is_ok(), "{context}: {:?}", run.result);
        }
    }
}

/// The connection and what the device has taught serve one operation after the other.
#[test]
fn a_kept_connection_and_a_kept_challenge() {
    for seed in 0..SEEDS {
        for fault in [None, Some("close-after-answer"), Some("close-kept"), Some("stale"), Some("http10")] {
            let context = format!("{fault:?}, seed {seed}");
            let mut device = device(Generation::Amt12);
            if let Some(fault) = fault {
                device.faults().add_named(fault).unwrap();
            }
            let mut pair = pair(device, network(seed), seed);
            let (target, mut memory) = (amt(&[]).unwrap(), Memory::Nothing);
            let actions =
                [Action::GetPower, set(PowerTarget::On), Action::GetPower, Action::Describe, Action::GetPower];
            for (number, action) in actions.iter().enumerate() {
                let (requests, asked) = (pair.device.requests(), pair.device.asked().len());
                let mut operation = operation(&target, action, &memory);
                let result = pair.run_keeping(&mut operation, Operation::keeps_link);
                assert!(result.is_ok(), "{context}, {action:?}: {result:?}");
                memory = operation.memory();
                let turned_away = pair.device.requests() - requests - (pair.device.asked().len() - asked) as u64;
                if fault.is_none() {
                    assert_eq!(turned_away, u64::from(number == 0), "{context}: only the first is asked who it is");
                    assert!(operation.keeps_link(), "{context}");
                }
                let pause = Duration::from_secs(20);
                pair.rest(pause);
                memory = memory.aged(pause);
                // Firmware forgets what it has given out now and then.
                if fault == Some("stale") {
                    pair.device.forget_nonces();
                }
            }
            assert_eq!((pair.device.most_in_flight(), pair.device.failed_logins()), (1, 0), "{context}");
        }
    }
}

#[test]
fn what_the_machine_cannot_be_started_from() {
    let mut device = device(Generation::Amt12);
    device.set_boot_sources(&[BootSource::Disk]);
    device.set_power_state(8);
    let run = conclude(pair(device, network(1), 1), &from(BootDevice::Pxe, PowerTarget::On));
    let Err(Error::Amt { failure, left_armed: false, .. }) = run.result else { panic!("{:?}", run.result) };
    assert_eq!(failure, AmtFailure::NoBootSource(BootSource::Pxe));
    assert_eq!((run.state, run.device.is_armed(), run.device.boot_order()), (8, false, None));
}

#[test]
fn nothing_is_armed_where_nothing_starts() {
    let mut device = device(Generation::Amt12);
    device.set_power_state(2);
    let run = conclude(pair(device, network(1), 1), &from(BootDevice::Pxe, PowerTarget::On));
    let wanted = Outcome::Started { state: PowerState::On, boot_device_used: false, left_armed: false };
    assert_eq!(run.result, Ok(wanted));
    assert_eq!((run.device.starts(), run.device.asked().len()), (0, 1));
}

#[test]
fn who_sleeps_is_woken_and_who_hibernates_starts() {
    for (state, starts) in [(3, 0), (4, 0), (7, 1), (6, 1), (13, 1)] {
        let mut device = device(Generation::Amt12);
        device.set_power_state(state);
        let run = conclude(pair(device, network(1), 1), &set(PowerTarget::On));
        assert_eq!(run.result, Ok(Outcome::Power(PowerState::On)), "{state}");
        assert_eq!((run.state, run.device.starts()), (2, starts), "{state}");
    }
}

/// What is armed for a machine that only wakes would be taken by some later start of its own.
#[test]
fn nothing_is_armed_for_waking() {
    for state in [3, 4] {
        let mut device = device(Generation::Amt12);
        device.set_power_state(state);
        let run = conclude(pair(device, network(1), 1), &from(BootDevice::Pxe, PowerTarget::On));
        let wanted = Outcome::Started { state: PowerState::On, boot_device_used: false, left_armed: false };
        assert_eq!(run.result, Ok(wanted), "{state}");
        assert!(!run.device.is_armed() && run.device.starts() == 0, "{state}");
    }
}

#[test]
fn a_machine_that_takes_its_time_is_waited_for() {
    use rackhand_adapters::sim::amt::Timing;
    let [lag, off, on, system] = [2500, 6000, 8000, 40_000].map(Duration::from_millis);
    for action in &ACTIONS {
        let mut device = ready(Generation::Amt16, action, 1);
        device.set_timing(Timing { lag, off, on, system });
        let run = conclude(pair(device, network(2), 2), action);
        if !is_soft_reboot(action) {
            sane(action, &[], &run, &format!("{action:?}"));
        }
        assert!(run.result.is_ok(), "{action:?}: {:?}", run.result);
    }
}

#[test]
fn client_control_mode_says_who_must_consent() {
    for generation in Generation::ALL {
        let mut device = device(generation);
        device.set_client_control(true);
        device.set_power_state(8);
        let run = conclude(pair(device, network(1), 1), &from(BootDevice::Pxe, PowerTarget::On));
        let Err(Error::Amt { failure, left_armed: false, .. }) = run.result else { panic!("{:?}", run.result) };
        assert_eq!(failure, AmtFailure::ConsentNeeded, "{generation:?}");
        assert_eq!((run.state, run.device.starts()), (8, 0));
    }
}
