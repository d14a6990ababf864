//! An order.

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error};

use super::{Read, Want, number, put, text};
use crate::operation::{Memory, Order};

impl<'de> Deserialize<'de> for Order {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let (mut target, mut action, mut timeout_ms, mut memory) = (None, None, None, None);
        let mut field = |key: &str, value: &mut dyn Read| match key {
            "target" => put(&mut target, super::target::target(value)),
            "action" => put(&mut action, super::action::action(value)),
            "timeout_ms" => number(value, &mut timeout_ms, Some),
            "memory" => text(value, &mut memory, |text| (text == "nothing").then_some(Memory::Nothing)),
            _ => false,
        };
        Want::Object(&mut field).deserialize(from)?;
        match (target, action, timeout_ms) {
            (Some(target), Some(action), Some(timeout_ms)) => {
                Ok(Self { target, action, timeout_ms, memory: memory.unwrap_or_default() })
            }
            _ => Err(D::Error::custom("incomplete")),
        }
    }
}
