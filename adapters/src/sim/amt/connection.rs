//! A client's connection, and what is on its way to it.

use rackhand_core::http::{Limits, RequestReader};

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

/// What happens behind the last byte that was sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Behind {
    /// It was the answer to a request.
    pub(super) ends_answer: bool,
    pub(super) close: bool,
}
