//! HTTP, a literal message for every way to frame one and for every way to get it wrong, in pieces of every size.

use rackhand_core::http::{HttpError, HttpProblem, Limits, MAX_INTERIM, Progress, RequestReader, ResponseReader};

const LIMITS: Limits = Limits { head: 128, fields: 4, body: 20 };

/// What became of the bytes.
#[derive(Debug, PartialEq)]
struct Answer {
    status: u16,
    keeps: bool,
    body: String,
    /// Bytes of the message.
    used: usize,
}

/// Reads an answer that comes in pieces of the given size; with `end` the connection ends behind it. None: it is not whole.
fn answer(bytes: &[u8], piece: usize, end: bool) -> Result<Option<Answer>, HttpError> {
    let mut reader = ResponseReader::new(LIMITS);
    let (mut unread, mut pieces, mut dropped, mut ended) = (Vec::new(), bytes.chunks(piece), 0, false);
    loop {
        match reader.read(&mut unread, ended)? {
            Progress::Whole { used, message } => {
                let body = String::from_utf8(message.body.to_vec()).unwrap();
                return Ok(Some(Answer { status: message.status, keeps: message.keeps, body, used: dropped + used }));
            }
            Progress::Interim { used } => {
                dropped += used;
                unread.drain(..used);
            }
            Progress::More => match pieces.next() {
                Some(piece) => unread.extend_from_slice(piece),
                None if end && !ended => ended = true,
                None => return Ok(None),
            },
        }
    }
}

/// What all ways to cut the bytes agree on; but whether the connection is kept hangs on what is there behind the message.
fn read(text: &str, end: bool) -> Result<Option<Answer>, HttpError> {
    let whole = answer(text.as_bytes(), text.len().max(1), end);
    for piece in 1..text.len() {
        let mut cut = answer(text.as_bytes(), piece, end);
        if let (Ok(Some(cut)), Ok(Some(whole))) = (&mut cut, &whole) {
            assert!(cut.keeps >= whole.keeps);
            cut.keeps = whole.keeps;
        }
        assert_eq!(cut, whole, "in pieces of {piece}: {text:?}");
    }
    whole
}

