//! Hashes per second, from the work of blocks and the time they took.
//!
//! Which clock the time is read from is for others, and so is what it may be off by. Header times are the miners' own:
//! off by minutes, by two hours at worst, and not always rising. Measure between medians of eleven header times (median
//! time past, BIP 113): the median of a block's time and those of the ten blocks below stands for the block five below.
//! From the median of block a to that of block b pass the waiting times of the b - a blocks from a-4 to b-5, so theirs
//! is the work that belongs to that time; the difference shows only where the difficulty changes.

use crate::{
    poisson::{blocks as number, garwood, waiting},
    shares::Interval,
};

/// An estimate of the network's hashes per second.
pub type Hashrate = Interval;

/// Hashes per second from `blocks` blocks that hold `work` expected hashes and took `seconds` from the block below
/// the first to the last: for a **fixed number of blocks**. None for fewer than two blocks, or no time.
///
/// With a fixed number n of blocks the time is the random part: n waiting times add up to a gamma variable, so the mean
/// of work/time is n/(n-1) of the truth. The estimate is therefore (n-1)/n work/time, and the interval
/// `[chi2(a/2; 2n), chi2(1-a/2; 2n)] / 2n * work/time`, in which the truth lies with a probability of exactly
/// `confidence`. Chance only: not what the header times are off by, nor how the hashrate moved meanwhile.
///
/// It is right on the mean, too, for the blocks above the first block of a window of time up to the window's last,
/// measured from that first block; measured from the block below it, it is one of n too low.
///
/// Range: above 0; `low <= value <= high` for a confidence of a half and more. None beyond ten million blocks.
///
/// Source: the waiting times of a Poisson process; Ozisik, Bissias, Levine, «Estimation of Miner Hash Rates and
/// Consensus on Blockchains» (2017).
pub fn hashrate(work: f64, blocks: u64, seconds: u64, confidence: f64) -> Option<Hashrate> {
    let value = mean_hashrate(work, blocks, seconds).filter(|_| confidence > 0.0 && confidence < 1.0)?;
    let (n, rate) = (number(blocks)?, rate(work, seconds)?);
    let (low, high) = waiting(n, n, (1.0 - confidence) / 2.0)?;
    Some(Interval { value, low: rate * low / n, high: rate * high / n })
}

/// The value of [`hashrate`] without its interval, for thousands at a time: (n-1)/n work/time.
pub fn mean_hashrate(work: f64, blocks: u64, seconds: u64) -> Option<f64> {
    let n = number(blocks).filter(|n| *n >= 2.0)?;
    Some(rate(work, seconds)? * (n - 1.0) / n)
}

/// The block that a median of eleven header times stands for lies so many below the one that it is of.
pub const MEDIAN_LAG: usize = 5;

/// A hashrate, and what it was taken from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Hashes per second.
    pub rate: Hashrate,
    /// Blocks whose work it is.
    pub blocks: u64,
    /// Seconds that they took.
    pub seconds: u64,
}

/// [`hashrate`] between two blocks of a chain, by their places in `times`. The first is where the clock starts: its own work was done
/// before. So whatever ended the window, a time or a number of blocks, from there to the last a number of blocks took their time.
///
/// `lag` is how far below its block a time stands: [`MEDIAN_LAG`] for medians of eleven header times, 0 for those of headers; the
/// work is that of as many blocks so far below. `work` tells the hashes expected of the blocks above a place up to another.
///
/// None where a place is not there, or the window is too short to say.
pub fn hashrate_between(
    times: &[u32],
    lag: usize,
    (first, last): (usize, usize),
    work: impl FnOnce(usize, usize) -> f64,
    confidence: f64,
) -> Option<Estimate> {
    let seconds = u64::from(times.get(last)?.saturating_sub(*times.get(first)?));
    // near the start of what is known medians are of fewer
    let (below, top) = if first >= lag { (first - lag, last.checked_sub(lag)?) } else { (first, last) };
    let blocks = top.checked_sub(below)? as u64;
    hashrate(work(below, top), blocks, seconds, confidence).map(|rate| Estimate { rate, blocks, seconds })
}

/// Hashes per second from the `blocks` blocks that were found within `seconds`, with `work` expected hashes: for a
/// **window of fixed time** whose ends do not depend on the blocks. None without a block, or no time.
///
/// With a fixed time the number n of blocks is the random part, a Poisson variable, and work/time has the truth as its
/// mean. The interval is `[chi2(a/2; 2n)/2, chi2(1-a/2; 2n+2)/2] / n * work/time` ([`garwood`]), in which the truth
/// lies with a probability of at least `confidence`.
///
/// A window that ends with a block, as one of the last day up to the tip does, holds that block for certain: leave it
/// and its work out, or the estimate is one block too high. Left out, the rest are a Poisson variable again (Slivnyak's
/// theorem). Blocks of different work are taken as of their mean.
///
/// Range: above 0; `low <= value <= high` for a confidence of a half and more. None beyond ten million blocks.
///
/// Source: F. Garwood, «Fiducial limits for the Poisson distribution», Biometrika 28 (1936); for what is seen from a
/// block, D. J. Daley, D. Vere-Jones, «An Introduction to the Theory of Point Processes» II (2008).
pub fn hashrate_of_time(work: f64, blocks: u64, seconds: u64, confidence: f64) -> Option<Hashrate> {
    let rate = rate(work, seconds)?;
    let found = garwood(blocks, confidence).filter(|found| found.value > 0.0)?;
    Some(Interval { value: rate, low: rate * found.low / found.value, high: rate * found.high / found.value })
}

