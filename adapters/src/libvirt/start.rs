//! What one wants and another does: it is begun, or called off before, and both know which.

use std::sync::atomic::{AtomicU8, Ordering};

/// Something that is begun once, or called off before, whichever comes first.
#[derive(Default)]
pub(super) struct Start(AtomicU8);

impl Start {
    const WANTED: u8 = 0;
    const BEGUN: u8 = 1;
    const CALLED_OFF: u8 = 2;

    /// Begins it. False: it has begun before, or was called off.
    pub(super) fn begin(&self) -> bool {
        self.0.compare_exchange(Self::WANTED, Self::BEGUN, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// Whether it has begun.
    pub(super) fn has_begun(&self) -> bool {
        self.0.load(Ordering::Acquire) == Self::BEGUN
    }

    /// Calls it off if it has not begun. Whether it has not: then it never will.
    pub(super) fn call_off(&self) -> bool {
        let was = self.0.compare_exchange(Self::WANTED, Self::CALLED_OFF, Ordering::AcqRel, Ordering::Acquire);
        was != Err(Self::BEGUN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whichever_comes_first() {
        let start = Start::default();
        assert!(!start.has_begun() && start.begin() && start.has_begun());
        assert!(!start.begin() && !start.call_off() && start.has_begun());
        let start = Start::default();
        assert!(start.call_off() && start.call_off());
        assert!(!start.begin() && !start.has_begun());
    }
}
