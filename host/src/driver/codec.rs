//! Devices that core speaks with.

use std::sync::Arc;
use std::time::Duration;

use rackhand_core::operation::{Action, Error, HardwareType, Link, Memory, Operation, Outcome, Target, Value};
use serde_json::Value as Json;

use super::links::Links;
use super::{Device, Doing, DriverError};
use crate::model::Object;
use crate::run::{perform, seed};

/// A device that core speaks with.
pub(super) struct Codec {
    target: Target,
    address: Option<String>,
    /// Where what one conversation leaves to the next is kept, for protocols that have anything to leave.
    links: Option<Arc<Links>>,
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

/// A value as core has it. No setting is a list or an object.
pub(super) fn plain(value: &Json) -> Value<'_> {
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
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

impl Codec {
    pub(super) fn new(target: Target) -> Self {
        let address = match target.link() {
            Link::Tcp { host, port } | Link::Tls { host, port, .. } | Link::Udp { host, port } => {
                Some(key(&host.to_string(), port))
            }
            // Nobody answers: there is no conversation to be kept apart from another.
            _ => None,
        };
        Self { target, address, links: None }
    }

    /// One of which something is kept from one conversation to the next.
    pub(super) fn remembering(target: Target, links: Arc<Links>) -> Self {
        Self { links: Some(links), ..Self::new(target) }
    }

    /// Whom it speaks with.
    pub(super) const fn target(&self) -> &Target {
        &self.target
    }

    fn kept(&self) -> Option<(&Links, &str)> {
        self.links.as_deref().zip(self.address.as_deref())
    }

    /// Carries `action` out, after `know` has added what is known of the device from elsewhere; and what it has taught by the end,
    /// however that came.
    pub(super) async fn converse(
        &self,
        action: &Action,
        timeout: Duration,
        know: impl FnOnce(&mut Memory),
    ) -> Result<(Result<Outcome, Error>, Memory), DriverError> {
        let seed = seed().map_err(DriverError::internal)?;
        let mut kept = self.kept().map(|(links, address)| links.take(address, &self.target)).unwrap_or_default();
        know(&mut kept.memory);
        let result = perform(&self.target, action, timeout, &seed, &mut kept, |_| {}).await;
        let memory = kept.memory.clone();
        if let Some((links, address)) = self.kept() {
            links.put(address, &self.target, kept);
        }
        Ok((result, memory))
    }
}

impl Device for Codec {
    fn address(&self) -> Option<&str> {
        self.address.as_deref()
    }

    fn check(&self, action: &Action, timeout: Duration) -> Result<(), DriverError> {
        // Nothing is sent: there is nothing to be random.
        let seed = [0; 32];
        Operation::new(&self.target, action, timeout, &Memory::Nothing, &seed).map(|_| ()).map_err(DriverError::from)
    }

    fn perform<'a>(&'a self, action: &'a Action, timeout: Duration) -> Doing<'a, Outcome> {
        Box::pin(async move {
            let (result, _) = self.converse(action, timeout, |_| {}).await?;
            result.map_err(DriverError::from)
        })
    }

    fn forget(&self) {
        if let Some((links, address)) = self.kept() {
            links.forget(address);
        }
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
        assert_eq!(key("2001:db8::1", 623), "[2001:db8::1]:623");
    }
}
