//! The only doors to code that is not proved free of panics.
//!
//! Each function here is never inlined and checks the lengths before it calls. The proof of DESIGN's core rule 7 builds this
//! crate with `--cfg rackhand_proof`, which puts undefined symbols in their place, and admits exactly those names
//! ([`DOORS`]). The README lists them, and each has a fuzz target.

#[cfg(any(feature = "ipmi", feature = "relay"))]
macro_rules! doors {
    ($($name:ident = $symbol:ident($($arg:ident: $type:ty),*) -> $result:ty $body:block)*) => {
        $(
            #[cfg(not(rackhand_proof))]
            #[inline(never)]
            pub(crate) fn $name($($arg: $type),*) -> $result $body
        )*

        $(
            #[cfg(rackhand_proof)]
            #[allow(unsafe_code, reason = "the proof's stand-in for code that is not proved")]
            pub(crate) fn $name($($arg: $type),*) -> $result {
                #[allow(improper_ctypes, reason = "never called: only its name is looked at")]
                unsafe extern "Rust" {
                    fn $symbol($($arg: $type),*) -> $result;
                }
                // SAFETY: a proof build is linked to be looked at and never run.
                unsafe { $symbol($($arg),*) }
            }
        )*
    };
}

#[cfg(feature = "ipmi")]
mod cipher;
#[cfg(feature = "relay")]
mod json;

#[cfg(feature = "ipmi")]
pub(crate) use cipher::{aes_cbc_decrypt, aes_cbc_encrypt, hmac};
#[cfg(feature = "relay")]
pub(crate) use json::{answer_from_json, answer_to_json, order_from_json, order_to_json};

/// The symbols that stand for the doors in a proof build.
pub const DOORS: [&str; 7] = [
    "rackhand_foreign_aes_cbc_decrypt",
    "rackhand_foreign_aes_cbc_encrypt",
    "rackhand_foreign_hmac",
    "rackhand_foreign_order_from_json",
    "rackhand_foreign_order_to_json",
    "rackhand_foreign_answer_from_json",
    "rackhand_foreign_answer_to_json",
];
