//! See [`rackhand_fuzz::wsman_envelope`].
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| rackhand_fuzz::wsman_envelope(data));
