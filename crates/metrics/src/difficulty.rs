//! The next change of difficulty: what it will be, and when.
//!
//! For chains that retarget as Bitcoin's main chain does. A chain that never does (regtest), and one where twenty
//! minutes without a block make it easy (testnet), are for others to leave out; so is what a chain's lowest difficulty
//! is.

use statrs::distribution::{ContinuousCDF, FisherSnedecor};

use crate::{poisson::blocks as number, shares::Interval};

/// Blocks from one retarget to the next.
pub const EPOCH_BLOCKS: u64 = 2_016;
/// Waits between an epoch's first and its last block, whose header times are all that a retarget looks at: one fewer
/// than blocks.
pub const EPOCH_WAITS: u64 = EPOCH_BLOCKS - 1;
/// What an epoch is to take: 2,016 times 600 seconds.
pub const EPOCH_SECONDS: f64 = 1_209_600.0;
/// A retarget changes the difficulty by no more than this factor, up or down.
const MOST: f64 = 4.0;
/// More waits than fifty epochs have: to a pace so sure nothing is added, and the quantiles lose digits.
const MOST_WAITS: u64 = 100_000;

/// An epoch so far.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Epoch {
    /// Its difficulty.
    pub difficulty: f64,
    /// Blocks of it above its first, up to the tip: 0 to 2,015.
    pub waits: u64,
    /// From the header time of its first block to the tip's. Header times may fall: below 0 is possible.
    pub seconds: i64,
}

/// A pace known from before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// Blocks that were waited for.
    pub waits: u64,
    /// What they would have taken at the epoch's difficulty: the time they took times that difficulty over theirs.
    pub seconds: f64,
}

/// The retarget to come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Retarget {
    /// Blocks to be found until the epoch's last, with which the new difficulty holds.
    pub waits: u64,
    /// Seconds from the tip's header time to that of the epoch's last block.
    pub seconds: Interval,
    /// New difficulty over old: 1 is no change.
    pub change: Interval,
    /// The new difficulty.
    pub difficulty: Interval,
}

/// The retarget that ends an epoch. k waits took T seconds, R = 2015 - k are to come. If the hashrate is constant, the
/// time S that these take is T R/k times a variable of the F distribution with 2R and 2k degrees of freedom, whatever
/// the hashrate: the ratio of two gamma variables of one rate. The new difficulty is the old one times
/// `1209600 / (T + S)`, within a quarter to four times.
///
/// Each value is the **median**: half of the cases are above. Medians of time and change belong to the same case, which
/// means do not, and there is one after the first block, when the mean time is infinite; from a hundred waits on the
/// change is within half a percent of what the pace so far, carried on, would make it. Ends are the quantiles at a/2
/// and 1 - a/2 with a = 1 - `confidence`, which hold the truth with that probability, over all that may have been seen
/// and all that may come.
///
/// A pace known `before`, of the last epoch say, is added to what was seen: k and T in the factor above are then those
/// of both. Without one, nothing is said before the epoch's second block.
///
/// When all waits are over nothing is left to chance: both ends are the value, 0 seconds. The new target is cut to the
/// bits that a header holds, so the value is right to 1 part in 32,768. A time below 0 saturates at four, as the rules
/// have it.
///
/// Off by one: a retarget measures 2,015 waits and means them to take the time of 2,016, so a chain of steady hashrate
/// finds its blocks 600.3 seconds apart. That is in the formula.
///
/// Range: the change is 0.25 to 4, `low <= value <= high`. None where the waits are more than an epoch's or, with those
/// before, than a hundred thousand, a difficulty is not above 0, a confidence is none, nothing is known of the pace (no
/// wait, or no time for them), or a figure is not finite.
///
/// What it does not show: a hashrate that moves, which it does, by some percent a week; that header times of the first
/// and the last block are off, by up to two hours of 336.
///
/// Source: Bitcoin Core, `CalculateNextWorkRequired` in src/pow.cpp; for the F distribution, any book of statistics.
pub fn next_retarget(epoch: Epoch, before: Option<Pace>, confidence: f64) -> Option<Retarget> {
    let waits = EPOCH_WAITS.checked_sub(epoch.waits)?;
    let asked = epoch.difficulty > 0.0 && epoch.difficulty < f64::MAX / MOST && confidence > 0.0 && confidence < 1.0;
    #[allow(clippy::cast_precision_loss, reason = "no chain has 2^53 seconds")]
    let seen = Some(epoch.seconds as f64).filter(|_| asked)?;
    let seconds = if waits == 0 {
        Interval { value: 0.0, low: 0.0, high: 0.0 }
    } else {
        remaining(waits, (epoch.waits, seen), before, (1.0 - confidence) / 2.0)?
    };
    let change = |left: f64| EPOCH_SECONDS / (seen + left).clamp(EPOCH_SECONDS / MOST, EPOCH_SECONDS * MOST);
    let change = Interval { value: change(seconds.value), low: change(seconds.high), high: change(seconds.low) };
    let times = |factor: f64| epoch.difficulty * factor;
    let difficulty = Interval { value: times(change.value), low: times(change.low), high: times(change.high) };
    Some(Retarget { waits, seconds, change, difficulty })
}

