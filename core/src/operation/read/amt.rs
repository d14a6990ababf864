//! A machine with Intel AMT, and what it has taught.

use super::target::port;
use super::{Read, Want, byte, flag, number, optional_number, put, text};
use crate::amt::{AmtMemory, AmtOptions};
use crate::http::digest::{Algorithm, Challenge, Credentials, PASSWORD_LEN, Qop, USER_LEN};
use crate::operation::{AmtTarget, AmtTransport, Memory, Target};
use crate::secret::Secret;
use crate::trust::Trust;

/// `{"address":"…","port":16992,"credentials":{…},"transport":"http","options":{…}}`.
pub(super) fn target(value: &mut dyn Read, place: &mut Option<Target>) -> bool {
    let (mut address, mut port_number, mut credentials, mut transport, mut options) = (None, None, None, None, None);
    let whole = value.read(Want::Object(&mut |key, value| match key {
        "address" => value.read(Want::Text(&mut |text| put(&mut address, text.parse().ok()))),
        "port" => put(&mut port_number, port(value)),
        "credentials" => put(&mut credentials, self::credentials(value)),
        "transport" => put(&mut transport, self::transport(value)),
        "options" => put(&mut options, self::options(value)),
        _ => false,
    }));
    let (Some(address), Some(port), Some(credentials), true) = (address, port_number, credentials, whole) else {
        return false;
    };
    let (Some(transport), Some(options)) = (transport, options) else { return false };
    *place = Some(Target::Amt(AmtTarget { address, port, credentials, transport, options }));
    true
}

fn credentials(value: &mut dyn Read) -> Option<Credentials> {
    let (mut user, mut password) = (None, None);
    let whole = value.read(Want::Object(&mut |key, value| match key {
        "user" => value.read(Want::Text(&mut |text| put(&mut user, heapless::String::<USER_LEN>::try_from(text).ok()))),
        "password" => value.read(Want::Text(&mut |text| put(&mut password, Secret::<PASSWORD_LEN>::new(text).ok()))),
        _ => false,
    }));
    Credentials::new(&user.filter(|_| whole)?, password?.reveal()).ok()
}

/// `"http"` or `{"https":…}`.
fn transport(value: &mut dyn Read) -> Option<AmtTransport> {
    let mut transport = None;
    let whole = value.read(Want::Variant(&mut |name, value| match name {
        "http" => value.read(Want::Unit) && put(&mut transport, Some(AmtTransport::Http)),
        "https" => put(&mut transport, trust(value).map(AmtTransport::Https)),
        _ => false,
    }));
    transport.filter(|_| whole)
}

/// `"system"`, `"insecure"`, `{"ca_file":"/…"}` or `{"fingerprint":"…"}`.
fn trust(value: &mut dyn Read) -> Option<Trust> {
    let mut trust = None;
    let whole = value.read(Want::Variant(&mut |name, value| match name {
        "system" => value.read(Want::Unit) && put(&mut trust, Some(Trust::System)),
        "insecure" => value.read(Want::Unit) && put(&mut trust, Some(Trust::Insecure)),
        "ca_file" => value
            .read(Want::Text(&mut |path| put(&mut trust, heapless::String::try_from(path).ok().map(Trust::CaFile)))),
        "fingerprint" => value.read(Want::Text(&mut |text| put(&mut trust, text.parse().ok().map(Trust::Fingerprint)))),
        _ => false,
    }));
    trust.filter(|_| whole)
}

fn options(value: &mut dyn Read) -> Option<AmtOptions> {
    let (mut awake_interval_ms, mut max_attempts, mut action_wait_ms) = (None, None, None);
    let whole = value.read(Want::Object(&mut |key, value| match key {
        "awake_interval_ms" => put(&mut awake_interval_ms, number(value)),
        "max_attempts" => put(&mut max_attempts, byte(value)),
        "action_wait_ms" => put(&mut action_wait_ms, number(value)),
        _ => false,
    }));
    Some(AmtOptions {
        awake_interval_ms: awake_interval_ms.filter(|_| whole)?,
        max_attempts: max_attempts?,
        action_wait_ms: action_wait_ms?,
    })
}

/// `{"challenge":…,"count":1,"idle_ms":null}`; without a challenge when there was none.
pub(super) fn memory(value: &mut dyn Read) -> Option<Memory> {
    let (mut challenge, mut count, mut idle_ms) = (None, None, None);
    let whole = value.read(Want::Object(&mut |key, value| match key {
        "challenge" => put(&mut challenge, self::challenge(value)),
        "count" => put(&mut count, number(value)),
        "idle_ms" => put(&mut idle_ms, optional_number(value)),
        _ => false,
    }));
    Some(Memory::Amt(AmtMemory { challenge, count: count.filter(|_| whole)?, idle_ms: idle_ms? }))
}

/// `{"realm":"…","nonce":"…","opaque":null,"algorithm":"md5","qop":"auth","stale":false}`.
fn challenge(value: &mut dyn Read) -> Option<Challenge> {
    let (mut realm, mut nonce, mut opaque, mut algorithm, mut qop, mut stale) = (None, None, None, None, None, None);
    let whole = value.read(Want::Object(&mut |key, value| match key {
        "realm" => value.read(Want::Text(&mut |text| put(&mut realm, heapless::String::try_from(text).ok()))),
        "nonce" => value.read(Want::Text(&mut |text| put(&mut nonce, heapless::String::try_from(text).ok()))),
        "opaque" => value.read(Want::OptionalText(&mut |text| {
            put(&mut opaque, text.map_or(Some(None), |text| heapless::String::try_from(text).ok().map(Some)))
        })),
        "algorithm" => put(
            &mut algorithm,
            text(value).and_then(|name| match name.as_str() {
                "md5" => Some(Algorithm::Md5),
                "sha256" => Some(Algorithm::Sha256),
                _ => None,
            }),
        ),
        "qop" => value.read(Want::OptionalText(&mut |text| {
            put(&mut qop, text.map_or(Some(None), |text| (text == "auth").then_some(Some(Qop::Auth))))
        })),
        "stale" => put(&mut stale, flag(value)),
        _ => false,
    }));
    Some(Challenge {
        realm: realm.filter(|_| whole)?,
        nonce: nonce?,
        opaque: opaque?,
        algorithm: algorithm?,
        qop: qop?,
        stale: stale?,
    })
}
