//! See [`rackhand_fuzz::dxp_pair`].
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| rackhand_fuzz::dxp_pair(data));
