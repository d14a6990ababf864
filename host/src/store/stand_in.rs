//! A store of tests: keeps things as long as it lives, and fails or hangs when it is told to.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};

use super::{Change, Contents, Store, StoreError};

/// The store.
#[derive(Default)]
pub(crate) struct Memory {
    /// What is there at the beginning.
    pub(crate) contents: Contents,
    /// Whether commits fail.
    pub(crate) fails: Arc<AtomicBool>,
    /// How many changes each commit had.
    pub(crate) commits: Arc<Mutex<Vec<usize>>>,
    /// Tells that a commit has begun, and where it waits to be let on.
    pub(crate) gate: Option<(mpsc::Sender<usize>, mpsc::Receiver<()>)>,
}

impl Store for Memory {
    fn load(&mut self) -> Result<Contents, StoreError> {
        Ok(std::mem::take(&mut self.contents))
    }

    fn commit(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        if let Some((begun, go_on)) = &self.gate {
            // A test that has ended lets everything on.
            let _ = begun.send(changes.len());
            let _ = go_on.recv();
        }
        if self.fails.load(Ordering::SeqCst) {
            return Err(StoreError::new("no space left"));
        }
        self.commits.lock().unwrap().push(changes.len());
        Ok(())
    }
}
