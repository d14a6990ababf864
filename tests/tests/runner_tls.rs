//! TLS over the tokio runner, between our two ends: which certificates are taken, and what is said of those that are not.

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::{Duration, Instant};

use rackhand_adapters::tokio::{Channel, Identity, Server, serve_stream_tls};
use rackhand_core::exchange::{Cause, TlsProblem, Why};
use rackhand_core::operation::{Fingerprint, Host, Link, Trust};
use rackhand_tests::say::{Mirror, Unsaid, say};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, SanType, date_time_ymd};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const LOOPBACK: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);
const PATIENCE: Duration = Duration::from_secs(20);

fn link(host: &str, address: SocketAddr, trust: Trust) -> Link {
    Link::Tls { host: host.parse::<Host>().unwrap(), port: address.port(), trust }
}

async fn mirror(identity: &Identity) -> Server<Mirror> {
    serve_stream_tls(TcpListener::bind(LOOPBACK).await.unwrap(), Mirror::default(), identity).unwrap()
}

fn self_signed() -> Identity {
    Identity::self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap()
}

/// What became of one line said to `host`.
async fn once(host: &str, address: SocketAddr, trust: Trust) -> Result<String, Unsaid> {
    let mut channel = Channel::new(link(host, address, trust));
    say(&mut channel, "on", PATIENCE).await.map(|(answer, _)| answer)
}

/// Why it was not said: the handshake failed, so nothing of it has left.
async fn refused(host: &str, address: SocketAddr, trust: Trust) -> Cause {
    match once(host, address, trust).await {
        Err(Unsaid::Closed(Why { cause, sent: false })) => cause,
        other => panic!("{other:?}"),
    }
}

fn ca_file(path: &Path) -> Trust {
    Trust::CaFile(path.to_str().unwrap().try_into().unwrap())
}

/// A CA that is in no system.
fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A certificate that `authority` has signed for `names`, after `change`.
fn signed(
    authority: &CertifiedIssuer<'static, KeyPair>,
    names: &[&str],
    change: impl FnOnce(&mut CertificateParams),
) -> Identity {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
    change(&mut params);
    let certificate = params.signed_by(&key, authority).unwrap();
    Identity::new(vec![certificate.der().clone()], key.into()).unwrap()
}

#[tokio::test]
async fn a_pinned_certificate_is_all_that_it_takes() {
    let identity = self_signed();
    let server = mirror(&identity).await;
    let pin = || Trust::Fingerprint(identity.fingerprint());
    assert_eq!(once("127.0.0.1", server.address(), pin()).await, Ok("no".to_owned()));
    assert_eq!(once("localhost", server.address(), pin()).await, Ok("no".to_owned()));
    assert_eq!(once("127.0.0.1", server.address(), Trust::Insecure).await, Ok("no".to_owned()));
}

#[tokio::test]
async fn another_certificate_than_the_pinned_one_is_refused_and_shown() {
    let identity = self_signed();
    let server = mirror(&identity).await;
    for bit in [0, 77, 255] {
        let mut pin = identity.fingerprint();
        pin.0[bit / 8] ^= 1 << (bit % 8);
        let cause = refused("127.0.0.1", server.address(), Trust::Fingerprint(pin)).await;
        let seen = Some(identity.fingerprint());
        assert_eq!(cause, Cause::TlsCertificate { seen, problem: TlsProblem::WrongFingerprint });
        // What is shown can be pinned.
        let shown = cause.to_string();
        let hex = shown.split_whitespace().find(|word| word.len() == 64).unwrap();
        assert_eq!(hex.parse::<Fingerprint>(), Ok(identity.fingerprint()));
    }
    assert_eq!(server.device().opened, 0);
}

#[tokio::test]
async fn the_system_does_not_know_who_signs_himself() {
    let identity = self_signed();
    let server = mirror(&identity).await;
    let cause = refused("localhost", server.address(), Trust::System).await;
    let seen = Some(identity.fingerprint());
    assert_eq!(cause, Cause::TlsCertificate { seen, problem: TlsProblem::UnknownIssuer });
}

