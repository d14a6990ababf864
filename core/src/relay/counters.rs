//! What a relay has had to do since it started.

use serde::{Deserialize, Serialize};

use crate::operation::Answer;

/// Numbers since the start of the relay; after 4,294,967,295 they begin at 0 again. Every order that was taken, repeats
/// aside, ends as exactly one of `done`, `failed`, `busy`, or still runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[serde(deny_unknown_fields)]
pub struct Counters {
    /// Orders that were understood, repeats aside.
    pub orders: u32,
    /// Orders that came again.
    pub repeats: u32,
    /// Datagrams that were no order.
    pub malformed: u32,
    /// Orders refused because every slot was taken.
    pub busy: u32,
    /// Orders carried out.
    pub done: u32,
    /// Orders that failed, those that could not even begin included.
    pub failed: u32,
}

impl Counters {
    /// Counts an answer to an order that was not answered before.
    pub const fn count(&mut self, answer: &Answer) {
        let number = match answer {
            Answer::Done(_) => &mut self.done,
            Answer::Failed(_) => &mut self.failed,
            Answer::Malformed => &mut self.malformed,
            Answer::Busy => &mut self.busy,
        };
        *number = number.wrapping_add(1);
    }
}
