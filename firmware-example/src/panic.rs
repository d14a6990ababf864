//! What happens when a dependency panics (core cannot, see the proof): the place is logged and the board ends or starts again.
//! The message is not formatted: that alone would cost 18 KiB of flash.

use core::panic::PanicInfo;

use crate::board::{Board, Chosen};

/// The status with which an emulator ends after a panic.
const PANICKED: i32 = 101;

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    match info.location() {
        Some(place) => defmt::error!("panic at {=str}:{=u32}", place.file(), place.line()),
        None => defmt::error!("panic"),
    }
    Chosen::stop(PANICKED)
}

/// What `defmt::panic!` and its kin in dependencies end in; the message was logged already.
#[defmt::panic_handler]
fn defmt_panic() -> ! {
    Chosen::stop(PANICKED)
}
