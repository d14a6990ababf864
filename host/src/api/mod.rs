//! Ironic's REST API, the part of it that concerns machines rather than deployments (ironic-api.md).
//!
//! [`router`] names every path. A request passes, from the outside: [`request`] (its id, its log, its count), [`version`],
//! then the login and the bound on its body, then the handler of its path; what goes wrong is an [`Error`] and becomes an
//! answer in [`answer`], nowhere else.

mod answer;
pub(crate) mod auth;
pub(crate) mod body;

mod conductors;
mod drivers;
mod empty;
mod htpasswd;
mod links;
mod nodes;
mod operation;
mod page;
mod passthru;
mod patch;
mod ports;
mod query;
mod request;
mod root;
pub(crate) mod router;
mod value;
mod version;

use std::sync::Arc;

use crate::conductor::Conductor;

pub(crate) use crate::error::Error;

/// What every handler has.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) conductor: Arc<Conductor>,
    /// The most items in one answer.
    pub(crate) max_limit: usize,
    /// What links begin with; none: what the client called us.
    pub(crate) public_endpoint: Option<Arc<str>>,
    /// What links begin with when the client does not say how it called us: `http` or `https`.
    pub(crate) scheme: &'static str,
}

/// What a handler makes.
pub(crate) type Answer = Result<axum::response::Response, Error>;

#[cfg(test)]
mod tests;
