//! See [`rackhand_fuzz::amt_set_power`].
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| rackhand_fuzz::amt_set_power(data));
