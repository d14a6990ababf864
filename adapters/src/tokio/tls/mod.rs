//! TLS 1.2 (RFC 5246) and 1.3 (RFC 8446) over TCP, as devices speak it.
//!
//! What devices show as certificates is seldom what a browser would take, so the verdict on one is ours ([`verifier`]): by a
//! CA, or by the fingerprint of exactly one. That the device holds the certificate's key is always verified ([`key`]).

mod cause;
mod identity;
mod key;
mod roots;
mod verifier;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use rackhand_core::exchange::Cause;
use rackhand_core::operation::{Fingerprint, Host, Trust};
use rustls::ClientConfig;
use rustls::client::{ResolvesClientCert, Resumption};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{IpAddr, ServerName};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

pub use identity::{Identity, IdentityError};
use verifier::Verifier;

static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| Arc::new(rustls::crypto::ring::default_provider()));

/// The fingerprint of a certificate in DER.
#[must_use]
pub fn fingerprint(certificate: &[u8]) -> Fingerprint {
    let digest = ring::digest::digest(&ring::digest::SHA256, certificate);
    Fingerprint(digest.as_ref().try_into().unwrap_or([0; 32]))
}

/// One end of a connection whose handshake is done.
pub(super) struct Session {
    stream: TlsStream<TcpStream>,
    asked: Arc<Asked>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("tcp", self.stream.get_ref().0).finish_non_exhaustive()
    }
}

/// Whether the peer has asked for a certificate of ours. We have none; but to an old peer and to one that insists on it the
/// handshake ends alike, and only this tells which.
#[derive(Debug, Default)]
struct Asked(AtomicBool);

impl ResolvesClientCert for Asked {
    fn resolve(&self, _: &[&[u8]], _: &[rustls::SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.0.store(true, Ordering::Relaxed);
        None
    }

    fn has_certs(&self) -> bool {
        // Otherwise it is not called.
        true
    }
}

impl Session {
    /// Connects by `tcp`, then shakes hands. The files with certificates are looked at before anybody is called.
    pub(super) async fn open(
        host: &Host,
        trust: &Trust,
        tcp: impl Future<Output = Result<TcpStream, Cause>>,
    ) -> Result<Self, Cause> {
        let name = server_name(host)?;
        let verifier = verifier::of(trust).await?;
        let asked = Arc::new(Asked::default());
        let connector = TlsConnector::from(Arc::new(config(verifier, asked.clone())?));
        match connector.connect(name, tcp.await?).await {
            Ok(stream) => Ok(Self { stream, asked }),
            Err(error) => Err(cause::of(&error, asked.0.load(Ordering::Relaxed))),
        }
    }

    /// Sends all of `bytes`.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> Result<(), Cause> {
        let sent = match self.stream.write_all(bytes).await {
            Ok(()) => self.stream.flush().await,
            failed => failed,
        };
        sent.map_err(|error| self.cause(&error))
    }

    /// Reads what comes next into `room`.
    pub(super) async fn receive(&mut self, room: &mut [u8]) -> Result<usize, Cause> {
        match self.stream.read(room).await {
            // The peer has said that this is the end.
            Ok(0) => Err(Cause::Ended),
            Ok(read) => Ok(read),
            // It has not: anybody on the way could have cut the answer short there.
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Err(Cause::Reset),
            Err(error) => Err(self.cause(&error)),
        }
    }

    fn cause(&self, error: &std::io::Error) -> Cause {
        cause::of(error, self.asked.0.load(Ordering::Relaxed))
    }
}

/// Sessions are not resumed: connections are kept, so that there is little to gain, and every new one shows its certificate.
fn config(verifier: Arc<Verifier>, asked: Arc<Asked>) -> Result<ClientConfig, Cause> {
    let mut config = ClientConfig::builder_with_provider(PROVIDER.clone())
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(|_| Cause::TlsOther)?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_client_cert_resolver(asked);
    config.resumption = Resumption::disabled();
    Ok(config)
}

