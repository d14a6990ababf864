//! The golden bytes in `tests/vectors`.

use std::path::PathBuf;

use serde::de::DeserializeOwned;

/// The folder of this package.
#[must_use]
pub fn here() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The root of the workspace.
#[must_use]
pub fn root() -> PathBuf {
    here().join("..").canonicalize().unwrap_or_else(|_| here())
}

/// Reads a file of vectors.
///
/// # Panics
/// The file is not there or not of that shape.
#[must_use]
pub fn load<T: DeserializeOwned>(name: &str) -> T {
    let path = here().join("vectors").join(name);
    let text = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The bytes of a hexadecimal text.
///
/// # Panics
/// It is none.
#[must_use]
pub fn unhex(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}
