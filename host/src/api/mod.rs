//! The REST API.

#[allow(dead_code)]
pub(crate) mod auth;
#[allow(dead_code)]
pub(crate) mod body;
mod fault;
mod htpasswd;
