//! The host's side of Rackhand: the command line, and everything that an operator meets.
//!
//! No protocol bytes are looked at here: that is core's matter (`layers`). The binary `rackhand` is this library's
//! [`cli::main`].

#![forbid(unsafe_code)]
// They panic when nobody reads: `out` has what does not.
#![deny(clippy::print_stderr, clippy::print_stdout)]

mod api;
mod boot_device;
pub mod cli;
mod client;
mod conductor;
mod config;
mod decode;
mod demo;
mod describe;
mod driver;
mod driver_info;
mod error;
mod exit;
mod metrics;
mod model;
mod out;
mod passthru;
mod power;
mod progress;
mod run;
mod serve;
mod sim;
mod store;

pub use exit::Exit;
