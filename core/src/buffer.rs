//! A writer over the caller's buffer: every write can fail, and says how much room it wanted. Whoever writes much looks once, at
//! the end: nothing follows a write that failed.

/// The buffer is too short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Full {
    /// Bytes that were needed up to and including the write that failed.
    pub needed: usize,
}

impl core::fmt::Display for Full {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "the buffer is too short: {} bytes are needed", self.needed)
    }
}

impl core::error::Error for Full {}

/// Copies what there is room for. `copy_from_slice` would keep its check of the lengths, and the way to panic behind it, where
/// the optimiser saves space.
pub(crate) fn copy(to: &mut [u8], from: &[u8]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}

/// Appends to a borrowed buffer.
#[derive(Debug)]
pub struct TxWriter<'a> {
    rest: &'a mut [u8],
    written: usize,
    went: Result<(), Full>,
}

impl<'a> TxWriter<'a> {
    /// Starts at the front of `buffer`.
    #[must_use]
    pub const fn new(buffer: &'a mut [u8]) -> Self {
        Self { rest: buffer, written: 0, went: Ok(()) }
    }

    /// Bytes written so far.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.written
    }

    /// Whether nothing was written yet.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.written == 0
    }

    /// Appends `bytes` whole or not at all.
    ///
    /// # Errors
    /// [`Full`] with the size that the buffer should have had.
    // A board's flash is dear, a host's time.
    #[cfg_attr(target_pointer_width = "32", inline(never))]
    #[cfg_attr(not(target_pointer_width = "32"), inline)]
    pub fn put(&mut self, bytes: &[u8]) -> Result<(), Full> {
        let needed = self.written.saturating_add(bytes.len());
        match core::mem::take(&mut self.rest).split_at_mut_checked(bytes.len()) {
            Some((room, rest)) => {
                copy(room, bytes);
                self.rest = rest;
                self.written = needed;
                // Nothing fits where all is full, too.
                self.went
            }
            // The rest stays empty: after a failed write nothing shorter can slip in behind it.
            None => {
                self.went = self.went.and(Err(Full { needed }));
                self.went
            }
        }
    }

    /// As [`TxWriter::put`], for whoever looks at [`TxWriter::went`] in the end.
    #[cfg_attr(not(target_pointer_width = "32"), inline)]
    pub fn add(&mut self, bytes: &[u8]) {
        let _ = self.put(bytes);
    }

    /// Whether all was written so far.
    ///
    /// # Errors
    /// What the first write said that failed.
    pub const fn went(&self) -> Result<(), Full> {
        self.went
    }

    /// Appends one byte.
    ///
    /// # Errors
    /// As [`TxWriter::put`].
    pub fn u8(&mut self, value: u8) -> Result<(), Full> {
        self.put(&[value])
    }

    /// Appends a 16-bit number, least significant byte first.
    ///
    /// # Errors
    /// As [`TxWriter::put`].
    pub fn u16_le(&mut self, value: u16) -> Result<(), Full> {
        self.put(&value.to_le_bytes())
    }

    /// Appends a 16-bit number, most significant byte first.
    ///
    /// # Errors
    /// As [`TxWriter::put`].
    pub fn u16_be(&mut self, value: u16) -> Result<(), Full> {
        self.put(&value.to_be_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_it_needed_and_stays_full() {
        let mut buffer = [0; 4];
        let mut w = TxWriter::new(&mut buffer);
        w.u16_le(0x0201).unwrap();
        w.u16_be(0x0304).unwrap();
        assert_eq!(w.len(), 4);
        assert_eq!(w.u8(5), Err(Full { needed: 5 }));
        assert_eq!(buffer, [1, 2, 3, 4]);

        let mut w = TxWriter::new(&mut buffer);
        assert_eq!(w.put(&[0; 9]), Err(Full { needed: 9 }));
        assert_eq!(w.u8(1), Err(Full { needed: 9 }), "nothing may follow a write that failed");
        assert_eq!((w.went(), w.put(&[])), (Err(Full { needed: 9 }), Err(Full { needed: 9 })));
        assert!(w.is_empty());
    }
}
