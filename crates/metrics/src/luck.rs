//! Luck: the blocks that were found against those that were to be expected.
//!
//! Expected from a hashrate that is known: [`luck`], with the expectation of [`crate::expected_blocks`]. Expected from
//! the same pool's share before: [`luck_since`]. The network's own pace is in [`mod@crate::hashrate`].

use crate::{
    poisson::{garwood, poisson_p_value},
    shares::Interval,
    two_windows::{Found, fisher_p_value, share_ratio},
};

/// Found blocks against expected ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Luck {
    /// Blocks in expectation.
    pub expected: f64,
    /// Blocks that were found.
    pub found: u64,
    /// Found over expected, above 1 where more were found; none where nothing was to be expected.
    pub ratio: Option<Interval>,
    /// How often chance alone leads at least so far from the expectation, two-sided.
    pub p_value: f64,
}

/// The luck of `found` blocks where `expected` is known exactly: found/expected with [`garwood`]'s interval over
/// expected, and the [`poisson_p_value`].
///
/// Of a fixed number of the network's blocks the found ones are a binomial variable, a little less spread than the
/// Poisson variable that is taken here: intervals are then too wide by 1/sqrt(1 - share), a fifth at a share of 0.3,
/// and p-values too high.
///
/// Range: the ratio is 0 or above. None for an expectation that is not above 0, and beyond ten million blocks.
///
/// What it does not show: an expectation is as good as the hashrate behind it, whose error is not in here; luck of one
/// window that was picked for it; whose blocks they are. Of twenty honest pools one has a p-value below 0.05.
pub fn luck(found: u64, expected: f64, confidence: f64) -> Option<Luck> {
    let p_value = poisson_p_value(found, expected)?;
    let count = garwood(found, confidence)?;
    let over = |figure: f64| Some(figure / expected).filter(|ratio| ratio.is_finite());
    let ratio = Interval { value: over(count.value)?, low: over(count.low)?, high: over(count.high)? };
    Some(Luck { expected, found, ratio: Some(ratio), p_value })
}

/// The luck of a pool in a window where its blocks in a window `before`, which must not overlap, are the measure:
/// expected are `before.found / before.blocks * now.blocks`, the ratio is the [`share_ratio`], and the p-value Fisher's
/// ([`fisher_p_value`]). Both windows' chance is in them.
///
/// Range: the ratio is 0 or above; none where the pool found nothing before. None for an empty window, more found than
/// there are, and beyond ten million blocks.
///
/// What it does not show: luck apart from change. A pool that grew and a pool that was lucky look alike; the p-value
/// says that chance alone is or is not enough.
pub fn luck_since(now: Found, before: Found, confidence: f64) -> Option<Luck> {
    let ((_, blocks), (found_before, blocks_before)) = (now.numbers()?, before.numbers()?);
    if !(confidence > 0.0 && confidence < 1.0) {
        return None;
    }
    Some(Luck {
        expected: found_before / blocks_before * blocks,
        found: now.found,
        ratio: share_ratio(now, before, confidence),
        p_value: fisher_p_value(now, before)?,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Garwood's limits for ten are 4.795 and 18.390; P(X >= 10) = 0.03183 for a mean of 5 (Abramowitz and Stegun,
    /// table 26.7).
    #[test]
    fn twice_as_many() {
        let found = luck(10, 5.0, 0.95).unwrap();
        let ratio = found.ratio.unwrap();
        assert!((ratio.value - 2.0).abs() < 1e-12);
        assert!((ratio.low - 0.959).abs() < 1e-3 && (ratio.high - 3.678).abs() < 1e-3, "{found:?}");
        assert!((found.p_value - 0.063_66).abs() < 2e-5, "{found:?}");
    }

    /// A pool of a tenth that finds 190 of the next thousand blocks, by hand and by Fisher's test.
    #[test]
    fn against_before() {
        let (now, before) = (Found { found: 190, blocks: 1_000 }, Found { found: 200, blocks: 2_000 });
        let found = luck_since(now, before, 0.95).unwrap();
        assert!((found.expected - 100.0).abs() < 1e-9 && found.found == 190);
        assert!(found.p_value < 1e-10 && found.ratio.unwrap().low > 1.5, "{found:?}");
        let same = luck_since(Found { found: 100, blocks: 1_000 }, before, 0.95).unwrap();
        assert!((same.p_value - 1.0).abs() < 1e-9 && (same.ratio.unwrap().value - 1.0).abs() < 1e-12, "{same:?}");
    }

    #[test]
    fn a_pool_that_is_new() {
        let found = luck_since(Found { found: 20, blocks: 1_000 }, Found { found: 0, blocks: 1_000 }, 0.95).unwrap();
        assert!(found.expected == 0.0 && found.ratio.is_none() && found.p_value < 1e-5, "{found:?}");
    }

    #[test]
    fn nothing_from_nothing() {
        let (tally, none) = (Found { found: 1, blocks: 2 }, Found { found: 0, blocks: 0 });
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(luck(1, bad, 0.95), None, "{bad}");
            assert_eq!(luck(1, 1.0, bad), None, "{bad}");
            assert_eq!(luck_since(tally, tally, bad), None, "{bad}");
        }
        assert_eq!(luck(u64::MAX, 1.0, 0.95), None);
        assert_eq!(luck(1, f64::MIN_POSITIVE / 1e10, 0.95), None, "nothing infinite");
        assert_eq!(luck_since(none, tally, 0.95), None);
        assert_eq!(luck_since(tally, none, 0.95), None);
    }

    proptest! {
        /// In a pool so small that windows tell little, a reference that is far longer is as good as an expectation
        /// that is known.
        #[test]
        fn a_long_reference_is_an_expectation(found in 0..30_u64, expected in 1..20_u64) {
            let (now, before) = (Found { found, blocks: 9_000 }, Found { found: expected * 1_000, blocks: 9_000_000 });
            let (a, b) = (luck_since(now, before, 0.95).unwrap(), luck(found, a_float(expected), 0.95).unwrap());
            prop_assert!((a.expected - b.expected).abs() < 1e-6);
            prop_assert!((a.ratio.unwrap().value - b.ratio.unwrap().value).abs() < 1e-9);
            // one adds what is no more probable, the other doubles a tail
            prop_assert!(a.p_value <= b.p_value + 0.05 && b.p_value <= 2.2 * a.p_value + 0.05, "{a:?} {b:?}");
        }
    }

    fn a_float(number: u64) -> f64 {
        crate::poisson::blocks(number).unwrap()
    }
}
