//! How few entities hold a part of the blocks, and how much a few hold. Compared in integers, so that a half is a half.

use super::{Counts, counts::quotient};

/// A part of one, from 0 to 1, as a ratio of integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fraction {
    numerator: u32,
    denominator: u32,
}

impl Fraction {
    /// A half: more than this of the hashrate outruns everybody else's in the long run.
    pub const HALF: Self = Self { numerator: 1, denominator: 2 };
    /// A third: above it selfish mining pays even where nobody else mines upon the selfish block of a race (I. Eyal, E. G. Sirer,
    /// «Majority is not enough», 2014).
    pub const THIRD: Self = Self { numerator: 1, denominator: 3 };

    /// None where the denominator is 0 or the ratio above 1.
    pub fn new(numerator: u32, denominator: u32) -> Option<Self> {
        (denominator > 0 && numerator <= denominator).then_some(Self { numerator, denominator })
    }

    /// Hundredths: 33 is 0.33, not a third. More than a hundred are taken for a hundred.
    pub const fn percent(hundredths: u32) -> Self {
        let numerator = if hundredths > 100 { 100 } else { hundredths };
        Self { numerator, denominator: 100 }
    }

    /// As a float.
    pub fn value(self) -> f64 {
        f64::from(self.numerator) / f64::from(self.denominator)
    }
}

impl Counts<'_> {
    /// The Nakamoto coefficient: the least number k of entities that together found **more** than that part of the blocks.
    /// For a half it is how few must join to command a majority. [3, 2, 1] gives 2: the first has exactly a half.
    ///
    /// Range: from 1 to the number of entities. None for a threshold of 1, which nobody passes.
    ///
    /// Source: B. S. Srinivasan, L. Lee, «Quantifying Decentralization» (2017), who take 51 %.
    pub fn nakamoto_at(&self, threshold: Fraction) -> Option<u64> {
        let (numerator, denominator) = (u128::from(threshold.numerator), u128::from(threshold.denominator));
        self.reaching(u128::from(self.total) * numerator / denominator + 1)
    }

    /// The tau-decentralization index: the least number of entities that together found **at least** that part of the
    /// blocks. [3, 2, 1] at a half gives 1.
    ///
    /// Range: from 1 to the number of entities.
    ///
    /// Source: the code of the Edinburgh Decentralisation Index (`tau_index`), whose page says «more than».
    pub fn tau(&self, threshold: Fraction) -> u64 {
        let (numerator, denominator) = (u128::from(threshold.numerator), u128::from(threshold.denominator));
        // all entities together reach every part
        self.reaching((u128::from(self.total) * numerator).div_ceil(denominator)).unwrap_or(self.entities())
    }

    /// The concentration ratio: the part of the blocks that the n largest entities found. Range: 0 for n = 0, to 1.
    pub fn concentration_ratio(&self, n: u64) -> f64 {
        let listed: u64 = self.descending.iter().zip(0..n).map(|(&blocks, _)| blocks).sum();
        let singles = n.saturating_sub(self.descending.len() as u64).min(self.singles);
        quotient(u128::from(listed + singles), u128::from(self.total))
    }

    /// The least number of entities, one at least, that together found so many blocks.
    fn reaching(&self, blocks: u128) -> Option<u64> {
        let mut sum = 0;
        for (place, &more) in (1..).zip(self.descending) {
            sum += more;
            if u128::from(sum) >= blocks {
                return Some(place);
            }
        }
        let singles = u64::try_from(blocks - u128::from(sum)).ok()?.max(1);
        (singles <= self.singles).then_some(self.descending.len() as u64 + singles)
    }
}
