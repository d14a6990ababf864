//! What the daemon knows: nodes and ports, as plain values.
//!
//! A value is never changed once it is published; whoever changes one makes a new one and has the store keep it first.

mod boot;
mod name;
mod node;
mod port;
mod power;
mod secret;
mod stamp;

pub(crate) use boot::BootWish;
pub(crate) use name::{LONGEST as LONGEST_NAME, is_name, is_of_names};
pub(crate) use node::{Interface, Node, ProvisionState};
pub(crate) use port::{Port, mac};
pub(crate) use power::PowerReading;
pub(crate) use secret::{is_secret, keep_secrets, masked};
pub(crate) use stamp::{now, now_without_offset};

/// A JSON object, such as driver_info.
pub(crate) type Object = serde_json::Map<String, serde_json::Value>;
