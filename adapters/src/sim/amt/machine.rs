//! The machine behind AMT: what its power is, and what becomes of a request for another (DSP1027).

use core::time::Duration;
use std::collections::VecDeque;

use rackhand_core::time::Instant;

use super::boot::Boot;
use super::{Generation, Note, Notes};

/// How long a machine takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// From an accepted request until the power state shows something of it.
    pub lag: Duration,
    /// To go off.
    pub off: Duration,
    /// To come on.
    pub on: Duration,
    /// The operating system's time to shut down.
    pub system: Duration,
}

impl Default for Timing {
    /// 0.4 s, 1 s, 1.5 s and 3 s: fast, so that nobody waits for a simulation.
    fn default() -> Self {
        let [lag, off, on, system] = [400, 1000, 1500, 3000].map(Duration::from_millis);
        Self { lag, off, on, system }
    }
}

/// What happens at a moment to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// The power state shows this.
    Show(u32),
    /// The machine starts: it takes what is armed.
    Start,
}

/// A machine.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    generation: Generation,
    /// PowerState, as it shows.
    state: u32,
    pub(super) timing: Timing,
    steps: VecDeque<(Instant, Step)>,
    pub(super) boot: Boot,
    /// An operating system runs with driver and service, when the machine is on.
    pub(super) has_system: bool,
}

/// On.
pub(super) const ON: u32 = 2;
/// Cycling: what shows on the way.
const CHANGING: u32 = 5;
/// Asleep (S3).
const ASLEEP: u32 = 4;
/// Asleep on disk (S4).
const HIBERNATED: u32 = 7;
/// Off.
pub(super) const OFF: u32 = 8;

/// ReturnValue: done.
const DONE: u32 = 0;
/// ReturnValue: what AMT says for "not now".
const NOT_NOW: u32 = 2;
/// ReturnValue: invalid parameter.
const INVALID: u32 = 5;

impl Machine {
    /// One that is off.
    pub(super) fn new(generation: Generation) -> Self {
        Self {
            generation,
            state: OFF,
            timing: Timing::default(),
            steps: VecDeque::new(),
            boot: Boot::new(generation),
            has_system: true,
        }
    }

    /// PowerState, as it shows.
    pub(super) const fn state(&self) -> u32 {
        self.state
    }

    /// On its way from one state to another.
    pub(super) fn is_changing(&self) -> bool {
        !self.steps.is_empty()
    }

    /// Puts it into a state by hand.
    pub(super) fn set_state(&mut self, state: u32) {
        self.steps.clear();
        self.state = state;
    }

    /// When something happens next.
    pub(super) fn due(&self) -> Option<Instant> {
        self.steps.front().map(|(at, _)| *at)
    }

    /// Does what has come due by `now`.
    pub(super) fn advance(&mut self, now: Instant, notes: &mut Notes) {
        while let Some((at, step)) = self.steps.pop_front() {
            if at > now {
                self.steps.push_front((at, step));
                return;
            }
            match step {
                Step::Show(state) => {
                    if state != self.state {
                        notes.add(at, Note::Power(state));
                    }
                    self.state = state;
                }
                Step::Start => {
                    let start = self.boot.start();
                    notes.add(at, Note::Started(start));
                }
            }
        }
    }

    /// AvailableRequestedPowerStates.
    pub(super) fn available(&self, system: bool) -> Vec<u32> {
        let mut codes = match self.state {
            ON => vec![10, 8, 5],
            3 | 4 => vec![8, 2, 5, 10],
            6 | 7 | 8 | 12 | 13 => vec![2],
            _ => vec![],
        };
        if self.state == ON && self.generation.knows_standby() {
            codes.push(11);
        }
        if self.state == ON && self.generation.asks_system() && self.has_system && system {
            codes.extend([4, 7, 14, 12]);
        }
        codes
    }

    /// RequestPowerStateChange; returns the ReturnValue. `stuck`: says yes, and nothing happens.
    pub(super) fn request(&mut self, now: Instant, code: u32, stuck: bool, system: bool) -> u32 {
        if code == 0 || code > 17 {
            return INVALID;
        }
        if self.is_changing() {
            return NOT_NOW;
        }
        let Timing { lag, off, on, system: shutdown } = self.timing;
        let graceful = self.generation.asks_system() && self.has_system && system;
        // Durations from now, and what happens then.
        let steps: Vec<(Duration, Step)> = match (code, self.state) {
            (2, 3 | 4) => vec![(lag, Step::Show(CHANGING)), (lag + on, Step::Show(ON))],
            (2, 6 | 7 | 8 | 12 | 13) => {
                vec![(lag, Step::Start), (lag, Step::Show(CHANGING)), (lag + on, Step::Show(ON))]
            }
            (8, ON | 3 | 4) => vec![(lag, Step::Show(CHANGING)), (lag + off, Step::Show(OFF))],
            (5, ON | 3 | 4) => {
                vec![(lag, Step::Show(CHANGING)), (lag + off, Step::Start), (lag + off + on, Step::Show(ON))]
            }
            // Power stays on: nothing shows.
            (10, ON | 3 | 4) => vec![(lag, Step::Start), (lag + on, Step::Show(ON))],
            (11, ON) if self.generation.knows_standby() => vec![],
            (4, ON) if graceful => vec![(lag + off, Step::Show(ASLEEP))],
            (7, ON) if graceful => vec![(lag + off, Step::Show(HIBERNATED))],
            (12, ON) if graceful => vec![(lag + shutdown, Step::Show(OFF))],
            (14, ON) if graceful => vec![(lag + shutdown, Step::Start), (lag + shutdown + on, Step::Show(ON))],
            // Older firmware says success and does nothing.
            (12 | 14, ON) if !self.generation.asks_system() => vec![],
            _ => return NOT_NOW,
        };
        if !stuck {
            self.steps = steps.into_iter().map(|(after, step)| (now.after(after), step)).collect();
        }
        DONE
    }
}