/// Work over time: none where either is nothing, or the result is not finite.
fn rate(work: f64, seconds: u64) -> Option<f64> {
    #[allow(clippy::cast_precision_loss, reason = "no chain has 2^53 seconds")]
    let rate = work / seconds as f64;
    // an interval's upper end is a small multiple of the rate
    (work > 0.0 && seconds > 0 && rate > 0.0 && rate < f64::MAX / 1e6).then_some(rate)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// By medians the clock stands five blocks lower, and the work with it.
    #[test]
    fn between_two_blocks() {
        let times: Vec<u32> = (0..30).map(|place| 1_000 + 600 * place).collect();
        let work = |below: usize, top: usize| 6e5 * (top - below) as f64;
        let found = hashrate_between(
            &times,
            MEDIAN_LAG,
            (9, 29),
            |below, top| {
                assert_eq!((below, top), (4, 24));
                work(below, top)
            },
            0.95,
        );
        assert_eq!(found.map(|it| (it.blocks, it.seconds)), Some((20, 12_000)));
        assert_eq!(found.map(|it| it.rate), hashrate(20.0 * 6e5, 20, 12_000, 0.95));
        // near the start, by headers
        let near = hashrate_between(&times, MEDIAN_LAG, (2, 22), |below, top| work(below, top + below - 2), 0.95);
        assert_eq!(near.map(|it| it.rate), hashrate_between(&times, 0, (2, 22), work, 0.95).map(|it| it.rate));
        for (first, last) in [(0, 30), (5, 5), (6, 5), (28, 29)] {
            assert_eq!(hashrate_between(&times, 0, (first, last), |_, _| 6e5, 0.95), None, "{first} {last}");
        }
    }

    /// chi-squared quantiles at 2.5 % and 97.5 %: 9.5908 and 34.1696 for 20 degrees of freedom (any table).
    #[test]
    fn ten_blocks() {
        let found = hashrate(10.0 * 600.0, 10, 6_000, 0.95).unwrap();
        assert!((found.value - 0.9).abs() < 1e-12);
        assert!((found.low - 9.5908 / 20.0).abs() < 1e-4, "{found:?}");
        assert!((found.high - 34.1696 / 20.0).abs() < 1e-4, "{found:?}");
    }

    /// Garwood's limits for a count of ten: 4.795 and 18.390.
    #[test]
    fn ten_blocks_of_a_time() {
        let found = hashrate_of_time(10.0 * 600.0, 10, 6_000, 0.95).unwrap();
        assert!((found.value - 1.0).abs() < 1e-12);
        assert!((found.low - 0.4795).abs() < 1e-4, "{found:?}");
        assert!((found.high - 1.8390).abs() < 1e-4, "{found:?}");
    }

    #[test]
    fn a_year_of_blocks_is_near_certain() {
        for estimate in [hashrate, hashrate_of_time] {
            let found = estimate(52_560.0, 52_560, 52_560, 0.95).unwrap();
            assert!(found.low > 0.99 && found.high < 1.01, "{found:?}");
        }
    }

    #[test]
    fn nothing_from_nothing() {
        for estimate in [hashrate, hashrate_of_time] {
            for bad in [0.0, -1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                assert_eq!(estimate(bad, 10, 600, 0.95), None, "{bad}");
                assert_eq!(estimate(1.0, 10, 600, bad), None, "{bad}");
            }
            assert_eq!(estimate(1.0, 0, 600, 0.95), None);
            assert_eq!(estimate(1.0, 10, 0, 0.95), None);
            assert_eq!(estimate(1.0, 10, 600, 1.0), None);
            assert_eq!(estimate(f64::MAX, 10, 1, 0.95), None, "nothing infinite");
            assert_eq!(estimate(1.0, u64::MAX, 600, 0.95), None, "more than any chain has");
        }
        assert_eq!(hashrate(1.0, 1, 600, 0.95), None);
        assert!(hashrate_of_time(1.0, 1, 600, 0.95).is_some());
    }

    proptest! {
        #[test]
        fn the_mean_is_that_of_the_estimate(work in 1e9..1e30, blocks in 0..5_000_u64, seconds in 0..10_000_000_u64) {
            let (whole, alone) = (hashrate(work, blocks, seconds, 0.95), mean_hashrate(work, blocks, seconds));
            prop_assert_eq!(whole.is_some(), alone.is_some());
            if let (Some(whole), Some(alone)) = (whole, alone) {
                prop_assert!((whole.value / alone - 1.0).abs() < 1e-12);
            }
        }

        /// Both see the same blocks in the same time: no more apart than the one block that they disagree on.
        #[test]
        fn two_readings_of_the_same_blocks(work in 1e10..1e30, blocks in 2..10_000_u64, seconds in 1..10_000_000_u64) {
            let [a, b] = [hashrate, hashrate_of_time].map(|estimate| estimate(work, blocks, seconds, 0.95).unwrap());
            for found in [a, b] {
                prop_assert!(0.0 < found.low && found.low <= found.value && found.value <= found.high);
            }
            let share = number(blocks).unwrap();
            prop_assert!((a.value / b.value - (share - 1.0) / share).abs() < 1e-12);
            prop_assert!((a.low / b.low - 1.0).abs() < 1e-12 && a.high < b.high);
        }
    }
}
