//! Challenges and their answers against frozen texts (tests/vectors/digest.json), and against texts that Python's hashlib
//! helped to make.

use rackhand_core::buffer::TxWriter;
use rackhand_core::http::digest::{
    Algorithm, Answer, Authorization, AuthorizationError, Challenge, ChallengeError, ChallengePart, Credentials, Qop,
    authorization,
};
use rackhand_tests::vectors::load;
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors {
    positive: Vec<Positive>,
    negative: Vec<Negative>,
}

#[derive(Deserialize)]
struct Positive {
    name: String,
    www_authenticate: String,
    user: String,
    password: String,
    method: String,
    uri: String,
    cnonce: String,
    nc: String,
    realm: String,
    nonce: String,
    response: String,
}

#[derive(Deserialize)]
struct Negative {
    name: String,
    www_authenticate: String,
}

fn choose(values: &[&str]) -> Result<Challenge, ChallengeError> {
    Challenge::choose(values.iter().map(|value| value.as_bytes()))
}

fn answer(challenge: &Challenge, who: &Credentials, nc: u32) -> String {
    let mut buffer = [0; 1024];
    let mut w = TxWriter::new(&mut buffer);
    let cnonce = [0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF];
    authorization(challenge, who, "POST", "/wsman", nc, &cnonce, &mut w).unwrap();
    let len = w.len();
    String::from_utf8(buffer[..len].to_vec()).unwrap()
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

#[test]
fn every_challenge_is_understood_and_its_answer_verified() {
    let vectors: Vectors = load("digest.json");
    assert!(vectors.positive.len() >= 4);
    for vector in vectors.positive {
        let name = &vector.name;
        let challenge = choose(&[&vector.www_authenticate]).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((&*challenge.realm, &*challenge.nonce), (&*vector.realm, &*vector.nonce), "{name}");
        assert_eq!((challenge.algorithm, challenge.qop), (Algorithm::Md5, Some(Qop::Auth)), "{name}");
        assert!(!challenge.stale, "{name}");

        let text = |response: &str| {
            let opaque = challenge.opaque.as_ref().map_or(String::new(), |it| format!(", opaque=\"{it}\""));
            format!(
                "Digest username=\"{}\", realm=\"{}\", nonce=\"{}\", uri=\"{}\", qop=auth, nc={}, cnonce=\"{}\", \
                 response=\"{response}\"{opaque}",
                escaped(&vector.user),
                escaped(&vector.realm),
                escaped(&vector.nonce),
                vector.uri,
                vector.nc,
                vector.cnonce,
            )
        };
        let given = Authorization::parse(text(&vector.response).as_bytes()).unwrap();
        assert_eq!((given.user(), given.uri()), (&*vector.user, &*vector.uri), "{name}");
        assert_eq!((given.nonce(), given.nc_digits()), (&*vector.nonce, Some(&*vector.nc)), "{name}");
        let who = Credentials::new(&vector.user, &vector.password).unwrap();
        assert!(given.verify(&who, &challenge, &vector.method), "{name}");

        assert!(!given.verify(&who, &challenge, "PUT"), "{name}");
        let stranger = Credentials::new(&vector.user, "another").unwrap();
        assert!(!given.verify(&stranger, &challenge, &vector.method), "{name}");
        for at in 0..vector.response.len() {
            let mut wrong = vector.response.clone().into_bytes();
            wrong[at] = if wrong[at] == b'0' { b'1' } else { b'0' };
            let wrong = Authorization::parse(text(std::str::from_utf8(&wrong).unwrap()).as_bytes()).unwrap();
            assert!(!wrong.verify(&who, &challenge, &vector.method), "{name} with digit {at} changed");
        }
        let short = Authorization::parse(text(&vector.response[..31]).as_bytes()).unwrap();
        assert!(!short.verify(&who, &challenge, &vector.method), "{name}");
    }
}

#[test]
fn what_cannot_be_answered_says_why() {
    for vector in load::<Vectors>("digest.json").negative {
        let result = choose(&[&vector.www_authenticate]);
        match vector.name.as_str() {
            "basic only" | "empty" => assert_eq!(result, Err(ChallengeError::NoDigest)),
            "no nonce" => assert_eq!(result, Err(ChallengeError::NoNonce)),
            // The file leaves it open to refuse this one; we support it.
            "sha-256 only" => {
                let challenge = result.unwrap();
                assert_eq!(challenge.algorithm, Algorithm::Sha256);
                assert_eq!(
                    answer(&challenge, &Credentials::new("admin", "x").unwrap(), 1),
                    "Digest username=\"admin\", realm=\"x\", nonce=\"y\", uri=\"/wsman\", qop=auth, nc=00000001, \
                     cnonce=\"0123456789abcdef\", \
                     response=\"ca7ff9b36b7a6d27403b76e91b1c2a8781e5b8f77b812679ca6fa3a826b5c3ea\", algorithm=SHA-256"
                );
            }
            other => panic!("unknown vector {other}"),
        }
    }
}

/// The layout and the numbers of the project's facts on AMT, section 2.
#[test]
fn the_answer_to_amt_8_is_right_to_the_byte() {
    let challenge = choose(&[
        "Negotiate",
        "Digest realm=\"Digest:10DF0000000000000000000000000000\", \
         nonce=\"+S5HDg4iAACIkRUMJoai5Xyxlc9qWHgc\",stale=\"false\",qop=\"auth\"",
    ])
    .unwrap();
    let who = Credentials::new("admin", "Adm1n!Pass").unwrap();
    for (nc, response) in [(1, "97e40832769d0326496271d4ca9da34d"), (2, "682513aad5f866eb2ace8e4c6934797c")] {
        assert_eq!(
            answer(&challenge, &who, nc),
            format!(
                "Digest username=\"admin\", realm=\"Digest:10DF0000000000000000000000000000\", \
                 nonce=\"+S5HDg4iAACIkRUMJoai5Xyxlc9qWHgc\", uri=\"/wsman\", qop=auth, nc=0000000{nc}, \
                 cnonce=\"0123456789abcdef\", response=\"{response}\""
            )
        );
    }
}

#[test]
fn texts_are_hashed_as_meant_and_sent_with_their_escapes() {
    let challenge = choose(&[r#"Digest realm="r\"\\", nonce="n\"1", qop="auth""#]).unwrap();
    let who = Credentials::new(r#"a"b\c"#, r#"p:"\"#).unwrap();
    let text = answer(&challenge, &who, 255);
    assert_eq!(
        text,
        r#"Digest username="a\"b\\c", realm="r\"\\", nonce="n\"1", uri="/wsman", qop=auth, nc=000000ff, cnonce="0123456789abcdef", response="1003cab6b04a53d2b814fa39f647fbbc""#
    );
    let read = Authorization::parse(text.as_bytes()).unwrap();
    assert!(read.user() == who.user() && read.verify(&who, &challenge, "POST"));
}

/// RFC 7616, section 3.9.1, whose client's nonce is longer than ours: the server's side.
#[test]
fn the_examples_of_rfc_7616() {
    let who = Credentials::new("Mufasa", "Circle of Life").unwrap();
    let opaque = "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS";
    for (algorithm, response) in [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ] {
        let challenge = choose(&[&format!(
            "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm={algorithm}, \
             nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"{opaque}\""
        )])
        .unwrap();
        let given = Authorization::parse(
            format!(
                "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", uri=\"/dir/index.html\", \
                 algorithm={algorithm}, nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", nc=00000001, \
                 cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", qop=auth, response=\"{response}\", \
                 opaque=\"{opaque}\""
            )
            .as_bytes(),
        )
        .unwrap();
        assert!(given.verify(&who, &challenge, "GET"), "{algorithm}");
    }
}

/// RFC 2069, section 2.4, with the response of its erratum 749.
#[test]
fn the_oldest_form_has_no_counter() {
    let challenge =
        choose(&[r#"Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093""#]).unwrap();
    assert_eq!(challenge.qop, None);
    let who = Credentials::new("Mufasa", "CircleOfLife").unwrap();
    let text = r#"Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", uri="/dir/index.html", response="1949323746fe6a43ef61f9606e7febea""#;
    let given = Authorization::parse(text.as_bytes()).unwrap();
    assert_eq!(given.nc(), None);
    assert!(given.verify(&who, &challenge, "GET"));
    let sent = answer(&challenge, &who, 7);
    assert!(!sent.contains("nc=") && !sent.contains("qop"), "{sent}");
    assert!(Authorization::parse(sent.as_bytes()).unwrap().verify(&who, &challenge, "POST"));
}

#[test]
fn the_first_challenge_that_can_be_answered_is_chosen() {
    let md5 = r#"Digest realm="m", nonce="1""#;
    let sha = r#"Digest realm="s", nonce="2", algorithm="sha-256", stale=TRUE, opaque="""#;
    let all = format!(
        "Negotiate, Basic realm=\"a, b\", Digest realm=\"x\", nonce=\"y\", algorithm=MD5-sess,, {sha}, {md5}, NTLM TlRMTVNTUAAC=="
    );
    let chosen = choose(&[&all]).unwrap();
    assert_eq!((&*chosen.realm, chosen.algorithm, chosen.stale), ("s", Algorithm::Sha256, true));
    assert_eq!(chosen.opaque.as_deref(), Some(""));
    assert_eq!(&*choose(&["Kerberos abc/+==", md5, sha]).unwrap().realm, "m");
    assert_eq!(&*choose(&["NTLM TlRMTVNTUAAC==, Digest nonce=a , realm=b"]).unwrap().realm, "b");
    assert_eq!(choose(&["Digest realm=a, nonce=b, qop=\"auth-int,AUTH\""]).unwrap().qop, Some(Qop::Auth));
    assert_eq!(choose(&["Digest realm=a, nonce=b, qop=\"\""]).unwrap().qop, None);
}

#[test]
fn of_several_reasons_the_nearest_is_given() {
    use ChallengeError::{Malformed, NoDigest, NoNonce, NoRealm, TooLong, UnsupportedAlgorithm, UnsupportedQop};
    let sess = "Digest realm=a, nonce=b, algorithm=MD5-sess";
    let int = "Digest realm=a, nonce=b, qop=auth-int";
    let long = format!("Digest realm=\"{}\", nonce=b", "x".repeat(65));
    let too_long = TooLong { what: ChallengePart::Realm, most: 64 };
    for (values, error) in [
        (&[][..], NoDigest),
        (&["Basic realm=x"], NoDigest),
        (&["Basic realm=x", sess], UnsupportedAlgorithm),
        (&[int, sess], UnsupportedQop),
        (&["Digest realm=a", int], NoNonce),
        (&["Digest nonce=a"], NoRealm),
        (&["Digest"], NoNonce),
        (&[&*long], too_long),
        (
            &[&*format!("Digest realm=a, nonce=\"{}\"", "x".repeat(129))],
            TooLong { what: ChallengePart::Nonce, most: 128 },
        ),
        (&["Digest realm=\"a"], Malformed { at: 15 }),
        (&["Digest realm=a realm=b"], Malformed { at: 15 }),
        (&["Digest realm=a, realm=b"], Malformed { at: 16 }),
        (&["realm=a"], Malformed { at: 5 }),
        (&["Digest realm=\"\\"], Malformed { at: 15 }),
        (&["(", sess], Malformed { at: 0 }),
    ] {
        assert_eq!(choose(values), Err(error), "{values:?}");
    }
    let raw: [&[u8]; 1] = [b"Digest realm=\"\xFF\", nonce=a"];
    assert_eq!(Challenge::choose(raw.into_iter()), Err(Malformed { at: 7 }));
    // What is behind a challenge does not matter to it.
    assert!(choose(&["Digest realm=a, nonce=b, Basic \"\""]).is_ok());
}

#[test]
fn what_a_server_reads_of_an_answer() {
    let base = r#"username="admin", realm="r", nonce="n", uri="/wsman", response="AB""#;
    let parse = |text: &str| Authorization::parse(text.as_bytes());
    let read = parse(&format!("digest {base}, qop=\"auth\", nc=\"0000000A\", cnonce=\"c\"")).unwrap();
    assert_eq!((read.user(), read.realm(), read.nc()), ("admin", "r", Some(10)));
    let read =
        parse(&format!("Digest {}", base.replace("username=\"admin\"", "username*=UTF-8''j%C3%BCr%20gen"))).unwrap();
    assert_eq!(read.user(), "jür gen");
    assert!(!format!("{read:?}").contains("ab"), "{read:?}");

    use AuthorizationError::{Malformed, Missing, NotDigest, Unsupported};
    for (text, error) in [
        (String::from("Basic YWRtaW46"), NotDigest),
        (String::new(), NotDigest),
        (String::from("Digest"), NotDigest),
        (String::from("Digest x"), Malformed { at: 7 }),
        (String::from("Digest username=a"), Missing { name: "response" }),
        (base.replace("username=\"admin\"", "x=y"), Missing { name: "username" }),
        (format!("{base}, username=b"), Malformed { at: 76 }),
        (format!("{base}, username*=UTF-8''b"), Malformed { at: 76 }),
        (base.replace("username=\"admin\"", "username*=latin1''b"), Malformed { at: 7 }),
        (base.replace("username=\"admin\"", "username*=UTF-8''%C3"), Malformed { at: 7 }),
        (base.replace("username=\"admin\"", "username*=UTF-8''%4"), Malformed { at: 7 }),
        (format!("{base}, qop=auth-int"), Unsupported { name: "qop" }),
        (format!("{base}, qop=auth"), Missing { name: "nc" }),
        (format!("{base}, qop=auth, nc=1"), Missing { name: "cnonce" }),
        (format!("{base}, qop=auth, nc=xyz, cnonce=a"), Unsupported { name: "nc" }),
        (format!("{base}, qop=auth, nc=000000001, cnonce=a"), Unsupported { name: "nc" }),
        (format!("{base}, algorithm=MD5-sess"), Unsupported { name: "algorithm" }),
    ] {
        let text =
            if text.starts_with("username") || text.starts_with("x=y") { format!("Digest {text}") } else { text };
        assert_eq!(parse(&text).unwrap_err(), error, "{text}");
    }
}

/// What a client may not get through with, though its response is right.
#[test]
fn a_right_response_to_another_challenge_is_wrong() {
    let who = Credentials::new("admin", "secret").unwrap();
    let given = choose(&[r#"Digest realm="r", nonce="n", qop="auth", opaque="o""#]).unwrap();
    let read = Authorization::parse(answer(&given, &who, 1).as_bytes()).unwrap();
    assert!(read.verify(&who, &given, "POST"));
    let mut others = [(); 5].map(|()| given.clone());
    others[0].nonce = "m".try_into().unwrap();
    others[1].realm = "q".try_into().unwrap();
    others[2].algorithm = Algorithm::Sha256;
    others[3].opaque = None;
    others[4].qop = None;
    for other in others {
        assert!(!read.verify(&who, &other, "POST"), "{other:?}");
    }
    assert!(!read.verify(&Credentials::new("Admin", "secret").unwrap(), &given, "POST"));
    // The response is to our challenge, and what is said beside it is of another.
    for (ours, theirs) in [("nonce=\"n\"", "nonce=\"m\""), ("realm=\"r\"", "realm=\"q\""), ("opaque=\"o\"", "x=y")] {
        let text = answer(&given, &who, 1).replace(ours, theirs);
        assert!(!Authorization::parse(text.as_bytes()).unwrap().verify(&who, &given, "POST"), "{text}");
    }
}

#[test]
fn a_challenge_of_ours_is_read_as_it_was() {
    let text = |challenge: &Challenge| {
        let mut buffer = [0; 1024];
        let mut w = TxWriter::new(&mut buffer);
        challenge.emit(&mut w).unwrap();
        let len = w.len();
        String::from_utf8(buffer[..len].to_vec()).unwrap()
    };
    let like_amt = "Digest realm=\"Digest:10DF0000000000000000000000000000\", \
                    nonce=\"+S5HDg4iAACIkRUMJoai5Xyxlc9qWHgc\",stale=\"false\",qop=\"auth\"";
    assert_eq!(text(&choose(&[like_amt]).unwrap()), like_amt);
    let other = Challenge {
        realm: "a\"b".try_into().unwrap(),
        nonce: "\\".try_into().unwrap(),
        opaque: Some("o,".try_into().unwrap()),
        algorithm: Algorithm::Sha256,
        qop: None,
        stale: true,
    };
    assert_eq!(choose(&[&text(&other)]), Ok(other));
}

/// Credentials and challenges cross the channel between host and relay; a password is in nothing that a person reads.
#[test]
fn what_is_stored_and_what_is_shown() {
    let challenge = choose(&[r#"Digest realm="a\"b", nonce=n, qop=auth, algorithm=SHA-256"#]).unwrap();
    let json = serde_json::to_string(&challenge).unwrap();
    let text = r#"{"realm":"a\"b","nonce":"n","opaque":null,"algorithm":"sha256","qop":"auth","stale":false}"#;
    assert_eq!(json, text);
    assert_eq!(serde_json::from_str::<Challenge>(&json).unwrap(), challenge);
    let error = ChallengeError::TooLong { what: ChallengePart::Nonce, most: 128 };
    let json = serde_json::to_string(&error).unwrap();
    assert_eq!(json, r#"{"too_long":{"what":"nonce","most":128}}"#);
    assert_eq!(serde_json::from_str::<ChallengeError>(&json).unwrap(), error);
    assert_eq!(error.to_string(), "nonce of the device's digest challenge has more than 128 bytes");

    let who = Credentials::new("admin", "hunter2").unwrap();
    assert_eq!(serde_json::to_string(&who).unwrap(), r#"{"user":"admin","password":"hunter2"}"#);
    let answer = Answer { challenge: &challenge, credentials: &who, nc: 1, cnonce: &[0; 8] };
    assert!(!format!("{who:?} {answer:?}").contains("hunter2"));
}
