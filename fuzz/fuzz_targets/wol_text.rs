//! See [`rackhand_fuzz::wol_text`].
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| rackhand_fuzz::wol_text(data));
