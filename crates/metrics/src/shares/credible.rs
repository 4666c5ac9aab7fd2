//! What the blocks of a window let one believe of a pool's share: Bayes' answer, where Wilson's is that of repeated windows.

use super::{Certainty, Interval, beta, part};

/// The probability that a pool's share of the hashrate is above a threshold, after `hits` of `trials` blocks: of the posterior
/// Beta(hits + 1/2, trials - hits + 1/2) upon Jeffreys' prior, the part above it.
///
/// Range: 0 to 1. Without trials it is the prior's own: 1/2 at a half. None for more hits than trials, and for a threshold
/// outside of [0, 1].
///
/// It takes the share for constant in the window, and knows nothing of other windows or of other pools: the probability that
/// *some* pool is above is larger.
///
/// Source: L. D. Brown, T. T. Cai, A. DasGupta, «Interval estimation for a binomial proportion», Statistical Science 16
/// (2001), section 4.3.
pub fn credible_above(hits: u64, trials: u64, threshold: f64) -> Option<f64> {
    let (a, b) = posterior(hits, trials)?;
    (0.0..=1.0).contains(&threshold).then(|| beta::tails(a, b, threshold).1)
}

/// The equal-tailed credible interval of the same posterior. As its source advises, it begins at 0 where there was no hit
/// and ends at 1 where there was nothing else, so that it always holds the share.
///
/// Range: `0 <= low <= hits/trials <= high <= 1`. None without trials, for more hits than trials, and for a confidence
/// outside of (0, 1).
pub fn credible_interval(hits: u64, trials: u64, confidence: f64) -> Option<Interval> {
    let (a, b) = posterior(hits, trials).filter(|_| trials > 0)?;
    let (tail, value) = (Certainty::new(confidence)?.alpha / 2.0, part(hits, trials));
    let low = if hits == 0 { 0.0 } else { beta::quantile(a, b, tail) };
    // the upper bound of the hits is the lower bound of what missed
    let high = if hits == trials { 1.0 } else { 1.0 - beta::quantile(b, a, tail) };
    Some(Interval { value, low: low.min(value), high: high.max(value) })
}

/// The parameters of the posterior.
fn posterior(hits: u64, trials: u64) -> Option<(f64, f64)> {
    let misses = trials.checked_sub(hits)?;
    #[allow(clippy::cast_precision_loss, reason = "no chain has 2^53 blocks")]
    Some((hits as f64 + 0.5, misses as f64 + 0.5))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Quantiles of Beta(hits + 1/2, misses + 1/2) at 2.5 % and 97.5 %, to three digits, and 0 where there was no hit. Many more
    /// are held against another library by `tests/statistics`.
    #[test]
    fn quantiles_of_few() {
        for (hits, trials, low, high) in [
            (0, 7, 0.0, 0.292),
            (1, 7, 0.016, 0.501),
            (2, 7, 0.065, 0.648),
            (3, 7, 0.139, 0.766),
            (0, 10, 0.0, 0.217),
            (1, 10, 0.011, 0.381),
            (5, 10, 0.224, 0.776),
            (10, 20, 0.293, 0.707),
        ] {
            let found = credible_interval(hits, trials, 0.95).unwrap();
            assert!((found.low - low).abs() < 6e-4 && (found.high - high).abs() < 6e-4, "{hits}/{trials}: {found:?}");
        }
    }

    #[test]
    fn thresholds() {
        let above = |hits, trials, threshold| credible_above(hits, trials, threshold).unwrap();
        assert!((above(0, 0, 0.5) - 0.5).abs() < 1e-14);
        assert!((above(72, 144, 0.5) - 0.5).abs() < 1e-14, "as likely above as below");
        assert!((above(485_000, 970_000, 0.5) - 0.5).abs() < 1e-12);
        // 1,422 of 4,349 blocks are 32.7 %, 3.84 deviations of 0.7 points above 30 % and 0.90 below a third
        assert!(above(1_422, 4_349, 0.3) > 0.9999 && (above(1_422, 4_349, 1.0 / 3.0) - 0.184).abs() < 0.005);
        assert!(above(5, 10, 0.0) >= 1.0 && above(5, 10, 1.0) <= 0.0);
    }

    #[test]
    fn nothing_from_nothing() {
        assert_eq!(credible_above(2, 1, 0.5), None);
        for threshold in [-0.1, 1.1, f64::NAN] {
            assert_eq!(credible_above(1, 2, threshold), None);
        }
        assert_eq!(credible_interval(0, 0, 0.95), None);
        assert_eq!(credible_interval(2, 1, 0.95), None);
        assert_eq!(credible_interval(1, 2, 1.0), None);
    }

    proptest! {
        #[test]
        fn tails_are_what_was_asked((hits, trials) in (1..60_000_u64).prop_flat_map(|n| (0..=n, Just(n))), confidence in 0.5..0.999) {
            let found = credible_interval(hits, trials, confidence).unwrap();
            prop_assert!(0.0 <= found.low && found.low <= found.value && found.value <= found.high && found.high <= 1.0);
            let tail = (1.0 - confidence) / 2.0;
            if hits > 0 {
                prop_assert!((credible_above(hits, trials, found.low).unwrap() - (1.0 - tail)).abs() < 1e-9);
            }
            if hits < trials {
                prop_assert!((credible_above(hits, trials, found.high).unwrap() - tail).abs() < 1e-9);
            }
        }

        #[test]
        fn rarer_at_a_higher_threshold(hits in 0..500_u64, misses in 0..500_u64, low in 0.0..1.0, high in 0.0..1.0) {
            let above = |threshold: f64| credible_above(hits, hits + misses, threshold).unwrap();
            prop_assert!(above(f64::max(low, high)) <= above(f64::min(low, high)) + 1e-12);
        }
    }
}
