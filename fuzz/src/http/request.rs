//! Requests.

use rackhand_core::buffer::{Full, TxWriter};
use rackhand_core::http::{HttpError, Limits, Progress, RequestHead, RequestReader};

use super::{joined, limits};
use crate::script::Script;

type Found = (String, String, bool, Vec<(String, Vec<u8>)>, Vec<u8>, usize);

/// The first request in the bytes, which come in pieces; none when it is not whole. And how often the client waits.
fn first(bytes: &[u8], limits: Limits, mut piece: impl FnMut() -> usize) -> (Result<Option<Found>, HttpError>, usize) {
    let mut reader = RequestReader::new(limits);
    let (mut unread, mut left, mut waits) = (Vec::new(), bytes, 0);
    loop {
        let before = unread.clone();
        match reader.read(&mut unread, false) {
            Err(error) => {
                assert!(usize::try_from(error.at).is_ok_and(|at| at <= unread.len()), "{error} of {}", unread.len());
                assert!((400..=505).contains(&error.what.status()));
                return (Err(error), waits);
            }
            Ok(Progress::Interim { used }) => {
                waits += 1;
                assert_eq!((used, waits), (0, 1));
            }
            Ok(Progress::More) if left.is_empty() => return (Ok(None), waits),
            Ok(Progress::More) => {
                let (now, later) = left.split_at(piece().clamp(1, left.len()));
                unread.extend_from_slice(now);
                left = later;
            }
            Ok(Progress::Whole { used, message }) => {
                assert!(0 < used && used <= before.len() && message.body.len() <= limits.body);
                assert!(!message.method.is_empty() && !message.target.is_empty());
                assert!((message.method.bytes().chain(message.target.bytes())).all(|byte| byte.is_ascii_graphic()));
                let fields: Vec<_> = message.fields.map(|(name, value)| (name.to_owned(), value.to_vec())).collect();
                assert!(fields.len() <= limits.fields);
                assert!(message.fields.all("host").count() <= 1);
                if message.fields.get("transfer-encoding").is_some() {
                    let begin = before.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).expect("a method");
                    let head = (begin + 1..used)
                        .find(|at| before[..*at].ends_with(b"\n\r\n") || before[..*at].ends_with(b"\n\n"));
                    assert_eq!(joined(&before[head.expect("a head")..used]), message.body);
                }
                let found = (
                    message.method.to_owned(),
                    message.target.to_owned(),
                    message.keeps,
                    fields,
                    message.body.to_vec(),
                    used,
                );
                return (Ok(Some(found)), waits);
            }
        }
    }
}

/// One of our own requests, whose texts may be anything: none when the buffer is too short for it.
fn ours(script: &mut Script<'_>) -> Option<Vec<u8>> {
    let (method, target, host, content_type) = (script.text(), script.text(), script.text(), script.text());
    let (port, body) = (script.u16(), script.chunk());
    let mut bytes = [0; 1024];
    let mut writer = TxWriter::new(&mut bytes);
    let head = RequestHead { method, target, host, port, content_type, answer: None };
    let written = head.emit(&mut writer).and_then(|place| writer.put(body).map(|()| place));
    let len = writer.len();
    match written {
        Ok(place) => place.fill(&mut bytes[..len]),
        Err(Full { needed }) => {
            assert!(needed > bytes.len());
            return None;
        }
    }
    let lines = bytes[..len - body.len()].iter().filter(|byte| **byte == b'\n').count();
    assert_eq!(lines, 5, "{}", bytes.escape_ascii());
    if !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_alphabetic()) && !target.is_empty() {
        let limits = Limits { head: 1024, fields: 3, body: 1024 };
        let (found, _) = first(&bytes[..len], limits, || usize::MAX);
        if target.is_ascii() {
            let found = found.expect("it is in order").expect("it is whole");
            assert_eq!((&*found.0, &*found.4, found.5), (method, body, len));
        }
    }
    Some(bytes[..len].to_vec())
}

/// [`RequestReader`] on any bytes, in pieces, and on what [`RequestHead`] writes.
///
/// Asserts: however the bytes are cut into pieces, the request and the error are the same; that the client waits is said once at
/// most; an error is within what was shown; limits are kept; method and target are clean; a body in chunks is the one that a
/// naive decoder finds; no text adds a line to a head of ours, and a head of ours is read back.
pub fn http_request(data: &[u8]) {
    let mut script = Script::new(data);
    let limits = limits(&mut script);
    let own = script.bool();
    let mut sizes = script.chunk().iter().cycle();
    let own = if own { ours(&mut script) } else { None };
    let bytes = own.as_deref().unwrap_or_else(|| script.rest());
    let (whole, _) = first(bytes, limits, || bytes.len());
    let (chopped, _) = first(bytes, limits, || sizes.next().copied().unwrap_or(1).into());
    assert_eq!(whole, chopped);
    let (single, _) = first(bytes, limits, || 1);
    assert_eq!(whole, single);
}
