//! What a simulated device shows of itself.

use std::fmt;
use std::sync::Arc;

use rackhand_core::operation::Fingerprint;
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::{TLS12, TLS13};

use super::{PROVIDER, fingerprint};

/// A certificate, with those of the CAs between it and the one that others know, and its private key.
pub struct Identity {
    chain: Vec<CertificateDer<'static>>,
    config: Arc<ServerConfig>,
}

/// A certificate and a key that cannot be used, or do not belong together. Nothing of the key is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdentityError;

impl fmt::Display for IdentityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the certificate or its key cannot be used, or they do not belong together")
    }
}

impl std::error::Error for IdentityError {}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("fingerprint", &self.fingerprint()).finish_non_exhaustive()
    }
}

impl Identity {
    /// The device's own certificate first in `chain`.
    ///
    /// # Errors
    /// [`IdentityError`].
    pub fn new(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<Self, IdentityError> {
        let config = ServerConfig::builder_with_provider(PROVIDER.clone())
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(|_| IdentityError)?
            .with_no_client_auth()
            .with_single_cert(chain.clone(), key)
            .map_err(|_| IdentityError)?;
        Ok(Self { chain, config: Arc::new(config) })
    }

    /// A new key, and a certificate for `names` (host names and addresses) that it has signed itself, as devices come from
    /// the factory.
    ///
    /// # Errors
    /// [`IdentityError`]: a name is none.
    #[cfg(feature = "sim-tls")]
    pub fn self_signed(names: impl IntoIterator<Item = String>) -> Result<Self, IdentityError> {
        let names: Vec<_> = names.into_iter().collect();
        let made = rcgen::generate_simple_self_signed(names).map_err(|_| IdentityError)?;
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).map_err(|_| IdentityError)?;
        Self::new(vec![made.cert.der().clone()], key)
    }

    /// The fingerprint of the device's own certificate.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        fingerprint(self.chain.first().map_or(&[], AsRef::as_ref))
    }

    /// The certificates, the device's own first.
    #[must_use]
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        &self.chain
    }

    pub(in crate::tokio) fn config(&self) -> Arc<ServerConfig> {
        self.config.clone()
    }
}