#[test]
fn every_framing() {
    let whole: &[(&str, bool, u16, bool, &str)] = &[
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", false, 200, true, "hello"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello", false, 200, false, "hello"),
        ("HTTP/1.1 200 OK\r\nConnection: x, CLOSE ,y\r\nContent-Length: 0\r\n\r\n", false, 200, false, ""),
        ("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", false, 200, false, "hello"),
        ("HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: Keep-Alive\r\n\r\nhello", false, 200, true, "hello"),
        ("HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive, close\r\n\r\nh", false, 200, false, "h"),
        ("HTTP/1.7 200 OK\r\ncontent-LENGTH:00005\r\n\r\nhello", false, 200, true, "hello"),
        // The same length several times.
        ("HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\nContent-Length: 05\r\n\r\nhello", false, 200, true, "hello"),
        // Bytes behind the message.
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1", false, 200, false, "hello"),
        // No body, whatever is said.
        ("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", false, 204, true, ""),
        ("HTTP/1.1 304 Not Modified\r\nContent-Length: 999\r\n\r\n", false, 304, true, ""),
        ("HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", false, 304, true, ""),
        ("HTTP/1.1 101 Switching Protocols\r\n\r\n", false, 101, false, ""),
        // In chunks: upper and lower case, padded, one digit; extensions and trailers.
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0005\r\nhello\r\n0\r\n\r\n", false, 200, true, "hello"),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n000\r\n\r\n",
            false,
            200,
            true,
            "hello",
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA;a=\"b;\"\r\nhellohello\r\n0a \t; x\r\n..........\r\n0 \r\n\r\n",
            false,
            200,
            true,
            "hellohello..........",
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nA: b\r\nC: d\n\r\n",
            false,
            200,
            true,
            "hello",
        ),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", false, 200, true, ""),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n", false, 200, false, ""),
        // Chunks are believed rather than a length, and neither is HTTP/1.0's.
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n1\r\nh\r\n0\r\n\r\n",
            false,
            200,
            false,
            "h",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nh\r\n0\r\n\r\n",
            false,
            200,
            false,
            "h",
        ),
        (
            "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n1\r\nh\r\n0\r\n\r\n",
            false,
            200,
            false,
            "h",
        ),
        // Until the connection ends.
        ("HTTP/1.1 200 OK\r\n\r\nhello", true, 200, false, "hello"),
        ("HTTP/1.0 200 OK\r\n\r\n", true, 200, false, ""),
        (
            "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\n12345678901234567890",
            true,
            200,
            false,
            "12345678901234567890",
        ),
        // Interim answers.
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 \r\nContent-Length: 9\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
            false,
            200,
            true,
            "hi",
        ),
        // Reasons: none, none and no blank, odd ones. Lines that end in LF.
        ("HTTP/1.1 500 \r\nContent-Length: 0\r\n\r\n", false, 500, true, ""),
        ("HTTP/1.1 401\r\nContent-Length: 0\r\n\r\n", false, 401, true, ""),
        ("HTTP/1.1 999 \t\u{e9}:200\nContent-Length: 2\n\nhi", false, 999, true, "hi"),
        // Folded lines.
        ("HTTP/1.1 200 OK\r\nContent-Length:\r\n 2\r\n\r\nhi", false, 200, true, "hi"),
        ("HTTP/1.1 200 OK\r\nConnection: a,\n\t \r\n close\r\nContent-Length: 2\r\n\r\nhi", false, 200, false, "hi"),
    ];
    for &(text, end, status, keeps, body) in whole {
        let found = read(text, end).unwrap_or_else(|error| panic!("{error}: {text:?}")).expect(text);
        assert_eq!((found.status, found.keeps, &*found.body), (status, keeps, body), "{text:?}");
        assert_eq!(text.len() - found.used, if text.ends_with("helloHTTP/1.1") { 8 } else { 0 }, "{text:?}");
        // A part of it is not whole, and, if the connection ends there, too short. Where the end is the connection's, a part of
        // the body is a body.
        let head =
            text.rfind("HTTP/").unwrap() + text[text.rfind("HTTP/").unwrap()..].find("\n\r\n").map_or(0, |at| at + 3);
        for len in 0..found.used {
            assert_eq!(answer(&text.as_bytes()[..len], text.len(), false), Ok(None), "{len} bytes of {text:?}");
            let cut = answer(&text.as_bytes()[..len], text.len(), true);
            if end && len >= head {
                assert!(matches!(cut, Ok(Some(_))), "{len} bytes of {text:?}");
            } else {
                // Offsets count from the front of the answer, behind the interim ones.
                assert!(matches!(cut, Err(HttpError { what: HttpProblem::Truncated, .. })), "{len} bytes of {text:?}");
            }
        }
    }
}

#[test]
fn a_connection_that_has_ended_is_not_kept() {
    let kept = |ended| {
        let mut unread = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi".to_vec();
        let mut reader = ResponseReader::new(LIMITS);
        let Ok(Progress::Whole { message, .. }) = reader.read(&mut unread, ended) else { panic!("it is whole") };
        message.keeps
    };
    assert_eq!([kept(false), kept(true)], [true, false]);
    let kept = |ended| {
        let mut unread = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_vec();
        let mut reader = RequestReader::new(LIMITS);
        let Ok(Progress::Whole { message, .. }) = reader.read(&mut unread, ended) else { panic!("it is whole") };
        message.keeps
    };
    assert_eq!([kept(false), kept(true)], [true, false]);
}

