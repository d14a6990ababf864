//! Devices that core speaks with.

use std::time::Duration;

use rackhand_core::operation::{Action, HardwareType, Link, Memory, Operation, Outcome, Target, Value};
use serde_json::Value as Json;

use super::{Device, Doing, DriverError};
use crate::model::Object;
use crate::run::perform;

/// A device that core speaks with.
pub(super) struct Codec {
    target: Target,
    address: Option<String>,
}

/// driver_info and the ports' addresses, judged by core.
pub(super) fn target(
    hardware: HardwareType,
    driver_info: &Object,
    addresses: &[String],
) -> Result<Target, DriverError> {
    let pairs = driver_info.iter().map(|(key, value)| (key.as_str(), plain(value)));
    Ok(Target::new(hardware, pairs, addresses.iter().map(String::as_str))?)
}

/// No setting is a list or an object.
fn plain(value: &Json) -> Value<'_> {
    match value {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => {
            number.as_i64().map_or_else(|| Value::Float(number.as_f64().unwrap_or(f64::NAN)), Value::Int)
        }
        Json::String(text) => Value::Str(text),
        Json::Array(_) | Json::Object(_) => Value::Empty,
    }
}

/// What a device is known by, so that two conversations with it are not had at once: the same name may be written in capitals,
/// or with the root's dot at its end.
fn key(host: &str, port: impl std::fmt::Display) -> String {
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    format!("{host}:{port}")
}

impl Codec {
    pub(super) fn new(target: Target) -> Self {
        let address = match target.link() {
            Link::Tcp { host, port } | Link::Udp { host, port } => Some(key(&host.to_string(), port)),
            // Nobody answers: there is no conversation to be kept apart from another.
            _ => None,
        };
        Self { target, address }
    }
}

impl Device for Codec {
    fn address(&self) -> Option<&str> {
        self.address.as_deref()
    }

    fn check(&self, action: &Action, timeout: Duration) -> Result<(), DriverError> {
        Operation::new(&self.target, action, timeout, &Memory::Nothing, &[0; 32]).map(|_| ()).map_err(DriverError::from)
    }

    fn perform<'a>(&'a self, action: &'a Action, timeout: Duration) -> Doing<'a, Outcome> {
        Box::pin(async move { perform(&self.target, action, timeout, |_| {}).await.map_err(DriverError::from) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_known_however_its_name_is_written() {
        for host in ["pdu.test", "PDU.Test", "pdu.test."] {
            assert_eq!(key(host, 9100), "pdu.test:9100");
        }
        assert_ne!(key("pdu", 9100), key("pdu", 9101));
    }
}
