//! What is kept of each device between two conversations: an open connection, and what the device has taught.
//!
//! A device has one conversation at a time, under its lock: whoever has that takes out what is kept, and puts it back at the
//! end. One that is broken off puts nothing back.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rackhand_core::operation::{Memory, Target};
use tokio::time::Instant;

use crate::run::Kept;

/// Connections that are kept where nobody has counted what there is room for.
const FEW: usize = 64;

/// After this time no device has a connection open any more.
const LONGEST: Duration = Duration::from_secs(300);

/// What is kept, by the devices' addresses.
pub(crate) struct Links {
    map: Mutex<HashMap<String, Entry>>,
    /// Connections at most.
    most: AtomicUsize,
    /// How long anything is kept that nobody asks for.
    idle: Duration,
}

struct Entry {
    /// For whom: another user, or another certificate, begins anew.
    target: Target,
    kept: Kept,
    since: Instant,
}

impl Links {
    /// For devices that are read at this interval.
    pub(crate) fn new(interval: Duration) -> Self {
        let idle = if interval.is_zero() { LONGEST } else { interval.saturating_mul(2).min(LONGEST) };
        Self { map: Mutex::default(), most: AtomicUsize::new(FEW), idle }
    }

    fn map(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.map.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many connections may be open.
    pub(crate) fn bound(&self, most: usize) {
        self.most.store(most, Ordering::Relaxed);
    }

    /// Takes out what is kept of the device at `address` for this target.
    pub(super) fn take(&self, address: &str, target: &Target) -> Kept {
        let Some(entry) = self.map().remove(address).filter(|entry| entry.target == *target) else {
            return Kept::default();
        };
        let idle = entry.since.elapsed();
        // It may be only the sweep that has not come yet.
        let channel = entry.kept.channel.filter(|_| idle < self.idle);
        Kept { channel, memory: entry.kept.memory.aged(idle) }
    }

    /// Keeps what a conversation has left, as far as there is room.
    pub(super) fn put(&self, address: &str, target: &Target, mut kept: Kept) {
        let mut map = self.map();
        map.remove(address);
        // Those that are open stay: of more devices than there is room for, at least some are asked cheaply.
        if open(&map) >= self.most.load(Ordering::Relaxed) {
            kept.channel = None;
        }
        if kept.channel.is_some() || kept.memory != Memory::Nothing {
            map.insert(address.to_owned(), Entry { target: target.clone(), kept, since: Instant::now() });
        }
    }

    /// Forgets a device.
    pub(super) fn forget(&self, address: &str) {
        self.map().remove(address);
    }

    /// Forgets what nobody has asked for since long.
    pub(crate) fn sweep(&self) {
        self.map().retain(|_, entry| entry.since.elapsed() < self.idle);
    }

    /// Connections that are open and idle.
    pub(crate) fn open(&self) -> usize {
        open(&self.map())
    }
}

fn open(map: &HashMap<String, Entry>) -> usize {
    map.values().filter(|entry| entry.kept.channel.is_some()).count()
}

#[cfg(test)]
mod tests {
    use rackhand_adapters::tokio::Channel;
    use rackhand_core::amt::AmtMemory;
    use rackhand_core::operation::{HardwareType, Value};

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn target(password: &str) -> Target {
        let info = [("amt_address", "a"), ("amt_username", "admin"), ("amt_password", password)];
        let info = info.map(|(key, text)| (key, Value::Str(text)));
        Target::new(HardwareType::StagingAmt, info.into_iter(), std::iter::empty()).unwrap()
    }

    fn kept(idle_ms: u32) -> Kept {
        let memory = Memory::Amt(AmtMemory { idle_ms: Some(idle_ms), ..AmtMemory::NOTHING });
        Kept { channel: Some(Channel::new(target("p").link())), memory }
    }

    fn idle_ms(kept: &Kept) -> Option<u32> {
        match &kept.memory {
            Memory::Amt(memory) => memory.idle_ms,
            _ => None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_kept_ages_and_is_taken_once_by_the_same_target() {
        let links = Links::new(MINUTE);
        links.put("a", &target("p"), kept(5));
        tokio::time::advance(Duration::from_secs(7)).await;
        let taken = links.take("a", &target("p"));
        assert_eq!((taken.channel.is_some(), idle_ms(&taken)), (true, Some(7005)));
        let again = links.take("a", &target("p"));
        assert_eq!((again.channel.is_some(), idle_ms(&again)), (false, None));
        // Another password, and what was the other's is gone.
        links.put("a", &target("p"), taken);
        let other = links.take("a", &target("q"));
        assert_eq!((other.channel.is_some(), idle_ms(&other), links.open()), (false, None, 0));
        links.put("a", &target("p"), kept(0));
        links.forget("a");
        assert_eq!(idle_ms(&links.take("a", &target("p"))), None);
    }

    #[tokio::test(start_paused = true)]
    async fn connections_are_closed_when_nobody_asks_and_bounded_all_the_time() {
        let links = Links::new(MINUTE);
        links.bound(2);
        for address in ["a", "b", "c"] {
            links.put(address, &target("p"), kept(0));
        }
        assert_eq!(links.open(), 2);
        let third = links.take("c", &target("p"));
        assert_eq!((third.channel.is_some(), idle_ms(&third)), (false, Some(0)), "what it has taught is kept");
        tokio::time::advance(MINUTE).await;
        links.put("b", &target("p"), kept(0));
        tokio::time::advance(MINUTE).await;
        links.sweep();
        assert_eq!(links.open(), 1, "two rounds without a question");
        assert!(links.take("a", &target("p")).channel.is_none());
        // However rarely devices are read.
        let links = Links::new(Duration::from_secs(86_400));
        links.put("a", &target("p"), kept(0));
        tokio::time::advance(LONGEST).await;
        let late = links.take("a", &target("p"));
        assert_eq!((late.channel.is_some(), idle_ms(&late)), (false, Some(300_000)));
    }
}
