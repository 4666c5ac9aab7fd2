//! The blocks that a miner of a known hashrate should find, and how far chance alone may take it from there.
//!
//! Where the hashrate is known from, and how old the figure is, is for others.

use statrs::distribution::{DiscreteCDF, Poisson};

/// More blocks than any chain will have in two thousand years: beyond them nothing is predicted.
const MOST_BLOCKS: f64 = 1e8;

/// How many blocks a miner will find.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// Blocks in expectation.
    pub mean: f64,
    /// The least number that is no surprise.
    pub low: u64,
    /// The greatest number that is no surprise.
    pub high: u64,
}

/// Blocks that a miner of `hashes_per_second` finds in expectation in `seconds`, while the network's `blocks` blocks hold
/// `work` expected hashes: `hashes_per_second * seconds / (work / blocks)`. Expectations of stretches of time add up.
///
/// Range: above 0. None where anything is zero, negative or not finite, or the result is not.
///
/// Source: a block of difficulty D takes D * 2^32 hashes in expectation, whatever came before
/// (<https://en.bitcoin.it/wiki/Difficulty>); chainwork is the sum of these.
pub fn expected_blocks(hashes_per_second: f64, seconds: u64, work: f64, blocks: u64) -> Option<f64> {
    #[allow(clippy::cast_precision_loss, reason = "no chain has 2^53 blocks or seconds")]
    let (seconds, blocks) = (seconds as f64, blocks as f64);
    let positive = |figure: f64| (figure.is_finite() && figure > 0.0).then_some(figure);
    let hashes = positive(positive(hashes_per_second)? * positive(seconds)?)?;
    positive(hashes / (positive(work)? / positive(blocks)?))
}

/// The equal-tailed prediction interval for a Poisson variable X of that `mean`, at `confidence` in (0, 1). With
/// a = 1 - `confidence`, `low` is the largest k with P(X < k) <= a/2 and `high` the smallest k with P(X > k) <= a/2; so X lies
/// from `low` to `high`, both included, with a probability of at least `confidence`.
///
/// Range: `low <= high`. For a mean near 0 both are 0, and below the mean. None for a mean that is not above 0 or beyond
/// a hundred million, and for a confidence that is none.
///
/// Source: many independent trials of small chance; Haight, «Handbook of the Poisson Distribution» (1967).
pub fn predicted(mean: f64, confidence: f64) -> Option<Prediction> {
    let asked = mean > 0.0 && mean <= MOST_BLOCKS && confidence > 0.0 && confidence < 1.0;
    let found = Poisson::new(mean).ok().filter(|_| asked)?;
    let tail = (1.0 - confidence) / 2.0;
    Some(Prediction {
        mean,
        // P(X < k + 1) = P(X <= k): the first k whose successor would leave too much below
        low: first(mean, |k| found.cdf(k) > tail),
        high: first(mean, |k| found.sf(k) <= tail),
    })
}

