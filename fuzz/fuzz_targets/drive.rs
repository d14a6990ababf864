//! See [`rackhand_fuzz::drive`].
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| rackhand_fuzz::drive(data));
