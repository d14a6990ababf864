//! Places for what may take long at a hypervisor, its starts and stops, of which it is asked for a few at a time.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use super::Error;

/// So many at a time: of the hypervisor's threads one is left for calls that take no time.
const LONG: usize = 3;

/// The places of one hypervisor.
pub(super) struct Places {
    /// For calls, until they have returned.
    calls: Semaphore,
    /// For whoever has not begun while he waits: what follows in time is made of calls.
    turns: Arc<Semaphore>,
    /// Calls that have a place, and were to be done by now.
    late: AtomicUsize,
}

impl Places {
    pub(super) fn new() -> Self {
        Self { calls: Semaphore::new(LONG), turns: Arc::new(Semaphore::new(LONG)), late: AtomicUsize::new(0) }
    }

    /// A turn, as soon as there is one. It is taken before a call's place, never after.
    pub(super) async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        // They are never closed.
        Arc::clone(&self.turns).acquire_owned().await.ok()
    }

    /// A call's place, as soon as there is one.
    ///
    /// # Errors
    /// All have been taken for as long as `patience` says, by calls that were to be done by now: nobody knows when they will be.
    pub(super) async fn call(&self, patience: Duration) -> Result<SemaphorePermit<'_>, Error> {
        let mut place = pin!(self.calls.acquire());
        loop {
            match tokio::time::timeout(patience, &mut place).await {
                Ok(place) => return place.map_err(|_| Error::internal("there are no places any more")),
                Err(_) if self.late.load(Ordering::Acquire) >= LONG => {
                    return Err(Error::failed(format!(
                        "{LONG} other starts or stops of the hypervisor are stuck, though it answers: nothing was done"
                    )));
                }
                Err(_) => {}
            }
        }
    }

    /// Waits for a call, which is late from `deadline` on.
    pub(super) async fn until_late<T>(&self, deadline: Instant, call: impl Future<Output = T>) -> T {
        let mut call = pin!(call);
        match tokio::time::timeout_at(deadline.into(), &mut call).await {
            Ok(answer) => answer,
            Err(_) => {
                self.late.fetch_add(1, Ordering::AcqRel);
                let _late = Late(&self.late);
                call.await
            }
        }
    }

    /// How many calls could begin at once.
    #[cfg(test)]
    pub(super) fn free(&self) -> usize {
        self.calls.available_permits()
    }

    /// Whether anybody has a place or a turn.
    pub(super) fn are_taken(&self) -> bool {
        self.calls.available_permits().min(self.turns.available_permits()) < LONG
    }
}

/// A call that is late, as long as this is there.
struct Late<'a>(&'a AtomicUsize);

impl Drop for Late<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
