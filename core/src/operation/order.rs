//! The JSON between a host and its relay: an [`Order`] goes one way, an [`Answer`] comes back, one datagram each.
//!
//! ```json
//! {"target":{"staging-wol":{…}},"action":{"set_power":"power on"},"timeout_ms":60000,"memory":"nothing"}
//! {"done":{"stored":"power on"}}
//! ```
//!
//! Passwords are in it as they are: it travels on an authenticated and encrypted channel only (DESIGN, "Relay").

use core::fmt;
use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::foreign;
use crate::operation::{Action, Error, Memory, Operation, Outcome, Seed, Target};

/// Most bytes of an order or an answer.
pub const JSON_LEN: usize = 1200;

/// Most bytes of an answer: none comes near it.
pub const ANSWER_LEN: usize = 640;

/// What a host asks of a relay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Order {
    /// Which device.
    pub target: Target,
    /// What to do with it.
    pub action: Action,
    /// How long the whole may take.
    pub timeout_ms: u32,
    /// What the device taught before.
    pub memory: Memory,
}

/// What a relay answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Answer {
    /// The operation ended well.
    Done(Outcome),
    /// It failed.
    Failed(Error),
    /// The order was not understood; nothing was done.
    Malformed,
    /// Every slot for such an operation is taken; nothing was done.
    Busy,
}

/// A text is no order or answer, is too long, or does not fit into the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct JsonError;

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no order or answer of at most {JSON_LEN} bytes of JSON")
    }
}

impl core::error::Error for JsonError {}

impl Order {
    /// Reads an order.
    ///
    /// # Errors
    /// [`JsonError`]; unknown fields are refused too.
    pub fn from_json(text: &[u8]) -> Result<Self, JsonError> {
        foreign::order_from_json(text).ok_or(JsonError)
    }

    /// Writes the order and returns its length.
    ///
    /// # Errors
    /// [`JsonError`] when the buffer is too short; [`JSON_LEN`] bytes are always enough.
    pub fn to_json(&self, buffer: &mut [u8]) -> Result<usize, JsonError> {
        foreign::order_to_json(self, buffer).ok_or(JsonError)
    }

    /// The machine that carries the order out.
    ///
    /// # Errors
    /// As [`Operation::new`].
    pub fn operation(&self, seed: &Seed) -> Result<Operation, Error> {
        let timeout = Duration::from_millis(u64::from(self.timeout_ms));
        Operation::new(&self.target, &self.action, timeout, &self.memory, seed)
    }
}

impl Answer {
    /// Reads an answer.
    ///
    /// # Errors
    /// [`JsonError`].
    pub fn from_json(text: &[u8]) -> Result<Self, JsonError> {
        foreign::answer_from_json(text).ok_or(JsonError)
    }

