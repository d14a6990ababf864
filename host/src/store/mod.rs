//! What survives: nodes and ports on disk, and in memory what has been written there.
//!
//! Readers see a [`Registry`] in memory, which holds nothing that is not on disk. All changes go through one thread
//! ([`writer`]): it works through waiting changes one by one, each on what the one before left, commits them together and only
//! then shows them and answers. A change that was answered is on disk; one that failed never was anywhere.

mod registry;
mod sqlite;
#[cfg(test)]
mod stand_in;
mod writer;

use std::fmt;

use uuid::Uuid;

use crate::model::{Node, Port};
use std::sync::Arc;

pub(crate) use registry::Registry;
pub(crate) use sqlite::Sqlite;
#[cfg(test)]
pub(crate) use stand_in::Memory;
pub(crate) use writer::Inventory;

/// One change of what is kept.
#[derive(Clone)]
pub(crate) enum Change {
    /// The node is new, or replaces what is kept by the same `id`.
    PutNode(Arc<Node>),
    /// The node with this `id` is gone, and its ports.
    DeleteNode(u64),
    /// The port is new, or replaces what is kept by the same `id`.
    PutPort(Arc<Port>),
    /// The port with this `id` is gone.
    DeletePort(u64),
}

/// Everything that is kept, in the order of creation.
#[derive(Default)]
pub(crate) struct Contents {
    pub(crate) nodes: Vec<Node>,
    pub(crate) ports: Vec<Port>,
}

/// A place that survives the process.
///
/// One process at a time has it; whoever implements it sees to that.
pub(crate) trait Store: Send {
    /// All that is kept. Called once, before anything is committed.
    fn load(&mut self) -> Result<Contents, StoreError>;

    /// Keeps all of `changes`, or none of them. When it returns, they survive the death of the process and of the machine.
    fn commit(&mut self, changes: &[Change]) -> Result<(), StoreError>;
}

/// The store could not do what it was asked to; nothing of that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoreError(String);

impl StoreError {
    pub(crate) fn new(text: impl fmt::Display) -> Self {
        Self(text.to_string())
    }

    /// Names the offending record without what is in it.
    fn record(kind: &str, uuid: Uuid, error: &impl fmt::Display) -> Self {
        Self(format!("{kind} {uuid}: {error}"))
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StoreError {}

#[cfg(test)]
mod tests;
