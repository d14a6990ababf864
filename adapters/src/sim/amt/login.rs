//! Digest login as AMT has it: nonces that are counted, and failed logins (RFC 7616; Intel AMT SDK, "Authentication Options").

use std::collections::VecDeque;

use rackhand_core::http::digest::{Algorithm, Authorization, Challenge, Credentials, Qop};

use super::Generation;

/// Nonces that are remembered: a client whose nonce is forgotten gets another.
const MOST_NONCES: usize = 32;

/// The realm of a simulated device.
const REALM: &str = "Digest:10DF0000000000000000000000000000";

/// A nonce that was given out, and how often it was used.
#[derive(Clone, Debug)]
struct Nonce {
    text: String,
    count: u32,
}

/// Who may come in.
#[derive(Clone, Debug)]
pub(super) struct Login {
    generation: Generation,
    credentials: Credentials,
    nonces: VecDeque<Nonce>,
    given: u64,
    pub(super) failed: u64,
}

/// What a request's login is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Good,
    /// There is none, or the nonce is forgotten, or was used so often before.
    Again,
    /// Wrong.
    Failed,
}

impl Login {
    pub(super) const fn new(generation: Generation, credentials: Credentials) -> Self {
        Self { generation, credentials, nonces: VecDeque::new(), given: 0, failed: 0 }
    }

    /// Judges the value of a field `Authorization`. With `once` the nonce is good for no other request.
    pub(super) fn judge(&mut self, value: Option<&[u8]>, method: &str, target: &str, once: bool) -> Verdict {
        let Some(value) = value else { return Verdict::Again };
        let verdict = self.verdict(value, method, target, once);
        if verdict == Verdict::Failed {
            self.failed = self.failed.saturating_add(1);
        }
        verdict
    }

    fn verdict(&mut self, value: &[u8], method: &str, target: &str, once: bool) -> Verdict {
        let Ok(answer) = Authorization::parse(value) else { return Verdict::Failed };
        if self.generation.wants_eight_digits() && answer.nc_digits().is_some_and(|digits| digits.len() < 8) {
            return Verdict::Failed;
        }
        let Some(place) = self.nonces.iter().position(|nonce| nonce.text == answer.nonce()) else {
            return Verdict::Again;
        };
        let challenge = challenge(answer.nonce());
        let known = challenge.is_some_and(|challenge| answer.verify(&self.credentials, &challenge, method));
        if !known || answer.uri() != target {
            return Verdict::Failed;
        }
        let Some(nonce) = self.nonces.get_mut(place) else { return Verdict::Again };
        // The older form counts nothing: it is good once.
        let count = answer.nc().unwrap_or(1);
        if count <= nonce.count {
            return Verdict::Again;
        }
        nonce.count = count;
        if once {
            self.nonces.remove(place);
        }
        Verdict::Good
    }

    /// The value of a field `WWW-Authenticate` with a fresh nonce; commas as the firmware has them.
    pub(super) fn challenge(&mut self) -> String {
        self.given = self.given.saturating_add(1);
        let text = nonce(self.given);
        if self.nonces.len() >= MOST_NONCES {
            self.nonces.pop_front();
        }
        let value =
            format!("Digest realm=\"{REALM}\", nonce=\"{text}\",stale=\"false\",qop=\"{}\"", self.generation.qop());
        self.nonces.push_back(Nonce { text, count: 0 });
        value
    }

    /// All nonces are forgotten, as firmware does now and then.
    pub(super) fn forget(&mut self) {
        self.nonces.clear();
    }
}

/// The challenge with this nonce.
fn challenge(nonce: &str) -> Option<Challenge> {
    Some(Challenge {
        realm: REALM.parse().ok()?,
        nonce: nonce.parse().ok()?,
        opaque: None,
        algorithm: Algorithm::Md5,
        qop: Some(Qop::Auth),
        stale: false,
    })
}

/// 24 bytes in base64 that look like nothing; a simulated device has no secrets to guard.
fn nonce(number: u64) -> String {
    let mut state = number;
    let mut bytes = [0; 24];
    for byte in &mut bytes {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *byte = state.to_be_bytes()[0];
    }
    base64(&bytes)
}

/// Base64 (RFC 4648, section 4).
pub(super) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits = (0..3).fold(0_u32, |bits, at| bits << 8 | u32::from(group.get(at).copied().unwrap_or(0)));
        for at in 0..4 {
            let digit = DIGITS.get((bits >> (18 - 6 * at) & 63) as usize).copied().unwrap_or(b'=');
            text.push(if at <= group.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_known_texts() {
        for (text, wanted) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(text.as_bytes()), wanted);
        }
    }

    #[test]
    fn nonces_differ_and_are_as_long_as_those_of_the_firmware() {
        let all: std::collections::HashSet<String> = (1..100).map(nonce).collect();
        assert_eq!((all.len(), all.iter().all(|nonce| nonce.len() == 32)), (99, true));
    }
}
