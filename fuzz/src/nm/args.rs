//! The arguments of Ironic's methods.

use rackhand_core::nm::{BadArgument, Method, Request, args};
use rackhand_core::operation::Value;

use super::wire::sent;
use crate::script::Script;

const KEYS: [&str; 30] = [
    "scope",
    "enable",
    "domain_id",
    "policy_id",
    "policy_trigger",
    "action",
    "power_domain",
    "target_limit",
    "target_limit.boot_mode",
    "target_limit.cores_disabled",
    "reporting_period",
    "cpu_power_correction",
    "storage",
    "correction_time",
    "trigger_limit",
    "parameter_name",
    "periods",
    "periods[0]",
    "periods[0].start",
    "periods[0].stop",
    "periods[0].days",
    "periods[0].days[0]",
    "periods[0].days[1]",
    "periods[1].start",
    "periods[1].stop",
    "periods[1].days[0]",
    "periods[4].start",
    "periods[4].stop",
    "periods[4].days[0]",
    "periods[5].start",
];

const NAMES: [&str; 36] = [
    "global",
    "domain",
    "policy",
    "platform",
    "cpu",
    "memory",
    "protection",
    "io",
    "none",
    "temperature",
    "power",
    "reset",
    "boot",
    "alert",
    "shutdown",
    "primary",
    "secondary",
    "auto",
    "unagressive",
    "aggressive",
    "persistent",
    "volatile",
    "performance",
    "throttling",
    "airflow",
    "airflow_temperature",
    "chassis_power",
    "unhandled_requests",
    "response_time",
    "cpu_throttling",
    "memory_throttling",
    "communication_failures",
    "trigger",
    "monday",
    "sunday",
    "unknown",
];

fn value<'a>(script: &mut Script<'a>) -> Value<'a> {
    match script.u8() % 12 {
        0 => Value::Null,
        1 => Value::Bool(script.bool()),
        2 => Value::Float(f64::from(script.u16()) / 2.0),
        3 => Value::Empty,
        4 => Value::Str(script.text()),
        5 => {
            let mut bytes = [0; 8];
            let given = script.bytes(8);
            bytes[..given.len()].copy_from_slice(given);
            Value::Int(i64::from_le_bytes(bytes))
        }
        6 => Value::Int(script.u16().into()),
        7 | 8 => Value::Int(script.u8().into()),
        _ => Value::Str(script.pick(&NAMES)),
    }
}

/// Any arguments for any method.
///
/// Asserts: what is accepted can be sent and comes back as what it was, by the method's own command; what is refused says so in words of
/// bounded length, and names a key that was given or one that was not.
pub fn nm_args(data: &[u8]) {
    let mut script = Script::new(data);
    let method = script.pick(Method::ALL);
    let mut given: Vec<(&str, Value<'_>)> = Vec::new();
    while !script.is_empty() && given.len() < 64 {
        let at = script.u8();
        let key = KEYS.get(usize::from(at) % 32).copied().unwrap_or_else(|| script.text());
        given.push((key, value(&mut script)));
    }
    match args(method, given.iter().copied()) {
        Ok(request) => {
            // What is to be filled in is no part of the bytes.
            let filled = match request {
                Request::SetPolicy { settings, .. } => Request::SetPolicy { settings, least_correction_time: false },
                other => other,
            };
            assert_eq!(Request::parse(request.command(), &sent(&request)), Ok(Some(filled)));
            assert_eq!(request.reads(), method.verbs() == ["GET"]);
            // No argument is a float; of two with one key the last counts.
            for (at, (key, value)) in given.iter().enumerate() {
                let counts = given[at + 1..].iter().all(|(later, _)| later != key);
                assert!(!counts || !matches!(value, Value::Float(_)), "{key}");
            }
        }
        Err(bad) => {
            let said = bad.to_string();
            assert!(said.len() < 800, "{said}");
            let has =
                |name: &str| given.iter().rfind(|(key, _)| *key == name).is_some_and(|(_, it)| *it != Value::Null);
            match bad {
                BadArgument::Missing(missing) => {
                    assert!(missing.iter().count() > 0);
                    for name in missing.iter() {
                        assert!(said.contains(name));
                        // An empty list, or one with days in it, is known by other keys.
                        assert!(name.ends_with(".days") || name == "periods" || !has(name), "{name} is there");
                    }
                }
                BadArgument::Invalid { key, got, .. } | BadArgument::Unknown { key, got, .. } => {
                    assert!(said.contains(key.as_str()) && said.contains(got.as_str()));
                    let front = key.trim_end_matches('…');
                    assert!(given.iter().any(|(name, _)| name.starts_with(front)), "{key} was not given");
                }
            }
        }
    }
}
