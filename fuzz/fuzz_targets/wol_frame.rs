//! See [`rackhand_fuzz::wol_frame`].
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| rackhand_fuzz::wol_frame(data));
