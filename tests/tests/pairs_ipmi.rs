//! Our client against our simulated BMC on virtual time, under every fault that the BMC has and in any weather (drivers.md, ipmi;
//! protocols/ipmi.md, sections 3 to 5).

use std::time::Duration;

use rackhand_adapters::sim::bmc::{Bmc, Config as BmcConfig, Note as BmcNote, Shape as BmcShape, User as BmcUser};
use rackhand_core::ipmi::command::{BootDevice as Source, ChassisControl};
use rackhand_core::ipmi::{
    BootSetting, CipherSuite, IpmiFailure, IpmiTrouble, LoginFailure, Query, RawRequest, Reception, Refusal,
};
use rackhand_core::nm::Request;
use rackhand_core::operation::{
    Action, BootDevice, Error, ErrorKind, HardwareType, IpmiMemory, Memory, Operation, Outcome, PowerState,
    PowerTarget, Target, Value,
};
use rackhand_core::secret::Secret;
use rackhand_tests::post::{Post, Weather};
use rackhand_tests::targets::bmc;

const FINE: Weather = Weather { delay_ms: 5, lost_requests: 0, lost_answers: 0, doubled: 0, spoilt: 0, refused: 0 };
/// What a bad network does, all of it.
const FOUL: Weather = Weather { delay_ms: 60, lost_requests: 15, lost_answers: 15, doubled: 20, spoilt: 0, refused: 0 };
/// The same, and what arrives need not be what was sent: of that UDP's checksum keeps most away.
const FOULEST: Weather = Weather { spoilt: 20, ..FOUL };

const ON: Action = Action::SetPower(PowerTarget::On);
const OFF: Action = Action::SetPower(PowerTarget::Off);
const REBOOT: Action = Action::SetPower(PowerTarget::Reboot);

fn config() -> BmcConfig {
    BmcConfig::new("admin", Secret::new("s3cret").unwrap())
}

fn device(config: BmcConfig, faults: &[&str], seed: u64) -> Bmc<u64> {
    let mut device = Bmc::new(config, seed);
    for fault in faults {
        device.faults().add_named(fault).unwrap();
    }
    device
}

