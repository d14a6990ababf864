//! Memory-mapped registers.

/// A 32-bit register.
#[derive(Clone, Copy)]
pub(super) struct Register(usize);

impl Register {
    /// The register at `address`.
    ///
    /// # Safety
    /// There is a 32-bit register at this address of the board, and nobody else uses it in a way that this use upsets.
    pub(super) const unsafe fn at(address: usize) -> Self {
        Self(address)
    }

    /// Reads it, which for a queue takes a word out.
    pub(super) fn read(self) -> u32 {
        // SAFETY: there is a register, as `at` was promised; reading one has no other effect than the device's own.
        unsafe { core::ptr::with_exposed_provenance::<u32>(self.0).read_volatile() }
    }

    /// Writes it.
    pub(super) fn write(self, value: u32) {
        // SAFETY: as `read`.
        unsafe { core::ptr::with_exposed_provenance_mut::<u32>(self.0).write_volatile(value) }
    }
}
