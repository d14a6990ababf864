//! Answers against frozen bytes, in pieces of every size (tests/vectors/http.json).

use rackhand_core::http::{HttpError, HttpProblem, Limits, Progress, ResponseReader};
use rackhand_tests::vectors::{load, unhex};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vector {
    name: String,
    raw_hex: String,
    status: Option<u16>,
    body_hex: Option<String>,
    error: bool,
}

/// Status and body of the final answer, whose bytes come in pieces of the given size before the connection ends.
fn read(bytes: &[u8], piece: usize) -> Result<(u16, Vec<u8>), HttpError> {
    let mut reader = ResponseReader::new(Limits { head: 1024, fields: 16, body: 4096 });
    let (mut unread, mut pieces) = (Vec::new(), bytes.chunks(piece));
    let mut ended = false;
    loop {
        match reader.read(&mut unread, ended)? {
            Progress::Whole { message, .. } => return Ok((message.status, message.body.to_vec())),
            Progress::Interim { used } => drop(unread.drain(..used)),
            Progress::More => match pieces.next() {
                Some(piece) => unread.extend_from_slice(piece),
                None => {
                    assert!(!ended, "at the end it still waits");
                    ended = true;
                }
            },
        }
    }
}

#[test]
fn every_answer_is_read_and_every_broken_one_refused() {
    let vectors: Vec<Vector> = load("http.json");
    assert!(vectors.len() >= 13);
    for vector in &vectors {
        let bytes = unhex(&vector.raw_hex);
        for piece in 1..=bytes.len().max(1) {
            let result = read(&bytes, piece);
            let name = format!("{} in pieces of {piece}: {result:?}", vector.name);
            match result {
                Ok((status, body)) => {
                    assert_eq!((Some(status), vector.error), (vector.status, false), "{name}");
                    assert_eq!(Some(hex::encode(body)), vector.body_hex, "{name}");
                }
                Err(_) => assert!(vector.error, "{name}"),
            }
        }
    }
}

#[test]
fn what_is_wrong_is_said() {
    let expected = [
        ("short body", HttpProblem::Truncated, 51),
        ("chunk size overflow", HttpProblem::BodyTooLong { limit: 4096 }, 50),
        ("chunk without crlf", HttpProblem::BadChunk, 62),
        ("length overflow", HttpProblem::BodyTooLong { limit: 4096 }, 60),
        ("not http", HttpProblem::NotHttp, 0),
        ("bad status", HttpProblem::BadStatus, 8),
        ("empty", HttpProblem::Truncated, 0),
    ];
    let vectors: Vec<Vector> = load("http.json");
    for (name, what, at) in expected {
        let vector = vectors.iter().find(|vector| vector.name == name).expect(name);
        assert_eq!(read(&unhex(&vector.raw_hex), 1), Err(HttpError { at, what }), "{name}");
    }
    assert_eq!(vectors.iter().filter(|vector| vector.error).count(), expected.len());
}