#[test]
fn every_way_to_get_an_answer_wrong() {
    use HttpProblem::*;
    let wrong: &[(&str, u32, HttpProblem)] = &[
        ("SSH-2.0-x\r\n", 0, NotHttp),
        ("HTTPS", 4, NotHttp),
        ("http/1.1", 0, NotHttp),
        ("\r\nHTTP/1.1 200 OK\r\n\r\n", 0, NotHttp),
        ("\x15\x03\x01", 0, NotHttp),
        ("HTTP/2 200\r\n\r\n", 5, BadVersion),
        ("HTTP/1.x", 7, BadVersion),
        ("HTTP/1.1\r\n\r\n", 8, BadStatus),
        ("HTTP/1.1  200 OK\r\n\r\n", 8, BadStatus),
        ("HTTP/1.1 20 OK\r\n\r\n", 8, BadStatus),
        ("HTTP/1.1 2000 OK\r\n\r\n", 8, BadStatus),
        ("HTTP/1.1 099 OK\r\n\r\n", 8, BadStatus),
        ("HTTP/1.1 200 O\0K\r\n\r\n", 8, BadStatus),
        ("HTTP/1.1 200 O\rK\r\n\r\n", 8, BadStatus),
        ("HTTP/1.1 200 OK\r\nA\r\n\r\n", 17, BadField),
        ("HTTP/1.1 200 OK\r\n: b\r\n\r\n", 17, BadField),
        ("HTTP/1.1 200 OK\r\nB: b\r\nContent-Length : 1\r\n\r\n", 23, BadField),
        ("HTTP/1.1 200 OK\r\nA: \x7f\r\n\r\n", 17, BadField),
        ("HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n", 17, BadField),
        ("HTTP/1.1 200 OK\r\nA: b\r\r\n\r\n", 17, BadField),
        // What looks folded, and has no line before it.
        ("HTTP/1.1 200 OK\r\n A: b\r\n\r\n", 17, BadField),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 36, BadLength),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n", 17, BadLength),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1,\r\n\r\n", 17, BadLength),
        ("HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n", 17, BadLength),
        ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", 17, BadLength),
        ("HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n", 17, BadLength),
        ("HTTP/1.1 200 OK\r\nContent-Length: 0x1\r\n\r\n", 17, BadLength),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: x\r\n\r\n", 45, BadLength),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 17, UnsupportedTransferCoding),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n", 17, UnsupportedTransferCoding),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n", 17, UnsupportedTransferCoding),
        ("HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n", 39, BodyTooLong { limit: 20 }),
        ("HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551621\r\n\r\n", 57, BodyTooLong { limit: 20 }),
        ("HTTP/1.1 200 OK\r\n\r\n123456789012345678901", 39, BodyTooLong { limit: 20 }),
        ("HTTP/1.1 200 OK\r\nA: b\r\nA: b\r\nA: b\r\nA: b\r\nA: b\r\n\r\n", 41, TooManyFields { limit: 4 }),
    ];
    for &(text, at, what) in wrong {
        assert_eq!(read(text, false), Err(HttpError { at, what }), "{text:?}");
    }
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let line = u32::try_from(chunked.len()).unwrap();
    let chunks: &[(&str, u32, HttpProblem)] = &[
        ("\r\n", 0, BadChunk),
        (" 5\r\nhello", 0, BadChunk),
        ("g\r\n", 0, BadChunk),
        ("+5\r\n", 0, BadChunk),
        ("0x5\r\n", 1, BadChunk),
        ("5\nhello", 1, BadChunk),
        ("5\rhello", 2, BadChunk),
        ("5 5\r\n", 2, BadChunk),
        ("5;\0\r\n", 2, BadChunk),
        ("5;a\n", 3, BadChunk),
        ("5\r\nhello0\r\n\r\n", 8, BadChunk),
        ("5\r\nhello\r\r", 9, BadChunk),
        ("5\r\nhello\n", 8, BadChunk),
        ("15\r\n", 1, BodyTooLong { limit: 20 }),
        ("14\r\n12345678901234567890\r\n1", 26, BodyTooLong { limit: 20 }),
        ("5\r\nhello\r\n10", 11, BodyTooLong { limit: 20 }),
        ("fffffffffffffffff", 1, BodyTooLong { limit: 20 }),
        ("0\r\n\r5", 4, BadField),
        ("0\r\na\nb\nc\nd\ne", 11, TooManyFields { limit: 4 }),
    ];
    for &(text, at, what) in chunks {
        let text = format!("{chunked}{text}");
        assert_eq!(read(&text, false), Err(HttpError { at: line + at, what }), "{text:?}");
    }
    let padded = format!("{chunked}{}", "0".repeat(1025));
    assert_eq!(read(&padded, false), Err(HttpError { at: line + 1024, what: BadChunk }));
    let trailer = format!("{chunked}0\r\n{}", "x".repeat(129));
    assert_eq!(read(&trailer, false), Err(HttpError { at: line + 131, what: HeadTooLong { limit: 128 } }));

    // A head may have exactly as many bytes as the limit says.
    let head = |len: usize| format!("HTTP/1.1 204 \r\nA: {}\r\n\r\n", "x".repeat(len - 22));
    assert!(read(&head(128), false).unwrap().is_some());
    for text in [head(129), "HTTP/1.1 200 ".to_owned() + &"x".repeat(115)] {
        assert_eq!(read(&text, false), Err(HttpError { at: 128, what: HeadTooLong { limit: 128 } }));
    }
    // Interim answers end.
    let interim = "HTTP/1.1 100 Continue\r\n\r\n".repeat(usize::from(MAX_INTERIM));
    let last = "HTTP/1.1 204 \r\n\r\n";
    assert!(read(&format!("{interim}{last}"), false).unwrap().is_some());
    let more = format!("{interim}HTTP/1.1 199 \r\n\r\n{last}");
    assert_eq!(read(&more, false), Err(HttpError { at: 0, what: TooManyInterim { limit: MAX_INTERIM.into() } }));
}

