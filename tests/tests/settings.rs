//! driver_info, good and bad: each fault gets the error that drivers.md names, with the offender and what is allowed.

use rackhand_core::dxp::{RelayChanges, RelayId};
use rackhand_core::operation::{
    Action, BootDevice, Error, ErrorKind, HardwareType, Host, Link, Memory, Operation, PowerTarget, Setting, Target,
    Transport, Value,
};
use rackhand_core::trust::Trust;
use rackhand_tests::targets::{iboot, wol};

const MAC: &str = "00:11:22:33:44:55";

fn words(result: Result<Target, Error>) -> String {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Parameters, "{error}");
    format!("{}: {error}", error.name())
}

#[test]
fn everything_that_is_missing_is_named_at_once() {
    let none = Target::new(HardwareType::StagingIboot, std::iter::empty(), std::iter::empty());
    assert_eq!(words(none), "MissingParameterValue: missing: iboot_address, iboot_password, iboot_username");
    for empty in [Value::Null, Value::Str("")] {
        let one = iboot(&[("iboot_username", empty)]);
        assert_eq!(words(one), "MissingParameterValue: missing: iboot_username");
    }
    let whose = " (a port is the node's: its MAC address)";
    assert_eq!(words(wol(&[], &[])), format!("MissingParameterValue: missing: port{whose}"));
    let raw = wol(&[("wol_transport", Value::Str("raw"))], &[]);
    assert_eq!(words(raw), format!("MissingParameterValue: missing: port, wol_interface{whose}"));
    let udp6 = wol(&[("wol_transport", Value::Str("udp6"))], &[MAC]);
    assert_eq!(words(udp6), "MissingParameterValue: missing: wol_interface");
}

