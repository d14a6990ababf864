//! See [`rackhand_fuzz::nm_invoke`].
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| rackhand_fuzz::nm_invoke(data));