fn target(extra: &[(&str, Value<'_>)]) -> Target {
    bmc(HardwareType::Ipmi, extra).unwrap()
}

fn operation(target: &Target, action: &Action, seconds: u64, memory: &Memory, seed: u64) -> Operation {
    let seed = core::array::from_fn(|at| seed.to_le_bytes()[at % 8].wrapping_add(u8::try_from(at).unwrap()));
    Operation::new(target, action, Duration::from_secs(seconds), memory, &seed).unwrap()
}

/// Carries `action` out within a minute.
fn run(post: &mut Post<Bmc<u64>>, extra: &[(&str, Value<'_>)], action: &Action, seed: u64) -> Result<Outcome, Error> {
    post.run(operation(&target(extra), action, 60, &Memory::Nothing, seed))
}

fn told(result: &Result<Outcome, Error>) -> (IpmiFailure, Option<IpmiTrouble>) {
    match result {
        Err(Error::Ipmi { failure, trouble, .. }) => (*failure, *trouble),
        other => panic!("{other:?}"),
    }
}

/// Requests for power that the BMC has taken.
fn controls(device: &mut Bmc<u64>) -> Vec<ChassisControl> {
    let notes = device.take_notes();
    notes
        .into_iter()
        .filter_map(|(_, note)| if let BmcNote::Control(what) = note { Some(what) } else { None })
        .collect()
}

#[test]
fn every_action_on_a_good_day() {
    for suite in [None, Some(17), Some(3), Some(16), Some(2), Some(15), Some(1)] {
        let extra: Vec<_> = suite.map(|suite| ("ipmi_cipher_suite", Value::Int(suite))).into_iter().collect();
        let mut post = Post::new(device(config(), &[], 1), FINE, 1);
        let steps: [(Action, Outcome, &[ChassisControl]); 9] = [
            (Action::GetPower, Outcome::Power(PowerState::Off), &[]),
            (ON, Outcome::Power(PowerState::On), &[ChassisControl::On]),
            (ON, Outcome::Power(PowerState::On), &[]),
            (REBOOT, Outcome::Power(PowerState::On), &[ChassisControl::Off, ChassisControl::On]),
            (
                Action::SetPower(PowerTarget::SoftReboot),
                Outcome::Power(PowerState::On),
                &[ChassisControl::Soft, ChassisControl::On],
            ),
            (Action::SetPower(PowerTarget::SoftOff), Outcome::Power(PowerState::Off), &[ChassisControl::Soft]),
            (REBOOT, Outcome::Power(PowerState::On), &[ChassisControl::On]),
            (OFF, Outcome::Power(PowerState::Off), &[ChassisControl::Off]),
            (OFF, Outcome::Power(PowerState::Off), &[]),
        ];
        for (action, outcome, asked) in steps {
            assert_eq!(run(&mut post, &extra, &action, 7), Ok(outcome), "{suite:?}: {action:?}");
            assert_eq!(controls(&mut post.device), asked, "{suite:?}: {action:?}");
        }
        post.rest(Duration::from_secs(1));
        let state = post.device.state();
        assert_eq!(
            (state.sessions, state.half_open, state.failed_logins),
            (0, 0, 0),
            "{suite:?}: every session is closed"
        );
    }
}

#[test]
fn a_status_takes_five_exchanges_and_a_farewell() {
    let mut post = Post::new(device(config(), &[], 1), FINE, 1);
    let _ = run(&mut post, &[], &Action::GetPower, 1);
    let sent = post.log.iter().filter(|(to_device, _)| *to_device).count();
    // Open Session, RAKP 1, RAKP 3, privilege, status, close; ipmitool takes eleven, FreeIPMI seven.
    assert_eq!(sent, 6);
    let _ = run(&mut post, &[("ipmi_priv_level", Value::Str("USER"))], &Action::GetPower, 1);
    assert_eq!(post.log.iter().filter(|(to_device, _)| *to_device).count(), 6 + 5);
}

#[test]
fn suites_are_tried_best_first_and_remembered() {
    let mut only3 = config();
    only3.suites = vec![CipherSuite::by_id(3).unwrap()];
    let mut post = Post::new(device(only3, &[], 1), FINE, 1);
    let target = target(&[]);
    let mut first = operation(&target, &Action::GetPower, 60, &Memory::Nothing, 1);
    assert_eq!(post.run(&mut first), Ok(Outcome::Power(PowerState::Off)));
    let memory = Memory::Ipmi(IpmiMemory { cipher_suite: Some(3), node_manager: None });
    assert_eq!(first.memory(), memory);
    let opens = |post: &Post<Bmc<u64>>| post.log.iter().filter(|(to, bytes)| *to && bytes[5] == 0x10).count();
    assert_eq!(opens(&post), 2);
    let mut second = operation(&target, &Action::GetPower, 60, &memory, 2);
    assert_eq!(post.run(&mut second), Ok(Outcome::Power(PowerState::Off)));
    assert_eq!(opens(&post), 3);
    // One that worked before and does not any more is not held on to.
    let mut only17 = config();
    only17.suites = vec![CipherSuite::by_id(17).unwrap()];
    let mut post = Post::new(device(only17, &[], 1), FINE, 1);
    let mut third = operation(&target, &Action::GetPower, 60, &memory, 3);
    assert_eq!(post.run(&mut third), Ok(Outcome::Power(PowerState::Off)));
    assert_eq!(third.memory(), Memory::Ipmi(IpmiMemory { cipher_suite: Some(17), node_manager: None }));
}

/// Suite 0 asks for no password: it is for whoever names it.
#[test]
fn suites_that_protect_nothing_are_never_taken_unasked() {
    for id in [0, 1, 2, 15, 16] {
        let mut weak = config();
        weak.suites = vec![CipherSuite::by_id(id).unwrap()];
        let mut post = Post::new(device(weak, &[], 1), FINE, 1);
        let refused = run(&mut post, &[], &Action::GetPower, 1);
        assert_eq!(told(&refused).1, Some(IpmiTrouble::Login(LoginFailure::NoCipherSuite)), "{id}");
        let named = [("ipmi_cipher_suite", Value::Int(id.into()))];
        assert_eq!(run(&mut post, &named, &Action::GetPower, 1), Ok(Outcome::Power(PowerState::Off)), "{id}");
    }
}

#[test]
fn who_may_not_log_in_is_told_why_and_tries_once() {
    let user =
        |name: &str, privilege| BmcUser { name: name.to_owned(), password: Secret::new("s3cret").unwrap(), privilege };
    let mut config = config();
    config.users.push(user("reader", 2));
    let kg = "000102030405060708090a0b0c0d0e0f10111213";
    type Case<'a> = (&'a [(&'a str, Value<'a>)], &'a [&'a str], LoginFailure);
    let cases: [Case<'_>; 7] = [
        (&[("ipmi_password", Value::Str("wrong"))], &[], LoginFailure::Password),
        (&[("ipmi_password", Value::Str("wrong"))], &["silent-login"], LoginFailure::Password),
        (&[("ipmi_username", Value::Str("nobody"))], &[], LoginFailure::User),
        (&[("ipmi_username", Value::Str("nobody"))], &["long-errors"], LoginFailure::User),
        (&[("ipmi_username", Value::Str("reader"))], &[], LoginFailure::Privilege),
        (&[("ipmi_hex_kg_key", Value::Str(kg))], &[], LoginFailure::Kg),
        (&[("ipmi_cipher_suite", Value::Int(0))], &[], LoginFailure::NoCipherSuite),
    ];
    for (extra, faults, failure) in cases {
        for action in [Action::GetPower, ON, REBOOT] {
            let mut post = Post::new(device(config.clone(), faults, 1), FINE, 1);
            let result = run(&mut post, extra, &action, 1);
            assert_eq!(told(&result), (IpmiFailure::NoContact, Some(IpmiTrouble::Login(failure))), "{extra:?}");
            let error = result.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Access, "{error}");
            assert!(!error.to_string().contains("s3cret") && !error.to_string().contains("wrong\""), "{error}");
            post.rest(Duration::from_secs(1));
            let state = post.device.state();
            assert!(state.failed_logins <= 1, "{extra:?}: {} tries", state.failed_logins);
            assert_eq!((state.sessions, state.half_open), (0, 0), "{extra:?}: nothing is left open");
            assert_eq!(controls(&mut post.device), []);
        }
    }
    let mut with_kg = config;
    with_kg.kg = Some(core::array::from_fn(|at| u8::try_from(at).unwrap()));
    for faults in [&[][..], &["keys-from-open"]] {
        let mut post = Post::new(device(with_kg.clone(), faults, 1), FINE, 1);
        let with = run(&mut post, &[("ipmi_hex_kg_key", Value::Str(kg))], &Action::GetPower, 1);
        assert_eq!(with, Ok(Outcome::Power(PowerState::Off)));
        let without = run(&mut post, &[], &Action::GetPower, 1);
        assert_eq!(told(&without).1, Some(IpmiTrouble::Login(LoginFailure::Kg)));
    }
}

#[test]
fn a_silent_bmc_and_one_of_another_age() {
    let cases = [
        ("mute", IpmiTrouble::Silence, ErrorKind::NoContact),
        ("only-15", IpmiTrouble::Login(LoginFailure::Only15), ErrorKind::Access),
        ("other-suite", IpmiTrouble::Login(LoginFailure::NoCipherSuite), ErrorKind::Access),
    ];
    for (fault, trouble, kind) in cases {
        let mut post = Post::new(device(config(), &[fault], 1), FINE, 1);
        let result = run(&mut post, &[], &Action::GetPower, 1);
        assert_eq!(told(&result), (IpmiFailure::NoContact, Some(trouble)), "{fault}");
        assert_eq!(result.unwrap_err().kind(), kind, "{fault}");
        assert!(post.now().as_millis() < 30_000, "{fault}: {:?}", post.now());
    }
    // Some say nothing to a user that they do not know: that is told, too, and the user is not tried for ever.
    let mut post = Post::new(device(config(), &["silent-login"], 1), FINE, 1);
    let result = run(&mut post, &[("ipmi_username", Value::Str("nobody"))], &Action::GetPower, 1);
    assert_eq!(told(&result).1, Some(IpmiTrouble::Login(LoginFailure::Silent)));
    let begun = post.log.iter().filter(|(to, bytes)| *to && bytes[5] == 0x12).count();
    assert!(begun <= 24, "{begun}");
    let mut deaf = Post::new(device(config(), &[], 1), Weather { refused: 100, ..FINE }, 1);
    let result = run(&mut deaf, &[], &Action::GetPower, 1);
    assert_eq!(result.as_ref().unwrap_err().kind(), ErrorKind::NoContact);
    assert!(matches!(told(&result).1, Some(IpmiTrouble::Closed(_))) && deaf.now().as_millis() < 2000);
}

/// With every fault that does not keep a BMC from being asked, the machine ends as it should.
#[test]
fn every_fault_that_can_be_lived_with() {
    let faults: [&[&str]; 17] = [
        &["bad-code*3"],
        &["busy=300"],
        &["busy=500", "loss=200"],
        &["cancel-reservation"],
        &["drop-second"],
        &["drops-efi"],
        &["drops-persistent"],
        &["duplicate=500"],
        &["duplicate-code"],
        &["duplicate-code", "loss=300"],
        &["extra-icv"],
        &["junk=500"],
        &["keys-from-open"],
        &["loss=300"],
        &["no-repeat"],
        &["no-repeat", "loss=300"],
        &["slow=700"],
    ];
    for faults in faults {
        for seed in 0..20 {
            let mut post = Post::new(device(config(), faults, seed), FINE, seed);
            let mut memory = Memory::Nothing;
            for (action, on) in [(ON, true), (REBOOT, true), (OFF, false)] {
                let mut operation = operation(&target(&[]), &action, 120, &memory, seed);
                let result = post.run(&mut operation);
                memory = operation.memory();
                assert_eq!(result, Ok(Outcome::Power(PowerState::from_on(on))), "{faults:?}, seed {seed}: {action:?}");
                assert_eq!(post.device.state().on, on, "{faults:?}, seed {seed}");
            }
        }
    }
}

#[test]
fn any_weather() {
    let mut failed = 0;
    for (seed, weather) in (0..100).map(|seed| (seed, if seed % 2 == 0 { FOUL } else { FOULEST })) {
        let mut post = Post::new(device(config(), &[], seed), weather, seed);
        for (action, on) in [(ON, true), (REBOOT, true), (OFF, false)] {
            let result = run(&mut post, &[], &action, seed);
            match result {
                Ok(outcome) => {
                    assert_eq!(outcome, Outcome::Power(PowerState::from_on(on)), "seed {seed}: {action:?}");
                    assert_eq!(post.device.state().on, on, "seed {seed}: {action:?}");
                }
                // It may be too bad for a minute. Only who changes what is said can have a setting blamed.
                Err(error) => {
                    assert!(weather.spoilt > 0 || error.kind() != ErrorKind::Access, "seed {seed}: {error}");
                    failed += u8::from(weather.spoilt == 0);
                }
            }
            // A request for power is sent again only after a look, so that as many are taken as there are states to reach, or few more.
            let taken = controls(&mut post.device).len();
            assert!(taken <= 8, "seed {seed}: {action:?} was asked for {taken} times");
        }
    }
    assert!(failed <= 1, "{failed} of 150 have failed");
}

#[test]
fn a_bmc_that_forgets_its_sessions_is_logged_in_to_again() {
    let mut post = Post::new(device(config(), &[], 3), FINE, 3);
    // The session is lost while the machine comes on: it is asked in vain, and then anew.
    post.device.faults().add_named("forget*1").unwrap();
    let result = run(&mut post, &[], &ON, 3);
    match result {
        Ok(outcome) => assert_eq!(outcome, Outcome::Power(PowerState::On)),
        Err(error) => assert_ne!(error.kind(), ErrorKind::Access, "{error}"),
    }
}

#[test]
fn what_does_not_happen_is_told() {
    let power = |faults: &[&str], on: bool, target: PowerTarget| {
        let mut config = config();
        config.on = on;
        let mut post = Post::new(device(config, faults, 1), FINE, 1);
        let result = run(&mut post, &[], &Action::SetPower(target), 1);
        (told(&result).0, controls(&mut post.device).len())
    };
    let accepted = Reception::Accepted;
    let stuck = |on| IpmiFailure::NotReached { on, soft: false, request: accepted };
    assert_eq!(power(&["stuck-power"], false, PowerTarget::On), (stuck(true), 3));
    assert_eq!(power(&["stuck-power"], true, PowerTarget::Off), (stuck(false), 3));
    let ignored = IpmiFailure::NotReached { on: false, soft: true, request: accepted };
    assert_eq!(power(&["ignores-soft"], true, PowerTarget::SoftOff), (ignored, 1));
    // The machine was asked to shut down and did not: nobody says that it was restarted.
    assert_eq!(
        power(&["ignores-soft"], true, PowerTarget::SoftReboot).0,
        IpmiFailure::NotReached { on: false, soft: true, request: accepted }
    );
}

#[test]
fn a_user_who_may_only_read() {
    let mut config = config();
    config.users[0].privilege = 2;
    let extra = [("ipmi_priv_level", Value::Str("USER"))];
    let mut post = Post::new(device(config, &[], 1), FINE, 1);
    assert_eq!(run(&mut post, &extra, &Action::GetPower, 1), Ok(Outcome::Power(PowerState::Off)));
    let refused = run(&mut post, &extra, &ON, 1);
    let refusal = Refusal::Completion(0xD4);
    assert_eq!(told(&refused).0, IpmiFailure::Refused { what: Query::ChassisControl, refusal });
    let error = refused.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Access);
    assert!(error.to_string().contains("Chassis Control") && error.to_string().contains("privilege"), "{error}");
}

