//! Indices over sums of squares and over ranks: Herfindahl and Hirschman's, the effective number, Gini's.

use super::{
    Counts,
    counts::{float, quotient},
};

impl Counts<'_> {
    /// The Herfindahl-Hirschman index, the sum of the squared shares in percent: 10000 Σ x² / N².
    ///
    /// Range: 10000/entities to 10000. Of a sample it lies above the truth, by (10000 - HHI)/N in expectation.
    ///
    /// Source: A. O. Hirschman, «The paternity of an index», American Economic Review 54 (1964).
    pub fn hhi(&self) -> f64 {
        quotient(10_000 * self.squares(), self.total_squared())
    }

    /// The same without the bias of sampling: 10000 Σ x(x-1) / (N(N-1)), how often two different blocks drawn from the window
    /// are of one entity.
    ///
    /// Range: 0 (no entity has two blocks) to 10000; may lie below 10000/entities. None for a single block.
    ///
    /// Source: E. H. Simpson, «Measurement of diversity», Nature 163 (1949).
    pub fn hhi_unbiased(&self) -> Option<f64> {
        let total = u128::from(self.total);
        let pairs = self.squares() - total;
        (total > 1).then(|| quotient(10_000 * pairs, total * (total - 1)))
    }

    /// How many entities of equal size would be as concentrated: 10000/HHI = N² / Σ x².
    ///
    /// Range: 1 to the number of entities. Of a sample it lies below the truth, as the HHI lies above.
    ///
    /// Source: M. A. Adelman, «Comment on the "H" concentration measure as a numbers-equivalent», Review of Economics and
    /// Statistics 51 (1969); in politics Laakso and Taagepera's effective number of parties (1979).
    pub fn effective_number(&self) -> f64 {
        quotient(self.total_squared(), self.squares())
    }

    /// Gini's coefficient over the entities that found a block: half the mean difference of two entities over their mean.
    ///
    /// Range: 0 (all alike) to 1 - 1/entities. It says how unequal the entities are, not how few: two equal ones give 0. One
    /// more entity of a single block raises it, so that it tells little where small ones come and go.
    ///
    /// Source: C. Gini, «Variabilità e mutabilità» (1912); Σ (2i - n - 1) x(i) / (n Σ x), x ascending, i from 1.
    pub fn gini(&self) -> f64 {
        self.gini_among(self.entities())
    }

    /// The same over a population that holds entities without a block as well. None where it is smaller than the entities
    /// that have one.
    pub fn gini_of_population(&self, population: u64) -> Option<f64> {
        (population >= self.entities()).then(|| self.gini_among(population))
    }

    fn gini_among(&self, population: u64) -> f64 {
        let n = i128::from(population);
        // ranks count from the largest, so that entities without a block add nothing; all sums stay below 2^107
        let listed: i128 =
            (1..).zip(self.descending).map(|(rank, &x): (i128, _)| (n + 1 - 2 * rank) * i128::from(x)).sum();
        let (before, singles) = (self.descending.len() as i128, i128::from(self.singles));
        let unlisted = singles * (n - 2 * before - singles);
        let sum = u128::try_from(listed + unlisted).unwrap_or(0);
        quotient(sum, u128::from(population)) / float(self.total)
    }

    fn total_squared(&self) -> u128 {
        u128::from(self.total) * u128::from(self.total)
    }
}
