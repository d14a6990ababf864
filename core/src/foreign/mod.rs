//! The only doors to code that is not proved free of panics.
//!
//! Each function here is never inlined and checks the lengths before it calls. The proof of DESIGN's core rule 7 builds this
//! crate with `--cfg rackhand_proof`, which puts undefined symbols in their place, and admits exactly those names
//! ([`DOORS`]). The README lists them, and each has a fuzz target.

#[cfg(feature = "relay")]
mod json;

#[cfg(feature = "relay")]
pub(crate) use json::{answer_from_json, answer_to_json, order_from_json, order_to_json};

/// The symbols that stand for the doors in a proof build.
pub const DOORS: [&str; 4] = [
    "rackhand_foreign_order_from_json",
    "rackhand_foreign_order_to_json",
    "rackhand_foreign_answer_from_json",
    "rackhand_foreign_answer_to_json",
];
