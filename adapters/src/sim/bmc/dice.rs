//! What the simulation takes for random: it follows from a seed, so that a test is the same every time, and every client of a
//! comparison meets the same losses.

/// A sequence of numbers (SplitMix64).
#[derive(Clone, Debug)]
pub(super) struct Dice(u64);

impl Dice {
    /// The sequence of a seed; `salt` tells the sequences of one seed apart.
    pub(super) const fn new(seed: u64, salt: u64) -> Self {
        Self(seed ^ salt.wrapping_mul(0xA076_1D64_78BD_642F))
    }

    pub(super) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        for chunk in bytes.chunks_mut(8) {
            for (byte, new) in chunk.iter_mut().zip(self.next().to_le_bytes()) {
                *byte = new;
            }
        }
        bytes
    }

    /// A number below 1000.
    pub(super) const fn per_mille(&mut self) -> u16 {
        let [low, high, ..] = (self.next() % 1000).to_le_bytes();
        u16::from_le_bytes([low, high])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_is_the_same_sequence() {
        let rolls = |seed, salt| {
            let mut dice = Dice::new(seed, salt);
            (0..1000).map(|_| dice.per_mille()).collect::<Vec<_>>()
        };
        assert_eq!(rolls(1, 2), rolls(1, 2));
        assert_ne!(rolls(1, 2), rolls(1, 3));
        assert_ne!(rolls(1, 2), rolls(2, 2));
        let low = rolls(7, 7).iter().filter(|roll| **roll < 300).count();
        assert!((250..350).contains(&low), "{low} of 1000 are below 300");
        assert_ne!(Dice::new(1, 1).bytes::<20>()[16..], [0; 4]);
    }
}