/// The least k for which something holds that holds for all greater ones.
///
/// The search of the statistics library panics where the last digits of its sums are not monotone.
fn first(mean: f64, holds: impl Fn(u64) -> bool) -> u64 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 1 to a hundred million")]
    let mut above = mean.ceil() as u64;
    let mut low = 0;
    while !holds(above) {
        low = above + 1;
        above *= 2;
    }
    while low < above {
        let middle = low + (above - low) / 2;
        if holds(middle) { above = middle } else { low = middle + 1 }
    }
    low
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Read off the cumulative sums of Abramowitz and Stegun, «Handbook of Mathematical Functions» (1964), table 26.7: for a
    /// mean of 10, P(X <= 3) = 0.01034, P(X <= 4) = 0.02925, P(X <= 16) = 0.97296, P(X <= 17) = 0.98572.
    #[test]
    fn published_sums() {
        for (mean, confidence, low, high) in [
            (0.5, 0.95, 0, 2),
            (1.0, 0.95, 0, 3),
            (2.0, 0.95, 0, 5),
            (5.0, 0.95, 1, 10),
            (10.0, 0.90, 5, 15),
            (10.0, 0.95, 4, 17),
            (10.0, 0.99, 3, 19),
            (20.0, 0.95, 12, 29),
            (30.0, 0.95, 20, 41),
        ] {
            assert_eq!(predicted(mean, confidence), Some(Prediction { mean, low, high }), "{mean} at {confidence}");
        }
    }

    /// 50 EH/s for 30 days against a difficulty of 120 T: 50e18 * 2,592,000 / (120e12 * 2^32) = 251.457095.
    #[test]
    fn a_months_blocks() {
        let month = 30 * 24 * 60 * 60;
        let work = 4_320.0 * 120e12 * 4_294_967_296.0;
        let mean = expected_blocks(50e18, month, work, 4_320).unwrap();
        assert!((mean - 251.457_095).abs() < 1e-6, "{mean}");
        let found = predicted(mean, 0.95).unwrap();
        // by the normal distribution about 251.5 +- 1.96 * 15.9
        assert!((219..=222).contains(&found.low) && (282..=285).contains(&found.high), "{found:?}");
        // all of the hashrate finds all of the blocks
        let all = expected_blocks(work / 2_592_000.0, month, work, 4_320).unwrap();
        assert!((all - 4_320.0).abs() < 1e-6);
    }

    #[test]
    fn nothing_from_nothing() {
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(expected_blocks(bad, 600, 1e20, 1), None, "{bad}");
            assert_eq!(expected_blocks(1e18, 600, bad, 1), None, "{bad}");
            assert_eq!(predicted(bad, 0.95), None, "{bad}");
            assert_eq!(predicted(1.0, bad), None, "{bad}");
        }
        assert_eq!(expected_blocks(1e18, 0, 1e20, 1), None);
        assert_eq!(expected_blocks(1e18, 600, 1e20, 0), None);
        assert_eq!(expected_blocks(f64::MAX, u64::MAX, 1e20, 1), None);
        assert_eq!(expected_blocks(f64::MIN_POSITIVE, 1, f64::MAX, 1), None, "no more than zero");
        assert_eq!(predicted(1.0, 1.0), None);
        assert_eq!(predicted(1e8 + 1.0, 0.95), None);
    }

    #[test]
    fn the_ends_are_answered() {
        let at = |mean: f64, confidence: f64| predicted(mean, confidence).map(|found| (found.low, found.high));
        assert_eq!(at(f64::MIN_POSITIVE, 0.95), Some((0, 0)));
        assert!(at(1e8, 0.95).is_some_and(|(low, high)| low < 99_981_000 && high > 100_019_000));
        assert!(at(10.0, 1.0 - 1e-15).is_some());
        assert!(at(10.0, f64::MIN_POSITIVE).is_some_and(|(low, high)| low == 10 && high == 10));
    }

    proptest! {
        /// As it is defined, and no narrower than asked for.
        #[test]
        fn tails_hold_no_more_than_they_may(mean in 1e-3..5_000.0, confidence in 0.5..0.999) {
            let found = predicted(mean, confidence).unwrap();
            let (poisson, tail) = (Poisson::new(mean).unwrap(), (1.0 - confidence) / 2.0);
            let below = |k: u64| k.checked_sub(1).map_or(0.0, |k| poisson.cdf(k));
            prop_assert!(found.low <= found.high);
            prop_assert!(below(found.low) <= tail && below(found.low + 1) > tail);
            prop_assert!(poisson.sf(found.high) <= tail);
            prop_assert!(found.high == 0 || poisson.sf(found.high - 1) > tail);
        }

        /// Time and blocks cut in two are the same together.
        #[test]
        fn expectations_add_up(rate in 1e15..1e21, seconds in 2..100_000_000_u64, work in 1e20..1e30, blocks in 1..100_000_u64) {
            let whole = expected_blocks(rate, seconds, work, blocks).unwrap();
            let part = |seconds| expected_blocks(rate, seconds, work, blocks).unwrap();
            let parts = part(seconds / 2) + part(seconds - seconds / 2);
            prop_assert!((whole - parts).abs() <= 1e-9 * whole);
        }
    }
}
