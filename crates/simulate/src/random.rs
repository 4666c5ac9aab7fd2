//! Where chance comes from: one ChaCha stream for each purpose and height, so that no draw disturbs another's.

use hashwatch_model::Network;
use hashwatch_sha256d::sha256d;
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

/// What a stream is drawn for. The numbers are part of the chain's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Whether the chain forks at a height.
    Fork = 1,
    /// Transactions and coinbase of a height's active block.
    Content = 2,
    /// Likewise, of its stale rival.
    RivalContent = 3,
    /// Likewise, of the rival's child.
    SecondContent = 4,
    /// Nonce and clock of a height's active block.
    Work = 5,
    /// Likewise, of its stale rival.
    RivalWork = 6,
    /// Likewise, of the rival's child.
    SecondWork = 7,
    /// How a pool's hashrate drifts.
    Drift = 8,
    /// How the network grows.
    Growth = 9,
    /// How much users pay.
    Fees = 10,
    /// The order of a run of blocks in the files.
    Shuffle = 11,
    /// The day of the ban.
    Ban = 12,
    /// The key of xor.dat.
    Obfuscation = 13,
}

/// All streams of one chain.
#[derive(Clone, Debug)]
pub(crate) struct Streams {
    key: [u8; 32],
}

impl Streams {
    pub(crate) fn new(network: Network, seed: u64) -> Streams {
        let mut text = b"hashwatch-simulate/".to_vec();
        text.extend_from_slice(network.name().as_bytes());
        text.extend_from_slice(&seed.to_le_bytes());
        Streams { key: sha256d(&text) }
    }

    /// The stream of `purpose` at `place`, a height or another number.
    pub(crate) fn draw(&self, purpose: Purpose, place: u32) -> Dice {
        let mut rng = ChaCha8Rng::from_seed(self.key);
        rng.set_stream((purpose as u64) << 32 | u64::from(place));
        Dice(rng)
    }
}

/// One stream. Draws are on integers alone: floating point may round differently elsewhere.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    pub(crate) fn number(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// A number below `end`, which must not be zero. The bias, under one in 2^32, does not matter here.
    pub(crate) fn below(&mut self, end: u32) -> u32 {
        let scaled = (u64::from(self.number()) * u64::from(end)) >> 32;
        u32::try_from(scaled).unwrap_or(0)
    }

    /// An index below `end`.
    pub(crate) fn index(&mut self, end: usize) -> usize {
        self.below(u32::try_from(end).unwrap_or(u32::MAX)) as usize
    }

    /// A number from `low` to `high`, both possible.
    pub(crate) fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.below(high - low + 1)
    }

    /// True `times` times in `of`.
    pub(crate) fn chance(&mut self, times: u32, of: u32) -> bool {
        self.below(of) < times
    }

    pub(crate) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    pub(crate) fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }

    /// Shuffles in place (Fisher and Yates).
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.index(last + 1);
            items.swap(last, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_apart_and_repeat() {
        let streams = Streams::new(Network::Sim, 7);
        let first = streams.draw(Purpose::Fork, 5).number();
        assert_eq!(first, streams.draw(Purpose::Fork, 5).number());
        assert_ne!(first, streams.draw(Purpose::Fork, 6).number());
        assert_ne!(first, streams.draw(Purpose::Content, 5).number());
        assert_ne!(first, Streams::new(Network::Regtest, 7).draw(Purpose::Fork, 5).number());
        assert_ne!(first, Streams::new(Network::Sim, 8).draw(Purpose::Fork, 5).number());
    }

    #[test]
    fn draws_keep_their_bounds() {
        let mut dice = Streams::new(Network::Sim, 1).draw(Purpose::Fork, 0);
        for _ in 0..1_000 {
            assert!(dice.below(3) < 3);
            assert!((5..=6).contains(&dice.between(5, 6)));
        }
        let mut items: Vec<u32> = (0..50).collect();
        dice.shuffle(&mut items);
        assert_ne!(items, (0..50).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..50).collect::<Vec<_>>());
    }
}
