//! The time between blocks, and the blocks between those of one pool: the longest, and how likely it is by chance.
//!
//! When a block was found is for others: header times are the miners' own, and differences of two of them are off by as
//! much as both are.

use crate::{
    poisson::blocks as number,
    streaks::{Run, UNKNOWN, expected_runs, run_probability},
};

/// The number of waits of more than `seconds` in expectation, among `waits` waits for a block of `mean_seconds` each:
/// `n exp(-x/m)`.
///
/// Waits are taken as exponential: hashes do not know how long the last block is ago.
///
/// Range: 0 to n. None for a mean that is not above 0, seconds below 0 or not finite, and more than ten million waits.
///
/// What it does not show: a mean that moves, with the hashrate and at a retarget; the minutes by which header times are
/// off, which makes long differences of header times more frequent than long waits.
pub fn expected_waits_above(waits: u64, mean_seconds: f64, seconds: f64) -> Option<f64> {
    Some(number(waits)? * (-means(mean_seconds, seconds)?).exp())
}

/// The probability that the longest of `waits` waits for a block, of `mean_seconds` each, is at least `seconds`:
/// `1 - (1 - exp(-x/m))^n`, without a loss of digits where it is small.
///
/// Range: 0 to 1; 0 without a wait, 1 for 0 seconds. None and limits as with [`expected_waits_above`].
///
/// Source: the greatest of independent variables; E. J. Gumbel, «Statistics of Extremes» (1958).
pub fn longest_wait_probability(waits: u64, mean_seconds: f64, seconds: f64) -> Option<f64> {
    let (n, means) = (number(waits)?, means(mean_seconds, seconds)?);
    if n <= 0.0 {
        return Some(0.0);
    }
    // of 0 seconds the logarithm is minus infinity, and the result 1; `abs` for the sign of nothing
    Some((n * (-(-means).exp()).ln_1p()).exp_m1().abs())
}

/// How many means so many seconds are.
fn means(mean_seconds: f64, seconds: f64) -> Option<f64> {
    let asked = mean_seconds > 0.0 && mean_seconds.is_finite() && seconds >= 0.0 && seconds.is_finite();
    asked.then_some(seconds / mean_seconds)
}

/// The longest gap of each entity that has a block, by entity: the most consecutive blocks that it did not find, the
/// first where several are of that length. `found_by` says of each block who found it.
///
/// Gaps at either end count as long as they are within what is given, as they do in [`gap_probability`]. Entities
/// without a gap, where one found all blocks, are left out, and so is Unknown. Lengths are upper bounds: a block of
/// Unknown may be the pool's.
pub fn longest_gaps(found_by: &[u16]) -> Vec<Run> {
    // where each entity's last block is, and its longest gap so far
    let mut known: Vec<Option<(usize, Run)>> = Vec::new();
    for (at, &entity) in found_by.iter().enumerate().filter(|(_, entity)| **entity != UNKNOWN) {
        let place = usize::from(entity);
        if known.len() <= place {
            known.resize(place + 1, None);
        }
        let (start, longest) =
            known[place].map_or((0, Run { entity, start: 0, length: 0 }), |(last, gap)| (last + 1, gap));
        known[place] = Some((at, longer(longest, start, at)));
    }
    let gaps = known.into_iter().flatten().map(|(last, longest)| longer(longest, last + 1, found_by.len()));
    gaps.filter(|gap| gap.length > 0).collect()
}

/// The longer of a gap and another from `start` up to `end`; the first of two that are alike.
fn longer(gap: Run, start: usize, end: usize) -> Run {
    if end - start > gap.length { Run { start, length: end - start, ..gap } } else { gap }
}

/// The number of gaps of at least `length` blocks that an entity with that `share` of the hashrate leaves in
/// expectation among `blocks` blocks: the runs of all others ([`expected_runs`] with 1 - p).
pub fn expected_gaps(share: f64, length: u64, blocks: u64) -> Option<f64> {
    expected_runs(1.0 - share, length, blocks)
}

