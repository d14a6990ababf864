//! See [`rackhand_fuzz::host_text`].
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| rackhand_fuzz::host_text(data));
