//! See [`rackhand_fuzz::dxp_engine`].
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| rackhand_fuzz::dxp_engine(data));
