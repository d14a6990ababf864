//! Reads the state of one relay (Get Relays, drivers.md: staging-iboot, "State").
//!
#![doc = include_str!("read.md")]

use super::{Asked, Dxp, Question, Retry, Tries};
use crate::buffer::Full;
use crate::dialog::{Bounded, Dialog, Last, Turn};
use crate::dxp::wire::RelayState;
use crate::dxp::{Failure, RelayId};
use crate::time::Instant;

/// Reads whether a relay is on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Read {
    relay: RelayId,
    tries: Tries,
}

impl Read {
    /// Reads `relay`, a failed try being repeated.
    #[must_use]
    pub const fn new(relay: RelayId, retry: Retry) -> Self {
        Self { relay, tries: Tries::new(retry) }
    }
}

impl Dialog for Read {
    type On = Dxp;
    type Output = bool;
    type Error = Failure;

    fn turn(&mut self, _: Instant, last: Last<'_, Dxp>) -> Result<Turn<bool>, Failure> {
        let failure = match last {
            Last::Start | Last::Waited => return Ok(Turn::Ask),
            Last::Answer(answer) => match answer.state(self.relay) {
                Some(RelayState::On) => return Ok(Turn::Done(true)),
                Some(RelayState::Off) => return Ok(Turn::Done(false)),
                Some(RelayState::Unknown(byte)) => Failure::UnknownState(byte),
                None => Failure::NoContact,
            },
            Last::Refused(_) => Failure::Refused,
            Last::Lost { .. } => Failure::NoContact,
        };
        self.tries.again().ok_or(failure)
    }

    fn ask(&self, writer: &mut Asked) -> Result<(), Full> {
        writer.put(Question::Read(self.relay))
    }

    fn repeatable(&self) -> bool {
        true
    }

    fn doing(&self) -> &'static str {
        "reading the relay"
    }
}

impl Bounded for Read {
    fn give_up(&self) -> Result<bool, Failure> {
        Err(Failure::NoContact)
    }
}
