//! Relays by the number printed on the device, and lists of changes to them.

use core::fmt;

use heapless::Vec;
use serde::{Deserialize, Serialize};

use crate::dxp::MAX_RELAYS;

/// A relay, 1 to 32, as it is printed on the device. What the wire calls it is the [`Dialect`](crate::dxp::Dialect)'s matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(try_from = "u8", into = "u8")]
pub struct RelayId(u8);

impl RelayId {
    /// The first relay.
    pub const FIRST: Self = Self(1);

    /// The relay with this number; none outside of 1 to 32.
    #[must_use]
    pub const fn new(number: u8) -> Option<Self> {
        match number {
            1..=32 => Some(Self(number)),
            _ => None,
        }
    }

    /// The number, 1 to 32.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    /// Where its byte is in the answer to Get Relays, from 0.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0.saturating_sub(1) as usize
    }
}

impl TryFrom<u8> for RelayId {
    type Error = &'static str;

    fn try_from(number: u8) -> Result<Self, &'static str> {
        Self::new(number).ok_or("a relay has a number from 1 to 32")
    }
}

impl From<RelayId> for u8 {
    fn from(relay: RelayId) -> Self {
        relay.0
    }
}

/// One relay and the state that it shall have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
// `[3,true]` in JSON: 32 of them must fit into a datagram.
#[serde(into = "(RelayId, bool)")]
pub struct RelayChange {
    /// Which relay.
    pub relay: RelayId,
    /// On or off.
    pub on: bool,
}

impl From<RelayChange> for (RelayId, bool) {
    fn from(change: RelayChange) -> Self {
        (change.relay, change.on)
    }
}

/// Changes in the order in which they are to be made: at least one, no relay twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(transparent)]
pub struct RelayChanges(Vec<RelayChange, MAX_RELAYS>);

/// Why a list of changes makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum ChangesError {
    /// It is empty.
    Empty,
    /// It names a relay twice.
    Twice(RelayId),
}

impl fmt::Display for ChangesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("no relay is named"),
            Self::Twice(relay) => write!(f, "relay {} is named twice", relay.get()),
        }
    }
}

impl core::error::Error for ChangesError {}

impl RelayChanges {
    /// The change of a single relay.
    #[must_use]
    pub fn one(relay: RelayId, on: bool) -> Self {
        let mut changes = Vec::new();
        // There is room for it. Collecting would leave a way to panic where the optimiser saves space.
        let _ = changes.push(RelayChange { relay, on });
        Self(changes)
    }

    /// The changes `list`.
    ///
    /// # Errors
    /// [`ChangesError`] when it is empty or names a relay twice.
    pub fn new(list: &[RelayChange]) -> Result<Self, ChangesError> {
        let mut changes = Vec::new();
        for change in list {
            // A list without doubles has at most as many entries as there are relays, so a full one has a double too.
            let twice = changes.iter().any(|before: &RelayChange| before.relay == change.relay);
            if twice || changes.push(*change).is_err() {
                return Err(ChangesError::Twice(change.relay));
            }
        }
        if changes.is_empty() { Err(ChangesError::Empty) } else { Ok(Self(changes)) }
    }

    /// The changes, first to last.
    #[must_use]
    pub fn as_slice(&self) -> &[RelayChange] {
        &self.0
    }

    /// The relay with the highest number.
    #[must_use]
    pub fn highest(&self) -> RelayId {
        self.0.iter().map(|change| change.relay).max().unwrap_or(RelayId::FIRST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_lists() {
        assert_eq!((RelayId::new(0), RelayId::new(33)), (None, None));
        assert_eq!(RelayId::new(32).map(RelayId::index), Some(31));
        let change = |number, on| RelayChange { relay: RelayId::new(number).unwrap(), on };
        assert_eq!(RelayChanges::new(&[]), Err(ChangesError::Empty));
        assert_eq!(
            RelayChanges::new(&[change(2, true), change(3, false), change(2, false)]),
            Err(ChangesError::Twice(RelayId::new(2).unwrap()))
        );
        let changes = RelayChanges::new(&[change(5, true), change(2, false)]).unwrap();
        assert_eq!(changes.highest().get(), 5);
        assert_eq!(changes.as_slice(), [change(5, true), change(2, false)]);
    }
}
