//! The CA certificates of this machine, and of files.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};

use rackhand_core::exchange::Cause;
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::PROVIDER;

/// Most bytes of a CA file; the bundle of a Linux distribution has about 200 KiB.
const MOST_BYTES: u64 = 4 << 20;
/// Most files that are remembered.
const MOST_FILES: usize = 64;

/// Judges certificates by their CA. Nobody, where there is no CA at all.
pub(super) type Judge = Option<Arc<WebPkiServerVerifier>>;

/// The machine's CAs, read once for as long as the program runs: some hundred files, on some systems.
pub(super) fn system() -> Judge {
    static JUDGE: Mutex<Judge> = Mutex::new(None);
    let mut judge = JUDGE.lock().unwrap_or_else(PoisonError::into_inner);
    if judge.is_none() {
        *judge = judge_by(rustls_native_certs::load_native_certs().certs);
    }
    judge.clone()
}

/// The CAs in a PEM file. It is read every time, as it may have changed; judged anew only when it has.
pub(super) fn file(path: &str) -> Result<Judge, Cause> {
    type Known = HashMap<String, (Vec<u8>, Judge)>;
    static KNOWN: Mutex<Option<Known>> = Mutex::new(None);

    // A pipe would never be read to its end.
    if !std::fs::metadata(path).is_ok_and(|file| file.is_file()) {
        return Err(Cause::NoCaFile);
    }
    let mut pem = Vec::new();
    let opened = File::open(path).map_err(|_| Cause::NoCaFile)?;
    opened.take(MOST_BYTES + 1).read_to_end(&mut pem).map_err(|_| Cause::NoCaFile)?;
    if u64::try_from(pem.len()).unwrap_or(u64::MAX) > MOST_BYTES {
        return Err(Cause::BadCaFile);
    }
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let known = known.get_or_insert_default();
    if let Some((then, judge)) = known.get(path)
        && *then == pem
    {
        return Ok(judge.clone());
    }
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let judge = judge_by(certificates.map_err(|_| Cause::BadCaFile)?);
    if judge.is_none() {
        return Err(Cause::BadCaFile);
    }
    if known.len() >= MOST_FILES {
        known.clear();
    }
    known.insert(path.to_owned(), (pem, judge.clone()));
    Ok(judge)
}

/// What cannot be read of `certificates` is left out: a bundle is no worse for one strange CA.
fn judge_by(certificates: Vec<CertificateDer<'static>>) -> Judge {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates);
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), PROVIDER.clone()).build().ok()
}
