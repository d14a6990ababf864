//! What holds for any message of HTTP and any answer to a challenge: what our writers make is read back as it was meant, in
//! whatever pieces it comes.

use md5::Digest;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use rackhand_core::buffer::{Full, TxWriter};
use rackhand_core::http::digest::{Algorithm, Answer, Authorization, Challenge, Credentials, Qop, authorization};
use rackhand_core::http::{
    self, BodyFraming, Limits, Progress, RequestHead, RequestReader, ResponseHead, ResponseReader,
};

const LIMITS: Limits = Limits { head: 4096, fields: 32, body: 4096 };

fn credentials() -> impl Strategy<Value = Credentials> {
    let user = prop_oneof!["[ -9;-~]{0,64}", "[\u{e4}-\u{ff}]{0,32}"];
    let password = prop_oneof!["[ -~]{0,64}", "[\u{1F600}-\u{1F64F}]{0,16}"];
    (user, password).prop_map(|(user, password)| Credentials::new(&user, &password).unwrap())
}

fn challenge() -> impl Strategy<Value = Challenge> {
    (
        prop_oneof!["[ -~]{0,64}", "[\u{e4}-\u{ff}]{0,32}"],
        "[ -~]{0,128}",
        option::of("[ -~]{0,64}"),
        any::<(bool, bool, bool)>(),
    )
        .prop_map(|(realm, nonce, opaque, (sha, qop, stale))| Challenge {
            realm: realm.as_str().try_into().unwrap(),
            nonce: nonce.as_str().try_into().unwrap(),
            opaque: opaque.map(|it| it.as_str().try_into().unwrap()),
            algorithm: if sha { Algorithm::Sha256 } else { Algorithm::Md5 },
            qop: qop.then_some(Qop::Auth),
            stale,
        })
}

/// Names that say nothing about the framing, and values.
fn fields() -> impl Strategy<Value = Vec<(String, String)>> {
    vec(("X-[!#-'*+.0-9A-Z^_`a-z|~-]{0,8}", "([!-~\u{e9}]([ -~\u{e9}\t]{0,20}[!-~])?)?"), 0..8)
}