#[test]
fn boot_devices_are_set_kept_and_read_back() {
    let setting = |device, persistent, efi| Outcome::BootDevice(BootSetting { device, persistent, efi });
    let set = |device, persistent, efi| Action::SetBootDevice { device, persistent, efi };
    let mut post = Post::new(device(config(), &[], 1), FINE, 1);
    assert_eq!(run(&mut post, &[], &Action::GetBootDevice, 1), Ok(setting(None, false, false)));
    for boot in BootDevice::ALL {
        for (persistent, efi) in [(true, true), (true, false), (false, true), (false, false)] {
            let wanted = setting(Some(boot), persistent, efi);
            assert_eq!(run(&mut post, &[], &set(boot, persistent, Some(efi)), 1), Ok(wanted));
            assert_eq!(run(&mut post, &[], &Action::GetBootDevice, 1), Ok(wanted));
            // What the firmware is stays as it was where nobody says anything of it.
            assert_eq!(run(&mut post, &[], &set(boot, persistent, None), 1), Ok(wanted));
        }
    }
    // A minute is not the end of it, and one start is.
    assert_eq!(
        run(&mut post, &[], &set(BootDevice::Pxe, false, Some(false)), 1),
        Ok(setting(Some(BootDevice::Pxe), false, false))
    );
    post.rest(Duration::from_secs(300));
    assert_eq!(run(&mut post, &[], &ON, 1), Ok(Outcome::Power(PowerState::On)));
    assert_eq!(post.device.state().last_start.unwrap().device, Source::Pxe);
    assert!(matches!(
        run(&mut post, &[], &Action::GetBootDevice, 1),
        Ok(Outcome::BootDevice(BootSetting { device: None, .. }))
    ));
    // What a BMC drops is told.
    let mut post = Post::new(device(config(), &["drops-persistent"], 1), FINE, 1);
    let kept = run(&mut post, &[], &set(BootDevice::Disk, true, Some(true)), 1);
    assert_eq!(kept, Ok(setting(Some(BootDevice::Disk), false, true)));
}