/// The median and the quantiles at `tail` and 1 - `tail` of the time that `waits` waits take, by the pace of those seen
/// and before.
fn remaining(waits: u64, seen: (u64, f64), before: Option<Pace>, tail: f64) -> Option<Interval> {
    let before = before.unwrap_or(Pace { waits: 0, seconds: 0.0 });
    let known = seen.0.checked_add(before.waits).filter(|known| (1..=MOST_WAITS).contains(known))?;
    // a pace of no waits has no time
    let sound =
        before.seconds.is_finite() && if before.waits > 0 { before.seconds > 0.0 } else { before.seconds == 0.0 };
    let time = Some(seen.1 + before.seconds).filter(|time| sound && *time > 0.0)?;
    let (left, known) = (number(waits)?, number(known)?);
    let pace = FisherSnedecor::new(2.0 * left, 2.0 * known).ok()?;
    let at =
        |quantile: f64| Some(time / known * left * pace.inverse_cdf(quantile)).filter(|seconds| seconds.is_finite());
    Some(Interval { value: at(0.5)?, low: at(tail)?, high: at(1.0 - tail)? })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn epoch(waits: u64, seconds: i64) -> Epoch {
        Epoch { difficulty: 100.0, waits, seconds }
    }

    /// Quantiles of F by an independent library of statistics: for 2 * 1007 and 2 * 1008 degrees of freedom 0.9163553,
    /// 0.9999997 and 1.0912776 at 2.5, 50 and 97.5 %; for 2 * 2010 and 2 * 5, 0.4874482, 1.0702768 and 3.0816116.
    #[test]
    fn by_tables() {
        for (waits, quantiles) in
            [(1_008, [0.916_355_3, 0.999_999_7, 1.091_277_6]), (5, [0.487_448_2, 1.070_276_8, 3.081_611_6])]
        {
            let seen = i64::try_from(waits * 600).unwrap();
            let found = next_retarget(epoch(waits, seen), None, 0.95).unwrap();
            let (seen, left) = (number(waits * 600).unwrap(), number((2_015 - waits) * 600).unwrap());
            let times = [found.seconds.low, found.seconds.value, found.seconds.high];
            let changes = [found.change.high, found.change.value, found.change.low];
            for ((quantile, seconds), change) in quantiles.into_iter().zip(times).zip(changes) {
                assert!((seconds / (left * quantile) - 1.0).abs() < 2e-7, "{found:?}");
                assert!((change * (seen + left * quantile) / EPOCH_SECONDS - 1.0).abs() < 2e-7, "{found:?}");
            }
            assert!((found.difficulty.value - 100.0 * found.change.value).abs() < 1e-9 && found.waits == 2_015 - waits);
        }
    }

    /// The retarget of block 32,256, the first to change anything: header times 1,261,130,161 (30,240) and
    /// 1,262,152,739 (32,255) take the bits from 1d00ffff to 1d00d86a, the difficulty from 1 to 1.18289953 (Bitcoin
    /// Core's unit tests of retargeting).
    #[test]
    fn the_first_change() {
        let found = next_retarget(epoch(2_015, 1_262_152_739 - 1_261_130_161), None, 0.95).unwrap();
        assert!((found.change.value - 1.182_899_53).abs() < 1.182_899_53 / 32_768.0, "{found:?}");
        assert_eq!((found.waits, found.change.low, found.change.high), (0, found.change.value, found.change.value));
        assert_eq!(found.seconds, Interval { value: 0.0, low: 0.0, high: 0.0 });
    }

    #[test]
    fn times_beyond_the_limits_saturate() {
        for (seconds, change) in
            [(0, 4.0), (-7_200, 4.0), (i64::MIN, 4.0), (302_400, 4.0), (4_838_400, 0.25), (i64::MAX, 0.25)]
        {
            assert_eq!(next_retarget(epoch(2_015, seconds), None, 0.95).unwrap().change.value, change, "{seconds}");
        }
        let fast = next_retarget(epoch(1_000, 1), None, 0.95).unwrap();
        assert_eq!((fast.change.low, fast.change.value, fast.change.high), (4.0, 4.0, 4.0));
        let slow = next_retarget(epoch(1, 100_000_000), None, 0.95).unwrap();
        assert_eq!((slow.change.low, slow.change.value), (0.25, 0.25));
    }

    /// At the pace that is meant, the off-by-one alone is left: 2016/2015.
    #[test]
    fn off_by_one() {
        let found = next_retarget(epoch(1_500, 1_500 * 600), None, 0.95).unwrap();
        assert!((found.change.value - 2_016.0 / 2_015.0).abs() < 2e-4, "{found:?}");
    }

    #[test]
    fn a_pace_from_before() {
        let before = Pace { waits: 2_015, seconds: 2_015.0 * 540.0 };
        let first = next_retarget(epoch(0, 0), Some(before), 0.95).unwrap();
        assert!((first.change.value - 600.0 * 2_016.0 / (2_015.0 * 540.0)).abs() < 1e-3, "{first:?}");
        assert!(first.change.low > 1.04 && first.change.high < 1.20, "{first:?}");
        // fast now and slow before: both count, and 600 seconds come of them
        let slow = Pace { waits: 1_000, seconds: 1_000.0 * 700.0 };
        let both = next_retarget(epoch(1_000, 1_000 * 500), Some(slow), 0.95).unwrap();
        assert!((both.seconds.value / (1_015.0 * 600.0) - 1.0).abs() < 1e-3, "{both:?}");
        // one block in half a minute would have it at four times without
        let second = next_retarget(epoch(1, 30), Some(before), 0.95).unwrap();
        assert!((second.change.value - first.change.value).abs() < 2e-3, "{second:?}");
        assert_eq!(next_retarget(epoch(1, 30), None, 0.95).unwrap().change.value, 4.0);
        // a tip whose header time is before the first block's
        assert!(next_retarget(epoch(3, -500), Some(before), 0.95).is_some());
    }

    #[test]
    fn nothing_from_nothing() {
        assert_eq!(next_retarget(epoch(0, 0), None, 0.95), None, "nothing seen");
        assert_eq!(next_retarget(epoch(2, 0), None, 0.95), None, "no time");
        assert_eq!(next_retarget(epoch(2, -1), None, 0.95), None, "time below nothing");
        assert_eq!(next_retarget(epoch(2_016, 1_000_000), None, 0.95), None, "more than an epoch");
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(next_retarget(epoch(10, 6_000), None, bad), None, "{bad}");
            assert_eq!(next_retarget(Epoch { difficulty: bad, ..epoch(10, 6_000) }, None, 0.95), None, "{bad}");
            let before = Pace { waits: 10, seconds: bad };
            assert_eq!(next_retarget(epoch(10, 6_000), Some(before), 0.95), None, "{bad}");
        }
        for waits in [0, MOST_WAITS, u64::MAX] {
            assert_eq!(next_retarget(epoch(10, 6_000), Some(Pace { waits, seconds: 1e6 }), 0.95), None, "{waits}");
        }
        assert_eq!(next_retarget(epoch(10, 6_000), None, 1.0), None);
    }

    proptest! {
        #[test]
        fn within_its_range(
            waits in 1..=2_015_u64, seconds in 1..10_000_000_i64, confidence in 0.01..0.9999,
            before in proptest::option::of((1..90_000_u64, 1.0..1e8)),
        ) {
            let before = before.map(|(waits, seconds)| Pace { waits, seconds });
            let found = next_retarget(epoch(waits, seconds), before, confidence).unwrap();
            for interval in [found.seconds, found.change, found.difficulty] {
                prop_assert!(interval.low <= interval.value && interval.value <= interval.high, "{found:?}");
                prop_assert!(interval.low >= 0.0 && interval.high.is_finite());
            }
            prop_assert!(found.change.low >= 0.25 && found.change.high <= 4.0);
        }

        /// What is seen of the same pace makes it surer.
        #[test]
        fn narrows(waits in 1..2_000_u64) {
            let width = |waits: u64| {
                let found = next_retarget(epoch(waits, i64::try_from(waits * 600).unwrap()), None, 0.95).unwrap();
                found.change.high - found.change.low
            };
            prop_assert!(width(waits + 15) <= width(waits));
        }
    }
}
