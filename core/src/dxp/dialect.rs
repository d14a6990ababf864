//! Where devices that speak DxP disagree: what the wire calls the first relay, and which number means off.

use serde::Serialize;

use crate::dxp::RelayId;

/// What the wire calls the first relay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
pub enum RelayBase {
    /// 0, as the manuals say ("number − 1").
    Zero,
    /// 1, as python-iboot's authors found.
    #[default]
    One,
}

/// Which numbers mean on, off and "leave as it is" in a change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(rename_all = "snake_case")]
pub enum StateCodes {
    /// 0 off, 1 on, 2 keep: the iBoot, as python-iboot's authors found.
    #[default]
    Boot,
    /// 0 keep, 1 on, 2 off: the manuals.
    Manual,
}

impl StateCodes {
    /// The codes with this name: `boot` or `manual`.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        match name {
            "boot" => Some(Self::Boot),
            "manual" => Some(Self::Manual),
            _ => None,
        }
    }
}

/// How one device numbers relays and states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Dialect {
    /// What the wire calls the first relay.
    pub base: RelayBase,
    /// Which number means off.
    pub codes: StateCodes,
}

impl Dialect {
    /// The number of `relay` on the wire.
    #[must_use]
    pub const fn relay(self, relay: RelayId) -> u8 {
        match self.base {
            RelayBase::One => relay.get(),
            RelayBase::Zero => relay.get().saturating_sub(1),
        }
    }

    /// The relay that has `number` on the wire; none outside of 32.
    #[must_use]
    pub const fn relay_of(self, number: u8) -> Option<RelayId> {
        match self.base {
            RelayBase::One => RelayId::new(number),
            RelayBase::Zero => RelayId::new(number.saturating_add(1)),
        }
    }

    /// The code that switches a relay on or off.
    #[must_use]
    pub const fn state(self, on: bool) -> u8 {
        match (self.codes, on) {
            (_, true) => 1,
            (StateCodes::Boot, false) => 0,
            (StateCodes::Manual, false) => 2,
        }
    }

    /// What a code in a change means: on, off, or none for keep and for what nobody knows.
    #[must_use]
    pub const fn state_of(self, code: u8) -> Option<bool> {
        match (self.codes, code) {
            (_, 1) => Some(true),
            (StateCodes::Boot, 0) | (StateCodes::Manual, 2) => Some(false),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_dialects_both_ways() {
        for base in [RelayBase::Zero, RelayBase::One] {
            for codes in [StateCodes::Boot, StateCodes::Manual] {
                let dialect = Dialect { base, codes };
                for number in 1..=32 {
                    let relay = RelayId::new(number).unwrap();
                    assert_eq!(dialect.relay_of(dialect.relay(relay)), Some(relay));
                }
                for on in [false, true] {
                    assert_eq!(dialect.state_of(dialect.state(on)), Some(on));
                }
            }
        }
        let manual = Dialect { base: RelayBase::Zero, codes: StateCodes::Manual };
        assert_eq!((manual.relay(RelayId::FIRST), manual.state(false), manual.state_of(0)), (0, 2, None));
        let boot = Dialect::default();
        assert_eq!((boot.relay(RelayId::FIRST), boot.state(false), boot.state_of(2)), (1, 0, None));
    }
}
