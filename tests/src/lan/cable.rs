//! A cable in bad weather.

use std::collections::VecDeque;

use rackhand_core::time::Instant;

use crate::pair::Random;

/// Longest time that a frame is held back so that others overtake it.
const HELD_MS: u64 = 3;

/// What happens to frames, in percent of them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Weather {
    /// Frames that are lost.
    pub lost: u64,
    /// Frames that come twice.
    pub doubled: u64,
    /// Frames that others overtake.
    pub overtaken: u64,
}

/// Both directions of a cable.
#[derive(Debug)]
pub struct Cable {
    /// From the relay.
    pub from_relay: Way,
    /// To the relay.
    pub to_relay: Way,
}

/// One direction.
#[derive(Debug)]
pub struct Way {
    weather: Weather,
    random: Random,
    /// Frames on their way, and when each arrives.
    frames: VecDeque<(Instant, Vec<u8>)>,
}

impl Cable {
    /// A cable in good weather. `seed` decides what happens in bad weather.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let way = |seed| Way { weather: Weather::default(), random: Random::new(seed), frames: VecDeque::new() };
        Self { from_relay: way(seed), to_relay: way(seed ^ 0x5555_5555) }
    }

    /// Changes the weather in both directions.
    pub const fn set_weather(&mut self, weather: Weather) {
        self.from_relay.weather = weather;
        self.to_relay.weather = weather;
    }
}

impl Way {
    fn strikes(&mut self, percent: u64) -> bool {
        self.random.below(100) < percent
    }

    /// Sends a frame.
    pub fn put(&mut self, now: Instant, frame: Vec<u8>) {
        let Weather { lost, doubled, overtaken } = self.weather;
        if self.strikes(lost) {
            return;
        }
        if self.strikes(doubled) {
            self.frames.push_back((now, frame.clone()));
        }
        let held = if self.strikes(overtaken) { 1 + self.random.below(HELD_MS) } else { 0 };
        self.frames.push_back((now.after_millis(held), frame));
    }

    /// The frames that have arrived.
    pub fn take(&mut self, now: Instant) -> Vec<Vec<u8>> {
        let (arrived, left) = std::mem::take(&mut self.frames).into_iter().partition(|(at, _)| *at <= now);
        self.frames = left;
        let arrived: VecDeque<(Instant, Vec<u8>)> = arrived;
        arrived.into_iter().map(|(_, frame)| frame).collect()
    }

    /// When the next frame arrives.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        self.frames.iter().map(|(at, _)| *at).min()
    }
}
