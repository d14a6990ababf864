//! How many bytes were looked at: the tests count, nobody else does. DESIGN, section "The rules that keep it honest", rule 1: the
//! same bytes in one-byte pieces cost at most three times the work plus a constant a piece.

/// Outside of tests nobody counts.
#[cfg(not(test))]
#[inline(always)]
pub(super) const fn add(_: usize) {}

#[cfg(test)]
pub(super) use tests::add;

#[cfg(test)]
mod tests {
    extern crate std;

    use std::cell::Cell;
    use std::string::String;
    use std::vec::Vec;
    use std::{format, thread_local};

    use crate::http::{Limits, Progress, RequestReader, ResponseReader};

    const LIMITS: Limits = Limits { head: 4096, fields: 64, body: 8192 };

    thread_local! {
        static LOOKED_AT: Cell<usize> = const { Cell::new(0) };
    }

    pub(in crate::http) fn add(bytes: usize) {
        LOOKED_AT.with(|sum| sum.set(sum.get() + bytes));
    }

    /// Bytes looked at while the message comes in pieces; `read` says whether it is whole.
    fn work(message: &[u8], piece: usize, ended: bool, mut read: impl FnMut(&mut [u8], bool) -> bool) -> usize {
        LOOKED_AT.set(0);
        let mut unread = Vec::new();
        for bytes in message.chunks(piece) {
            assert!(!read(&mut unread, false), "whole after {} of {}", unread.len(), message.len());
            unread.extend_from_slice(bytes);
        }
        assert!(read(&mut unread, ended));
        LOOKED_AT.get()
    }

    fn is_whole<T>(progress: &Result<Progress<T>, crate::http::HttpError>) -> bool {
        matches!(progress, Ok(Progress::Whole { .. }))
    }

    #[test]
    fn one_byte_pieces_cost_at_most_three_times_the_work() {
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let body = "x".repeat(8000);
        let many: String = (0..1000).map(|_| "0001;a\r\nx\r\n").collect();
        let fields: String = (0..60).map(|number| format!("Field-{number}: {}\r\n", "v".repeat(50))).collect();
        let folded: String = (0..500).map(|_| "\r\n a").collect();
        let long = "y".repeat(1000);
        let answers = [
            format!("HTTP/1.1 200 OK\r\nContent-Length: 8000\r\n\r\n{body}"),
            format!("HTTP/1.1 200 OK\r\n\r\n{body}"),
            format!("HTTP/1.1 204 \r\n{fields}\r\n"),
            format!("HTTP/1.1 204 \r\nA: {folded}\r\n\r\n"),
            format!("{chunked}1f40\r\n{body}\r\n0\r\n\r\n"),
            format!("{chunked}{many}0\r\n\r\n"),
            format!("{chunked}1;{long}\r\nx\r\n0;{long}\r\n{fields}\r\n"),
        ];
        for answer in answers {
            let both = [answer.len(), 1].map(|piece| {
                let mut reader = ResponseReader::new(LIMITS);
                work(answer.as_bytes(), piece, true, |unread, ended| is_whole(&reader.read(unread, ended)))
            });
            let text = answer.get(..60).unwrap_or(&answer);
            assert!(both[1] <= 3 * both[0] + 8 * answer.len(), "{both:?} for {} bytes: {text}", answer.len());
            // Nothing is looked at often when it comes at once, either.
            assert!(both[0] <= 8 * answer.len(), "{both:?} for {} bytes: {text}", answer.len());
        }
        let request = format!("PUT / HTTP/1.1\r\nHost: a\r\n{fields}Content-Length: 8000\r\n\r\n{body}");
        let both = [request.len(), 1].map(|piece| {
            let mut reader = RequestReader::new(LIMITS);
            work(request.as_bytes(), piece, false, |unread, ended| is_whole(&reader.read(unread, ended)))
        });
        assert!(both[1] <= 3 * both[0] + 8 * request.len() && both[0] <= 8 * request.len(), "{both:?}");
    }
}
