//! A pool's share of the blocks of one window against its share of another: whether they differ by more than chance,
//! and by how much.
//!
//! Which windows are worth comparing, and how many comparisons are made at a time, is for others.

use statrs::distribution::{ContinuousCDF, Normal};

use crate::{poisson::blocks as number, shares::Interval};

/// Probabilities that differ by less than this part of them are of one size: they are, but for rounding.
const ALIKE: f64 = 1.0 + 1e-7;
/// Halvings after which an interval's end stands to the last digits.
const HALVINGS: usize = 60;

/// What a pool found of the blocks of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Blocks of the pool.
    pub found: u64,
    /// Blocks of all, the pool's too.
    pub blocks: u64,
}

impl Found {
    /// Both numbers as floats: none of an empty window, of more found than there are, and of more than any chain has.
    pub(crate) fn numbers(self) -> Option<(f64, f64)> {
        let held = self.blocks > 0 && self.found <= self.blocks;
        Some((number(self.found)?, number(self.blocks).filter(|_| held)?))
    }
}

/// Fisher's exact test, two-sided, of whether a pool had one and the same share in two windows that do not overlap.
///
/// If it had, whatever the share was, then of the k blocks that it found in both windows together the number that fell
/// into one is a hypergeometric variable. The p-value is the sum of the probabilities of all outcomes that are no more
/// probable than the one that came out.
///
/// Range: 0 to 1; 1 where the pool found none of all blocks, or all of them. A p-value of at most a comes up with a
/// probability of at most a if the share was the same, and mostly less. None for an empty window, more found than there
/// are, and more than ten million blocks.
///
/// What it does not show: that the share was steady within each window; anything about a window that was picked because
/// it looked odd; how large the difference is ([`share_ratio`]).
///
/// Source: R. A. Fisher, «The logic of inductive inference», Journal of the Royal Statistical Society 98 (1935).
pub fn fisher_p_value(now: Found, before: Found) -> Option<f64> {
    now.numbers()?;
    before.numbers()?;
    let hits = now.found + before.found;
    let (least, most) = (hits.saturating_sub(before.blocks), hits.min(now.blocks));
    let mode = ((hits + 1) * (now.blocks + 1) / (now.blocks + before.blocks + 2)).clamp(least, most);
    // P(k + 1) / P(k), where k runs from `least`: no difference falls below nothing
    #[allow(clippy::cast_precision_loss, reason = "products of at most ten million each")]
    let step = |k: u64| ((hits - k) * (now.blocks - k)) as f64 / ((k + 1) * (before.blocks + k + 1 - hits)) as f64;
    // every probability as a part of the greatest, outward from there until nothing is left
    let (mut parts, mut own) = (vec![1.0], if now.found == mode { 1.0 } else { 0.0 });
    let mut outward = |outcomes: &mut dyn Iterator<Item = (u64, f64)>| {
        let mut part = 1.0;
        for (k, factor) in outcomes {
            part *= factor;
            if part < f64::MIN_POSITIVE {
                break;
            }
            if k == now.found {
                own = part;
            }
            parts.push(part);
        }
    };
    outward(&mut (mode..most).map(|k| (k + 1, step(k))));
    outward(&mut (least..mode).rev().map(|k| (k, 1.0 / step(k))));
    let (all, no_more) = parts.iter().fold((0.0, 0.0), |(all, no_more), part| {
        (all + part, if *part <= own * ALIKE { no_more + part } else { no_more })
    });
    Some((no_more / all).min(1.0))
}

