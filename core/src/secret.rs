//! Text that must not be seen: wiped when dropped, compared in constant time, absent from every output.

use core::fmt;

use serde::Serializer;
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use crate::buffer::copy;

/// What stands for a secret in every output.
pub const HIDDEN: &str = "******";

/// A secret text of at most `N` bytes of UTF-8.
#[derive(Clone)]
pub struct Secret<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

/// A secret text is longer than there is room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct TooLong {
    /// Bytes that there is room for.
    pub most: usize,
}

impl<const N: usize> Secret<N> {
    /// Takes a copy of `text`.
    ///
    /// # Errors
    /// [`TooLong`] when it has more than `N` bytes.
    pub fn new(text: &str) -> Result<Self, TooLong> {
        let mut secret = Self { bytes: [0; N], len: text.len() };
        copy(secret.bytes.get_mut(..text.len()).ok_or(TooLong { most: N })?, text.as_bytes());
        Ok(secret)
    }

    /// The text itself, for the one place that hands it on.
    #[must_use]
    pub fn reveal(&self) -> &str {
        core::str::from_utf8(self.bytes()).unwrap_or("")
    }

    /// The bytes of the text, for the one place that puts them on the wire.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or(&[])
    }
}

impl<const N: usize> Drop for Secret<N> {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl<const N: usize> PartialEq for Secret<N> {
    fn eq(&self, other: &Self) -> bool {
        // Both arrays are zero behind their text, so the whole of both can be compared.
        bool::from(self.bytes.ct_eq(&other.bytes) & (self.len as u64).ct_eq(&(other.len as u64)))
    }
}

impl<const N: usize> Eq for Secret<N> {}

impl<const N: usize> fmt::Debug for Secret<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

#[cfg(feature = "defmt")]
impl<const N: usize> defmt::Format for Secret<N> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "******");
    }
}

/// For `#[serde(serialize_with = "…")]` on a field that must cross the (encrypted) channel between host and relay. `Secret`
/// itself has no `Serialize`, so that nothing writes one out unasked.
pub(crate) fn on_the_channel<S: Serializer, const N: usize>(secret: &Secret<N>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(secret.reveal())
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;

    #[test]
    fn hides_and_compares() {
        let one = Secret::<20>::new("hunter2").unwrap();
        assert_eq!(std::format!("{one:?}"), HIDDEN);
        assert_eq!(one.reveal(), "hunter2");
        assert_eq!(one, Secret::new("hunter2").unwrap());
        assert_ne!(one, Secret::new("hunter3").unwrap());
        assert_ne!(Secret::<4>::new("a").unwrap(), Secret::new("a\0").unwrap());
        assert_eq!(Secret::<4>::new("12345").unwrap_err(), TooLong { most: 4 });
    }
}