/// What the certificate must be for. Names are told to the peer (RFC 6066, section 3), addresses are not.
fn server_name(host: &Host) -> Result<ServerName<'static>, Cause> {
    match host {
        Host::Ip(address) => Ok(ServerName::IpAddress(IpAddr::from(*address))),
        Host::Name(name) => ServerName::try_from(name.as_str().to_owned()).map_err(|_| Cause::NoSuchHost),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Somebody with the certificate of a device, which is no secret, but without its key.
    #[cfg(feature = "sim-tls")]
    #[tokio::test]
    async fn a_certificate_without_its_key_is_worth_nothing() {
        use std::net::Ipv4Addr;

        use rackhand_core::exchange::TlsProblem;
        use rustls::ServerConfig;
        use rustls::pki_types::{CertificateDer, PrivateKeyDer};
        use rustls::server::{ClientHello, ResolvesServerCert};
        use tokio::net::TcpListener;
        use tokio_rustls::TlsAcceptor;

        #[derive(Debug)]
        struct Shows(Arc<CertifiedKey>);
        impl ResolvesServerCert for Shows {
            fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
                Some(self.0.clone())
            }
        }

        let folder = std::env::temp_dir().join(format!("rackhand-tls-{}", std::process::id()));
        let device = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
        std::fs::write(&folder, device.cert.pem()).unwrap();
        let shown: CertificateDer<'static> = device.cert.der().clone();
        let trusts = [
            Trust::Fingerprint(fingerprint(&shown)),
            Trust::CaFile(folder.to_str().unwrap().try_into().unwrap()),
            Trust::Insecure,
        ];
        for key in [device.signing_key.serialize_der(), rcgen::KeyPair::generate().unwrap().serialize_der()] {
            let own = key == device.signing_key.serialize_der();
            let key = PROVIDER.key_provider.load_private_key(PrivateKeyDer::try_from(key).unwrap()).unwrap();
            let key = Arc::new(CertifiedKey::new(vec![shown.clone()], key));
            for version in [&TLS12, &TLS13] {
                let config = ServerConfig::builder_with_provider(PROVIDER.clone())
                    .with_protocol_versions(&[version])
                    .unwrap()
                    .with_no_client_auth()
                    .with_cert_resolver(Arc::new(Shows(key.clone())));
                let acceptor = TlsAcceptor::from(Arc::new(config));
                for trust in &trusts {
                    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
                    let address = listener.local_addr().unwrap();
                    let tcp = async { Ok(TcpStream::connect(address).await.unwrap()) };
                    let served = async { acceptor.accept(listener.accept().await.unwrap().0).await };
                    let host = Host::Ip(address.ip());
                    let (opened, _) = tokio::join!(Session::open(&host, trust, tcp), served);
                    let seen = Some(fingerprint(&shown));
                    let expected = if own {
                        None
                    } else {
                        Some(Cause::TlsCertificate { seen, problem: TlsProblem::BadSignature })
                    };
                    assert_eq!(opened.err(), expected, "{version:?} {trust:?}");
                }
            }
        }
        std::fs::remove_file(folder).unwrap();
    }

    /// Whoever can cut a connection must not be able to say that the answer was whole.
    #[cfg(feature = "sim-tls")]
    #[tokio::test]
    async fn an_end_that_the_peer_has_not_said_is_none() {
        use std::net::Ipv4Addr;

        use tokio::net::TcpListener;
        use tokio_rustls::TlsAcceptor;

        let identity = Identity::self_signed(["127.0.0.1".to_owned()]).unwrap();
        for (says, cause) in [(true, Cause::Ended), (false, Cause::Reset)] {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
            let address = listener.local_addr().unwrap();
            let acceptor = TlsAcceptor::from(identity.config());
            let device = tokio::spawn(async move {
                let mut stream = acceptor.accept(listener.accept().await.unwrap().0).await.unwrap();
                stream.write_all(b"half of").await.unwrap();
                stream.flush().await.unwrap();
                if says {
                    stream.shutdown().await.unwrap();
                }
            });
            let tcp = async { Ok(TcpStream::connect(address).await.unwrap()) };
            let trust = Trust::Fingerprint(identity.fingerprint());
            let mut session = Session::open(&Host::Ip(address.ip()), &trust, tcp).await.unwrap();
            device.await.unwrap();
            let (mut room, mut read) = ([0; 64], 0);
            let end = loop {
                match session.receive(&mut room[read..]).await {
                    Ok(more) => read += more,
                    Err(cause) => break cause,
                }
            };
            assert_eq!((&room[..read], end), (&b"half of"[..], cause));
        }
    }

    #[test]
    fn certificates_are_for_names_without_the_dot_of_the_root() {
        let named = |host: &str| server_name(&host.parse().unwrap()).map(|name| name.to_str().into_owned());
        for (host, name) in [
            ("amt.example.org.", "amt.example.org"),
            ("pdu_3", "pdu_3"),
            ("192.0.2.7", "192.0.2.7"),
            ("[2001:db8::7]", "2001:db8::7"),
        ] {
            assert_eq!(named(host).as_deref(), Ok(name), "{host}");
        }
    }
}
