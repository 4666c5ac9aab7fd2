//! Marks that are reckoned once, so that a block costs a comparison: how many blocks of a window make a share certain enough.

use hashwatch_metrics::{credible_above, incomplete_beta};

use crate::{level::Found, rules::Setting};

/// What a probability may be off by in its last digits.
const ROUNDING: f64 = 1e-12;

/// The least hits of `trials` after which the probability that the share is above a threshold is at least `p`; one more than the
/// trials where no number suffices.
pub(crate) fn least_hits(trials: u64, threshold: f64, p: f64) -> u64 {
    let (mut low, mut high) = (0, trials + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        if credible_above(middle, trials, threshold).is_some_and(|found| found + ROUNDING >= p) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

/// Least hits by level: to reach it, and to keep it.
#[derive(Clone, Debug)]
pub(crate) struct Hits {
    firm: Vec<u64>,
    held: Vec<u64>,
}

impl Hits {
    /// Of the thresholds of a setting.
    pub(crate) fn of(set: &Setting) -> Hits {
        let least = |p: f64| set.levels.iter().map(|mark| least_hits(u64::from(set.window), *mark, p)).collect();
        Hits { firm: least(set.confidence), held: least(set.keep) }
    }

    /// What so many hits are.
    pub(crate) fn found(&self, hits: u64) -> Found {
        let level = |least: &[u64]| level(least.partition_point(|least| *least <= hits));
        Found { firm: level(&self.firm), held: level(&self.held) }
    }
}

/// A number of thresholds that are passed, as a level.
pub(crate) fn level(passed: usize) -> u8 {
    u8::try_from(passed).unwrap_or(u8::MAX)
}

/// The x at which the beta distribution of a and b has `p` below it, by halving.
pub(crate) fn beta_quantile(a: f64, b: f64, p: f64) -> f64 {
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if incomplete_beta(a, b, middle).is_some_and(|(below, _)| below < p) { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{rule::Rule, rules::Rules};

    /// Of 2,016 blocks a third is 672. The normal approximation puts 95 % at 1.645 standard deviations of 21.2 above it: 707.
    #[test]
    fn marks_of_an_epoch() {
        let least = least_hits(2_016, 1.0 / 3.0, 0.95);
        assert_eq!(least, 707);
        assert!(credible_above(least, 2_016, 1.0 / 3.0).unwrap() >= 0.95);
        assert!(credible_above(least - 1, 2_016, 1.0 / 3.0).unwrap() < 0.95);
        assert_eq!(least_hits(2_016, 1.0 / 3.0, 0.5), 672);
        assert_eq!(least_hits(2_016, 0.5, 0.5), 1_008);
        assert_eq!(least_hits(4, 0.99, 0.95), 5, "no number of so few blocks suffices");
    }

    #[test]
    fn a_number_of_hits_is_a_level() {
        let hits = Hits::of(Rules::default().of(Rule::Share));
        let at = |blocks| (hits.found(blocks).firm, hits.found(blocks).held);
        assert_eq!([at(0), at(671), at(672), at(721), at(722)], [(0, 0), (0, 0), (0, 1), (0, 1), (1, 1)]);
        assert_eq!([at(857), at(858), at(2_016)], [(1, 2), (2, 2), (3, 3)]);
    }

    /// The half of equal shapes is the middle; of 1 and 1 it is the chance itself.
    #[test]
    fn quantiles() {
        assert!((beta_quantile(1_008.0, 1_008.0, 0.5) - 0.5).abs() < 1e-12);
        assert!((beta_quantile(1.0, 1.0, 0.95) - 0.95).abs() < 1e-12);
    }
}
