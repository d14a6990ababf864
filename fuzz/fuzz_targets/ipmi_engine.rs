//! See [`rackhand_fuzz::ipmi_engine`].
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| rackhand_fuzz::ipmi_engine(data));
