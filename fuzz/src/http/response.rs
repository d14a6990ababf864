//! Answers.

use rackhand_core::http::{HttpError, Limits, MAX_INTERIM, Progress, ResponseReader};

use super::{joined, limits};
use crate::script::Script;

/// An answer: its status, its fields, its body, and bytes of the message.
type Found = (u16, Vec<(String, Vec<u8>)>, Vec<u8>, usize);

/// What a client makes of the bytes: all answers, and the error that it stops at.
#[derive(Debug, Default, PartialEq)]
struct Conversation {
    answers: Vec<Found>,
    interim: usize,
    error: Option<HttpError>,
}

fn converse(bytes: &[u8], limits: Limits, end: bool, fresh: bool, mut piece: impl FnMut() -> usize) -> Conversation {
    let mut reader = ResponseReader::new(limits);
    let mut found = Conversation::default();
    let (mut unread, mut left, mut ended) = (Vec::new(), bytes, false);
    loop {
        // What the reader has changed may be lost: it shall not rely on it.
        let before = unread.clone();
        let len = unread.len();
        let progress = match reader.read(&mut unread, ended) {
            Ok(progress) => progress,
            Err(error) => {
                assert!(usize::try_from(error.at).is_ok_and(|at| at <= len), "{error} of {len}");
                assert!(!error.to_string().is_empty());
                found.error = Some(error);
                return found;
            }
        };
        let used = match progress {
            Progress::More if ended => panic!("it waits behind the end"),
            Progress::More => {
                if left.is_empty() {
                    if !end {
                        return found;
                    }
                    ended = true;
                }
                let (now, later) = left.split_at(piece().clamp(1, left.len().max(1)).min(left.len()));
                if fresh {
                    unread = before;
                }
                unread.extend_from_slice(now);
                left = later;
                continue;
            }
            Progress::Interim { used } => {
                found.interim += 1;
                used
            }
            Progress::Whole { used, message } => {
                assert!(message.status == 101 || (200..=999).contains(&message.status));
                assert!(message.body.len() <= limits.body);
                assert!(!message.keeps || (used == len && !ended));
                let fields: Vec<_> = message.fields.map(|(name, value)| (name.to_owned(), value.to_vec())).collect();
                assert!(fields.len() <= limits.fields);
                for (name, value) in &fields {
                    assert!(!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':'));
                    assert!(value.iter().all(|byte| *byte == b'\t' || !byte.is_ascii_control()));
                    assert_eq!(value.trim_ascii(), value);
                    assert!(message.fields.get(&name.to_ascii_uppercase()).is_some());
                }
                let coding = message.fields.get("transfer-encoding").is_some();
                if coding && !matches!(message.status, 101 | 204 | 304) {
                    // Behind the head, which ends with the first empty line.
                    let head =
                        (1..used).find(|at| before[..*at].ends_with(b"\n\r\n") || before[..*at].ends_with(b"\n\n"));
                    assert_eq!(joined(&before[head.expect("a head")..used]), message.body);
                }
                found.answers.push((message.status, fields, message.body.to_vec(), used));
                used
            }
        };
        assert!(0 < used && used <= len);
        unread.drain(..used);
        if found.answers.len() > 4 || (ended && unread.is_empty()) {
            return found;
        }
    }
}

/// [`ResponseReader`] on any bytes, in pieces.
///
/// Asserts: however the bytes are cut into pieces, and whether what the reader changes in them is kept, the answers and the
/// error are the same; behind the end of the connection it waits for nothing; an error is within what was shown; limits are
/// kept; names and values are clean; a body in chunks is the one that a naive decoder finds; a connection is not kept that has
/// ended or has bytes behind the answer.
pub fn http_response(data: &[u8]) {
    let mut script = Script::new(data);
    let limits = limits(&mut script);
    let end = script.bool();
    let mut sizes = script.chunk().iter().cycle();
    let bytes = script.rest();
    let whole = converse(bytes, limits, end, false, || bytes.len());
    let chopped = converse(bytes, limits, end, false, || sizes.next().copied().unwrap_or(1).into());
    assert_eq!(whole, chopped);
    assert_eq!(whole, converse(bytes, limits, end, true, || 1));
    assert!(whole.interim <= usize::from(MAX_INTERIM) * (whole.answers.len() + 1));
}
