//! See [`rackhand_fuzz::ethernet_frame`].
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| rackhand_fuzz::ethernet_frame(data));
