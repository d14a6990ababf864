//! See [`rackhand_fuzz::nm_wire`].
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| rackhand_fuzz::nm_wire(data));
