//! See [`rackhand_fuzz::operation_target`].
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| rackhand_fuzz::operation_target(data));