/// A reader is ready for the next answer on the same connection, and remembers nothing of the last.
#[test]
fn one_answer_behind_another() {
    let mut reader = ResponseReader::new(LIMITS);
    for _ in 0..3 {
        for text in
            ["HTTP/1.1 100 \r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"]
        {
            let mut unread = text.as_bytes().to_vec();
            match reader.read(&mut unread, false).unwrap() {
                Progress::Whole { used, message } => assert_eq!((used, message.body), (text.len(), &b"hi"[..])),
                Progress::Interim { used } => assert_eq!((used, text.contains("100")), (text.len(), true)),
                Progress::More => panic!("{text:?}"),
            }
        }
    }
}

#[test]
fn fields_of_a_whole_answer() {
    let text = "HTTP/1.1 401 \r\nWWW-Authenticate: Negotiate\r\nX:\r\n y\r\nwww-authenticate:  Digest a=b \r\n\r\n";
    let mut unread = format!("{text}body").into_bytes();
    let mut reader = ResponseReader::new(LIMITS);
    let Ok(Progress::Whole { message, .. }) = reader.read(&mut unread, true) else { panic!("it is whole") };
    let all: Vec<_> = message.fields.all("WWW-AUTHENTICATE").collect();
    assert_eq!(all, [&b"Negotiate"[..], b"Digest a=b"]);
    assert_eq!(message.fields.get("x"), Some(&b"y"[..]));
    assert_eq!(message.fields.get("y"), None);
    assert_eq!(message.fields.count(), 3);
    assert!(!format!("{message:?}").contains("Digest"));
}

/// Reads a request: method, target, whether the connection is kept, body, and bytes of the message; none when it is not whole.
/// How often the client was said to wait comes beside it.
#[expect(clippy::type_complexity, reason = "read once, below")]
fn request(bytes: &[u8], piece: usize) -> Result<(Option<(String, String, bool, String, usize)>, usize), HttpError> {
    let mut reader = RequestReader::new(LIMITS);
    let (mut unread, mut pieces, mut waits) = (Vec::new(), bytes.chunks(piece), 0);
    loop {
        match reader.read(&mut unread, false)? {
            Progress::Whole { used, message } => {
                let body = String::from_utf8(message.body.to_vec()).unwrap();
                let found = (message.method.to_owned(), message.target.to_owned(), message.keeps, body, used);
                return Ok((Some(found), waits));
            }
            Progress::Interim { used } => {
                assert_eq!(used, 0);
                waits += 1;
            }
            Progress::More => match pieces.next() {
                Some(piece) => unread.extend_from_slice(piece),
                None => return Ok((None, waits)),
            },
        }
    }
}

