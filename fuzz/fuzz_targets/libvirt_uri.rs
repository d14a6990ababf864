//! See [`rackhand_fuzz::libvirt_uri`].
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| rackhand_fuzz::libvirt_uri(data));
