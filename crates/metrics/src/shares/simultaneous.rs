//! Intervals for the shares of several pools that hold all at once.

use super::{Certainty, Interval, part, wilson_bounds};

/// Goodman's simultaneous intervals for the shares of a multinomial sample: in so many windows as `confidence` says, all of
/// them hold their share at once. `counts` are all blocks of the window, by whom they are told apart; the order is kept.
///
/// With N blocks of k cells and B the quantile of chi squared of one degree of freedom at 1 - (1 - `confidence`)/k, the bounds
/// of x blocks are (B + 2x ± √(B(B + 4x(N - x)/N))) / (2(N + B)): Wilson's at an error divided by k. A cell without a block
/// counts as one of the k.
///
/// Range: `0 <= low <= x/N <= high <= 1`. It is the more in need of blocks the rarer a pool is: where few are expected, a
/// single one may lift the lower bound above the truth. None for no block.
///
/// Source: L. A. Goodman, «On simultaneous confidence intervals for multinomial proportions», Technometrics 7 (1965).
pub fn goodman(counts: &[u64], confidence: f64) -> Option<Vec<Interval>> {
    let total = counts.iter().try_fold(0_u64, |sum, &blocks| sum.checked_add(blocks)).filter(|&total| total > 0)?;
    let shared = Certainty::new(confidence)?.shared_by(counts.len() as u64);
    let of = |&blocks: &u64| {
        let (low, high) = wilson_bounds(blocks, total, shared.z);
        Interval { value: part(blocks, total), low, high }
    };
    Some(counts.iter().map(of).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A month's blocks of seven pools and of all others. B = 7.476773.
    #[test]
    fn a_months_pools() {
        let found = goodman(&[1297, 788, 544, 507, 372, 218, 172, 634], 0.95).unwrap();
        assert!((found[0].low - 0.268_193).abs() < 5e-7 && (found[0].high - 0.304_886).abs() < 5e-7, "{:?}", found[0]);
        assert!((Certainty::new(0.95).unwrap().shared_by(8).z.powi(2) - 7.476_773).abs() < 5e-7);
    }

    /// Goodman's intervals at 95 % as C. P. Sison and J. Glaz compare theirs with, «Simultaneous confidence intervals and sample
    /// size determination for multinomial proportions», JASA 90 (1995), example 1, to three digits.
    #[test]
    fn published_values() {
        let published = [
            (0.085, 0.166),
            (0.115, 0.204),
            (0.116, 0.207),
            (0.091, 0.173),
            (0.096, 0.181),
            (0.143, 0.239),
            (0.089, 0.171),
        ];
        let found = goodman(&[56, 72, 73, 59, 62, 87, 58], 0.95).unwrap();
        for (found, (low, high)) in found.into_iter().zip(published) {
            assert!((found.low - low).abs() < 5.1e-4 && (found.high - high).abs() < 5.1e-4, "{found:?}");
        }
    }

    #[test]
    fn no_answer_without_blocks() {
        assert_eq!(goodman(&[], 0.95), None);
        assert_eq!(goodman(&[0, 0], 0.95), None);
        assert_eq!(goodman(&[u64::MAX, 1], 0.95), None);
        assert_eq!(goodman(&[1, 2], 1.0), None);
        let all = goodman(&[5], 0.95).unwrap();
        assert!(all[0].high >= 1.0 && all[0].value >= 1.0 && all[0].low < 1.0);
    }

    proptest! {
        #[test]
        fn wider_than_wilsons(counts in proptest::collection::vec(0..5_000_u64, 2..40)) {
            prop_assume!(counts.iter().sum::<u64>() > 0);
            let total = counts.iter().sum();
            for (interval, &blocks) in goodman(&counts, 0.95).unwrap().iter().zip(&counts) {
                let alone = crate::wilson(blocks, total, 0.95).unwrap();
                prop_assert!(0.0 <= interval.low && interval.low <= alone.low);
                prop_assert!(alone.high <= interval.high && interval.high <= 1.0);
            }
        }
    }
}
