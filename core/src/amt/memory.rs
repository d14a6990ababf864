//! What a device has taught us before: how it wants to be asked who we are, and when it was last awake (RFC 7616, section 3.4).

use serde::Serialize;

use crate::http::digest::Challenge;

/// What a device has taught us before. No secret is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct AmtMemory {
    /// Its last challenge, which counts as long as the device remembers it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub challenge: Option<Challenge>,
    /// How often that was answered.
    pub count: u32,
    /// Milliseconds since its last answer; none when it never answered.
    pub idle_ms: Option<u32>,
}

impl AmtMemory {
    /// Nothing.
    pub const NOTHING: Self = Self { challenge: None, count: 0, idle_ms: None };

    /// A new challenge.
    #[cfg(feature = "amt")]
    pub(super) fn learn(&mut self, challenge: Challenge) {
        (self.challenge, self.count) = (Some(challenge), 0);
    }

    /// Another answer to it. When its count has no more digits, the next challenge is waited for.
    #[cfg(feature = "amt")]
    pub(super) fn count_up(&mut self) {
        match self.count.checked_add(1) {
            Some(count) => self.count = count,
            None => (self.challenge, self.count) = (None, 0),
        }
    }

    /// The same when so much time has gone by.
    #[must_use]
    pub fn aged_millis(mut self, by: u32) -> Self {
        self.idle_ms = self.idle_ms.map(|idle| idle.saturating_add(by));
        self
    }
}