fn emitted(emit: impl FnOnce(&mut TxWriter<'_>) -> Result<(), Full>) -> Vec<u8> {
    let mut buffer = vec![0; 16384];
    let mut writer = TxWriter::new(&mut buffer);
    emit(&mut writer).unwrap();
    let len = writer.len();
    buffer.truncate(len);
    buffer
}

/// Shows `bytes` in pieces of these sizes, over and over, and then their end, until `read` says that the message is whole. What
/// was interim is dropped, and counted.
fn pieces(bytes: &[u8], sizes: &[usize], mut read: impl FnMut(&mut [u8], bool) -> Option<Option<usize>>) -> usize {
    let (mut sizes, mut left, mut unread, mut ended, mut interim) = (sizes.iter().cycle(), bytes, Vec::new(), false, 0);
    loop {
        match read(&mut unread, ended) {
            Some(None) => return interim,
            Some(Some(used)) => {
                interim += 1;
                unread.drain(..used);
            }
            None => {
                assert!(!ended, "it waits behind the end");
                let size = sizes.next().copied().unwrap_or(1).clamp(1, left.len().max(1)).min(left.len());
                let (now, later) = left.split_at(size);
                ended = now.is_empty();
                unread.extend_from_slice(now);
                left = later;
            }
        }
    }
}

/// The parts with colons between them, hashed by somebody else.
fn foreign(algorithm: Algorithm, parts: &[&str]) -> String {
    let text = parts.join(":");
    match algorithm {
        Algorithm::Md5 => hex::encode(md5::Md5::digest(text)),
        Algorithm::Sha256 => hex::encode(sha2::Sha256::digest(text)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn answers(
        status in 200..=999_u16,
        fields in fields(),
        chunks in vec(vec(any::<u8>(), 0..300), 0..8),
        framing in 0..3_u8,
        interim in 0..3_usize,
        sizes in vec(1..200_usize, 1..8),
    ) {
        let body = chunks.concat();
        let framing = match (status, framing) {
            (204 | 304, _) => BodyFraming::None,
            (_, 0) => BodyFraming::Length(body.len().try_into().unwrap()),
            (_, 1) => BodyFraming::Chunked,
            _ => BodyFraming::Close,
        };
        let body = if framing == BodyFraming::None { Vec::new() } else { body };
        let list: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let bytes = emitted(|w| {
            for _ in 0..interim {
                ResponseHead { status: 100, framing: BodyFraming::None, fields: &[] }.emit(w)?;
            }
            ResponseHead { status, framing, fields: &list }.emit(w)?;
            if framing == BodyFraming::Chunked {
                chunks.iter().try_for_each(|chunk| http::chunk(chunk, w))?;
                http::last_chunk(w)
            } else {
                w.put(&body)
            }
        });
        let mut reader = ResponseReader::new(LIMITS);
        let count = pieces(&bytes, &sizes, |unread, ended| match reader.read(unread, ended).unwrap() {
            Progress::More => None,
            Progress::Interim { used } => Some(Some(used)),
            Progress::Whole { used, message } => {
                assert_eq!((message.status, message.body), (status, &body[..]));
                assert_eq!(message.keeps, framing != BodyFraming::Close && !ended);
                let known = message.fields.filter(|(name, _)| name.starts_with("X-"));
                assert!(known.eq(list.iter().map(|(name, value)| (*name, value.as_bytes()))));
                assert_eq!(used, unread.len());
                Some(None)
            }
        });
        prop_assert_eq!(count, interim);
    }

    #[test]
    fn requests(
        method in "[A-Z]{1,8}",
        target in "/[!-~]{0,50}",
        host in prop_oneof!["[a-z.]{1,30}", "fe80::[0-9a-f]{1,4}"],
        port in any::<u16>(),
        body in vec(any::<u8>(), 0..2000),
        answer in option::of((challenge(), credentials(), any::<u32>(), any::<[u8; 8]>())),
        sizes in vec(1..200_usize, 1..8),
    ) {
        let content_type = "application/soap+xml;charset=UTF-8";
        let answer = answer.as_ref().map(|(challenge, credentials, nc, cnonce)| Answer { challenge, credentials, nc: *nc, cnonce });
        let head = RequestHead { method: &method, target: &target, host: &host, port, content_type, answer };
        let mut place = None;
        let mut bytes = emitted(|w| {
            place = Some(head.emit(w)?);
            w.put(&body)
        });
        place.unwrap().fill(&mut bytes);
        let mut reader = RequestReader::new(LIMITS);
        let waits = pieces(&bytes, &sizes, |unread, ended| match reader.read(unread, ended).unwrap() {
            Progress::More => None,
            Progress::Interim { used } => Some(Some(used)),
            Progress::Whole { used, message } => {
                assert_eq!((message.method, message.target, message.body), (&*method, &*target, &body[..]));
                let named = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
                assert_eq!(message.fields.get("host"), Some(named.as_bytes()));
                assert_eq!(message.fields.get("content-type"), Some(content_type.as_bytes()));
                assert_eq!(message.fields.get("content-length"), Some(body.len().to_string().as_bytes()));
                assert!(message.keeps && !ended);
                let given = message.fields.get("authorization").map(|value| Authorization::parse(value).unwrap());
                assert_eq!(given.is_some(), answer.is_some());
                if let Some((given, asked)) = given.zip(answer) {
                    assert!(given.verify(asked.credentials, asked.challenge, &method));
                    assert_eq!((given.uri(), given.user()), (&*target, asked.credentials.user()));
                    assert_eq!(given.nc(), asked.challenge.qop.map(|_| asked.nc));
                }
                assert_eq!(used, unread.len());
                Some(None)
            }
        });
        prop_assert_eq!(waits, 0);
    }

    /// No text can add a line to a head, or a head behind it.
    #[test]
    fn nothing_can_be_smuggled_into_a_head(texts in vec("[\r\n\0 -~]{0,20}", 4), name in "[\r\n: a-z]{1,8}") {
        let request = emitted(|w| {
            let [method, target, host, content_type] = [0, 1, 2, 3].map(|at| texts[at].as_str());
            RequestHead { method, target, host, port: 1, content_type, answer: None }.emit(w).map(|_| ())
        });
        prop_assert_eq!(request.iter().filter(|byte| **byte == b'\n').count(), 5, "{}", request.escape_ascii());
        prop_assert_eq!(request.iter().filter(|byte| **byte == b'\r').count(), 5);
        let answer = emitted(|w| {
            ResponseHead { status: 200, framing: BodyFraming::None, fields: &[(&name, &texts[0])] }.emit(w)
        });
        prop_assert_eq!(answer.iter().filter(|byte| **byte == b'\n').count(), 3, "{}", answer.escape_ascii());
    }

    #[test]
    fn challenges(challenge in challenge(), before in "(Basic realm=\"a, b\"|NTLM TlRM==|Negotiate|X a=b), ") {
        let text = emitted(|w| challenge.emit(w));
        prop_assert_eq!(Challenge::choose([&text[..]].into_iter()), Ok(challenge.clone()));
        let both = [before.as_bytes(), &text, b" , Basic realm=x"].concat();
        prop_assert_eq!(Challenge::choose([&both[..]].into_iter()), Ok(challenge));
    }

    #[test]
    fn answers_to_challenges(
        challenge in challenge(),
        others in (credentials(), credentials()),
        uri in "/[!-~]{0,50}",
        nc in any::<u32>(),
        cnonce in any::<[u8; 8]>(),
    ) {
        let (who, other) = others;
        let text = emitted(|w| authorization(&challenge, &who, "POST", &uri, nc, &cnonce, w));
        let read = Authorization::parse(&text).unwrap();
        prop_assert!(read.verify(&who, &challenge, "POST"));
        prop_assert_eq!(read.verify(&other, &challenge, "POST"), other == who);
        prop_assert!(!read.verify(&who, &challenge, "GET"));
        prop_assert_eq!(read.uri(), &*uri);
        // Whoever has one byte too few is told how many there are.
        let mut short = vec![0; text.len() - 1];
        let full = authorization(&challenge, &who, "POST", &uri, nc, &cnonce, &mut TxWriter::new(&mut short));
        prop_assert_eq!(full, Err(Full { needed: text.len() }));
    }

    /// RFC 7616, section 3.4.1, with the hashes of another library.
    #[test]
    fn responses_are_those_of_another_library(
        challenge in challenge(),
        user in "[ -9;-~]{0,64}",
        password in "[ -~]{0,64}",
        uri in "/[!-~]{0,150}",
        nc in any::<u32>(),
        cnonce in any::<[u8; 8]>(),
    ) {
        let who = Credentials::new(&user, &password).unwrap();
        let text = emitted(|w| authorization(&challenge, &who, "POST", &uri, nc, &cnonce, w));
        let hash = |parts: &[&str]| foreign(challenge.algorithm, parts);
        let (first, second) = (hash(&[&user, &challenge.realm, &password]), hash(&["POST", &uri]));
        let expected = match challenge.qop {
            Some(_) => {
                let counted = [format!("{nc:08x}"), hex::encode(cnonce)];
                hash(&[&first, &challenge.nonce, &counted[0], &counted[1], "auth", &second])
            }
            None => hash(&[&first, &challenge.nonce, &second]),
        };
        let response = format!(", response=\"{expected}\"");
        prop_assert!(text.windows(response.len()).any(|it| it == response.as_bytes()), "{}", text.escape_ascii());
    }
}
