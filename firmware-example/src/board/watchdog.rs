//! ARM's watchdog (SP805, and the CMSDK's copy of it): the first time that it runs out it interrupts, the second time it
//! resets the board.

use super::register::Register;

const LOAD: usize = 0x000;
const CONTROL: usize = 0x008;
const INTERRUPT_CLEAR: usize = 0x00C;
const LOCK: usize = 0xC00;
/// Opens the registers for writing; any other value closes them.
const UNLOCK: u32 = 0x1ACC_E551;
/// It counts and interrupts, and it resets.
const INTERRUPT_AND_RESET: u32 = 0b11;
/// Seconds until it runs out once.
const PATIENCE: u32 = 5;

/// A running watchdog.
pub(super) struct Watchdog(Register);

impl Watchdog {
    /// Starts the watchdog at `base`, which counts at `hertz`.
    ///
    /// # Safety
    /// There is one at this address, and nobody else uses it.
    pub(super) unsafe fn start(base: usize, hertz: u32) -> Self {
        // SAFETY: the caller's promise.
        let register = |offset| unsafe { Register::at(base + offset) };
        register(LOCK).write(UNLOCK);
        register(LOAD).write(hertz * PATIENCE);
        register(CONTROL).write(INTERRUPT_AND_RESET);
        // The clear register stays open: feeding is all that is written from here on.
        Self(register(INTERRUPT_CLEAR))
    }

    /// Starts the count anew.
    pub(super) fn feed(&self) {
        self.0.write(1);
    }
}
