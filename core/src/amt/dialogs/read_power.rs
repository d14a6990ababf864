//! Reads the power state (drivers.md, staging-amt; DSP1027, CIM_AssociatedPowerManagementService).

use super::{POLL, Said, failure, is_final};
use crate::amt::{Amt, AmtEnd, AmtFailure, AmtOptions, Answer, Call, PowerMeaning, PowerStatus, Question};
use crate::buffer::Full;
use crate::dialog::{Bounded, Dialog, Last, Turn};
use crate::time::Instant;

/// Reads, and again while the state is in transition, for as long as an action may take.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ReadPower {
    attempts: u8,
    action_wait_ms: u32,
    settles_until: Instant,
    /// The last state, if it was in transition.
    changing: Option<PowerStatus>,
    why: AmtFailure,
}

impl ReadPower {
    /// With so many attempts, and so long for a transition.
    #[must_use]
    pub const fn new(options: AmtOptions) -> Self {
        Self {
            attempts: options.max_attempts,
            action_wait_ms: options.action_wait_ms,
            settles_until: Instant::ZERO,
            changing: None,
            why: AmtFailure::NoContact,
        }
    }
}

impl Dialog for ReadPower {
    type On = Amt;
    /// What was read last; in transition only if it stayed so.
    type Output = PowerStatus;
    type Error = AmtEnd;

    fn turn(&mut self, now: Instant, last: Last<'_, Amt>) -> Said<PowerStatus> {
        match last {
            Last::Start => {
                self.settles_until = now.after_millis(self.action_wait_ms.into());
                return Ok(Turn::Ask);
            }
            Last::Waited => return Ok(Turn::Ask),
            Last::Answer(Answer::Power(status)) => {
                return match PowerMeaning::of(status.state) {
                    PowerMeaning::Strange => Err(AmtFailure::UnknownState(status.state).into()),
                    PowerMeaning::Changing if now < self.settles_until => {
                        self.changing = Some(status);
                        Ok(Turn::Wait(POLL))
                    }
                    PowerMeaning::Changing | PowerMeaning::On | PowerMeaning::Asleep | PowerMeaning::Off => {
                        Ok(Turn::Done(status))
                    }
                };
            }
            _ => self.why = failure(&last),
        }
        self.attempts = self.attempts.saturating_sub(1);
        if self.attempts == 0 || is_final(self.why) { self.give_up().map(Turn::Done) } else { Ok(Turn::Wait(POLL)) }
    }

    fn ask(&self, writer: &mut Call) -> Result<(), Full> {
        writer.put(Question::GetPower)
    }

    fn repeatable(&self) -> bool {
        true
    }

    fn doing(&self) -> &'static str {
        "reading the power state"
    }
}

impl Bounded for ReadPower {
    fn give_up(&self) -> Result<PowerStatus, AmtEnd> {
        match self.changing {
            Some(status) if !is_final(self.why) => Ok(status),
            _ => Err(self.why.into()),
        }
    }
}
