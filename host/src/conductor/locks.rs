//! Locks by key: one for each node or device that anybody has or waits for.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedMutexGuard, watch};

/// Locks by key. They are handed out in the order of asking.
pub(crate) struct Locks<K>(Mutex<HashMap<K, Entry>>);

impl<K> Default for Locks<K> {
    fn default() -> Self {
        Self(Mutex::new(HashMap::new()))
    }
}

/// A lock, and how many have or want it. They are counted here, under the map's own lock: the references to the lock end
/// wherever those who have them end, and two that end at once would each take the other for one who stays.
struct Entry {
    lock: Arc<Lock>,
    users: usize,
}

struct Lock {
    mutex: Arc<tokio::sync::Mutex<()>>,
    /// How many people wait for it.
    wanted: watch::Sender<usize>,
}

/// Somebody has the lock, until this is dropped.
pub(crate) struct Guard<K: Hash + Eq + Clone> {
    _held: OwnedMutexGuard<()>,
    interest: Interest<K>,
}

impl<K: Hash + Eq + Clone> Guard<K> {
    /// What is locked.
    pub(crate) const fn key(&self) -> &K {
        &self.interest.key
    }

    /// Returns when somebody waits for the lock.
    pub(crate) async fn wanted(&self) {
        let mut wanted = self.interest.lock.wanted.subscribe();
        // The sender is ours, so there is always a next value.
        let _ = wanted.wait_for(|waiting| *waiting > 0).await;
    }
}

impl<K: Hash + Eq + Clone> Locks<K> {
    fn map(&self) -> MutexGuard<'_, HashMap<K, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.map().len()
    }

    /// Waits for the lock, for a person.
    pub(crate) async fn acquire(self: &Arc<Self>, key: K) -> Guard<K> {
        let mut interest = self.interest(key);
        interest.lock.wanted.send_modify(|waiting| *waiting = waiting.saturating_add(1));
        interest.waits = true;
        let held = Arc::clone(&interest.lock.mutex).lock_owned().await;
        interest.no_longer_waits();
        Guard { _held: held, interest }
    }

    /// Waits for the lock, for nobody in particular: whoever has it is not told.
    pub(crate) async fn acquire_quietly(self: &Arc<Self>, key: K) -> Guard<K> {
        let interest = self.interest(key);
        let held = Arc::clone(&interest.lock.mutex).lock_owned().await;
        Guard { _held: held, interest }
    }

    /// The lock, if nobody has it.
    pub(crate) fn try_acquire(self: &Arc<Self>, key: K) -> Option<Guard<K>> {
        let interest = self.interest(key);
        let held = Arc::clone(&interest.lock.mutex).try_lock_owned().ok()?;
        Some(Guard { _held: held, interest })
    }

    fn interest(self: &Arc<Self>, key: K) -> Interest<K> {
        let new = || Arc::new(Lock { mutex: Arc::default(), wanted: watch::Sender::new(0) });
        let lock = {
            let mut map = self.map();
            let entry = map.entry(key.clone()).or_insert_with(|| Entry { lock: new(), users: 0 });
            entry.users = entry.users.saturating_add(1);
            Arc::clone(&entry.lock)
        };
        Interest { locks: Arc::clone(self), key, lock, waits: false }
    }
}

/// Keeps a lock in the map; the last one takes it out.
struct Interest<K: Hash + Eq + Clone> {
    locks: Arc<Locks<K>>,
    key: K,
    lock: Arc<Lock>,
    waits: bool,
}

impl<K: Hash + Eq + Clone> Interest<K> {
    fn no_longer_waits(&mut self) {
        if std::mem::take(&mut self.waits) {
            self.lock.wanted.send_modify(|waiting| *waiting = waiting.saturating_sub(1));
        }
    }
}

impl<K: Hash + Eq + Clone> Drop for Interest<K> {
    fn drop(&mut self) {
        self.no_longer_waits();
        let mut map = self.locks.map();
        if let Some(entry) = map.get_mut(&self.key) {
            entry.users = entry.users.saturating_sub(1);
            if entry.users == 0 {
                map.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn one_at_a_time_in_order_and_nothing_is_left_behind() {
        let locks = Arc::new(Locks::<u8>::default());
        let first = locks.acquire(1).await;
        assert!(locks.try_acquire(1).is_none());
        let other = locks.try_acquire(2).expect("another key");
        assert!(first.wanted().now_or_never().is_none(), "nobody waits yet");
        let mut second = Box::pin(locks.acquire(1));
        assert!(second.as_mut().now_or_never().is_none());
        assert!(first.wanted().now_or_never().is_some(), "somebody waits");
        // One who gives up waiting is forgotten.
        let given_up = tokio::time::timeout(Duration::from_millis(1), locks.acquire(1)).await;
        assert!(given_up.is_err());
        drop(first);
        let second = second.await;
        assert!(second.wanted().now_or_never().is_none(), "nobody waits any more");
        assert_eq!(locks.len(), 2);
        drop((second, other));
        assert_eq!(locks.len(), 0);
    }

    #[test]
    fn two_who_end_at_once_leave_nothing_behind() {
        let locks = Arc::new(Locks::<u8>::default());
        let (one, other) = (locks.interest(1), locks.interest(1));
        // As one that has let the map go, and its own reference not yet.
        let late = Arc::clone(&one.lock);
        drop(one);
        assert_eq!(locks.len(), 1);
        drop(other);
        assert_eq!(locks.len(), 0);
        drop(late);
    }
}