    /// Writes the answer and returns its length.
    ///
    /// # Errors
    /// [`JsonError`] when the buffer is too short; [`ANSWER_LEN`] bytes are always enough.
    pub fn to_json(&self, buffer: &mut [u8]) -> Result<usize, JsonError> {
        foreign::answer_to_json(self, buffer).ok_or(JsonError)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use core::num::NonZeroU16;
    use std::string::String;

    use super::*;
    use crate::operation::{HardwareType, Value};

    fn iboot() -> Target {
        let info = [
            ("iboot_address", Value::Str("pdu.example.org")),
            ("iboot_username", Value::Str("admin")),
            ("iboot_password", Value::Str("se\"cr\\et\n")),
        ];
        Target::new(HardwareType::StagingIboot, info.into_iter(), core::iter::empty()).unwrap()
    }

    #[test]
    fn an_order_as_it_is_written() {
        let order = Order {
            target: iboot(),
            action: Action::PulseRelay { on: false, seconds: NonZeroU16::new(7).unwrap() },
            timeout_ms: 60_000,
            memory: Memory::Nothing,
        };
        let mut buffer = [0; JSON_LEN];
        let len = order.to_json(&mut buffer).unwrap();
        let text = buffer.get(..len).unwrap();
        let expected = concat!(
            r#"{"target":{"staging-iboot":{"address":"pdu.example.org","port":9100,"#,
            r#""credentials":{"user":"admin","password":"se\"cr\\et\n"},"relay":1,"relay_count":null,"#,
            r#""dialect":{"base":"one","codes":"boot"},"#,
            r#""options":{"max_retry":3,"retry_interval_ms":1000,"reboot_delay_ms":5000}}},"#,
            r#""action":{"pulse_relay":{"on":false,"seconds":7}},"timeout_ms":60000,"memory":"nothing"}"#,
        );
        assert_eq!(core::str::from_utf8(text), Ok(expected));
        assert_eq!(Order::from_json(text), Ok(order));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "",
            "{}",
            "null",
            r#"{"target":{"staging-amt":{}},"action":"get_power","timeout_ms":1}"#,
            r#"{"target":{"staging-wol":{"host":"10.0.0.1","port":0,"transport":"udp","interface":null,"password":null,"repeat":1,"ports":["02:00:00:00:00:01"]}},"action":"get_power","timeout_ms":1}"#,
            r#"{"target":{"staging-wol":{"host":"10.0.0.1","port":9,"transport":"udp","interface":null,"password":null,"repeat":1,"ports":[]}},"action":"get_power","timeout_ms":1}"#,
            r#"{"target":{"staging-wol":{"host":"10.0.0.1","port":9,"transport":"udp","interface":null,"password":null,"repeat":1,"ports":["02:00:00:00:00:01"],"x":1}},"action":"get_power","timeout_ms":1}"#,
            // What driver_info would not be taken with, an order is not either.
            r#"{"target":{"staging-wol":{"host":"10.0.0.1","port":9,"transport":"raw","interface":null,"password":null,"repeat":1,"ports":["02:00:00:00:00:01"]}},"action":"get_power","timeout_ms":1}"#,
            r#"{"target":{"staging-wol":{"host":"10.0.0.1","port":9,"transport":"udp6","interface":"eth0","password":null,"repeat":1,"ports":["02:00:00:00:00:01"]}},"action":"get_power","timeout_ms":1}"#,
            r#"{"target":{"staging-iboot":{"address":"pdu","port":9100,"credentials":{"user":"u","password":"p"},"relay":5,"relay_count":4,"dialect":{"base":"one","codes":"boot"},"options":{"max_retry":3,"retry_interval_ms":1000,"reboot_delay_ms":5000}}},"action":"get_power","timeout_ms":1}"#,
            r#"{"target":{"staging-wol":{"host":"10.0.0.1","port":9,"port":9,"transport":"udp","interface":null,"password":null,"repeat":1,"ports":["02:00:00:00:00:01"]}},"action":"get_power","timeout_ms":1}"#,
        ] {
            assert_eq!(Order::from_json(text.as_bytes()), Err(JsonError), "{text}");
        }
        let pulse = |seconds| {
            std::format!(
                r#"{{"target":{{"staging-wol":{{"host":"10.0.0.1","port":9,"transport":"udp","interface":null,"password":null,"repeat":1,"ports":["02:00:00:00:00:01"]}}}},"action":{{"pulse_relay":{{"on":true,"seconds":{seconds}}}}},"timeout_ms":1}}"#
            )
        };
        assert!(Order::from_json(pulse(1).as_bytes()).is_ok());
        assert_eq!(Order::from_json(pulse(0).as_bytes()), Err(JsonError), "that is no pulse");
        let good = r#"{"target":{"staging-wol":{"host":"10.0.0.1","port":9,"transport":"udp","interface":null,"password":null,"repeat":1,"ports":["02:00:00:00:00:01"]}},"action":"get_power","timeout_ms":1}"#;
        assert!(Order::from_json(good.as_bytes()).is_ok());
        let long = String::from(good) + &" ".repeat(JSON_LEN);
        assert_eq!(Order::from_json(long.as_bytes()), Err(JsonError));
    }
}
