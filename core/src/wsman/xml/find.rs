//! Finds the bytes that end a text or a value. XML 1.0, section 2.4. `memchr` looks at many at once where a processor can; on a small one its code would take a kilobyte and a half of
//! flash and gain nothing.

/// Where the first `wanted` is.
#[cfg(target_pointer_width = "64")]
pub(super) fn first(wanted: u8, bytes: &[u8]) -> Option<usize> {
    memchr::memchr(wanted, bytes)
}

/// Where the first `wanted` is.
#[cfg(not(target_pointer_width = "64"))]
pub(super) fn first(wanted: u8, bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|byte| *byte == wanted)
}

/// Where the first byte is that text cannot just go on with.
#[cfg(target_pointer_width = "64")]
pub(super) fn markup(bytes: &[u8]) -> Option<usize> {
    memchr::memchr3(b'<', b'&', b']', bytes)
}

/// Where the first byte is that text cannot just go on with.
#[cfg(not(target_pointer_width = "64"))]
pub(super) fn markup(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|byte| matches!(byte, b'<' | b'&' | b']'))
}
