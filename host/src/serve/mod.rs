//! `rackhand serve`: the daemon.

mod connection;
mod crowd;
#[allow(dead_code)]
mod exposure;
#[allow(dead_code)]
mod listener;
#[allow(dead_code)]
mod logging;
#[allow(dead_code)]
mod tls;

pub(crate) use connection::Peer;
