//! What the relay needs of a board. A board is a module here that implements [`cortex::Chip`], or all of [`Board`] if it has no
//! Cortex-M, and [`Nic`]; nothing else knows which one there is. All `unsafe` code of the firmware is below this folder, each block with its reason.
#![allow(unsafe_code, reason = "registers, linker symbols and interrupts have no safe form")]

mod cortex;
#[cfg(feature = "lm3s6965evb")]
mod lm3s6965evb;
mod log;
mod memory;
#[cfg(feature = "mps2-an385")]
mod mps2_an385;
mod register;
#[cfg(feature = "w5500")]
mod w5500;
mod watchdog;

use rackhand_core::time::Instant;

/// The board that the image is for.
#[cfg(all(feature = "lm3s6965evb", not(feature = "mps2-an385")))]
pub(crate) type Chosen = cortex::Cortex<lm3s6965evb::Lm3s6965evb>;
/// The board that the image is for.
#[cfg(feature = "mps2-an385")]
pub(crate) type Chosen = cortex::Cortex<mps2_an385::Mps2An385>;

#[cfg(any(
    all(feature = "lm3s6965evb", feature = "mps2-an385"),
    not(any(feature = "lm3s6965evb", feature = "mps2-an385"))
))]
compile_error!("exactly one of the features lm3s6965evb and mps2-an385 names the board");

/// A board.
pub(crate) trait Board {
    /// Its name.
    const NAME: &'static str;
    /// Its network card.
    type Nic: Nic;

    /// Starts clock, log and watchdog; once.
    fn take() -> Self;

    /// Starts the network card; once.
    fn nic(&mut self) -> Self::Nic;

    /// Milliseconds since the start.
    fn now(&mut self) -> Instant;

    /// Bytes that no start before has had; none where there is no source of them.
    fn entropy(&self) -> Option<[u8; 16]>;

    /// Says that the main loop still turns.
    fn feed_watchdog(&mut self);

    /// Sleeps until `nic` has a frame or `due` has come.
    fn idle(&mut self, nic: &mut Self::Nic, due: Instant);

    /// Bytes of the stack that were never used.
    fn stack_free(&self) -> u32;

    /// Ends: an emulator with this status, a real board by starting again.
    fn stop(status: i32) -> !;

    /// Sends a byte of the log.
    fn put(byte: u8);
}

/// Frames that a card may drop before it says that it has none; there may be others behind them. A flood of what is dropped must
/// not starve the watchdog.
const DROPPED: usize = 16;

/// A network card.
pub(crate) trait Nic {
    /// Its address.
    fn mac(&self) -> [u8; 6];

    /// Whether a frame waits.
    fn has_frame(&mut self) -> bool;

    /// Takes the frame that has waited longest, without its check sequence, into `frame` and says how long it is: none when it was
    /// damaged or does not fit, and is dropped. None at all when no frame waits.
    fn take(&mut self, frame: &mut [u8]) -> Option<Option<usize>>;

    /// Takes the next frame that is not dropped. None may also mean that much was dropped, and `has_frame` says whether there is
    /// more.
    fn receive(&mut self, frame: &mut [u8]) -> Option<usize> {
        for _ in 0..DROPPED {
            if let Some(len) = self.take(frame)? {
                return Some(len);
            }
        }
        None
    }

    /// Sends a frame of 60 to 1514 bytes; the card adds the check sequence.
    fn send(&mut self, frame: &[u8]);
}
