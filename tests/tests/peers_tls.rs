//! TLS as a foreign program speaks it: `openssl s_server` stands for devices of all ages.
//!
//! What is not safe any more is asked of it with `@SECLEVEL=0`. An old device ends a handshake with the same alerts.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rackhand_adapters::tokio::{Channel, fingerprint};
use rackhand_core::exchange::{Cause, TlsProblem, Why};
use rackhand_core::operation::{Fingerprint, Host, Link, Trust};
use rackhand_tests::need;
use rackhand_tests::say::{Unsaid, say};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(20);
const LAX: &str = "ALL:@SECLEVEL=0";

/// Whether there is an openssl; says so if there is none.
fn openssl_is_here() -> bool {
    let here = Command::new("openssl").arg("version").output().is_ok_and(|output| output.status.success());
    if !here {
        need::missing("openssl");
    }
    here
}

fn openssl(folder: &Path, arguments: &[&str]) {
    let output = Command::new("openssl").current_dir(folder).args(arguments).output().unwrap();
    assert!(output.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A folder with `cert.pem` and `key.pem`.
struct Pair(TempDir);

impl Pair {
    /// A certificate as `openssl req -x509` makes them: version 3, a CA, signed by itself.
    fn new(key: &[&str], more: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let make = ["req", "-x509", "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-days", "30"];
        openssl(folder.path(), &[&make[..], &["-subj", "/CN=amt-7"], key, more].concat());
        Self(folder)
    }

    /// A certificate of X.509 version 1.
    fn version_1() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let request = ["req", "-new", "-nodes", "-keyout", "key.pem", "-out", "request.pem", "-subj", "/CN=amt-7"];
        openssl(folder.path(), &[&request[..], RSA].concat());
        let sign = ["x509", "-req", "-in", "request.pem", "-signkey", "key.pem", "-out", "cert.pem", "-days", "30"];
        openssl(folder.path(), &sign);
        let pair = Self(folder);
        let text = pair.text();
        assert!(text.contains("Version: 1 (0x0)"), "this openssl makes others: {text}");
        pair
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self) -> String {
        let output =
            Command::new("openssl").args(["x509", "-noout", "-text", "-in"]).arg(self.path("cert.pem")).output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    }

    /// As openssl says it, so that ours is compared with something.
    fn fingerprint(&self) -> Fingerprint {
        let arguments = ["x509", "-noout", "-fingerprint", "-sha256", "-in"];
        let output = Command::new("openssl").args(arguments).arg(self.path("cert.pem")).output().unwrap();
        let theirs: Fingerprint = String::from_utf8(output.stdout).unwrap().parse().unwrap();
        let der = CertificateDer::from_pem_file(self.path("cert.pem")).unwrap();
        assert_eq!(fingerprint(&der), theirs);
        theirs
    }

    fn pin(&self) -> Trust {
        Trust::Fingerprint(self.fingerprint())
    }
}

const RSA: &[&str] = &["-newkey", "rsa:2048"];
const P256: &[&str] = &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];

