//! Challenges and what answers them.

use rackhand_core::http::digest::{
    Algorithm, Authorization, Challenge, ChallengeError, Credentials, Qop, authorization,
};

use crate::emitted;
use crate::script::Script;

fn credentials(script: &mut Script<'_>) -> Credentials {
    Credentials::new(script.text(), script.text())
        .unwrap_or_else(|_| Credentials::new("admin", "hunter2hunter2").expect("both are short"))
}

/// What we answer is read as it was meant, and is right for nobody else.
fn answered(challenge: &Challenge, script: &mut Script<'_>) {
    let (who, other) = (credentials(script), credentials(script));
    let (nc, cnonce) = (u32::from(script.u16()), [script.u8(); 8]);
    let text = emitted(|w| authorization(challenge, &who, "POST", "/wsman", nc, &cnonce, w).expect("there is room"));
    assert!(text.iter().all(|byte| !byte.is_ascii_control()), "{}", text.escape_ascii());
    let read = Authorization::parse(&text).expect("it is ours");
    // A tabulator cannot be sent, and is another character at the other end.
    if challenge.realm.contains('\t') || challenge.nonce.contains('\t') {
        return;
    }
    assert_eq!((read.user(), read.realm(), read.nonce()), (who.user(), &*challenge.realm, &*challenge.nonce));
    assert_eq!((read.uri(), read.nc()), ("/wsman", challenge.qop.map(|_| nc)));
    if challenge.opaque.as_ref().is_none_or(|opaque| !opaque.contains('\t')) {
        assert!(read.verify(&who, challenge, "POST"));
        assert_eq!(read.verify(&other, challenge, "POST"), other == who);
        assert!(!read.verify(&who, challenge, "PUT"));
    }
}

/// [`Challenge::choose`] on any values.
///
/// Asserts: an error is within one of the values; a challenge that was chosen is chosen again of what `emit` makes of it; our
/// answer to it is read as it was meant, and is that of nobody else.
pub fn http_challenge(data: &[u8]) {
    let mut script = Script::new(data);
    let values = [script.chunk(), script.chunk(), script.chunk()];
    match Challenge::choose(values.into_iter()) {
        Ok(challenge) => {
            let text = emitted(|w| challenge.emit(w).expect("there is room"));
            let again = Challenge::choose([&text[..]].into_iter()).expect("it is ours");
            if !data.contains(&b'\t') {
                assert_eq!(again, challenge);
            }
            answered(&challenge, &mut script);
        }
        Err(error) => {
            if let ChallengeError::Malformed { at } = error {
                assert!(values.iter().any(|value| usize::try_from(at).is_ok_and(|at| at <= value.len())));
            }
            assert!(!error.to_string().is_empty());
        }
    }
}

/// [`Authorization::parse`] on any value, and [`Authorization::verify`] on what it finds.
///
/// Asserts: an error is said; what is found is clean, shown without its response, and verified for nobody by chance; texts that
/// we sent are read as they were.
pub fn http_authorization(data: &[u8]) {
    let mut script = Script::new(data);
    let own = script.bool();
    let text =
        |script: &mut Script<'_>| script.text().chars().filter(|it| !it.is_control()).take(8).collect::<String>();
    let challenge = Challenge {
        realm: text(&mut script).as_str().try_into().expect("it is short"),
        nonce: text(&mut script).as_str().try_into().expect("it is short"),
        opaque: script.bool().then(|| text(&mut script).as_str().try_into().expect("it is short")),
        algorithm: script.pick(&[Algorithm::Md5, Algorithm::Sha256]),
        qop: script.pick(&[Some(Qop::Auth), None]),
        stale: script.bool(),
    };
    if own {
        answered(&challenge, &mut script);
        return;
    }
    let who = Credentials::new("admin", "hunter2hunter2").expect("both are short");
    match Authorization::parse(script.rest()) {
        Ok(read) => {
            assert_eq!(read.nc().is_some(), read.nc_digits().is_some());
            assert!(!read.verify(&who, &challenge, "POST"));
            let _ = format!("{read:?}");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
