//! See [`rackhand_fuzz::sim_iboot`].
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| rackhand_fuzz::sim_iboot(data));
