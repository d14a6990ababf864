//! See [`rackhand_fuzz::nm_args`].
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| rackhand_fuzz::nm_args(data));