#[tokio::test]
async fn what_a_ca_has_signed_is_taken_for_what_it_was_signed_for() {
    let folder = tempfile::tempdir().unwrap();
    let (ca, other) = (authority(), authority());
    let (known, unknown) = (folder.path().join("ca.pem"), folder.path().join("other.pem"));
    fs::write(&known, ca.pem()).unwrap();
    fs::write(&unknown, other.pem()).unwrap();
    let good = signed(&ca, &["localhost", "127.0.0.1"], |_| {});
    let by_name = signed(&ca, &["amt-7.example.org"], |_| {});
    let by_address = signed(&ca, &[], |params| params.subject_alt_names = vec![SanType::IpAddress(LOOPBACK.ip())]);
    // As many devices have it: a common name, and no other.
    let common = signed(&ca, &[], |params| params.distinguished_name.push(DnType::CommonName, "localhost"));
    let expired = signed(&ca, &["localhost"], |params| params.not_after = date_time_ymd(2020, 1, 1));
    let early = signed(&ca, &["localhost"], |params| params.not_before = date_time_ymd(2990, 1, 1));

    // Name, address, the CA's file, the problem.
    for (identity, host, file, problem) in [
        (&good, "localhost", &known, None),
        (&good, "127.0.0.1", &known, None),
        (&by_address, "127.0.0.1", &known, None),
        (&good, "localhost", &unknown, Some(TlsProblem::UnknownIssuer)),
        (&by_name, "localhost", &known, Some(TlsProblem::WrongName)),
        (&by_name, "127.0.0.1", &known, Some(TlsProblem::WrongName)),
        (&by_address, "localhost", &known, Some(TlsProblem::WrongName)),
        (&common, "localhost", &known, Some(TlsProblem::WrongName)),
        (&expired, "localhost", &known, Some(TlsProblem::Expired)),
        (&early, "localhost", &known, Some(TlsProblem::NotYetValid)),
    ] {
        let server = mirror(identity).await;
        let expected = problem.map(|problem| Cause::TlsCertificate { seen: Some(identity.fingerprint()), problem });
        let said = once(host, server.address(), ca_file(file)).await;
        match expected {
            None => assert_eq!(said, Ok("no".to_owned()), "{host} {file:?}"),
            Some(cause) => {
                let why = Why { cause, sent: false };
                assert_eq!(said, Err(Unsaid::Closed(why)), "{host} {problem:?}");
                assert!(cause.to_string().contains("amt_tls_fingerprint"), "{cause}");
            }
        }
        // None of that matters to a pin.
        let pin = Trust::Fingerprint(identity.fingerprint());
        assert_eq!(once(host, server.address(), pin).await, Ok("no".to_owned()), "{problem:?}");
    }
}

#[tokio::test]
async fn a_certificate_that_signed_itself_is_its_own_ca_unless_it_says_it_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("device.pem");
    for (is_ca, problem) in [(IsCa::NoCa, None), (IsCa::Ca(BasicConstraints::Unconstrained), Some(TlsProblem::IsCa))] {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.is_ca = is_ca;
        let certificate = params.self_signed(&key).unwrap();
        fs::write(&file, certificate.pem()).unwrap();
        let identity = Identity::new(vec![certificate.der().clone()], key.into()).unwrap();
        let server = mirror(&identity).await;
        let said = once("localhost", server.address(), ca_file(&file)).await;
        let cause = |problem| Cause::TlsCertificate { seen: Some(identity.fingerprint()), problem };
        let expected = problem
            .map_or(Ok("no".to_owned()), |problem| Err(Unsaid::Closed(Why { cause: cause(problem), sent: false })));
        assert_eq!(said, expected);
    }
}

#[tokio::test]
async fn a_ca_file_is_read_when_it_is_needed_and_judged_as_it_is_then() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    let (ca, other) = (authority(), authority());
    let identity = signed(&ca, &["localhost"], |_| {});
    let server = mirror(&identity).await;
    let address = server.address();
    assert_eq!(refused("localhost", address, ca_file(&file)).await, Cause::NoCaFile);
    assert_eq!(refused("localhost", address, ca_file(folder.path())).await, Cause::NoCaFile);
    for nothing in ["", "hunter2", "-----BEGIN CERTIFICATE-----\naHVudGVyMg==\n-----END CERTIFICATE-----\n"] {
        fs::write(&file, nothing).unwrap();
        let cause = refused("localhost", address, ca_file(&file)).await;
        assert_eq!(cause, Cause::BadCaFile, "{nothing}");
    }
    fs::write(&file, other.pem()).unwrap();
    let unknown = Cause::TlsCertificate { seen: Some(identity.fingerprint()), problem: TlsProblem::UnknownIssuer };
    assert_eq!(refused("localhost", address, ca_file(&file)).await, unknown);
    fs::write(&file, other.pem() + &ca.pem()).unwrap();
    assert_eq!(once("localhost", address, ca_file(&file)).await, Ok("no".to_owned()));
    fs::write(&file, other.pem()).unwrap();
    assert_eq!(refused("localhost", address, ca_file(&file)).await, unknown);
}

