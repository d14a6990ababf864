//! HTTP and its digest.

mod digest;
mod request;
mod response;

use rackhand_core::http::Limits;

pub use digest::{http_authorization, http_challenge};
pub use request::http_request;
pub use response::http_response;

use crate::script::Script;

/// Small limits, so that short inputs reach them.
fn limits(script: &mut Script<'_>) -> Limits {
    let limits = [
        Limits { head: 4096, fields: 64, body: 4096 },
        Limits { head: 64, fields: 2, body: 16 },
        Limits { head: 0, fields: 0, body: 0 },
        Limits { head: usize::MAX, fields: usize::MAX, body: usize::MAX },
    ];
    script.pick(&limits)
}

/// A body in chunks that was found to be in order, taken apart with the standard library's means.
fn joined(mut chunks: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let end = chunks.windows(2).position(|end| end == b"\r\n").expect("a line with a size");
        let line = std::str::from_utf8(&chunks[..end]).unwrap_or_else(|error| {
            std::str::from_utf8(&chunks[..error.valid_up_to()]).expect("it is valid up to there")
        });
        let digits = line.split([';', ' ', '\t']).next().expect("a size");
        let size = usize::from_str_radix(digits, 16).expect("a size");
        if size == 0 {
            return body;
        }
        body.extend_from_slice(&chunks[end + 2..end + 2 + size]);
        assert_eq!(chunks[end + 2 + size..end + 4 + size], *b"\r\n");
        chunks = &chunks[end + 4 + size..];
    }
}