/// Asks Node Manager for its version, which has to be found first.
fn version(post: &mut Post<Bmc<u64>>, seed: u64) -> Result<Outcome, Error> {
    let target = bmc(HardwareType::StagingNm, &[]).unwrap();
    post.run(operation(&target, &Action::NodeManager(Request::GetVersion), 120, &Memory::Nothing, seed))
}

#[test]
fn what_is_behind_the_bmc_is_asked_in_every_shape() {
    let device_id =
        |bridge| Action::Raw(RawRequest { netfn: 0x06, command: 0x01, bridge, data: core::iter::empty().collect() });
    let behind = [
        ("ipmi_bridging", Value::Str("single")),
        ("ipmi_target_channel", Value::Int(6)),
        ("ipmi_target_address", Value::Str("0x2c")),
    ];
    for shape in [BmcShape::Separate, BmcShape::Inline, BmcShape::Reordered] {
        for faults in [
            &[][..],
            &["loss=300"],
            &["duplicate-code", "loss=300"],
            &["junk=500", "duplicate=500"],
            &["busy=300"],
            &["bridge-slow=900"],
        ] {
            let mut config = config();
            config.shape = shape;
            for seed in 0..10 {
                // What only reads goes well, whatever happens.
                let mut post = Post::new(device(config.clone(), faults, seed), FINE, seed);
                let result = version(&mut post, seed);
                assert!(matches!(result, Ok(Outcome::NodeManager(_))), "{shape:?}, {faults:?}, {seed}: {result:?}");
            }
            let mut post = Post::new(device(config, faults, 5), FINE, 5);
            let result = run(&mut post, &behind, &device_id(None), 5);
            match result {
                Ok(Outcome::Raw(answer)) => assert!(answer.bytes().len() >= 11, "{shape:?}, {faults:?}"),
                // It is not repeated: it could be anything.
                other => assert!(
                    faults.contains(&"loss=300") && told(&other).0 == IpmiFailure::NoContact,
                    "{shape:?}, {faults:?}: {other:?}"
                ),
            }
        }
    }
    for (channel, address, code) in [(6, "0x2e", 0x83), (7, "0x2c", 0xCC)] {
        let extra = [
            ("ipmi_bridging", Value::Str("single")),
            ("ipmi_target_channel", Value::Int(channel)),
            ("ipmi_target_address", Value::Str(address)),
        ];
        let mut post = Post::new(device(config(), &[], 5), FINE, 5);
        let result = run(&mut post, &extra, &device_id(None), 5);
        let refusal = Refusal::Bridge(code);
        assert_eq!(told(&result).0, IpmiFailure::Refused { what: Query::Raw, refusal });
        assert!(result.unwrap_err().to_string().contains("could not hand the request on"));
    }
}

/// Each packet of a session has a number of its own, one after the other: a resend is a new packet.
#[test]
fn every_packet_has_a_number_of_its_own() {
    let mut post = Post::new(device(config(), &["loss=400"], 11), FINE, 11);
    let _ = run(&mut post, &[], &ON, 11);
    let (mut last, mut sent) = (0, 0);
    for (to_device, bytes) in &post.log {
        let (session, number) = (&bytes[6..10], u32::from_le_bytes([bytes[10], bytes[11], bytes[12], bytes[13]]));
        if *to_device && bytes[4] == 6 && session != [0; 4] {
            assert_eq!(number, last + 1, "of the session");
            (last, sent) = (number, sent + 1);
        }
    }
    assert!(sent > 5, "nothing was sent again");
}
