//! What was on the cable.

use rackhand_core::time::Instant;

/// Which end a frame left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The relay's.
    FromRelay,
    /// The other.
    ToRelay,
}

/// Frames as they left either end.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    /// When, which end, and what.
    pub frames: Vec<(Instant, Direction, Vec<u8>)>,
}

impl Recording {
    pub(super) fn note(&mut self, now: Instant, direction: Direction, frame: &[u8]) {
        self.frames.push((now, direction, frame.to_vec()));
    }

    /// What the relay has sent.
    pub fn from_relay(&self) -> impl Iterator<Item = &[u8]> {
        self.frames.iter().filter(|(_, direction, _)| *direction == Direction::FromRelay).map(|(_, _, frame)| &**frame)
    }

    /// All of it as a pcap file (draft-ietf-opsawg-pcap), for tshark.
    ///
    /// # Panics
    /// A frame is longer than 4 GiB.
    #[must_use]
    pub fn pcap(&self) -> Vec<u8> {
        const MAGIC: u32 = 0xA1B2_C3D4;
        const ETHERNET: u32 = 1;
        let mut file = Vec::new();
        let mut put = |number: u32| file.extend(number.to_le_bytes());
        put(MAGIC);
        put(2 | 4 << 16);
        [0, 0, 65535, ETHERNET].into_iter().for_each(&mut put);
        for (at, _, frame) in &self.frames {
            let (millis, len) = (at.as_millis(), u32::try_from(frame.len()).expect("a short frame"));
            let seconds = u32::try_from(millis / 1000).expect("a short recording");
            let micros = u32::try_from(millis % 1000 * 1000).expect("less than a second");
            for number in [seconds, micros, len, len] {
                file.extend(number.to_le_bytes());
            }
            file.extend(frame);
        }
        file
    }
}
