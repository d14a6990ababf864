//! A client's connection, and what is on its way to it.

use rackhand_core::http::{Limits, RequestReader};
use rackhand_core::time::Instant;

/// What a request may have.
const LIMITS: Limits = Limits { head: 8 * 1024, fields: 64, body: 32 * 1024 };

/// A client's connection.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    pub(super) reader: RequestReader,
    /// Nothing that comes is looked at any more.
    pub(super) deaf: bool,
    /// Requests that were not answered to the end.
    pub(super) in_flight: usize,
    /// Requests that were answered.
    pub(super) answered: u64,
}

impl Connection {
    pub(super) fn new(deaf: bool) -> Self {
        Self { reader: RequestReader::new(LIMITS), deaf, in_flight: 0, answered: 0 }
    }
}

/// Bytes that are still to be sent, and what follows them.
#[derive(Clone, Debug)]
pub(super) struct Outgoing<P> {
    pub(super) at: Instant,
    pub(super) peer: P,
    pub(super) bytes: Vec<u8>,
    /// The answer to a request ends with them.
    pub(super) ends_answer: bool,
    /// The connection is closed behind them.
    pub(super) close: bool,
}
