//! Disarms the boot configuration that an operation left behind (protocols: DSP1012, section 8.3; Intel AMT SDK, "Set or
//! Disable Boot Settings and Options").

use super::{POLL, Said, failure, is_final};
use crate::amt::{Amt, AmtEnd, AmtFailure, AmtOptions, Call, Question};
use crate::buffer::Full;
use crate::dialog::{Bounded, Dialog, Last, Turn};
use crate::time::{Instant, Share};

/// Takes the role away, then clears the order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Disarm {
    attempts: u8,
    /// The role is taken away; what is left is tidiness.
    disarmed: bool,
    why: AmtFailure,
}

impl Disarm {
    /// With so many attempts.
    #[must_use]
    pub const fn new(options: AmtOptions) -> Self {
        Self { attempts: options.max_attempts, disarmed: false, why: AmtFailure::NotDisarmed }
    }
}

impl Dialog for Disarm {
    type On = Amt;
    type Output = ();
    type Error = AmtEnd;

    fn turn(&mut self, _: Instant, last: Last<'_, Amt>) -> Said<()> {
        match last {
            Last::Start | Last::Waited => return Ok(Turn::Ask),
            _ if self.disarmed => return Ok(Turn::Done(())),
            Last::Answer(answer) if answer.return_value() == Some(0) => {
                self.disarmed = true;
                return Ok(Turn::Ask);
            }
            Last::Answer(_) => self.why = AmtFailure::NotDisarmed,
            _ => self.why = failure(&last),
        }
        self.attempts = self.attempts.saturating_sub(1);
        if self.attempts == 0 || is_final(self.why) { self.give_up().map(Turn::Done) } else { Ok(Turn::Wait(POLL)) }
    }

    fn ask(&self, writer: &mut Call) -> Result<(), Full> {
        writer.put(if self.disarmed {
            Question::ChangeBootOrder(None)
        } else {
            Question::SetBootConfigRole { armed: false }
        })
    }

    fn repeatable(&self) -> bool {
        true
    }

    fn share(&self) -> Share {
        if self.disarmed { Share::All } else { Share::Half }
    }

    fn doing(&self) -> &'static str {
        if self.disarmed { "clearing the boot order" } else { "disarming the boot configuration" }
    }
}

impl Bounded for Disarm {
    fn give_up(&self) -> Result<(), AmtEnd> {
        if self.disarmed { Ok(()) } else { Err(AmtEnd { left_armed: true, ..self.why.into() }) }
    }
}
