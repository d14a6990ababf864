//! driver_info, judged.

use std::time::Duration;

use rackhand_core::operation::{
    Action, Error, HardwareType, JSON_LEN, Memory, Operation, Order, PowerTarget, Setting, Target, Value,
};
use rackhand_core::secret::HIDDEN;

use super::actions;
use crate::script::Script;

/// Texts that some setting takes, so that good targets come about.
const TEXTS: [&str; 34] = [
    "",
    "0",
    "1",
    "2",
    "9",
    "32",
    "65535",
    "192.0.2.7",
    "2001:db8::7",
    "ff02::1",
    "fe80::1",
    "[2001:db8::7]",
    "pdu.example.org",
    "admin",
    "udp",
    "udp6",
    "raw",
    "eth0",
    "boot",
    "manual",
    "none",
    "00:11:22:33:44:55",
    "02:00:00:00:00:01",
    "10.20.30.40",
    "http",
    "https",
    "/etc/ca.pem",
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "0123456789abcdef0123456789abcdef01234567",
    "17",
    "0x2c",
    "no",
    "single",
    "OPERATOR",
];
/// Of machines that have no driver here.
const FOREIGN: [&str; 3] = ["redfish_address", "ipmi_terminal_port", "libvirt_uri"];

fn text<'a>(script: &mut Script<'a>) -> &'a str {
    if script.bool() { script.text() } else { script.pick(&TEXTS) }
}

fn value<'a>(script: &mut Script<'a>) -> Value<'a> {
    match script.u8() % 12 {
        0 => Value::Null,
        1 => Value::Bool(script.bool()),
        2 => Value::Int(i64::from(script.u8())),
        3 => Value::Int(i64::from(script.u16()) - 5),
        4 => {
            let mut bytes = [0; 8];
            let given = script.bytes(8);
            bytes[..given.len()].copy_from_slice(given);
            Value::Int(i64::from_le_bytes(bytes))
        }
        5 => Value::Float(f64::from(script.u16()) / 8.0),
        6 => Value::Empty,
        _ => Value::Str(text(script)),
    }
}

fn name<'a>(script: &mut Script<'a>) -> &'a str {
    match script.u8() {
        255 => script.text(),
        254 => script.pick(&FOREIGN),
        byte => Setting::ALL[usize::from(byte) % Setting::ALL.len()].as_str(),
    }
}

/// The same settings with other secrets, which are as good or as bad as far as their letters go.
fn with_other_secrets<'a>(info: &[(&'a str, Value<'a>)], texts: &'a [String]) -> Vec<(&'a str, Value<'a>)> {
    let mut texts = texts.iter();
    let other = |(name, value): &(&'a str, Value<'a>)| match value {
        Value::Str(_) if is_secret(name) => (*name, texts.next().map_or(*value, |text| Value::Str(text))),
        _ => (*name, *value),
    };
    info.iter().map(other).collect()
}

fn is_secret(name: &str) -> bool {
    Setting::from_name(name).is_some_and(Setting::is_secret)
}

fn names_secret(error: &Error) -> bool {
    matches!(error, Error::InvalidParameterValue { setting, got } if setting.is_secret() && got == HIDDEN)
}

/// Another text of the same shape: digits stay digits, letters letters.
fn disguised(text: &str) -> String {
    text.chars()
        .map(|it| match it {
            '1' => '2',
            '2'..='9' | 'b'..='z' | 'B'..='Z' => char::from_u32(u32::from(it) - 1).unwrap_or(it),
            'a' => 'b',
            'A' => 'B',
            other => other,
        })
        .collect()
}

fn judge(error: &Error, hardware: HardwareType) {
    let text = error.to_string();
    match error {
        Error::MissingParameterValue(settings) => {
            assert!(!settings.is_empty());
            for setting in settings.iter() {
                assert!(setting.is_of(hardware) && text.contains(setting.as_str()), "{text}");
            }
        }
        Error::InvalidParameterValue { setting, got } => {
            assert!(setting.is_of(hardware) && text.contains(setting.as_str()) && text.contains(setting.allowed()));
            assert!(got.len() <= 64 && (!setting.is_secret() || got == HIDDEN), "{text}");
        }
        Error::NotInThisBuild(missing) => assert!(*missing == hardware && text.contains(hardware.as_str())),
        other => panic!("{other:?} from settings"),
    }
}

