//! See [`rackhand_fuzz::wol_nic`].
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| rackhand_fuzz::wol_nic(data));