#[test]
fn a_wrong_value_is_named_with_what_is_allowed() {
    let rows: &[(&str, Value<'_>, &str)] = &[
        ("iboot_port", Value::Int(0), "a whole number from 1 to 65535, not '0'"),
        ("iboot_port", Value::Int(65536), "a whole number from 1 to 65535, not '65536'"),
        ("iboot_port", Value::Int(-1), "a whole number from 1 to 65535, not '-1'"),
        ("iboot_port", Value::Int(i64::MIN), "a whole number from 1 to 65535, not '-9223372036854775808'"),
        ("iboot_port", Value::Str("+9100"), "a whole number from 1 to 65535, not '+9100'"),
        ("iboot_port", Value::Str("9100 "), "a whole number from 1 to 65535, not '9100 '"),
        ("iboot_port", Value::Str("0x238c"), "a whole number from 1 to 65535, not '0x238c'"),
        ("iboot_port", Value::Float(9100.0), "a whole number from 1 to 65535, not 'a number with a fraction'"),
        ("iboot_port", Value::Bool(true), "a whole number from 1 to 65535, not 'true'"),
        ("iboot_port", Value::Empty, "a whole number from 1 to 65535, not 'an empty list or object'"),
        ("iboot_relay_id", Value::Int(33), "a whole number from 1 to 32, not '33'"),
        ("iboot_relay_id", Value::Int(0), "a whole number from 1 to 32, not '0'"),
        ("iboot_relay_base", Value::Int(2), "1 or 0, what the wire calls the first relay, not '2'"),
        ("iboot_state_codes", Value::Str("Boot"), "'boot' or 'manual', not 'Boot'"),
        (
            "iboot_username",
            Value::Str("uuuuuuuuuuuuuuuuuuuuu"),
            "at most 20 bytes of UTF-8 without NUL, not 'uuuuuuuuuuuuuuuuuuuuu'",
        ),
        ("iboot_address", Value::Str("http://pdu"), "an IP address or a host name, not 'http://pdu'"),
        ("iboot_address", Value::Str("192.0.2.256"), "an IP address or a host name, not '192.0.2.256'"),
    ];
    for (name, value, allowed) in rows {
        let expected = format!("InvalidParameterValue: {name} must be {allowed}");
        assert_eq!(words(iboot(&[(name, *value)])), expected);
    }
    let few = iboot(&[("iboot_relay_id", Value::Int(4)), ("iboot_relay_count", Value::Int(3))]);
    assert!(words(few).contains("iboot_relay_count must be a whole number from 1 to 32, not below iboot_relay_id"));

    let rows: &[(&str, Value<'_>, &str)] = &[
        ("wol_port", Value::Str("65536"), "'65536'"),
        ("wol_repeat", Value::Int(0), "'0'"),
        ("wol_repeat", Value::Int(256), "'256'"),
        ("wol_host", Value::Str("rack.example.org"), "'rack.example.org'"),
        ("wol_host", Value::Str("ff02::1"), "'ff02::1'"),
        ("wol_transport", Value::Str("tcp"), "'tcp'"),
        ("wol_interface", Value::Str("an-interface-with-a-long-name"), "'an-interface-with-a-long-name'"),
        ("wol_probe", Value::Str("arp"), "'none'"),
        ("relay", Value::Str("rack-7"), "'rack-7'"),
    ];
    for (name, value, got) in rows {
        let words = words(wol(&[(name, *value)], &[MAC]));
        assert!(words.starts_with(&format!("InvalidParameterValue: {name} must be ")), "{words}");
        assert!(words.contains(got), "{words}");
    }
    for ports in [&["01:00:5e:00:00:01"][..], &["00:00:00:00:00:00"], &[MAC, "00-11-22-33-44-55"], &["nonsense"]] {
        assert!(words(wol(&[], ports)).starts_with("InvalidParameterValue: port must be 1 to 16 addresses"));
    }
}

#[test]
fn secrets_are_never_shown() {
    let long = "hunter2hunter2hunter2";
    for error in [
        iboot(&[("iboot_password", Value::Str(long))]).unwrap_err(),
        iboot(&[("iboot_password", Value::Str("hunter2\0"))]).unwrap_err(),
        wol(&[("wol_password", Value::Str("hunter2"))], &[MAC]).unwrap_err(),
    ] {
        let shown = format!("{error} {error:?}");
        assert!(shown.contains("******") && !shown.contains("hunter2"), "{shown}");
    }
    // What is long is cut; what is cut is marked.
    let long = "ü".repeat(300);
    let shown = iboot(&[("iboot_address", Value::Str(&long))]).unwrap_err().to_string();
    assert!(shown.contains("üü…'") && shown.len() < 200, "{shown}");
}

#[test]
fn strings_and_numbers_are_the_same() {
    let numbers =
        [("iboot_port", Value::Int(9101)), ("iboot_relay_id", Value::Int(7)), ("iboot_password", Value::Int(12))];
    let texts =
        [("iboot_port", Value::Str("9101")), ("iboot_relay_id", Value::Str("7")), ("iboot_password", Value::Str("12"))];
    assert_eq!(iboot(&numbers).unwrap(), iboot(&texts).unwrap());
}

#[test]
fn defaults_and_unknown_names() {
    let Target::Iboot(target) = iboot(&[("deploy_kernel", Value::Empty), ("iboot_colour", Value::Null)]).unwrap()
    else {
        panic!()
    };
    assert_eq!((target.port.get(), target.relay.get(), target.relay_count), (9100, 1, None));
    assert_eq!(
        (target.options.max_retry, target.options.retry_interval_ms, target.options.reboot_delay_ms),
        (3, 1000, 5000)
    );
    let Target::Wol(target) = wol(&[], &[MAC]).unwrap() else { panic!() };
    assert_eq!((target.host.to_string().as_str(), target.port.get(), target.repeat.get()), ("255.255.255.255", 9, 1));
    assert_eq!(target.transport, Transport::Udp);
    let Target::Wol(target) =
        wol(&[("wol_transport", Value::Str("udp6")), ("wol_interface", Value::Str("eth0"))], &[MAC]).unwrap()
    else {
        panic!()
    };
    assert_eq!(target.host.to_string(), "ff02::1");
    // The last of two counts, as in JSON.
    let Target::Iboot(target) = iboot(&[("iboot_port", Value::Int(1)), ("iboot_port", Value::Int(2))]).unwrap() else {
        panic!()
    };
    assert_eq!(target.port.get(), 2);
}

#[test]
fn links() {
    let raw = wol(&[("wol_transport", Value::Str("raw")), ("wol_interface", Value::Str("eth1"))], &[MAC]).unwrap();
    assert!(matches!(raw.link(), Link::Raw { interface, ethertype: 0x0842 } if interface.as_str() == "eth1"));
    let directed =
        wol(&[("wol_host", Value::Str("192.0.2.255")), ("wol_interface", Value::Str("eth1"))], &[MAC]).unwrap();
    assert!(matches!(directed.link(), Link::Broadcast { port: 9, interface: Some(_), .. }));
    assert!(matches!(iboot(&[]).unwrap().link(), Link::Tcp { port: 9100, .. }));
}

#[test]
fn what_a_machine_cannot_do_is_said_before_anything_is_sent() {
    let make = |target: &Target, action: &Action| {
        Operation::new(target, action, std::time::Duration::from_secs(1), &Memory::Nothing, &[0; 32])
    };
    let soft = Action::SetPower(PowerTarget::SoftOff);
    let pulse = Action::PulseRelay { on: true, seconds: std::num::NonZeroU16::MIN };
    for (target, action, expected) in [
        (iboot(&[]).unwrap(), &soft, "staging-iboot does not support the power state 'soft power off'"),
        (wol(&[], &[MAC]).unwrap(), &soft, "staging-wol does not support the power state 'soft power off'"),
        (wol(&[], &[MAC]).unwrap(), &pulse, "staging-wol does not support pulses"),
    ] {
        let error = make(&target, action).unwrap_err();
        assert_eq!((error.to_string().as_str(), error.kind()), (expected, ErrorKind::Unsupported));
    }
    // A list with a relay that the read-back would not show.
    let two = iboot(&[("iboot_relay_count", Value::Int(2))]).unwrap();
    let list = Action::SwitchRelays(RelayChanges::one(RelayId::new(3).unwrap(), true));
    let error = make(&two, &list).unwrap_err();
    assert!(
        error.to_string().starts_with("iboot_relay_count must be") && error.kind() == ErrorKind::Parameters,
        "{error}"
    );
    // A reboot that nobody would be left to finish is not begun.
    let reboot = Action::SetPower(PowerTarget::Reboot);
    let within = |target: &Target, action: &Action, millis| {
        let timeout = std::time::Duration::from_millis(millis);
        Operation::new(target, action, timeout, &Memory::Nothing, &[0; 32]).map(drop)
    };
    assert_eq!(within(&iboot(&[]).unwrap(), &reboot, 19_999), Err(Error::TimeoutTooShort { least_ms: 20_000 }));
    assert_eq!(within(&iboot(&[]).unwrap(), &reboot, 20_000), Ok(()));
    // Nor are magic packets that there is no time for: 2 ports, 3 times each, half a second apart.
    let (on, other) = (Action::SetPower(PowerTarget::On), "00:11:22:33:44:66");
    let six = wol(&[("wol_repeat", Value::Int(3))], &[MAC, other]).unwrap();
    let error = within(&six, &on, 2_500).unwrap_err();
    assert_eq!((&error, error.kind()), (&Error::TimeoutTooShort { least_ms: 3_000 }, ErrorKind::Parameters));
    assert!(error.to_string().contains("at least 3 s") && error.to_string().contains("wol_repeat"), "{error}");
    assert_eq!(within(&six, &on, 3_000), Ok(()));
    assert_eq!(within(&wol(&[], &[MAC]).unwrap(), &on, 1), Ok(()), "a single packet needs no pause");
    // Nor is a reboot of a machine with AMT.
    let least_ms = 40_000;
    assert_eq!(within(&amt(&[]).unwrap(), &reboot, 39_999), Err(Error::TimeoutTooShort { least_ms }));
    assert_eq!(within(&amt(&[]).unwrap(), &reboot, 40_000), Ok(()));
    let safe = Action::StartFrom { boot: BootDevice::Safe, target: PowerTarget::On };
    assert_eq!(
        make(&amt(&[]).unwrap(), &safe).unwrap_err().to_string(),
        "staging-amt does not support the boot device 'safe'"
    );
    let hardware = HardwareType::StagingLibvirt;
    let error = Target::new(hardware, std::iter::empty(), std::iter::empty()).unwrap_err();
    assert_eq!(error, Error::NotInThisBuild(hardware));
}

fn amt(more: &[(&'static str, Value<'static>)]) -> Result<Target, Error> {
    let info = [
        ("amt_address", Value::Str("vpro.example.org")),
        ("amt_username", Value::Str("admin")),
        ("amt_password", Value::Str("Adm1n!Pass")),
    ];
    let info: Vec<_> = info.into_iter().chain(more.iter().copied()).collect();
    Target::new(HardwareType::StagingAmt, info.into_iter(), std::iter::empty())
}

#[test]
fn amt_and_whose_certificate_is_accepted() {
    let host = Host::Name("vpro.example.org".try_into().unwrap());
    assert_eq!(amt(&[]).unwrap().link(), Link::Tcp { host: host.clone(), port: 16_992 });
    let other = amt(&[("amt_port", Value::Str("8080")), ("amt_protocol", Value::Str("http"))]).unwrap();
    assert_eq!(other.link(), Link::Tcp { host: host.clone(), port: 8080 });

    let https = ("amt_protocol", Value::Str("https"));
    let pin = ["ab"; 32].join(":");
    let pin: &'static str = Box::leak(pin.into_boxed_str());
    let fingerprint = ("amt_tls_fingerprint", Value::Str(pin));
    let insecure = ("amt_tls_insecure", Value::Bool(true));
    let file = ("amt_tls_ca_file", Value::Str("/etc/ssl/amt.pem"));
    for (more, trust) in [
        (vec![https], Trust::System),
        (vec![https, fingerprint], Trust::Fingerprint(pin.parse().unwrap())),
        (vec![https, file], Trust::CaFile("/etc/ssl/amt.pem".try_into().unwrap())),
        (vec![https, insecure], Trust::Insecure),
        (vec![https, ("amt_tls_insecure", Value::Str("false"))], Trust::System),
    ] {
        assert_eq!(amt(&more).unwrap().link(), Link::Tls { host: host.clone(), port: 16_993, trust });
    }
    // What would not be looked at is not taken, nor one thing beside another that makes it needless.
    for (more, setting) in [
        (vec![fingerprint], Setting::AmtTlsFingerprint),
        (vec![file], Setting::AmtTlsCaFile),
        (vec![insecure], Setting::AmtTlsInsecure),
        (vec![https, insecure, fingerprint], Setting::AmtTlsFingerprint),
        (vec![https, insecure, file], Setting::AmtTlsCaFile),
        (vec![https, fingerprint, file], Setting::AmtTlsCaFile),
        (vec![https, ("amt_tls_fingerprint", Value::Str("abcd"))], Setting::AmtTlsFingerprint),
        (vec![https, ("amt_tls_ca_file", Value::Str("ca.pem"))], Setting::AmtTlsCaFile),
        (vec![https, ("amt_tls_insecure", Value::Str("maybe"))], Setting::AmtTlsInsecure),
        (vec![("amt_protocol", Value::Str("HTTPS"))], Setting::AmtProtocol),
        (vec![("amt_port", Value::Int(0))], Setting::AmtPort),
        (vec![("amt_username", Value::Str("a:b"))], Setting::AmtUsername),
        (vec![("amt_password", Value::Str("a\nb"))], Setting::AmtPassword),
        (vec![("amt_address", Value::Str("192.0.2.300"))], Setting::AmtAddress),
        (vec![("relay", Value::Str("rack1"))], Setting::Relay),
    ] {
        match amt(&more) {
            Err(Error::InvalidParameterValue { setting: wrong, .. }) => assert_eq!(wrong, setting, "{more:?}"),
            other => panic!("{more:?}: {other:?}"),
        }
    }
    let error = Target::new(HardwareType::StagingAmt, std::iter::empty(), std::iter::empty()).unwrap_err();
    assert_eq!(error.to_string(), "missing: amt_address, amt_password, amt_username");
    let shown = format!("{:?}", amt(&[https]).unwrap());
    assert!(!shown.contains("Adm1n!Pass") && shown.contains("admin"), "{shown}");
}