#[test]
fn every_request() {
    let whole: &[(&str, &str, &str, bool, &str)] = &[
        ("POST /wsman HTTP/1.1\r\nHost: a:1\r\nContent-Length: 2\r\n\r\nhi", "POST", "/wsman", true, "hi"),
        ("GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET", "/", true, ""),
        ("GET / HTTP/1.0\r\n\r\n", "GET", "/", false, ""),
        ("\r\n\n\r\nget http://a/?b HTTP/1.0\nConnection: keep-alive\n\n", "get", "http://a/?b", true, ""),
        ("M-X * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "M-X", "*", false, ""),
        (
            "PUT /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
            "PUT",
            "/a",
            true,
            "hi",
        ),
        (
            "PUT /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 7\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
            "PUT",
            "/a",
            false,
            "hi",
        ),
    ];
    for &(text, method, target, keeps, body) in whole {
        let expected = (method.to_owned(), target.to_owned(), keeps, body.to_owned(), text.len());
        for piece in 1..=text.len() {
            let (found, waits) = request(text.as_bytes(), piece).unwrap_or_else(|error| panic!("{error}: {text:?}"));
            assert_eq!((found.as_ref(), waits), (Some(&expected), 0), "in pieces of {piece}: {text:?}");
        }
        for len in 0..text.len() {
            assert_eq!(request(&text.as_bytes()[..len], text.len()), Ok((None, 0)), "{len} bytes of {text:?}");
        }
        // A second one behind it is for later.
        let (found, _) = request(format!("{text}GET /").as_bytes(), 1000).unwrap();
        assert_eq!(found, Some(expected), "{text:?}");
    }
}

#[test]
fn every_way_to_get_a_request_wrong() {
    use HttpProblem::*;
    let wrong: &[(&str, u32, HttpProblem, u16)] = &[
        ("\x16\x03\x01", 0, NotHttp, 400),
        ("\r\n\0", 2, NotHttp, 400),
        ("GET /\r\n\r\n", 0, BadRequestLine, 400),
        ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 0, BadRequestLine, 400),
        ("\nGET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 8, NotHttp, 400),
        ("GET /\u{e9} HTTP/1.1\r\nHost: a\r\n\r\n", 0, BadRequestLine, 400),
        ("GET /\t HTTP/1.1\r\nHost: a\r\n\r\n", 0, BadRequestLine, 400),
        ("G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 0, BadRequestLine, 400),
        ("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 0, BadRequestLine, 400),
        ("GET / HTTP/1.\r\n\r\n", 0, BadRequestLine, 400),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 11, BadVersion, 505),
        ("GET / http/1.1\r\nHost: a\r\n\r\n", 6, NotHttp, 400),
        ("GET / HTTP/1.1\r\n\r\n", 16, BadHost, 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 16, BadHost, 400),
        ("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 16, BadHost, 400),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 16, BadField, 400),
        ("GET / HTTP/1.1\r\nHost:\r\n a\r\n\r\n", 23, BadField, 400),
        ("GET / HTTP/1.1\r\n Host: a\r\n\r\n", 16, BadField, 400),
        ("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 21\r\n\r\n", 47, BodyTooLong { limit: 20 }, 413),
        ("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x\r\n\r\n", 25, UnsupportedTransferCoding, 501),
        ("PUT / HTTP/1.1\r\na:\na:\na:\na:\na:\n\r\n", 28, TooManyFields { limit: 4 }, 431),
    ];
    for &(text, at, what, status) in wrong {
        for piece in 1..=text.len() {
            assert_eq!(request(text.as_bytes(), piece), Err(HttpError { at, what }), "in pieces of {piece}: {text:?}");
        }
        assert_eq!(what.status(), status);
    }
}

#[test]
fn a_client_that_waits_is_told_of_once() {
    let head = "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n";
    let text = format!("{head}hi");
    let waits = |text: &str, piece| request(text.as_bytes(), piece).unwrap().1;
    assert_eq!(waits(&text, 1), 1);
    assert_eq!(waits(&text, head.len()), 1);
    assert_eq!(waits(&text, text.len()), 0, "the body is there");
    assert_eq!(waits(&text, head.len() + 1), 0, "a part of the body is there");
    assert_eq!(waits(&text.replace("HTTP/1.1", "HTTP/1.0"), 1), 0);
    assert_eq!(waits(&head.replace(": 2", ": 0"), 1), 0, "there is no body");
    assert_eq!(waits(&text.replace("100-C", "200-C"), 1), 0);
    let chunked = text.replace("Content-Length: 2", "Transfer-Encoding: chunked");
    assert_eq!(waits(&chunked[..chunked.len() - 2], 1), 1);
}

#[test]
fn an_error_says_it_to_a_person() {
    let text = HttpError { at: 128, what: HttpProblem::HeadTooLong { limit: 128 } }.to_string();
    assert_eq!(text, "a head of more bytes than 128, at byte 128 of the message");
    let error = HttpError { at: 9, what: HttpProblem::Truncated };
    let json = serde_json::to_string(&error).unwrap();
    assert_eq!(json, r#"{"at":9,"what":"truncated"}"#);
    assert_eq!(serde_json::from_str::<HttpError>(&json).unwrap(), error);
}
