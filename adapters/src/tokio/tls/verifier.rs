//! The verdict on a device's certificate.

use std::fmt;
use std::sync::Arc;

use rackhand_core::exchange::{Cause, TlsProblem};
use rackhand_core::operation::{Fingerprint, Trust};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme};

use super::key::{Version, has_signed};
use super::roots::{self, Judge};
use super::{PROVIDER, fingerprint};

/// A certificate that was not accepted. It goes through rustls as the reason for which the handshake failed, and so comes out
/// with the connection that it belongs to.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) seen: Fingerprint,
    pub(super) problem: TlsProblem,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Cause::TlsCertificate { seen: Some(self.seen), problem: self.problem }.fmt(f)
    }
}

impl std::error::Error for Refused {}

fn refused(certificate: &CertificateDer<'_>, problem: TlsProblem) -> Error {
    let refused = Refused { seen: fingerprint(certificate), problem };
    Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(refused))))
}

#[derive(Debug)]
enum Accepts {
    Any,
    Only(Fingerprint),
    SignedBy(Judge),
}

/// Judges certificates as [`Trust`] says, and always whether the device holds the key.
#[derive(Debug)]
pub(super) struct Verifier {
    accepts: Accepts,
    algorithms: WebPkiSupportedAlgorithms,
}

/// The verifier for `trust`.
pub(super) async fn of(trust: &Trust) -> Result<Arc<Verifier>, Cause> {
    // Reading files blocks.
    let read = |judge: fn(&str) -> Result<Judge, Cause>, path: &str| {
        let path = path.to_owned();
        tokio::task::spawn_blocking(move || judge(&path))
    };
    let accepts = match trust {
        Trust::Insecure => Accepts::Any,
        Trust::Fingerprint(pin) => Accepts::Only(*pin),
        Trust::CaFile(path) => Accepts::SignedBy(read(roots::file, path).await.map_err(|_| Cause::Other)??),
        Trust::System => Accepts::SignedBy(read(|_| Ok(roots::system()), "").await.map_err(|_| Cause::Other)??),
    };
    Ok(Arc::new(Verifier { accepts, algorithms: PROVIDER.signature_verification_algorithms }))
}

impl Verifier {
    fn verify(
        &self,
        version: Version,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match (has_signed(version, certificate, message, signature, &self.algorithms), &self.accepts) {
            // With a key that cannot be verified with, anybody may stand between; but so they may here anyhow.
            (Ok(()), _) | (Err(TlsProblem::Unreadable | TlsProblem::WeakKey), Accepts::Any) => {
                Ok(HandshakeSignatureValid::assertion())
            }
            (Err(problem), _) => Err(refused(certificate, problem)),
        }
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let problem = match &self.accepts {
            Accepts::Any => None,
            Accepts::Only(pin) => (!fingerprint(end_entity).matches(pin)).then_some(TlsProblem::WrongFingerprint),
            Accepts::SignedBy(None) => Some(TlsProblem::UnknownIssuer),
            Accepts::SignedBy(Some(judge)) => judge
                .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
                .err()
                .map(|error| problem(&error)),
        };
        problem.map_or(Ok(ServerCertVerified::assertion()), |problem| Err(refused(end_entity, problem)))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verify(Version::Tls12, message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verify(Version::Tls13, message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// webpki's verdict in core's words.
fn problem(error: &Error) -> TlsProblem {
    let Error::InvalidCertificate(error) = error else { return TlsProblem::Other };
    match error {
        CertificateError::BadEncoding => TlsProblem::Unreadable,
        // Signed by somebody who only has the name of a CA.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => TlsProblem::UnknownIssuer,
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => TlsProblem::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => TlsProblem::NotYetValid,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => TlsProblem::WrongName,
        CertificateError::UnsupportedSignatureAlgorithmContext { .. } => TlsProblem::WeakSignature,
        CertificateError::Other(other) => match other.0.downcast_ref() {
            Some(webpki::Error::CaUsedAsEndEntity) => TlsProblem::IsCa,
            Some(webpki::Error::UnsupportedCertVersion) => TlsProblem::Unreadable,
            _ => TlsProblem::Other,
        },
        _ => TlsProblem::Other,
    }
}