#[tokio::test]
async fn a_session_is_kept_as_a_connection_is() {
    let identity = self_signed();
    let server = mirror(&identity).await;
    let mut channel = Channel::new(link("127.0.0.1", server.address(), Trust::Fingerprint(identity.fingerprint())));
    for (line, kept) in [("one", false), ("two", true), ("bye", true)] {
        let backwards: String = line.chars().rev().collect();
        assert_eq!(say(&mut channel, line, PATIENCE).await, Ok((backwards, kept)));
    }
    // The device has said that this was all, in good order.
    let mut ended = say(&mut channel, "more", PATIENCE).await;
    // The line may have reached a socket that nobody has any more.
    let cause = |ended: &_| match ended {
        Err(Unsaid::Closed(Why { cause, .. })) => Some(*cause),
        _ => None,
    };
    assert!(matches!(cause(&ended), Some(Cause::Ended | Cause::Reset)), "{ended:?}");
    ended = say(&mut channel, "again", PATIENCE).await;
    assert_eq!(ended, Ok(("niaga".to_owned(), false)));
    assert_eq!(server.device().opened, 2);
}

#[tokio::test]
async fn long_lines_come_whole() {
    let identity = self_signed();
    let server = mirror(&identity).await;
    let mut channel = Channel::new(link("127.0.0.1", server.address(), Trust::Insecure));
    // Several records of 16 KiB each way.
    let line: String = (0..60_000_u32).map(|at| char::from(b'a' + u8::try_from(at % 26).unwrap())).collect();
    let backwards: String = line.chars().rev().collect();
    for _ in 0..3 {
        assert_eq!(say(&mut channel, &line, PATIENCE).await.map(|(answer, _)| answer == backwards), Ok(true));
    }
}

#[tokio::test]
async fn other_protocols_are_no_tls() {
    for hello in ["HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", "SSH-2.0-dropbear\r\n", "\r\nlogin: "] {
        let listener = TcpListener::bind(LOOPBACK).await.unwrap();
        let address = listener.local_addr().unwrap();
        let device = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            // As a web server does: it reads what it does not understand, and says so.
            let _ = stream.read(&mut [0; 2048]).await.unwrap();
            stream.write_all(hello.as_bytes()).await.unwrap();
            let _ = stream.read(&mut [0; 64]).await;
        });
        assert_eq!(refused("127.0.0.1", address, Trust::Insecure).await, Cause::TlsNotSpoken, "{hello}");
        device.await.unwrap();
    }
}

#[tokio::test]
async fn a_handshake_that_never_ends_is_given_up_in_time() {
    let listener = TcpListener::bind(LOOPBACK).await.unwrap();
    let address = listener.local_addr().unwrap();
    let device = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut all = Vec::new();
        // Until the other side has gone.
        let _ = stream.read_to_end(&mut all).await;
        all.len()
    });
    let mut channel = Channel::new(link("127.0.0.1", address, Trust::Insecure));
    let begun = Instant::now();
    let patience = Duration::from_millis(300);
    assert_eq!(say(&mut channel, "on", patience).await, Err(Unsaid::TimedOut));
    assert!(begun.elapsed() >= patience);
    let heard = tokio::time::timeout(PATIENCE, device).await.expect("the connection is let go").unwrap();
    assert!(heard > 100, "no hello: {heard} bytes");
}

#[tokio::test]
async fn a_peer_that_hangs_up_in_the_middle() {
    // What it says before it hangs up: nothing; half a record's header; the header of a record that does not come.
    for before in [&[][..], &[22, 3], &[22, 3, 3, 0, 100, 2, 0]] {
        let listener = TcpListener::bind(LOOPBACK).await.unwrap();
        let address = listener.local_addr().unwrap();
        let device = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await.unwrap();
            stream.write_all(before).await.unwrap();
        });
        assert_eq!(refused("127.0.0.1", address, Trust::Insecure).await, Cause::Ended, "{before:?}");
        device.await.unwrap();
    }
}

#[tokio::test]
async fn a_device_waits_for_no_client() {
    let identity = self_signed();
    let server = mirror(&identity).await;
    // These never say hello.
    let mut silent = Vec::new();
    for _ in 0..8 {
        silent.push(tokio::net::TcpStream::connect(server.address()).await.unwrap());
    }
    let pin = Trust::Fingerprint(identity.fingerprint());
    assert_eq!(once("127.0.0.1", server.address(), pin).await, Ok("no".to_owned()));
    assert_eq!(server.device().opened, 1);
}

#[test]
fn an_identity_shows_nothing_of_its_key() {
    let identity = self_signed();
    let shown = format!("{identity:?}");
    assert_eq!(shown, format!("Identity {{ fingerprint: {:?}, .. }}", identity.fingerprint()));
    let key = KeyPair::generate().unwrap();
    let not_its_own = Identity::new(identity.chain().to_vec(), key.into());
    assert!(not_its_own.is_err());
    assert!(Identity::self_signed(["Ä".to_owned()]).is_err());
}
