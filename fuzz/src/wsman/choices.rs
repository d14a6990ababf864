//! How a document is written, as far as that is left open.

/// Choices that bytes make, over and over again, and not the same each time. Without bytes each is the plainest.
#[derive(Clone, Debug)]
pub struct Choices<'a> {
    bytes: &'a [u8],
    made: usize,
}

impl<'a> Choices<'a> {
    /// Choices by `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, made: 0 }
    }

    /// A number below `end`, which is not zero.
    pub fn below(&mut self, end: usize) -> usize {
        let Some(round) = self.made.checked_div(self.bytes.len()) else { return 0 };
        let byte = usize::from(self.bytes[self.made % self.bytes.len()]);
        self.made += 1;
        (byte + round * 7) % end
    }

    /// Happens once in a while.
    pub(super) fn seldom(&mut self) -> bool {
        self.below(5) == 4
    }

    pub(super) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}
