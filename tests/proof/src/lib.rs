//! The roots of the proof that nothing in `rackhand-core` can reach a panic (DESIGN, core rule 7).
//!
//! This library is built for a microcontroller and never run: `tests/tests/proof.rs` links each root alone, and a root
//! that can panic drags in [`panic`], which calls a function that nobody defines. The linker then names it. The tables
//! of roots name all that core lets others call; the same test reads them as text and compares them with core's
//! documentation.
//!
//! A root takes no arguments: all that it gives to core comes out of [`any`], so one call stands for every call. A
//! machine out of [`any`] is in every state at once, those included that it cannot get into: core must not panic then
//! either. With the feature `control` every root panics behind its call, so that a root whose call the optimiser takes
//! for endless, and which would prove nothing, is found out.
#![no_std]

mod amt;
mod bmc;
mod control;
mod dxp;
mod http;
mod ipmi;
mod nm;
mod operation;
mod relay;
mod tools;
mod whatever;
mod wol;
mod wsman;

use core::hint::{black_box, spin_loop};
use core::panic::PanicInfo;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    unsafe extern "C" {
        fn __panic_path_left_in_core() -> !;
    }
    // SAFETY: this library is linked to be looked at and never run.
    unsafe { __panic_path_left_in_core() }
}

/// A table of roots: the path of what is called, which becomes the root's symbol, and the call.
macro_rules! roots {
    ($($path:literal => $call:expr,)*) => {
        $(
            const _: () = {
                // SAFETY: no other symbol has a Rust path for a name.
                #[unsafe(export_name = $path)]
                extern "C" fn root() {
                    let _ = core::hint::black_box($call);
                    #[cfg(feature = "control")]
                    panic!();
                }
            };
        )*
    };
}
use roots;

/// A value of which the optimiser knows the type and nothing else: any of them.
#[inline(always)]
fn any<T>() -> T {
    // Nothing goes in; what comes out may be something, as far as the optimiser can tell.
    match black_box(None) {
        Some(value) => value,
        None => loop {
            spin_loop();
        },
    }
}
