//! Images for a microcontroller that hold nothing but a part of `rackhand-core`. `tests/benches/size.rs` builds one for each
//! feature, links what its entry points reach, and looks at the sections. They are never run.
//!
//! An image has entry points, lower case, that do what the main loop of a firmware does: make a machine of what is known,
//! give it inputs, read what it says. And it has the memory that a firmware sets aside for one machine at a time, upper
//! case: the state, and the buffers to send from and to receive in.
//!
//! Attributes that name a symbol are all that is unsafe here.
#![no_std]

#[cfg(feature = "amt")]
mod amt;
#[cfg(feature = "dxp")]
mod dxp;
#[cfg(feature = "http")]
mod http;
#[cfg(feature = "ipmi")]
mod ipmi;
#[cfg(feature = "nm")]
mod nm;
#[cfg(feature = "operation")]
mod operation;
#[cfg(feature = "order")]
mod order;
#[cfg(feature = "wol")]
mod wol;

use core::panic::PanicInfo;

/// Core cannot panic; what is behind its doors to foreign code can.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {
        core::hint::spin_loop();
    }
}

/// Static memory of so many bytes.
macro_rules! memory {
    ($($(#[$doc:meta])* $name:ident: $bytes:expr;)*) => {
        $(
            $(#[$doc])*
            // SAFETY: no other symbol has this name.
            #[unsafe(no_mangle)]
            static $name: [core::sync::atomic::AtomicU8; $bytes] =
                [const { core::sync::atomic::AtomicU8::new(0) }; $bytes];
        )*
    };
}
use memory;

/// Functions that a firmware calls. They are C only in name: nothing that is not Rust calls them.
macro_rules! entries {
    ($($(#[$doc:meta])* fn $name:ident($($argument:ident: $type:ty),*) $(-> $result:ty)? $body:block)*) => {
        $(
            $(#[$doc])*
            // SAFETY: no other symbol has this name.
            #[unsafe(no_mangle)]
            extern "C" fn $name($($argument: $type),*) $(-> $result)? $body
        )*
    };
}
use entries;

/// What a machine has said, if it was asked.
#[cfg(any(
    feature = "amt",
    feature = "dxp",
    feature = "ipmi",
    feature = "operation",
    feature = "order",
    feature = "wol"
))]
type Said<E> = Option<
    Result<
        rackhand_core::exchange::Step<<E as rackhand_core::exchange::Exchange>::Output>,
        <E as rackhand_core::exchange::Exchange>::Error,
    >,
>;
/// What a dialog wants, if it was asked.
#[cfg(feature = "nm")]
type Wants<D> = Option<
    Result<
        rackhand_core::dialog::Turn<<D as rackhand_core::dialog::Dialog>::Output>,
        <D as rackhand_core::dialog::Dialog>::Error,
    >,
>;
