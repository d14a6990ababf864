//! The API's certificate and key.

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::{TLS12, TLS13};
use rustls::{Error, ServerConfig};

/// Reads the certificate with what it was signed with, and its private key, both PEM.
pub(crate) fn load(cert_file: &Path, key_file: &Path) -> Result<Arc<ServerConfig>, String> {
    let (chain, private) = read(("[ssl] cert_file", cert_file), ("[ssl] key_file", key_file))?;
    let cert = |wrong: &str| format!("[ssl] cert_file '{}': {wrong}", cert_file.display());
    let key = |wrong: &str| format!("[ssl] key_file '{}': {wrong}", key_file.display());
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(|error| format!("TLS: {error}"))?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(|error| match error {
            Error::InconsistentKeys(_) => {
                key(&format!("it is not the key of the certificate in '{}'", cert_file.display()))
            }
            Error::InvalidCertificate(_) => cert(&format!("the first certificate in it cannot be used: {error}")),
            // Whatever else, it is about the key, of which nothing is shown.
            _ => key("the private key in it cannot be used; there are RSA, ECDSA (P-256, P-384) and Ed25519"),
        })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Certificates, at least one, and a private key.
pub(crate) type Pair = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// Reads certificates and a private key, both PEM; each file is called by the name of its option. Whether they belong together
/// is not looked at.
///
/// # Errors
/// What is wrong, with the option and the file, and nothing of a key.
pub(crate) fn read((cert, cert_file): (&str, &Path), (key, key_file): (&str, &Path)) -> Result<Pair, String> {
    let wrong = |option: &str, file: &Path, error: &PemError, what: &str| {
        format!("{option} '{}': {}", file.display(), words(error, what))
    };
    let chain: Vec<_> = CertificateDer::pem_file_iter(cert_file)
        .and_then(Iterator::collect)
        .map_err(|error| wrong(cert, cert_file, &error, "certificate"))?;
    if chain.is_empty() {
        return Err(wrong(cert, cert_file, &PemError::NoItemsFound, "certificate"));
    }
    let private =
        PrivateKeyDer::from_pem_file(key_file).map_err(|error| wrong(key, key_file, &error, "private key"))?;
    Ok((chain, private))
}

fn words(error: &PemError, what: &str) -> String {
    match error {
        PemError::NoItemsFound => format!("there is no {what} in it (PEM is expected: -----BEGIN …)"),
        PemError::Io(error) => format!("it cannot be read: {error}"),
        // Not the parser's words: they repeat lines, which may be those of a key.
        _ => "it is not well-formed PEM".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_is_wrong_is_told_by_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let one = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let two = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        fs::write(path("cert"), one.cert.pem()).unwrap();
        fs::write(path("key"), one.signing_key.serialize_pem()).unwrap();
        fs::write(path("other"), two.signing_key.serialize_pem()).unwrap();
        fs::write(path("text"), "hunter2").unwrap();
        fs::write(path("broken"), "-----BEGIN PRIVATE KEY-----\nhunter2!\n-----END PRIVATE KEY-----\n").unwrap();
        fs::write(path("nokey"), "-----BEGIN PRIVATE KEY-----\naHVudGVyMg==\n-----END PRIVATE KEY-----\n").unwrap();
        fs::write(path("nocert"), "-----BEGIN CERTIFICATE-----\naHVudGVyMg==\n-----END CERTIFICATE-----\n").unwrap();

        let config = load(&path("cert"), &path("key")).unwrap();
        assert_eq!(config.alpn_protocols, [b"http/1.1"]);
        for (cert, key, file, text) in [
            ("none", "key", "cert_file", "cannot be read: No such file"),
            ("cert", "none", "key_file", "cannot be read: No such file"),
            ("text", "key", "cert_file", "no certificate in it"),
            ("key", "key", "cert_file", "no certificate in it"),
            ("cert", "text", "key_file", "no private key in it"),
            ("cert", "cert", "key_file", "no private key in it"),
            ("cert", "broken", "key_file", "not well-formed PEM"),
            ("cert", "nokey", "key_file", "cannot be used"),
            ("nocert", "key", "cert_file", "cannot be used"),
            ("cert", "other", "key_file", "not the key of the certificate"),
        ] {
            let wrong = load(&path(cert), &path(key)).unwrap_err();
            assert!(wrong.starts_with(&format!("[ssl] {file} ")) && wrong.contains(text), "{cert} {key}: {wrong}");
            assert!(!wrong.contains("hunter2"), "{wrong}");
        }
    }
}
