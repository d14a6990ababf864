//! The relay: takes orders for power from hosts and carries them out beside the racks.
//!
//! [`board`] is all that knows which board this is, and all that is `unsafe`. [`relay`] is the main loop; [`address`] gets it
//! an address; `door`, in images for tests only, takes the orders until the authenticated channel exists; [`sizes`] are the
//! buffers that all of it has; `amt` is what orders for AMT take besides, `seeds` what logins do.
#![no_std]
#![no_main]

mod address;
#[cfg(all(feature = "amt", feature = "test-door"))]
mod amt;
mod board;
#[cfg(feature = "test-door")]
mod door;
mod frames;
mod panic;
mod relay;
#[cfg(all(any(feature = "amt", feature = "ipmi"), feature = "test-door"))]
mod seeds;
mod sizes;

use board::{Board, Chosen};

#[cortex_m_rt::entry]
fn main() -> ! {
    let board = Chosen::take();
    defmt::info!("rackhand relay {=str} on {=str}", env!("CARGO_PKG_VERSION"), Chosen::NAME);
    relay::run(board)
}
