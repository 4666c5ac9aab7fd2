//! The mean behind a count: its exact interval, and whether a count agrees with a mean that is known.
//!
//! How many blocks a mean lets expect is in [`crate::expected`].

use statrs::distribution::{ChiSquared, ContinuousCDF, DiscreteCDF, Poisson};

use crate::shares::Interval;

/// More blocks than any chain will have in a hundred and ninety years: what is given as more is a mistake, and the sums
/// over it would not end soon.
pub(crate) const MOST_BLOCKS: u64 = 10_000_000;

/// A number of blocks as a float: none if there are more than any chain has.
pub(crate) fn blocks(count: u64) -> Option<f64> {
    #[allow(clippy::cast_precision_loss, reason = "at most ten million")]
    (count <= MOST_BLOCKS).then_some(count as f64)
}

/// Quantiles of the time that blocks take whose mean wait is 1: at `below` of `shape` blocks, at 1 - `below` of
/// `shape_high`. Twice that time is a chi-squared variable. None for a tail that is lost in rounding.
pub(crate) fn waiting(shape: f64, shape_high: f64, below: f64) -> Option<(f64, f64)> {
    let quantile = |shape: f64, at: f64| Some(ChiSquared::new(2.0 * shape).ok()?.inverse_cdf(at) / 2.0);
    let high = quantile(shape_high, 1.0 - below).filter(|high| high.is_finite())?;
    Some((if shape > 0.0 { quantile(shape, below)? } else { 0.0 }, high))
}

/// The exact interval for the mean of a Poisson variable that came out as `count`: with a = 1 - `confidence`,
/// `[chi2(a/2; 2n)/2, chi2(1-a/2; 2n+2)/2]`, from 0 where n is 0.
///
/// It holds the means that a one-sided test at a/2 in either direction does not reject, so it holds the truth with a
/// probability of at least `confidence`, and mostly more: counts are whole numbers.
///
/// Range: `0 <= low <= n <= high` for a confidence of a half and more. None for a confidence that is none, and for more
/// than ten million.
///
/// Source: F. Garwood, «Fiducial limits for the Poisson distribution», Biometrika 28 (1936).
pub fn garwood(count: u64, confidence: f64) -> Option<Interval> {
    let value = blocks(count).filter(|_| confidence > 0.0 && confidence < 1.0)?;
    let (low, high) = waiting(value, value + 1.0, (1.0 - confidence) / 2.0)?;
    Some(Interval { value, low, high })
}

/// The two-sided p-value of a `count` against a known `mean`: `2 min(P(X <= n), P(X >= n))`, at most 1.
///
/// The doubled tail agrees with [`garwood`]: it is below a exactly where the interval at 1 - a leaves the mean out. If
/// the mean is true, a p-value of at most a comes up with a probability of at most a.
///
/// Range: 0 to 1. None for a mean that is not above 0, and for means and counts beyond ten million.
pub fn poisson_p_value(count: u64, mean: f64) -> Option<f64> {
    blocks(count)?;
    let most = blocks(MOST_BLOCKS)?;
    let found = Poisson::new(mean).ok().filter(|_| mean > 0.0 && mean <= most)?;
    let below = found.cdf(count);
    let above = count.checked_sub(1).map_or(1.0, |less| found.sf(less));
    Some((2.0 * below.min(above)).min(1.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Garwood's limits as tables have them; the formula is in K. Ulm, American Journal of Epidemiology 131 (1990).
    #[test]
    fn published_limits() {
        for (count, low, high) in
            [(0, 0.0, 3.689), (1, 0.0253, 5.572), (5, 1.623, 11.668), (10, 4.795, 18.390), (100, 81.364, 121.627)]
        {
            let found = garwood(count, 0.95).unwrap();
            assert!((found.low - low).abs() < 6e-4 && (found.high - high).abs() < 6e-4, "{count}: {found:?}");
        }
    }

    /// P(X <= 9) = 0.96817 and P(X <= 2) = 0.12465 for a mean of 5 (Abramowitz and Stegun, table 26.7); e^-3 for none
    /// of 3.
    #[test]
    fn published_sums() {
        for (count, mean, p_value) in
            [(10, 5.0, 2.0 * (1.0 - 0.968_17)), (2, 5.0, 2.0 * 0.124_65), (0, 3.0, 2.0 * 0.049_787), (5, 5.0, 1.0)]
        {
            let found = poisson_p_value(count, mean).unwrap();
            assert!((found - p_value).abs() < 2e-5, "{count} of {mean}: {found}");
        }
        // sums of exact fractions; a million by an independent library of statistics
        assert!((poisson_p_value(150, 120.0).unwrap() - 0.009_126_882_608).abs() < 1e-11);
        assert!((poisson_p_value(1_000_000, 998_000.0).unwrap() - 0.045_392_228).abs() < 1e-8);
    }

    #[test]
    fn nothing_from_nothing() {
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(garwood(1, bad), None, "{bad}");
            assert_eq!(poisson_p_value(1, bad), None, "{bad}");
        }
        assert_eq!(garwood(1, 1.0), None);
        assert_eq!(garwood(1, 1.0 - f64::EPSILON / 2.0), None, "a tail that is lost in rounding");
        assert_eq!(garwood(MOST_BLOCKS + 1, 0.95), None);
        assert_eq!(garwood(u64::MAX, 0.95), None);
        assert_eq!(poisson_p_value(u64::MAX, 1.0), None);
        assert_eq!(poisson_p_value(1, 1e7 + 1.0), None);
    }

    #[test]
    fn the_ends_are_answered() {
        assert!(garwood(MOST_BLOCKS, 0.95).is_some_and(|found| found.low > 9_993_000.0 && found.high < 10_007_000.0));
        assert!(
            garwood(0, 1.0 - 1e-12).is_some_and(|found| found.low == 0.0 && found.high > 27.0 && found.high < 29.0)
        );
        assert_eq!(poisson_p_value(0, f64::MIN_POSITIVE), Some(1.0));
        assert_eq!(poisson_p_value(MOST_BLOCKS, 1.0), Some(0.0));
        assert_eq!(poisson_p_value(0, 1e7), Some(0.0));
    }

    /// Coverage in exact numbers: the probabilities of the counts whose interval holds the mean add up to the
    /// confidence at least.
    #[test]
    fn covers_every_mean() {
        let intervals: Vec<Interval> = (0..120).map(|count| garwood(count, 0.95).unwrap()).collect();
        for step in 1..=60 {
            let mean = f64::from(step) * 0.83;
            let mut probability = (-mean).exp();
            let (mut covered, mut all) = (0.0, 0.0);
            for (found, next) in intervals.iter().zip(1..) {
                all += probability;
                covered += if found.low <= mean && mean <= found.high { probability } else { 0.0 };
                probability *= mean / f64::from(next);
            }
            assert!(all > 0.999_999 && (0.95..0.9999).contains(&covered), "{mean}: {covered} of {all}");
        }
    }

    proptest! {
        #[test]
        fn the_test_agrees_with_the_interval(count in 0..2_000_u64, mean in 1e-3..2_000.0, confidence in 0.5..0.999) {
            let found = garwood(count, confidence).unwrap();
            prop_assert!(0.0 <= found.low && found.low <= found.value && found.value <= found.high);
            let p_value = poisson_p_value(count, mean).unwrap();
            prop_assert!((0.0..=1.0).contains(&p_value));
            // nearer to the edge than this the last digits decide
            if (p_value - (1.0 - confidence)).abs() > 1e-9 {
                prop_assert_eq!(p_value > 1.0 - confidence, found.low < mean && mean < found.high);
            }
        }
    }
}
