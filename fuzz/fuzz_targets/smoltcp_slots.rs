//! See [`rackhand_fuzz::smoltcp_slots`].
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| rackhand_fuzz::smoltcp_slots(data));
