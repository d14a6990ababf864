//! See [`rackhand_fuzz::wsman_writer`].
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| rackhand_fuzz::wsman_writer(data));
