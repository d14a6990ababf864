//! Protocol codecs and exchanges that power machines without a good BMC.
//!
//! No standard library, no heap, no clock, no random numbers, no sockets; no panics, proved at link time. A runner (see
//! `rackhand-adapters`, or write your own in sixty lines) drives an [`exchange::Exchange`]; what to do with which device
//! is an [`operation::Operation`].
//!
//! Where things are, and what holds there (each line names the test that keeps it):
//!
//! - [`exchange`], [`dialog`], [`buffer`], [`time`], [`secret`], [`trust`], `input`: the machine and its tools.
//! - [`operation`]: the vocabulary that everything shares: targets, actions, outcomes, errors, their JSON.
//! - [`ethernet`]: the addresses and the bare frame that protocols below IP share.
//! - [`wol`], [`dxp`], [`amt`], [`ipmi`], [`nm`]: a folder a protocol; [`wsman`] is what AMT speaks.
//! - [`http`]: HTTP/1.1 and its digest, which [`amt`] goes over.
//! - `relay`: what a relay does with the orders that a host sends it.
//! - [`foreign`]: the only doors to code that is not proved free of panics (`proof`).
//! - Nothing here knows a socket, a clock or another crate of the workspace (`layers`).
//! - Every file that speaks a wire format cites its section (`tidy`).
#![no_std]
#![cfg_attr(not(rackhand_proof), forbid(unsafe_code))]
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::unreachable,
        clippy::unwrap_used
    )
)]

pub mod amt;
pub mod buffer;
pub mod describe;
pub mod dialog;
mod digits;
pub mod dxp;
pub mod ethernet;
pub mod exchange;
pub mod foreign;
pub mod http;
mod input;
pub mod ipmi;
pub mod nm;
pub mod operation;
#[cfg(feature = "relay")]
pub mod relay;
pub mod secret;
pub mod time;
pub mod trust;
pub mod wol;
pub mod wsman;

pub use input::{ParseError, ParseErrorKind};
