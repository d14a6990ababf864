//! Whom an `https` address is believed to be.

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};
use rustls_platform_verifier::BuilderVerifierExt;

use super::error::Error;

/// Trusts the certificates of `ca_file`, else those of the system.
pub(super) fn config(ca_file: Option<&Path>) -> Result<ClientConfig, Error> {
    let verified = match ca_file {
        Some(file) => builder()?.with_root_certificates(roots(file)?),
        None => builder()?.with_platform_verifier().map_err(|error| {
            Error::Usage(format!("the system's certificates cannot be had: {error}; --ca-file names others"))
        })?,
    };
    Ok(verified.with_no_client_auth())
}

/// Trusts nobody: what is never asked, because the address is not `https`, need not be read from disk.
pub(super) fn unused() -> Result<ClientConfig, Error> {
    Ok(builder()?.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

/// With ring by name: a program-wide default is somebody else's to choose.
fn builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, Error> {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Failed(format!("TLS is not to be had: {error}")))
}

fn roots(file: &Path) -> Result<RootCertStore, Error> {
    let wrong = |what: String| Error::Usage(format!("--ca-file '{}': {what}", file.display()));
    let mut roots = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(file).map_err(|error| wrong(error.to_string()))?;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
        roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
    }
    if roots.is_empty() { Err(wrong("holds no certificate in PEM".to_owned())) } else { Ok(roots) }
}
