//! A few values in a row, without a heap, that can be copied: suspend periods and alert thresholds (Node Manager 3.0, section 2).

use core::fmt;
use core::marker::PhantomData;

use serde::de::{Error as _, SeqAccess, Visitor};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// At most `N` values.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Few<T, const N: usize> {
    // What is behind them has the default value, so that equal ones are equal.
    all: [T; N],
    len: u8,
}

impl<T: Copy + Default, const N: usize> Few<T, N> {
    /// Appends one.
    ///
    /// # Errors
    /// The value, when there is no room for it.
    pub fn push(&mut self, value: T) -> Result<(), T> {
        let place = self.all.get_mut(usize::from(self.len)).ok_or(value)?;
        *place = value;
        self.len = self.len.saturating_add(1);
        Ok(())
    }

    /// Those that are there.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        self.all.get(..usize::from(self.len)).unwrap_or(&[])
    }

    /// How many there are.
    #[must_use]
    pub const fn count(&self) -> u8 {
        self.len
    }
}

impl<T: Copy + Default, const N: usize> Default for Few<T, N> {
    fn default() -> Self {
        Self { all: [T::default(); N], len: 0 }
    }
}

impl<T: Copy + Default + fmt::Debug, const N: usize> fmt::Debug for Few<T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_slice().fmt(f)
    }
}

#[cfg(feature = "defmt")]
impl<T: Copy + Default + defmt::Format, const N: usize> defmt::Format for Few<T, N> {
    fn format(&self, f: defmt::Formatter<'_>) {
        self.as_slice().format(f);
    }
}

impl<T: Copy + Default + Serialize, const N: usize> Serialize for Few<T, N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.as_slice().len()))?;
        for value in self.as_slice() {
            list.serialize_element(value)?;
        }
        list.end()
    }
}

struct FewVisitor<T, const N: usize>(PhantomData<T>);

impl<'de, T: Copy + Default + Deserialize<'de>, const N: usize> Visitor<'de> for FewVisitor<T, N> {
    type Value = Few<T, N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a short list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Few<T, N>, A::Error> {
        let mut few = Few::default();
        while let Some(value) = list.next_element()? {
            few.push(value).map_err(|_| A::Error::custom("too many values"))?;
        }
        Ok(few)
    }
}

impl<'de, T: Copy + Default + Deserialize<'de>, const N: usize> Deserialize<'de> for Few<T, N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(FewVisitor(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;

    #[test]
    fn a_full_list_takes_no_more() {
        let mut few = Few::<u16, 2>::default();
        assert_eq!((few.push(7), few.push(8), few.push(9)), (Ok(()), Ok(()), Err(9)));
        assert_eq!((few.as_slice(), few.count()), (&[7, 8][..], 2));
        assert_eq!(std::format!("{few:?}"), "[7, 8]");
    }
}
