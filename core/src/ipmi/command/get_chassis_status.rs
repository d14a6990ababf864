//! Get Chassis Status: is the power on? IPMI 2.0, section 28.2.
//!
//! ```text
//!  response: policy 6:5 | faults 4:1 | power 0    last event    state    [front panel]
//!            0                                    1             2        3
//! ```

use crate::buffer::{Full, TxWriter};
use crate::input::{ParseError, array, front, u8};

without_data! {
    /// How is the chassis?
    GetChassisStatus = super::CHASSIS, 0x01
}

const ON: u8 = 0x01;
const FAULTS: u8 = 0x1E;

/// How it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChassisStatus {
    /// The power is on.
    pub power_on: bool,
    /// What is wrong with the power, as it stands: bit 4 control fault, 3 fault, 2 interlock, 1 overload.
    pub faults: u8,
    /// What it does when mains power comes back: 0 stays off, 1 as it was, 2 on, 3 unknown.
    pub restore_policy: u8,
    /// Why the power went last: bit 4 on by a command, 3 fault, 2 interlock, 1 overload, 0 mains failed.
    pub last_event: u8,
    /// Bit 3 fan fault, 2 drive fault, 1 front panel locked, 0 intrusion; bits 5:4 the identify light.
    pub state: u8,
    /// What buttons can do, and are allowed to.
    pub front_panel: Option<u8>,
}

impl ChassisStatus {
    /// Reads what is behind the completion code.
    ///
    /// # Errors
    /// [`ParseError`] when it is too short.
    pub fn parse(data: &[u8]) -> Result<Self, ParseError> {
        let answer = |input| {
            let (input, [power, last_event, state]) = array(input)?;
            let (input, front_panel) = u8(input).map_or((input, None), |(input, byte)| (input, Some(byte)));
            let (power_on, faults, restore_policy) = (power & ON != 0, power & FAULTS, (power >> 5) & 3);
            Ok((input, Self { power_on, faults, restore_policy, last_event, state, front_panel }))
        };
        front(data, answer).map(|(it, _)| it)
    }

    /// Writes what is behind the completion code.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short.
    pub fn emit(&self, w: &mut TxWriter<'_>) -> Result<(), Full> {
        let policy = (self.restore_policy & 3).wrapping_shl(5);
        let power = policy | (self.faults & FAULTS) | if self.power_on { ON } else { 0 };
        w.add(&[power, self.last_event, self.state]);
        w.add(self.front_panel.as_slice());
        w.went()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::emitted;
    use super::*;

    #[test]
    fn with_and_without_a_front_panel() {
        // Recorded from ipmi_sim; the other one is the same with a front panel, and everything set.
        for (bytes, on, front_panel) in [(&b"\x01\0\0"[..], true, None), (b"\x7e\x1f\x3f\xff", false, Some(0xFF))] {
            let answer = ChassisStatus::parse(bytes).unwrap();
            assert_eq!((answer.power_on, answer.front_panel), (on, front_panel));
            assert_eq!(emitted(|w| answer.emit(w)), bytes);
        }
        for len in 0..3 {
            assert!(ChassisStatus::parse(&b"\x01\0\0"[..len]).is_err(), "{len}");
        }
    }
}
