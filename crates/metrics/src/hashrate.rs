//! Hashes per second, from the work of blocks and the time they took.

use statrs::distribution::{ChiSquared, ContinuousCDF};

use crate::shares::Interval;

/// An estimate of the network's hashes per second.
pub type Hashrate = Interval;

/// Hashes per second from `blocks` blocks that hold `work` expected hashes and took `seconds` from the block below
/// the first to the last. None for fewer than two blocks, or no time.
///
/// With a fixed number n of blocks the time is the random part: n waiting times add up to a gamma variable, so the
/// mean of work/time is n/(n-1) of the truth. The estimate is therefore (n-1)/n work/time, and the interval
/// `[chi2(a/2; 2n), chi2(1-a/2; 2n)] / 2n * work/time`. Chance only: header times are the miners' own and may be off
/// by minutes, which matters below a few hundred blocks.
///
/// Source: the waiting times of a Poisson process; Ozisik, Bissias, Levine, «Estimation of Miner Hash Rates and
/// Consensus on Blockchains» (2017).
pub fn hashrate(work: f64, blocks: u64, seconds: u64, confidence: f64) -> Option<Hashrate> {
    if blocks < 2 || seconds == 0 || !work.is_finite() || work <= 0.0 || !(confidence > 0.0 && confidence < 1.0) {
        return None;
    }
    #[allow(clippy::cast_precision_loss, reason = "no chain has 2^53 blocks or seconds")]
    let (n, seconds) = (blocks as f64, seconds as f64);
    let rate = work / seconds;
    let waiting = ChiSquared::new(2.0 * n).ok()?;
    let tail = (1.0 - confidence) / 2.0;
    Some(Interval {
        value: rate * (n - 1.0) / n,
        low: rate * waiting.inverse_cdf(tail) / (2.0 * n),
        high: rate * waiting.inverse_cdf(1.0 - tail) / (2.0 * n),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// chi-squared quantiles at 2.5 % and 97.5 %: 9.5908 and 34.1696 for 20 degrees of freedom (any table).
    #[test]
    fn ten_blocks() {
        let found = hashrate(10.0 * 600.0, 10, 6_000, 0.95).unwrap();
        assert!((found.value - 0.9).abs() < 1e-12);
        assert!((found.low - 9.5908 / 20.0).abs() < 1e-4, "{found:?}");
        assert!((found.high - 34.1696 / 20.0).abs() < 1e-4, "{found:?}");
    }

    #[test]
    fn a_year_of_blocks_is_near_certain() {
        let found = hashrate(52_560.0, 52_560, 52_560, 0.95).unwrap();
        assert!(found.low > 0.99 && found.high < 1.01, "{found:?}");
    }

    #[test]
    fn nothing_from_nothing() {
        assert_eq!(hashrate(1.0, 1, 600, 0.95), None);
        assert_eq!(hashrate(1.0, 10, 0, 0.95), None);
        assert_eq!(hashrate(f64::NAN, 10, 600, 0.95), None);
        assert_eq!(hashrate(f64::INFINITY, 10, 600, 0.95), None);
    }
}
