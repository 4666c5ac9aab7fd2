//! The share of blocks that a pool found, and how far chance alone could have moved it.

mod beta;
mod credible;
mod simultaneous;

use statrs::distribution::{ContinuousCDF, Normal};

pub use beta::incomplete_beta;
pub(crate) use beta::stirling_error;
pub use credible::{credible_above, credible_interval};
pub use simultaneous::goodman;

/// A figure between its lower and upper bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The estimate.
    pub value: f64,
    /// Lower bound.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
}

/// How sure an interval is to be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Certainty {
    /// The chance of error, both sides together.
    alpha: f64,
    /// Two-sided quantile of the normal distribution: 1.96 for an error of 5 %.
    pub(crate) z: f64,
}

impl Certainty {
    /// None for a confidence outside of (0, 1).
    pub(crate) fn new(confidence: f64) -> Option<Self> {
        (confidence > 0.0 && confidence < 1.0).then(|| Self::of_error(1.0 - confidence))
    }

    /// That of each of n statements that are to hold together: the error is divided by n (Bonferroni).
    pub(crate) fn shared_by(self, n: u64) -> Self {
        #[allow(clippy::cast_precision_loss, reason = "no window has 2^53 entities")]
        Self::of_error(self.alpha / n.max(1) as f64)
    }

    fn of_error(alpha: f64) -> Self {
        // the lower tail, in which small errors keep their digits
        Self { alpha, z: -Normal::standard().inverse_cdf(alpha / 2.0) }
    }
}

/// Wilson's score interval for `hits` of `trials`; none where there was no trial, or more hits than trials.
///
/// A pool with a share p of the hashrate finds each block with probability p, whatever came before. Of n blocks it
/// finds k; the interval holds the p that a two-sided score test at 1 - `confidence` does not reject.
///
/// Range: `0 <= low <= hits/trials <= high <= 1`, in exact numbers too at 0 and at n hits. The interval is per pool:
/// among many pools, some true share lies outside of its own. It speaks of chance, not of a wrong attribution.
///
/// Source: E. B. Wilson, «Probable inference, the law of succession, and statistical inference», JASA 22 (1927).
pub fn wilson(hits: u64, trials: u64, confidence: f64) -> Option<Interval> {
    if trials == 0 || hits > trials {
        return None;
    }
    let (low, high) = wilson_bounds(hits, trials, Certainty::new(confidence)?.z);
    Some(Interval { value: part(hits, trials), low, high })
}

/// The bounds of [`wilson`] for trials of which there is one at least, and no more hits.
pub(crate) fn wilson_bounds(hits: u64, trials: u64, z: f64) -> (f64, f64) {
    #[allow(clippy::cast_precision_loss, reason = "no chain has 2^53 blocks")]
    let (k, n) = (hits as f64, trials as f64);
    let (p, z2) = (k / n, z.powi(2));
    let centre = (k + z2 / 2.0) / (n + z2);
    let half = (z2 * (n * p * (1.0 - p) + z2 / 4.0)).sqrt() / (n + z2);
    let low = if hits == 0 { 0.0 } else { (centre - half).clamp(0.0, p) };
    let high = if hits == trials { 1.0 } else { (centre + half).clamp(p, 1.0) };
    (low, high)
}

#[allow(clippy::cast_precision_loss, reason = "no chain has 2^53 blocks")]
fn part(hits: u64, trials: u64) -> f64 {
    hits as f64 / trials as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Test values of Newcombe, «Two-sided confidence intervals for the single proportion», Statistics in Medicine 17
    /// (1998), table I, method 3: Wilson's score interval without continuity correction.
    #[test]
    fn published_values() {
        for (hits, trials, low, high) in
            [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]
        {
            let found = wilson(hits, trials, 0.95).unwrap();
            assert!((found.low - low).abs() < 5e-5, "{hits}/{trials}: {found:?}");
            assert!((found.high - high).abs() < 5e-5, "{hits}/{trials}: {found:?}");
        }
    }

    /// MARA Pool's blocks of September 2025: 218 of 4,532.
    #[test]
    fn a_pools_month() {
        let found = wilson(218, 4_532, 0.95).unwrap();
        assert!((found.low - 0.042_246).abs() < 5e-7 && (found.high - 0.054_724).abs() < 5e-7, "{found:?}");
    }

    #[test]
    fn no_answer_without_trials() {
        assert_eq!(wilson(0, 0, 0.95), None);
        assert_eq!(wilson(2, 1, 0.95), None);
        assert_eq!(wilson(1, 2, f64::NAN), None);
        assert_eq!(wilson(1, 2, 1.0), None);
    }

    proptest! {
        #[test]
        fn holds_the_share_and_mirrors((hits, trials) in (1..100_000_u64).prop_flat_map(|n| (0..=n, Just(n)))) {
            let a = wilson(hits, trials, 0.95).unwrap();
            prop_assert!(0.0 <= a.low && a.low <= a.value && a.value <= a.high && a.high <= 1.0);
            let b = wilson(trials - hits, trials, 0.95).unwrap();
            prop_assert!((a.low - (1.0 - b.high)).abs() < 1e-9 && (a.high - (1.0 - b.low)).abs() < 1e-9);
        }
    }
}
