//! The operations on an iBoot, each a table of questions and answers. What may be repeated, how often and when the relay is
//! read back is decided here and nowhere else (drivers.md, staging-iboot).

mod pulse;
mod read;
mod reboot;
mod switch;
mod task;

use core::time::Duration;

pub use pulse::Pulse;
pub use read::Read;
pub use reboot::Reboot;
pub use switch::Switch;
pub use task::{Task, TaskDone};

use crate::dialog::{Last, Protocol, Slot, Turn};
use crate::dxp::wire::RelayState;
use crate::dxp::{Reading, Reception, RelayChange, RelayId};

/// The protocol of the iBoot.
#[derive(Clone, Copy, Debug)]
pub struct Dxp;

impl Protocol for Dxp {
    type View<'a> = Answer<'a>;
    /// The status byte, when it is not success.
    type Code = u8;
    type Writer<'w> = Asked;
}

/// What a dialog asks for; numbers and codes on the wire are the engine's matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Switch a relay.
    Change(RelayChange),
    /// Put a relay into a state for so many seconds.
    Pulse(RelayChange, u16),
    /// Read the relays up to this one at least.
    Read(RelayId),
}

impl Question {
    /// Whether it may change a relay.
    #[must_use]
    pub const fn changes(self) -> bool {
        !matches!(self, Self::Read(_))
    }
}

/// Where a dialog puts its question.
pub type Asked = Slot<Question>;

/// An answer of the device.
#[derive(Clone, Copy, Debug)]
pub enum Answer<'a> {
    /// It was done.
    Done,
    /// A byte for each relay.
    Relays(&'a [u8]),
}

impl Answer<'_> {
    /// The state of `relay`, when this answer tells it.
    #[must_use]
    pub fn state(self, relay: RelayId) -> Option<RelayState> {
        match self {
            Self::Done => None,
            Self::Relays(bytes) => bytes.get(relay.index()).map(|byte| RelayState::from_byte(*byte)),
        }
    }
}

/// How often a failed try is repeated, and how long after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Repeats after the first try.
    pub max_retry: u8,
    /// From a failed try to the next.
    pub interval: Duration,
}

impl Default for Retry {
    /// `[iboot] max_retry = 3`, `retry_interval = 1`.
    fn default() -> Self {
        Self { max_retry: 3, interval: Duration::from_secs(1) }
    }
}

/// The tries of one phase of a dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Tries {
    left: u8,
    all: u8,
    interval: Duration,
}

impl Tries {
    const fn new(retry: Retry) -> Self {
        Self { left: retry.max_retry, all: retry.max_retry, interval: retry.interval }
    }

    /// A new phase begins.
    const fn reset(&mut self) {
        self.left = self.all;
    }

    /// A pause before the next try, or none when all are used up.
    fn again<T>(&mut self) -> Option<Turn<T>> {
        self.left = self.left.checked_sub(1)?;
        Some(Turn::Wait(self.interval))
    }
}

/// What became of a request to change a relay; none when it did not reach the device.
const fn reception(last: &Last<'_, Dxp>) -> Option<Reception> {
    match last {
        Last::Answer(_) => Some(Reception::Accepted),
        Last::Refused(_) => Some(Reception::Refused),
        Last::Lost { sent: true } => Some(Reception::Unanswered),
        Last::Lost { sent: false } | Last::Start | Last::Waited => None,
    }
}

/// What a read tells of a relay, if anything.
fn seen(last: &Last<'_, Dxp>, relay: RelayId) -> Reading {
    let Last::Answer(answer) = last else { return Reading::NotRead };
    match answer.state(relay) {
        Some(RelayState::On) => Reading::On,
        Some(RelayState::Off) => Reading::Off,
        Some(RelayState::Unknown(byte)) => Reading::Unknown(byte),
        None => Reading::NotRead,
    }
}
