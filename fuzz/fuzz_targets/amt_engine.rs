//! See [`rackhand_fuzz::amt_engine`].
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| rackhand_fuzz::amt_engine(data));
