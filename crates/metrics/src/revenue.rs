//! What miners are paid for their hashes, and how much of it are fees.
//!
//! What a coinbase pays and what its subsidy is are for others, and so are prices in money.

/// Hashes of a terahash per second in a day: 10^12 * 86,400.
const HASHES_PER_TH_DAY: f64 = 8.64e16;

/// Sats per terahash per second and day (the «hash price»): `reward / work * 8.64e16`, from the `reward_sats` of
/// blocks, subsidy and fees, and their `work_hashes`, the hashes in expectation that they took. A TH/s does 8.64e16
/// hashes in a day.
///
/// This is no estimate: it is what was paid for an expected hash, and pools that pay for every share pay by it. What is
/// random is how many hashes the blocks really took, which nobody knows: with n blocks their number is the work times a
/// gamma variable of mean 1 and standard deviation 1/sqrt(n). What came in per hash really done in that time is this
/// figure times hashes expected over hashes done, and so as uncertain as the hashrate of those blocks.
///
/// Range: 0 and above; 0 for blocks that pay nothing. None for work that is not above 0 or not finite, and where the
/// result is not finite.
///
/// What it does not show: what a miner gets, after the pool's fee, stale blocks and luck; costs; what the next block
/// will pay, whose fees vary.
///
/// Source: Luxor, «Hashprice» (<https://docs.luxor.tech/hashrateindex/hashprice>), who mean over the last 144 blocks.
pub fn hashprice_sats_per_th_day(reward_sats: u64, work_hashes: f64) -> Option<f64> {
    #[allow(clippy::cast_precision_loss, reason = "all sats are less than 2^53")]
    let reward = reward_sats as f64;
    let work = Some(work_hashes).filter(|work| work.is_finite() && *work > 0.0)?;
    Some(reward / work * HASHES_PER_TH_DAY).filter(|price| price.is_finite())
}

/// The part of a reward that is fees: fees over reward, both summed over the same blocks.
///
/// Range: 0 to 1. None where nothing was paid, or the fees are more than the reward. It is counted, not estimated.
///
/// What it does not show: what miners are paid for a transaction past the chain, and fees that a coinbase does not
/// claim: those are lost, not paid.
pub fn fee_share(fees_sats: u64, reward_sats: u64) -> Option<f64> {
    #[allow(clippy::cast_precision_loss, reason = "all sats are less than 2^53")]
    let (fees, reward) = (fees_sats as f64, reward_sats as f64);
    (reward_sats > 0 && fees_sats <= reward_sats).then(|| fees / reward)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 3.125 BTC of subsidy and 0.05 BTC of fees at a difficulty of 120 T, whose block takes 5.15396e23 hashes:
    /// 53.225085 sats.
    #[test]
    fn a_block() {
        let found = hashprice_sats_per_th_day(317_500_000, 120e12 * 4_294_967_296.0).unwrap();
        assert!((found - 53.225_085).abs() < 1e-6, "{found}");
        assert!((fee_share(5_000_000, 317_500_000).unwrap() - 0.015_748_03).abs() < 1e-8);
    }

    /// The first block: 50 BTC for 4,295,032,833 hashes.
    #[test]
    fn the_first_block() {
        let found = hashprice_sats_per_th_day(5_000_000_000, 4_295_032_833.0).unwrap();
        assert!((found / 1.005_813e17 - 1.0).abs() < 1e-6, "{found}");
    }

    #[test]
    fn nothing_from_nothing() {
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MIN_POSITIVE] {
            assert_eq!(hashprice_sats_per_th_day(1, bad), None, "{bad}");
        }
        assert_eq!(hashprice_sats_per_th_day(0, 1e20), Some(0.0));
        assert_eq!(fee_share(0, 0), None);
        assert_eq!(fee_share(2, 1), None);
        assert_eq!((fee_share(0, 1), fee_share(1, 1)), (Some(0.0), Some(1.0)));
    }

    proptest! {
        /// Paid twice for twice the work is the same price.
        #[test]
        fn a_price(reward in 0..1_000_000_000_000_u64, work in 1e10..1e30) {
            let one = hashprice_sats_per_th_day(reward, work);
            prop_assert_eq!(one, hashprice_sats_per_th_day(2 * reward, 2.0 * work));
            prop_assert!(one.is_some_and(|price| price >= 0.0));
        }
    }
}
