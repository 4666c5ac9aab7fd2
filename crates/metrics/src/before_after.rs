//! A figure before and after an event, over a few who had one: changes, their middle, and how little a few can say.
//!
//! What the event is, and which figures stand before it and after it, is for others. Nothing here tells a cause from a
//! coincidence.

use statrs::distribution::{Binomial, DiscreteCDF};

/// More values than any study of companies has.
const MOST: usize = 1_000_000;

/// The middle of some values, with what the sign test says of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Middle {
    /// How many values.
    pub n: usize,
    /// Their sum over their number.
    pub mean: f64,
    /// The one in the middle, or the mean of the two there.
    pub median: f64,
    /// The interval for the median; none where there are too few values for one at the confidence that was asked for.
    pub interval: Option<(f64, f64)>,
    /// Values below zero.
    pub below: usize,
    /// Values above zero.
    pub above: usize,
    /// The two-sided p-value of the sign test of a median of zero; those that are zero are left out of it.
    pub p_value: f64,
}

/// What a figure changed by, as a part of what it was: `after / before - 1`.
///
/// Range: above -1. None where either is not above zero or not finite, or the result is not.
pub fn change(before: f64, after: f64) -> Option<f64> {
    let positive = |figure: f64| (figure.is_finite() && figure > 0.0).then_some(figure);
    Some(positive(after)? / positive(before)? - 1.0).filter(|change| change.is_finite())
}

/// What a figure changed by beside what all of it did: `(after / before) / (all_after / all_before) - 1`. For a hashrate and
/// that of the network it is the change of the share.
///
/// Range: above -1; 0 where both grew alike. None as of [`change`].
pub fn change_of_share(before: f64, after: f64, all_before: f64, all_after: f64) -> Option<f64> {
    let (own, all) = (change(before, after)?, change(all_before, all_after)?);
    // 1 + change is a quotient of two figures above zero
    change(1.0 + all, 1.0 + own)
}

