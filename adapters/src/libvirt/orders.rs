//! Which order for a domain is the newest, of those that one login gives. An order that nobody waits for any longer goes on, since a
//! machine that it has switched off is not left so; but not over one that was given after it, as far as that is ours: what was sent
//! already is libvirt's.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rackhand_core::wol::Mac;

/// How many orders there were for each address, and in the lowest bit whether the last one was to leave the domain off; as long as
/// there is anybody who would like to know.
#[derive(Default)]
pub(super) struct Orders(Mutex<HashMap<Mac, Arc<AtomicU64>>>);

/// An order for the domain with some addresses.
#[derive(Clone, Debug)]
pub(super) struct Order(Vec<(Arc<AtomicU64>, u64)>);

impl Orders {
    /// The newest order for the domain with these addresses. `off`: it leaves the domain off.
    pub(super) fn give(&self, macs: &[Mac], off: bool) -> Order {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.retain(|_, count| Arc::strong_count(count) > 1);
        let one = |mac: &Mac| {
            let count = Arc::clone(counts.entry(*mac).or_default());
            let number = ((count.load(Ordering::Acquire) >> 1).wrapping_add(1) << 1) | u64::from(off);
            count.store(number, Ordering::Release);
            (count, number)
        };
        // One that is named twice would be older than itself.
        let mut macs = macs.to_vec();
        macs.sort_unstable();
        macs.dedup();
        Order(macs.iter().map(one).collect())
    }
}

impl Order {
    /// Whether none was given after it for any of its addresses.
    pub(super) fn is_newest(&self) -> bool {
        self.0.iter().all(|(count, number)| count.load(Ordering::Acquire) == *number)
    }

    /// Whether none that leaves the domain off was given after it.
    pub(super) fn may_leave_on(&self) -> bool {
        let is_so = |(count, number): &(Arc<AtomicU64>, u64)| {
            let newest = count.load(Ordering::Acquire);
            newest == *number || newest & 1 == 0
        };
        self.0.iter().all(is_so)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_order_for_an_address_is_the_newest() {
        let [one, other] = [1, 2].map(|last| Mac::from_octets([2, 0, 0, 0, 0, last]));
        let orders = Orders::default();
        let first = orders.give(&[one, other, one], true);
        assert!(first.is_newest());
        let elsewhere = orders.give(&[Mac::from_octets([2, 0, 0, 0, 0, 3])], true);
        assert!(first.is_newest() && elsewhere.is_newest());
        let second = orders.give(&[other], false);
        assert!(!first.is_newest() && first.may_leave_on() && second.is_newest());
        let third = orders.give(&[one], true);
        assert!(!first.may_leave_on() && second.may_leave_on() && third.may_leave_on());
        drop((first, second, third));
        // Nobody has to be told from it.
        assert!(orders.give(&[one], false).is_newest());
        assert_eq!(orders.0.lock().unwrap().len(), 2);
    }
}