/// `openssl s_server`, which answers each line backwards.
struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    fn new(pair: &Pair, more: &[&str]) -> Self {
        let mut child = Command::new("openssl")
            .current_dir(pair.0.path())
            .args(["s_server", "-accept", "127.0.0.1:0", "-cert", "cert.pem", "-key", "key.pem", "-rev"])
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let accept = lines.by_ref().map(Result::unwrap).find_map(|line| Some(line.strip_prefix("ACCEPT ")?.to_owned()));
        let accept = accept.unwrap_or_else(|| panic!("openssl s_server {more:?} did not start"));
        // Or it would wait, once its pipe is full.
        std::thread::spawn(move || lines.for_each(drop));
        let port = accept.rsplit(':').next().unwrap().parse().unwrap();
        Self { child, address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn once(server: &Server, host: &str, trust: Trust) -> Result<String, Unsaid> {
    let link = Link::Tls { host: host.parse::<Host>().unwrap(), port: server.address.port(), trust };
    say(&mut Channel::new(link), "stressed", PATIENCE).await.map(|(answer, _)| answer)
}

async fn refused(server: &Server, trust: Trust) -> Cause {
    match once(server, "127.0.0.1", trust).await {
        Err(Unsaid::Closed(Why { cause, .. })) => cause,
        other => panic!("{other:?}"),
    }
}

fn said() -> Result<String, Unsaid> {
    Ok("desserts".to_owned())
}

#[tokio::test]
async fn both_versions_and_every_way_to_agree_on_keys_that_is_safe() {
    if !openssl_is_here() {
        return;
    }
    let (rsa, p256) = (Pair::new(RSA, &[]), Pair::new(P256, &[]));
    for (pair, more) in [
        (&rsa, &["-tls1_3"][..]),
        (&p256, &["-tls1_3"]),
        (&rsa, &["-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"]),
        (&rsa, &["-tls1_2", "-cipher", "ECDHE-RSA-AES256-GCM-SHA384"]),
        (&p256, &["-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384"]),
        (&p256, &["-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"]),
        // Without the extended master secret (RFC 7627), which old firmware does not know.
        (&rsa, &["-tls1_2", "-cipher", LAX, "-curves", "P-256"]),
    ] {
        let server = Server::new(pair, more);
        assert_eq!(once(&server, "127.0.0.1", pair.pin()).await, said(), "{more:?}");
        assert_eq!(once(&server, "localhost", Trust::Insecure).await, said(), "{more:?}");
    }
}

#[tokio::test]
async fn a_pin_takes_what_no_ca_would() {
    if !openssl_is_here() {
        return;
    }
    let sha_1 = Pair::new(RSA, &["-sha1"]);
    assert!(sha_1.text().contains("sha1WithRSAEncryption"), "{}", sha_1.text());
    let others = [Pair::version_1(), sha_1, Pair::new(P256, &["-addext", "subjectAltName=DNS:amt-7.example.org"])];
    for (index, pair) in others.iter().enumerate() {
        for version in ["-tls1_2", "-tls1_3"] {
            let server = Server::new(pair, &[version, "-cipher", LAX]);
            assert_eq!(once(&server, "127.0.0.1", pair.pin()).await, said(), "{index} {version}");
            let mut wrong = pair.fingerprint();
            wrong.0[31] ^= 1;
            let seen = Some(pair.fingerprint());
            let cause = refused(&server, Trust::Fingerprint(wrong)).await;
            assert_eq!(
                cause,
                Cause::TlsCertificate { seen, problem: TlsProblem::WrongFingerprint },
                "{index} {version}"
            );
        }
    }
}

#[tokio::test]
async fn a_ca_does_not_take_it_and_says_why() {
    if !openssl_is_here() {
        return;
    }
    let (version_1, is_ca) = (Pair::version_1(), Pair::new(P256, &[]));
    let device = Pair::new(P256, &["-addext", "basicConstraints=critical,CA:FALSE"]);
    for (pair, problem) in
        [(&version_1, TlsProblem::Unreadable), (&is_ca, TlsProblem::IsCa), (&device, TlsProblem::UnknownIssuer)]
    {
        let server = Server::new(pair, &[]);
        let seen = Some(pair.fingerprint());
        let cause = refused(&server, Trust::System).await;
        assert_eq!(cause, Cause::TlsCertificate { seen, problem });
        assert!(cause.to_string().contains(&format!("{}", pair.fingerprint())), "{cause}");
    }
}

#[tokio::test]
async fn a_ca_that_signs_with_sha_1_is_no_longer_believed() {
    if !openssl_is_here() {
        return;
    }
    let pair = Pair::new(RSA, &[]);
    fs::rename(pair.path("cert.pem"), pair.path("ca.pem")).unwrap();
    fs::rename(pair.path("key.pem"), pair.path("ca.key")).unwrap();
    fs::write(pair.path("names"), "subjectAltName=DNS:localhost,IP:127.0.0.1").unwrap();
    let request = ["req", "-new", "-nodes", "-keyout", "key.pem", "-out", "request.pem", "-subj", "/CN=amt-7"];
    openssl(pair.0.path(), &[&request[..], P256].concat());
    let ca = Trust::CaFile(pair.path("ca.pem").to_str().unwrap().try_into().unwrap());
    for (digest, problem) in [("-sha256", None), ("-sha1", Some(TlsProblem::WeakSignature))] {
        let by = ["-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial", "7", "-days", "30", "-extfile", "names", digest];
        let sign = ["x509", "-req", "-in", "request.pem", "-out", "cert.pem"];
        openssl(pair.0.path(), &[&sign[..], &by].concat());
        let server = Server::new(&pair, &["-cipher", LAX]);
        let seen = Some(pair.fingerprint());
        match problem {
            None => assert_eq!(once(&server, "localhost", ca.clone()).await, said()),
            Some(problem) => assert_eq!(refused(&server, ca.clone()).await, Cause::TlsCertificate { seen, problem }),
        }
    }
}

#[tokio::test]
async fn a_short_key_is_no_proof() {
    if !openssl_is_here() {
        return;
    }
    let pair = Pair::new(&["-newkey", "rsa:1024"], &[]);
    let server = Server::new(&pair, &["-cipher", LAX]);
    let cause = Cause::TlsCertificate { seen: Some(pair.fingerprint()), problem: TlsProblem::WeakKey };
    assert_eq!(refused(&server, pair.pin()).await, cause);
    assert_eq!(once(&server, "127.0.0.1", Trust::Insecure).await, said());
}

#[tokio::test]
async fn old_peers_are_told_from_other_trouble() {
    if !openssl_is_here() {
        return;
    }
    let pair = Pair::new(RSA, &[]);
    for more in [
        &["-tls1", "-cipher", LAX][..],
        &["-tls1_1", "-cipher", LAX],
        // As AMT 12 and older: TLS 1.2, but keys are agreed on by RSA alone.
        &["-tls1_2", "-cipher", "AES128-SHA:@SECLEVEL=0"],
        &["-tls1_2", "-cipher", "AES256-GCM-SHA384:@SECLEVEL=0"],
        // Diffie and Hellman without curves: rustls has none.
        &["-tls1_2", "-cipher", "DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0"],
        // Nothing but block ciphers in CBC mode.
        &["-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA:@SECLEVEL=0"],
    ] {
        let server = Server::new(&pair, more);
        for trust in [pair.pin(), Trust::Insecure, Trust::System] {
            let cause = refused(&server, trust).await;
            assert_eq!(cause, Cause::TlsVersion, "{more:?}");
        }
    }
}

#[tokio::test]
async fn a_peer_that_wants_a_certificate_of_ours_is_no_old_one() {
    if !openssl_is_here() {
        return;
    }
    let pair = Pair::new(P256, &[]);
    for version in ["-tls1_2", "-tls1_3"] {
        // Asking alone is no harm.
        let asks = Server::new(&pair, &[version, "-verify", "1"]);
        assert_eq!(once(&asks, "127.0.0.1", pair.pin()).await, said(), "{version}");
        let insists = Server::new(&pair, &[version, "-Verify", "1"]);
        let cause = refused(&insists, pair.pin()).await;
        // In version 1.3 it says so when the handshake is over for us; the line that we have sent by then may break the
        // connection before its word is read.
        let reset = version == "-tls1_3" && cause == Cause::Reset;
        assert!(cause == Cause::TlsClientCertificate || reset, "{version}: {cause:?}");
    }
}