/// A pool's share now over its share before, with the interval of those ratios that a score test at 1 - `confidence`
/// does not reject. None where the pool found nothing before: there is no ratio.
///
/// For a ratio r the shares p = r q fit best for which q = 2 (k + k') / (b + sqrt(b^2 - 4 r (n + n') (k + k'))) with
/// b = r (n + k') + k + n'; the interval holds the r for which
/// `(k/n - r k'/n')^2 / (p (1-p)/n + r^2 q (1-q)/n')` is at most z^2. Primed is before.
///
/// Range: `0 <= low <= value <= high`, all finite. The coverage is near `confidence`, not at least that. At the edge it
/// may disagree with [`fisher_p_value`], which is the stricter.
///
/// Source: P. A. R. Koopman, «Confidence intervals for the ratio of two binomial proportions», Biometrics 40 (1984).
pub fn share_ratio(now: Found, before: Found, confidence: f64) -> Option<Interval> {
    let ((k, n), (k_before, n_before)) = (now.numbers()?, before.numbers()?);
    if k_before <= 0.0 || !(confidence > 0.0 && confidence < 1.0) {
        return None;
    }
    let most = Some(Normal::standard().inverse_cdf(0.5 + confidence / 2.0).powi(2)).filter(|most| most.is_finite())?;
    let rejected = |ratio: f64| {
        let hits = k + k_before;
        let b = ratio * (n + k_before) + k + n_before;
        let root = (b * b - 4.0 * ratio * (n + n_before) * hits).max(0.0).sqrt();
        let share_before = (2.0 * hits / (b + root)).min(1.0);
        let share = (ratio * share_before).min(1.0);
        let variance = share * (1.0 - share) / n + ratio * ratio * share_before * (1.0 - share_before) / n_before;
        (k / n - ratio * k_before / n_before).powi(2) > most * variance
    };
    let value = (k / n) / (k_before / n_before);
    // the end of what is not rejected, between a ratio that is not and one that is
    let end = |mut inside: f64, mut outside: f64| {
        for _ in 0..HALVINGS {
            let middle = f64::midpoint(inside, outside);
            *(if rejected(middle) { &mut outside } else { &mut inside }) = middle;
        }
        inside
    };
    let (mut below, mut above) = (value / 2.0, value.max(1.0 / n) * 2.0);
    while below > 0.0 && !rejected(below) {
        below /= 2.0;
    }
    while above.is_finite() && !rejected(above) {
        above *= 2.0;
    }
    Some(Interval { value, low: end(value, below), high: end(value, above) }).filter(|found| found.high.is_finite())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tallies(found: u64, blocks: u64, found_before: u64, blocks_before: u64) -> (Found, Found) {
        (Found { found, blocks }, Found { found: found_before, blocks: blocks_before })
    }

    /// Fisher's lady tasting tea (34/70) and his convicted twins («The logic of inductive inference», 1935); exact sums
    /// of fractions.
    #[test]
    fn published_tests() {
        for ((found, blocks, found_before, blocks_before), p_value) in [
            ((3, 4, 1, 4), 34.0 / 70.0),
            ((2, 17, 10, 13), 0.000_536_724_119_143),
            ((8, 10, 1, 6), 0.034_965_034_965_035),
            ((190, 990, 149, 1_000), 0.012_200_701_403_287),
            ((7, 19, 0, 5), 0.272_068_511_198_946),
            ((300_500, 1_000_000, 299_000, 1_000_000), 0.020_691_913_164),
        ] {
            let (now, before) = tallies(found, blocks, found_before, blocks_before);
            let found = fisher_p_value(now, before).unwrap();
            assert!((found - p_value).abs() < 1e-11, "{now:?} {before:?}: {found}");
        }
        // deep in the tail the digits still count
        let (now, before) = tallies(18, 165, 123, 181);
        assert!((fisher_p_value(now, before).unwrap() / 7.686_224_774_6e-29 - 1.0).abs() < 1e-9);
    }

    /// Koopman's example (1984): 36 of 40 against 16 of 80 gives 2.94 to 7.15. Others by an independent library of
    /// statistics.
    #[test]
    fn published_ratios() {
        for ((found, blocks, found_before, blocks_before), low, high) in [
            ((36, 40, 16, 80), 2.939_569, 7.152_223),
            ((7, 34, 1, 34), 1.220_853, 42.575_718),
            ((1, 34, 7, 34), 0.023_488, 0.819_100),
            ((0, 40, 16, 80), 0.0, 0.444_603),
            ((40, 40, 16, 80), 3.328_203, 7.872_253),
            ((218, 4_532, 208, 4_464), 0.857_865, 1.242_360),
            ((300_500, 1_000_000, 299_000, 1_000_000), 1.000_768, 1.009_284),
        ] {
            let (now, before) = tallies(found, blocks, found_before, blocks_before);
            let found = share_ratio(now, before, 0.95).unwrap();
            assert!(
                (found.low - low).abs() < 1e-6 && (found.high / high - 1.0).abs() < 1e-6,
                "{now:?} {before:?}: {found:?}"
            );
        }
    }

    #[test]
    fn nothing_from_nothing() {
        for (found, blocks, found_before, blocks_before) in [
            (0, 0, 1, 2),
            (1, 2, 0, 0),
            (3, 2, 1, 2),
            (1, 2, 3, 2),
            (1, u64::MAX, 1, 2),
            (u64::MAX, u64::MAX, u64::MAX, u64::MAX),
        ] {
            let (now, before) = tallies(found, blocks, found_before, blocks_before);
            assert_eq!(fisher_p_value(now, before), None, "{now:?} {before:?}");
            assert_eq!(share_ratio(now, before, 0.95), None, "{now:?} {before:?}");
        }
        let (now, before) = tallies(1, 2, 1, 2);
        for bad in [0.0, 1.0, -1.0, f64::NAN, 1.0 - f64::EPSILON / 2.0] {
            assert_eq!(share_ratio(now, before, bad), None, "{bad}");
        }
        assert_eq!(share_ratio(now, Found { found: 0, blocks: 2 }, 0.95), None, "no ratio to nothing");
    }

    #[test]
    fn the_ends_are_answered() {
        let most = crate::poisson::MOST_BLOCKS;
        for (found, blocks, found_before, blocks_before, p_value) in [
            (0, 10, 0, 10, 1.0),
            (10, 10, 10, 10, 1.0),
            (most, most, most, most, 1.0),
            (1, most, 1, most, 1.0),
            (0, most, most, most, 0.0),
        ] {
            let (now, before) = tallies(found, blocks, found_before, blocks_before);
            assert_eq!(fisher_p_value(now, before), Some(p_value), "{now:?} {before:?}");
        }
        for (found, before_found) in [(0, most), (most, 1), (most, most), (1, 1)] {
            let (now, before) = tallies(found, most, before_found, most);
            let ratio = share_ratio(now, before, 0.95).unwrap();
            assert!(
                0.0 <= ratio.low && ratio.low <= ratio.value && ratio.value <= ratio.high,
                "{now:?} {before:?}: {ratio:?}"
            );
        }
    }

    /// Of a share that is the same in both windows, p-values of at most a come up no more often than a: all outcomes of
    /// two small windows, by their probabilities.
    #[test]
    fn no_more_alarms_than_promised() {
        let binomial = |share: f64, blocks: u64| {
            let mut part = (1.0 - share).powi(i32::try_from(blocks).unwrap());
            let counts = (0..=blocks).map(|k| {
                let this = part;
                #[allow(clippy::cast_precision_loss, reason = "a few blocks")]
                let factor = (blocks - k) as f64 / (k + 1) as f64;
                part *= factor * share / (1.0 - share);
                this
            });
            counts.collect::<Vec<f64>>()
        };
        for share in [0.05, 0.3, 0.5] {
            let (chances, chances_before) = (binomial(share, 25), binomial(share, 40));
            let (mut outcomes, mut all) = (Vec::new(), 0.0);
            for (found, chance) in (0..).zip(&chances) {
                for (found_before, chance_before) in (0..).zip(&chances_before) {
                    let (now, before) = tallies(found, 25, found_before, 40);
                    outcomes.push((fisher_p_value(now, before).unwrap(), chance * chance_before));
                    all += chance * chance_before;
                }
            }
            assert!((all - 1.0).abs() < 1e-12);
            for level in [0.01, 0.05, 0.2, 0.5] {
                let alarms: f64 = outcomes.iter().filter(|(p, _)| *p <= level).map(|(_, chance)| chance).sum();
                assert!(alarms <= level, "{share} {level}: {alarms}");
            }
        }
    }

    prop_compose! {
        fn tally(most: u64)(blocks in 1..most)(found in 0..=blocks, blocks in Just(blocks)) -> Found {
            Found { found, blocks }
        }
    }

    proptest! {
        /// Neither which window is called the first nor whether the pool's or the others' blocks are counted matters.
        #[test]
        fn symmetries(now in tally(3_000), before in tally(3_000)) {
            let others = |tally: Found| Found { found: tally.blocks - tally.found, ..tally };
            let found = fisher_p_value(now, before).unwrap();
            prop_assert!((0.0..=1.0).contains(&found));
            for same in [fisher_p_value(before, now), fisher_p_value(others(now), others(before))] {
                prop_assert!((same.unwrap() - found).abs() <= 1e-9 * found.max(1e-300));
            }
        }

        #[test]
        fn ratios_turn_over(now in tally(3_000), before in tally(3_000), confidence in 0.5..0.999) {
            prop_assume!(now.found > 0 && before.found > 0);
            let (a, b) = (share_ratio(now, before, confidence).unwrap(), share_ratio(before, now, confidence).unwrap());
            prop_assert!(0.0 < a.low && a.low <= a.value && a.value <= a.high && a.high.is_finite());
            prop_assert!((a.low * b.high - 1.0).abs() < 1e-6 && (a.high * b.low - 1.0).abs() < 1e-6);
        }
    }
}
