//! The public key of a certificate of any version, and what it has signed.
//!
//! rustls and webpki read certificates of X.509 version 3 only (RFC 5280, section 4.1.2.1), devices also show those of
//! version 1. Where the key stands is the same in both, so x509-parser finds it; webpki then takes the bare key, as those of
//! RFC 7250 are, and from there on everything is as it is for any other certificate.

use rackhand_core::exchange::TlsProblem;
use rustls::DigitallySignedStruct;
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls13_signature_with_raw_key};
use rustls::pki_types::SubjectPublicKeyInfoDer;
use webpki::{Error, RawPublicKeyEntity};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;

/// Shorter RSA keys are not verified with: nobody says how long they will hold.
const LEAST_RSA_BITS: usize = 2048;

/// Which TLS a signature belongs to: what may sign what differs.
#[derive(Clone, Copy)]
pub(super) enum Version {
    Tls12,
    Tls13,
}

/// Whether the key of `certificate` has signed `message`.
pub(super) fn has_signed(
    version: Version,
    certificate: &[u8],
    message: &[u8],
    signature: &DigitallySignedStruct,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Result<(), TlsProblem> {
    let Ok((_, certificate)) = X509Certificate::from_der(certificate) else { return Err(TlsProblem::Unreadable) };
    let key = certificate.public_key();
    if let Ok(PublicKey::RSA(rsa)) = key.parsed()
        && rsa.key_size() < LEAST_RSA_BITS
    {
        return Err(TlsProblem::WeakKey);
    }
    let key = SubjectPublicKeyInfoDer::from(key.raw);
    let signed = match version {
        Version::Tls12 => tls12(&key, message, signature, algorithms),
        Version::Tls13 => verify_tls13_signature_with_raw_key(message, &key, signature, algorithms).is_ok(),
    };
    if signed { Ok(()) } else { Err(TlsProblem::BadSignature) }
}

/// In version 1.2 a scheme does not name the curve (RFC 5246, section 7.4.1.4.1): each of the scheme's algorithms is tried that
/// is for such a key, as rustls itself does for certificates; for bare keys it has no such function.
fn tls12(
    key: &SubjectPublicKeyInfoDer<'_>,
    message: &[u8],
    signature: &DigitallySignedStruct,
    algorithms: &WebPkiSupportedAlgorithms,
) -> bool {
    let Ok(key) = RawPublicKeyEntity::try_from(key) else { return false };
    let of_scheme = algorithms.mapping.iter().find(|(scheme, _)| *scheme == signature.scheme);
    let mut verdicts = of_scheme
        .into_iter()
        .flat_map(|(_, algorithms)| *algorithms)
        .map(|algorithm| key.verify_signature(*algorithm, message, signature.signature()));
    // The first algorithm for this kind of key decides.
    verdicts.find(|verdict| !matches!(verdict, Err(Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_))))
        == Some(Ok(()))
}
