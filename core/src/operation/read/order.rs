//! An order.

use serde::de::{DeserializeSeed, Deserializer};

use super::{Read, Want, number, put};
use crate::operation::{Action, Memory, Order, Target};

/// What was read of an order so far. Everything is put where it stays: copies of a target would fill a small stack.
#[derive(Default)]
struct Parts {
    target: Option<Target>,
    action: Option<Action>,
    timeout_ms: Option<u32>,
    memory: Option<Memory>,
}

/// Reads an order; none when it is none.
pub(crate) fn order<'de, D: Deserializer<'de>>(from: D) -> Option<Order> {
    let mut parts = Parts::default();
    Want::Object(&mut |key, value| field(key, value, &mut parts)).deserialize(from).ok()?;
    let Parts { target, action, timeout_ms, memory } = parts;
    Some(Order { target: target?, action: action?, timeout_ms: timeout_ms?, memory: memory.unwrap_or_default() })
}

fn field(key: &str, value: &mut dyn Read, parts: &mut Parts) -> bool {
    match key {
        "target" => super::target::target(value, &mut parts.target),
        "action" => put(&mut parts.action, super::action::action(value)),
        "timeout_ms" => put(&mut parts.timeout_ms, number(value)),
        "memory" => put(&mut parts.memory, memory(value)),
        _ => false,
    }
}

/// `"nothing"`, `{"amt":{…}}` or `{"ipmi":{…}}`.
fn memory(value: &mut dyn Read) -> Option<Memory> {
    let mut memory = None;
    let whole = value.read(Want::Variant(&mut |name, value| match name {
        "nothing" => value.read(Want::Unit) && put(&mut memory, Some(Memory::Nothing)),
        #[cfg(feature = "amt")]
        "amt" => put(&mut memory, super::amt::memory(value)),
        #[cfg(feature = "ipmi")]
        "ipmi" => put(&mut memory, super::ipmi::memory(value)),
        _ => false,
    }));
    memory.filter(|_| whole)
}