/// What a person may get to see of a target and of every operation on it.
fn seen(target: &Target, hardware: HardwareType) -> String {
    assert_eq!(target.hardware(), hardware);
    let mut seen = format!("{target:?} {:?}", target.link());
    for action in actions() {
        let timeout = Duration::from_secs(60);
        match Operation::new(target, &action, timeout, &Memory::Nothing, &[0; 32]) {
            Ok(operation) => {
                assert!(!operation.doing().is_empty());
                seen += &format!("{operation:?}");
            }
            Err(error @ Error::InvalidParameterValue { setting: Setting::IbootRelayCount, .. }) => {
                assert!(matches!(action, Action::SwitchRelays(_)), "{action:?}");
                seen += &error.to_string();
            }
            // Many ports, often each.
            Err(error @ Error::TimeoutTooShort { least_ms }) => {
                assert!(hardware == HardwareType::StagingWol && timeout < Duration::from_millis(least_ms.into()));
                assert!(matches!(action, Action::SetPower(PowerTarget::On | PowerTarget::Reboot)), "{action:?}");
                seen += &error.to_string();
            }
            Err(error) => {
                assert_eq!(error, Error::Unsupported { hardware, action: action.name() });
                assert!(hardware != HardwareType::StagingAmt || !matches!(action, Action::SetPower(_)), "{action:?}");
                seen += &error.to_string();
            }
        }
        let order = Order { target: target.clone(), action, timeout_ms: u32::MAX, memory: Memory::Nothing };
        let mut buffer = [0; JSON_LEN];
        let len = order.to_json(&mut buffer).expect("JSON_LEN bytes are always enough");
        assert_eq!(Order::from_json(&buffer[..len]).as_ref(), Ok(&order));
    }
    seen
}

/// [`Target::new`] from any names and values, and every operation on what it makes of them.
///
/// Asserts: an error names a setting that such machines have and says what is allowed; nothing that anybody gets to see of
/// a target, an error or an operation depends on a secret, or shows it; a good target has a link, every action on it is an
/// operation or `Unsupported`, and an order with it fits into `JSON_LEN` bytes and comes back from them.
pub fn operation_target(data: &[u8]) {
    let mut script = Script::new(data);
    let hardware = match script.u8() {
        byte @ 0..=199 => {
            [HardwareType::StagingIboot, HardwareType::StagingWol, HardwareType::StagingAmt][usize::from(byte % 3)]
        }
        byte @ 200..=239 => [HardwareType::Ipmi, HardwareType::StagingNm][usize::from(byte % 2)],
        byte => HardwareType::ALL[usize::from(byte) % HardwareType::ALL.len()],
    };
    let ports: Vec<_> = (0..script.u8() % 20).map(|_| text(&mut script)).collect();
    let mut info = Vec::new();
    while !script.is_empty() {
        info.push((name(&mut script), value(&mut script)));
    }
    let secrets: Vec<_> = info
        .iter()
        .filter_map(|(name, value)| match value {
            Value::Str(text) if is_secret(name) => Some(*text),
            _ => None,
        })
        .collect();
    let disguises: Vec<_> = secrets.iter().map(|secret| disguised(secret)).collect();
    let other_info = with_other_secrets(&info, &disguises);

    let make = |info: &[(&str, Value<'_>)]| {
        Target::new(hardware, info.iter().copied(), ports.iter().copied()).inspect_err(|error| judge(error, hardware))
    };
    match (make(&info), make(&other_info)) {
        (Ok(target), Ok(other)) => assert_eq!(seen(&target, hardware), seen(&other, hardware), "a secret shows"),
        // A disguise may be better or worse than the secret: that one of them is bad may show, and nothing else of it.
        (Err(error), Err(other)) => assert!(error == other || names_secret(&error) || names_secret(&other)),
        (Ok(target), Err(error)) | (Err(error), Ok(target)) => {
            assert!(names_secret(&error), "{error}");
            drop(seen(&target, hardware));
        }
    }
}
