//! The machine behind the BMC: its power, and what becomes of a command. IPMI 2.0, section 28.

use core::time::Duration;
use std::collections::VecDeque;

use rackhand_core::ipmi::command::{ChassisControl, ChassisStatus};
use rackhand_core::time::Instant;

use super::boot::Boot;
use super::config::Timing;
use super::notes::{Note, Notes};

/// Completion code: not in this state.
const NOT_NOW: u8 = 0xD5;
/// Last event: on by a command.
const ON_BY_COMMAND: u8 = 0x10;

/// A machine.
#[derive(Clone, Debug)]
pub(super) struct Chassis {
    on: bool,
    last_event: u8,
    pub(super) timing: Timing,
    /// When the power goes on, or off.
    steps: VecDeque<(Instant, bool)>,
    pub(super) boot: Boot,
}

impl Chassis {
    pub(super) const fn new(on: bool, timing: Timing) -> Self {
        Self { on, last_event: 0, timing, steps: VecDeque::new(), boot: Boot::new() }
    }

    pub(super) const fn is_on(&self) -> bool {
        self.on
    }

    /// On its way from one state to the other.
    pub(super) fn is_changing(&self) -> bool {
        !self.steps.is_empty()
    }

    /// Puts it into a state by hand.
    pub(super) fn set(&mut self, on: bool) {
        self.steps.clear();
        self.on = on;
    }

    /// When something happens next.
    pub(super) fn due(&self) -> Option<Instant> {
        self.steps.front().map(|(at, _)| *at).into_iter().chain(self.boot.due()).min()
    }

    /// Does what has come due by `now`.
    pub(super) fn advance(&mut self, now: Instant, notes: &mut Notes) {
        while let Some((at, on)) = self.steps.pop_front() {
            if at > now {
                self.steps.push_front((at, on));
                break;
            }
            if on != self.on {
                self.on = on;
                notes.add(at, Note::Power(on));
                if on {
                    self.last_event = ON_BY_COMMAND;
                    self.start(at, notes);
                }
            }
        }
        self.boot.advance(now, notes);
    }

    fn start(&mut self, at: Instant, notes: &mut Notes) {
        let start = self.boot.start();
        notes.add(at, Note::Started(start));
    }

    pub(super) const fn status(&self) -> ChassisStatus {
        ChassisStatus {
            power_on: self.on,
            faults: 0,
            restore_policy: 0,
            last_event: self.last_event,
            state: 0x40,
            front_panel: None,
        }
    }

    /// Does what a command wants; a completion code when it cannot.
    pub(super) fn control(&mut self, now: Instant, what: ChassisControl, notes: &mut Notes) -> Result<(), u8> {
        use ChassisControl::{Cycle, Diagnose, Off, On, Reset, Soft};
        if !self.on && matches!(what, Cycle | Diagnose | Reset) {
            return Err(NOT_NOW);
        }
        notes.add(now, Note::Control(what));
        let Timing { on, off, cycle, soft } = self.timing;
        if matches!(what, On | Cycle | Reset) {
            self.boot.wait();
        }
        let steps: &[(Duration, bool)] = match what {
            Off if self.on => &[(off, false)],
            // What has begun to come on does not.
            Off => &[],
            On if !self.on => &[(on, true)],
            Cycle => &[(off, false), (off.saturating_add(cycle), true)],
            Soft if self.on => &[(soft, false)],
            Reset => {
                self.start(now, notes);
                &[]
            }
            Diagnose => {
                notes.add(now, Note::Diagnosed);
                return Ok(());
            }
            On | Soft => return Ok(()),
        };
        self.steps = steps.iter().map(|(after, on)| (now.after(*after), *on)).collect();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::from_millis(millis)
    }

    #[test]
    fn on_off_cycle_and_reset_take_their_time() {
        let (mut machine, mut notes) = (Chassis::new(false, Timing::default()), Notes::default());
        for what in [ChassisControl::Cycle, ChassisControl::Reset, ChassisControl::Diagnose] {
            assert_eq!(machine.control(at(0), what, &mut notes), Err(0xD5));
        }
        machine.control(at(0), ChassisControl::On, &mut notes).unwrap();
        assert_eq!((machine.due(), machine.is_changing()), (Some(at(400)), true));
        machine.advance(at(399), &mut notes);
        assert!(!machine.is_on());
        machine.advance(at(400), &mut notes);
        assert!(machine.is_on() && notes.starts == 1);
        machine.control(at(500), ChassisControl::Cycle, &mut notes).unwrap();
        machine.advance(at(900), &mut notes);
        assert!(!machine.is_on());
        machine.advance(at(1900), &mut notes);
        assert!(machine.is_on() && notes.starts == 2);
        machine.control(at(2000), ChassisControl::Reset, &mut notes).unwrap();
        assert!(machine.is_on() && notes.starts == 3 && !machine.is_changing());
        machine.control(at(2000), ChassisControl::Soft, &mut notes).unwrap();
        machine.advance(at(5000), &mut notes);
        assert!(!machine.is_on());
        machine.control(at(5000), ChassisControl::On, &mut notes).unwrap();
        machine.control(at(5001), ChassisControl::Off, &mut notes).unwrap();
        machine.advance(at(9000), &mut notes);
        assert!(!machine.is_on(), "what is told to go off does not come on");
    }
}