/// The probability that an entity with that `share` of the hashrate leaves at least one gap of at least `length` blocks
/// among `blocks` blocks: a run of all others ([`run_probability`] with 1 - p).
///
/// Range: 0 to 1. None and limits as there.
///
/// What it does not show: why. A gap says that a pool was unlucky, that its machines stood still or that its blocks
/// carried no mark.
pub fn gap_probability(share: f64, length: u64, blocks: u64) -> Option<f64> {
    run_probability(1.0 - share, length, blocks)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An hour without a block: e^-6 = 0.00247875 of all waits, 0.356940 a day in expectation, on 0.300496 of all days
    /// (forty digits).
    #[test]
    fn an_hour_within_a_day() {
        assert!((expected_waits_above(144, 600.0, 3_600.0).unwrap() - 0.356_940_313_439_956).abs() < 1e-12);
        assert!((longest_wait_probability(144, 600.0, 3_600.0).unwrap() - 0.300_495_763_992_549).abs() < 1e-12);
        assert!((longest_wait_probability(1, 600.0, 3_600.0).unwrap() - (-6.0_f64).exp()).abs() < 1e-15);
    }

    /// The greatest of many is ln n means long, give or take Gumbel's variable: 1 - exp(-exp(-g)) are g means longer
    /// (Gumbel, «Statistics of Extremes», 1958).
    #[test]
    fn gumbels_limit() {
        for longer in [-1.0_f64, 0.0, 1.0, 5.0] {
            let found = longest_wait_probability(1_000_000, 600.0, 600.0 * (1e6_f64.ln() + longer)).unwrap();
            assert!((found + (-(-longer).exp()).exp_m1()).abs() < 1e-5, "{longer}: {found}");
        }
    }

    #[test]
    fn the_ends_are_answered() {
        assert_eq!(longest_wait_probability(0, 600.0, 0.0), Some(0.0));
        assert_eq!(longest_wait_probability(10, 600.0, 0.0), Some(1.0));
        assert_eq!(longest_wait_probability(10, 600.0, f64::MAX), Some(0.0));
        assert_eq!(longest_wait_probability(10, f64::MIN_POSITIVE, f64::MAX), Some(0.0));
        // far out the probability is the expectation, to the last digits
        let (far, expected) =
            (longest_wait_probability(144, 600.0, 60_000.0), expected_waits_above(144, 600.0, 60_000.0));
        assert!((far.unwrap() / expected.unwrap() - 1.0).abs() < 1e-14);
        assert_eq!(gap_probability(0.0, 10, 10), Some(1.0));
        assert_eq!(gap_probability(1.0, 1, 10), Some(0.0));
    }

    #[test]
    fn nothing_from_nothing() {
        for probability in [longest_wait_probability, expected_waits_above] {
            for (mean, seconds) in [(0.0, 1.0), (-1.0, 1.0), (f64::NAN, 1.0), (f64::INFINITY, 1.0)] {
                assert_eq!(probability(10, mean, seconds), None);
            }
            for seconds in [-1.0, f64::NAN, f64::INFINITY] {
                assert_eq!(probability(10, 600.0, seconds), None);
            }
            assert_eq!(probability(u64::MAX, 600.0, 1.0), None);
        }
        for gaps in [gap_probability, expected_gaps] {
            assert_eq!(gaps(f64::NAN, 1, 10), None);
            assert_eq!(gaps(1.1, 1, 10), None);
            assert_eq!(gaps(0.1, 0, 10), None);
        }
    }

    #[test]
    fn longest() {
        let gap = |entity, start, length| Run { entity, start, length };
        let chain = [1, 2, 2, 0, 1, 1, 3, 1, 0, 0, 0];
        assert_eq!(longest_gaps(&chain), [gap(1, 1, 3), gap(2, 3, 8), gap(3, 0, 6)]);
        assert_eq!(longest_gaps(&[5, 5]), []);
        assert_eq!(longest_gaps(&[0, 0]), []);
        assert_eq!(longest_gaps(&[]), []);
    }

    /// A pool of a hundredth goes 459 blocks without one with the probability that it finds none of 459: 0.99^459 =
    /// 0.00992.
    #[test]
    fn none_of_all() {
        let found = gap_probability(0.01, 459, 459).unwrap();
        assert!((found - 0.009_92).abs() < 5e-6, "{found}");
        assert!((expected_gaps(0.01, 459, 459).unwrap() - found).abs() < 1e-15);
    }

    proptest! {
        #[test]
        fn falls_with_the_time(waits in 1..1_000_000_u64, mean in 1.0..1e4, seconds in 0.0..1e5, more in 0.0..1e4) {
            let here = longest_wait_probability(waits, mean, seconds).unwrap();
            prop_assert!((0.0..=1.0).contains(&here));
            prop_assert!(here <= expected_waits_above(waits, mean, seconds).unwrap() * (1.0 + 1e-12));
            prop_assert!(longest_wait_probability(waits, mean, seconds + more).unwrap() <= here);
            prop_assert!(longest_wait_probability(waits + 1, mean, seconds).unwrap() >= here);
        }

        /// A gap holds no block of the entity, and none is longer.
        #[test]
        fn no_longer_gap(chain in proptest::collection::vec(0..4_u16, 0..100)) {
            for gap in longest_gaps(&chain) {
                prop_assert!(chain[gap.start..gap.start + gap.length].iter().all(|entity| *entity != gap.entity));
                let longest = chain.split(|entity| *entity == gap.entity).map(<[u16]>::len).max();
                prop_assert_eq!(Some(gap.length), longest);
            }
        }
    }
}
