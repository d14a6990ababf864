//! A fixed number of operations at once.

use core::fmt;

use ::smoltcp::phy::Device;
use rackhand_core::exchange::Exchange;
use rackhand_core::operation::Link;
use rackhand_core::time::Instant;

use super::{Net, Slot};
use crate::drive::RunError;

/// Every slot for such a link is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("every slot for such an operation is taken")
    }
}

impl core::error::Error for Busy {}

/// An operation that is over.
#[derive(Debug)]
pub struct Ended<E: Exchange> {
    /// Its slot.
    pub slot: usize,
    /// How it ended.
    pub result: Result<E::Output, RunError<E::Error>>,
}

/// `N` operations at once, none delaying another.
pub struct Slots<'b, E, const N: usize> {
    slots: [Slot<'b, E>; N],
    interface: &'static str,
    port: u16,
    /// The slots before this one have had their turn.
    next: usize,
}

impl<'b, E: Exchange, const N: usize> Slots<'b, E, N> {
    /// Slots on a stack whose interface goes by the name `interface`. `random` decides where local ports begin, so that a
    /// peer does not mistake a new connection for one from before a restart.
    #[must_use]
    pub const fn new(slots: [Slot<'b, E>; N], interface: &'static str, random: u16) -> Self {
        Self { slots, interface, port: random, next: 0 }
    }

    /// Begins `exchange` over `link` and says in which slot.
    ///
    /// # Errors
    /// [`Busy`]: nothing was begun.
    pub fn begin(&mut self, exchange: E, link: &Link) -> Result<usize, Busy> {
        let (place, slot) = self.slots.iter_mut().enumerate().find(|(_, slot)| slot.takes(link)).ok_or(Busy)?;
        slot.begin(exchange, link, self.interface);
        Ok(place)
    }

    /// A turn of every slot, until one has ended. None: every slot has had one turn.
    pub fn poll<D: Device + ?Sized>(&mut self, now: Instant, net: &mut Net<'_, '_, D>) -> Option<Ended<E>> {
        for (slot, it) in self.slots.iter_mut().enumerate().skip(self.next) {
            self.next = slot.saturating_add(1);
            if let Some(result) = it.poll(now, net, &mut self.port) {
                return Some(Ended { slot, result });
            }
        }
        self.next = 0;
        None
    }

    /// How many run.
    #[must_use]
    pub fn running(&self) -> usize {
        self.slots.iter().filter(|slot| slot.due().is_some()).count()
    }

    /// When the next turn is due, whatever arrives; none when nothing runs.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        self.slots.iter().filter_map(Slot::due).min()
    }
}

/// The next local port (RFC 6335, section 6: the dynamic ones).
pub(super) const fn next_port(port: &mut u16) -> u16 {
    *port = port.wrapping_add(1) | 0xC000;
    *port
}
