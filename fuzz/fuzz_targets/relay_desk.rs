//! See [`rackhand_fuzz::relay_desk`].
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| rackhand_fuzz::relay_desk(data));