/// The middle of `values`. The interval for the median of what they were drawn from goes from the k-th lowest to the k-th
/// highest, k the greatest for which `1 - 2 P(B <= k - 1)` is no less than `confidence`, B binomial of n and 1/2; so it holds
/// the median with a probability of at least that, whatever the distribution, if the values are independent. Fewer than six
/// have none at 95 %.
///
/// The p-value is `2 min(P(B <= below), P(B <= above))`, at most 1, B binomial of the values that are not zero and 1/2; 1
/// where there is none.
///
/// Range: `interval.0 <= median <= interval.1`. None for no value, one that is not finite, more than a million, and a
/// confidence that is none.
///
/// Source: W. J. Conover, «Practical Nonparametric Statistics» (1999), sections 3.2 and 3.4.
pub fn middle(values: &[f64], confidence: f64) -> Option<Middle> {
    let sound = !values.is_empty() && values.len() <= MOST && values.iter().all(|value| value.is_finite());
    let is_one = confidence > 0.0 && confidence < 1.0;
    if !(sound && is_one) {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    #[allow(clippy::cast_precision_loss, reason = "a million at most")]
    let mean = sorted.iter().map(|value| value / n as f64).sum();
    let below = sorted.iter().filter(|value| **value < 0.0).count();
    let above = sorted.iter().filter(|value| **value > 0.0).count();
    Some(Middle {
        n,
        mean,
        median: f64::midpoint(sorted[(n - 1) / 2], sorted[n / 2]),
        interval: rank(n, confidence).map(|k| (sorted[k - 1], sorted[n - k])),
        below,
        above,
        p_value: (2.0 * at_most(below + above, below.min(above))?).min(1.0),
    })
}

/// The greatest k of which the k-th lowest and the k-th highest hold the median often enough.
fn rank(n: usize, confidence: f64) -> Option<usize> {
    let tail = (1.0 - confidence) / 2.0;
    // sums of halves are exact but for the last digits, which must not decide
    let holds = |k: usize| at_most(n, k - 1).is_some_and(|below| below <= tail + 1e-12);
    (1..=n.div_ceil(2)).take_while(|k| holds(*k)).last()
}

/// P(B <= k) of a binomial variable of n and 1/2.
fn at_most(n: usize, k: usize) -> Option<f64> {
    Some(Binomial::new(0.5, n as u64).ok()?.cdf(k as u64))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 20 EH/s of 500 and then 30 of 1,000: half as much again, and three quarters of the share: 0.04 and 0.03.
    #[test]
    fn a_miner_that_grew_less_than_all() {
        assert_eq!(change(20.0, 30.0), Some(0.5));
        let share = change_of_share(20.0, 30.0, 500.0, 1_000.0).unwrap();
        assert!((share + 0.25).abs() < 1e-12, "{share}");
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!((change(bad, 1.0), change(1.0, bad)), (None, None), "{bad}");
            assert_eq!(change_of_share(1.0, 1.0, bad, 1.0), None, "{bad}");
            assert_eq!(change_of_share(1.0, 1.0, 1.0, bad), None, "{bad}");
        }
        assert_eq!(change(f64::MIN_POSITIVE, f64::MAX), None, "beyond all numbers");
    }

    /// Six of one sign: 2 (1/2)^6 = 0.03125, and the lowest and the highest hold the median with 0.96875. Ten: from the second
    /// to the ninth with 1 - 2 * 11/1024 = 0.9785; seventeen: from the fifth to the thirteenth with 0.9510 (Conover, table A3).
    #[test]
    fn by_hand() {
        let six = middle(&[-0.3, -0.1, -0.2, -0.6, -0.4, -0.5], 0.95).unwrap();
        assert_eq!((six.n, six.below, six.above, six.interval), (6, 6, 0, Some((-0.6, -0.1))));
        assert!((six.mean + 0.35).abs() < 1e-12 && (six.median + 0.35).abs() < 1e-12, "{six:?}");
        assert!((six.p_value - 0.031_25).abs() < 1e-12);
        let to = |n: u32| middle(&(1..=n).map(f64::from).collect::<Vec<_>>(), 0.95).unwrap();
        assert_eq!((to(10).interval, to(10).median), (Some((2.0, 9.0)), 5.5));
        assert_eq!((to(17).interval, to(17).median), (Some((5.0, 13.0)), 9.0));
        assert_eq!(to(5).interval, None, "1 - 2/32 is 0.9375");
        // four below and one above of those that are not zero: 2 (1 + 5) / 32
        let mixed = middle(&[0.0, -1.0, -2.0, -3.0, -4.0, 5.0], 0.95).unwrap();
        assert!((mixed.p_value - 0.375).abs() < 1e-12, "{mixed:?}");
    }

    #[test]
    fn of_nothing_there_is_no_middle() {
        assert_eq!(middle(&[], 0.95), None);
        assert_eq!((middle(&[f64::NAN], 0.95), middle(&[1.0, f64::INFINITY], 0.95)), (None, None));
        for bad in [0.0, 1.0, -1.0, f64::NAN] {
            assert_eq!(middle(&[1.0], bad), None, "{bad}");
        }
        let zeros = middle(&[0.0; 9], 0.95).unwrap();
        assert_eq!((zeros.p_value, zeros.median, zeros.interval), (1.0, 0.0, Some((0.0, 0.0))));
    }

    proptest! {
        /// Turned round, everything is turned round; and the test rejects just where the interval leaves zero out.
        #[test]
        fn what_is_turned_round(values in proptest::collection::vec(-5.0..5.0_f64, 1..40)) {
            let found = middle(&values, 0.95).unwrap();
            let turned = middle(&values.iter().map(|value| -value).collect::<Vec<_>>(), 0.95).unwrap();
            prop_assert!((found.mean + turned.mean).abs() < 1e-12 && (found.median + turned.median).abs() < 1e-12);
            prop_assert_eq!((found.below, found.above), (turned.above, turned.below));
            prop_assert_eq!(found.interval, turned.interval.map(|(low, high)| (-high, -low)));
            prop_assert!((found.p_value - turned.p_value).abs() < 1e-12);
            if let Some((low, high)) = found.interval {
                prop_assert!(low <= found.median && found.median <= high);
                let zero_is_out = low > 0.0 || high < 0.0;
                prop_assert_eq!(zero_is_out, found.p_value <= 0.05 + 1e-12);
            } else {
                prop_assert!(values.len() < 6);
            }
        }

        /// What grows as all does keeps its share; beside what stands still a change is one of the share.
        #[test]
        fn shares_follow_what_all_does(before in 1e-3..1e3_f64, grown in 0.1..10.0_f64, all in 1e2..1e4_f64) {
            let alike = change_of_share(before, before * grown, all, all * grown).unwrap();
            prop_assert!(alike.abs() < 1e-9);
            let still = change_of_share(before, before * grown, all, all).unwrap();
            prop_assert!((still - change(before, before * grown).unwrap()).abs() < 1e-9);
        }
    }
}
