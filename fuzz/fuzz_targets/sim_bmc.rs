//! See [`rackhand_fuzz::sim_bmc`].
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| rackhand_fuzz::sim_bmc(data));
