//! defmt's frames on the board's serial port: no debugger is needed to read them.

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, Ordering};

use critical_section::RestoreState;

use super::{Board, Chosen};

#[defmt::global_logger]
struct Log;

static BUSY: AtomicBool = AtomicBool::new(false);
static STATE: State = State(UnsafeCell::new((defmt::Encoder::new(), RestoreState::invalid())));

/// The encoder, and what the interrupts were before it was taken.
struct State(UnsafeCell<(defmt::Encoder, RestoreState)>);

// SAFETY: only used between `acquire` and `release`, when nobody else can run.
unsafe impl Sync for State {}

// SAFETY: between `acquire` and `release` interrupts are off and there is one core, so that nobody else gets here; a log
// line inside of a log line would be an endless recursion, and ends the program instead.
unsafe impl defmt::Logger for Log {
    fn acquire() {
        // SAFETY: released in `release`, which defmt calls for every `acquire`.
        let restore = unsafe { critical_section::acquire() };
        if BUSY.swap(true, Ordering::Relaxed) {
            Chosen::stop(103);
        }
        // SAFETY: interrupts are off and nobody else was here.
        let (encoder, before) = unsafe { &mut *STATE.0.get() };
        *before = restore;
        encoder.start_frame(put);
    }

    unsafe fn flush() {
        // Every byte is handed to the port at once.
    }

    unsafe fn release() {
        // SAFETY: `acquire` came before.
        let (encoder, before) = unsafe { &mut *STATE.0.get() };
        encoder.end_frame(put);
        BUSY.store(false, Ordering::Relaxed);
        // SAFETY: this is what `acquire` was given.
        unsafe { critical_section::release(*before) };
    }

    unsafe fn write(bytes: &[u8]) {
        // SAFETY: `acquire` came before.
        let (encoder, _) = unsafe { &mut *STATE.0.get() };
        encoder.write(bytes, put);
    }
}

fn put(bytes: &[u8]) {
    for byte in bytes {
        Chosen::put(*byte);
    }
}
