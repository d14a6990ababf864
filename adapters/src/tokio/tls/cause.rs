//! What rustls says, in core's words.
//!
//! What old peers answer was seen in runs against `openssl s_server` (tests/tests/peers_tls.rs).

use std::io;

use rackhand_core::exchange::{Cause, TlsProblem};
use rustls::{AlertDescription as Alert, CertificateError, Error, InvalidMessage};

use super::super::cause_of;
use super::verifier::Refused;

/// Why TLS failed; `asked`: the peer had asked for a certificate of ours.
pub(super) fn of(error: &io::Error, asked: bool) -> Cause {
    error.get_ref().and_then(|inner| inner.downcast_ref()).map_or_else(|| cause_of(error), |error| of_tls(error, asked))
}

fn of_tls(error: &Error, asked: bool) -> Cause {
    match error {
        Error::InvalidCertificate(CertificateError::Other(other)) => {
            other.0.downcast_ref().map_or(
                Cause::TlsCertificate { seen: None, problem: TlsProblem::Other },
                |Refused { seen, problem }| Cause::TlsCertificate { seen: Some(*seen), problem: *problem },
            )
        }
        // rustls's own verdict, before ours is asked for.
        Error::InvalidCertificate(_) | Error::NoCertificatesPresented => {
            Cause::TlsCertificate { seen: None, problem: TlsProblem::Unreadable }
        }
        Error::AlertReceived(Alert::CertificateRequired | Alert::NoCertificate) => Cause::TlsClientCertificate,
        Error::AlertReceived(
            Alert::AccessDenied
            | Alert::BadCertificate
            | Alert::CertificateUnknown
            | Alert::HandshakeFailure
            | Alert::UnknownCA
            | Alert::UnsupportedCertificate,
        ) if asked => Cause::TlsClientCertificate,
        Error::AlertReceived(Alert::HandshakeFailure | Alert::InsufficientSecurity | Alert::ProtocolVersion)
        | Error::PeerIncompatible(_) => Cause::TlsVersion,
        // Whatever it is that starts the conversation, it is no record of TLS.
        Error::InvalidMessage(InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion) => {
            Cause::TlsNotSpoken
        }
        _ => Cause::TlsOther,
    }
}
