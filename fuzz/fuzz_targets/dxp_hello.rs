//! See [`rackhand_fuzz::dxp_hello`].
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| rackhand_fuzz::dxp_hello(data));
