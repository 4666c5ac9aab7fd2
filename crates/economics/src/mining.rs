//! What a hash is paid and what it costs: hashprice, hashcost, break-even, the hashprice at which a site earns as much from AI
//! hosting; power and energy; hashrate and difficulty.
//!
//! What blocks paid in sats, counted, is in `hashwatch_metrics::revenue`.

use crate::checked::{Result, figure, not_negative, positive};

/// Hashes in expectation for a block of difficulty 1.
pub const HASHES_PER_DIFFICULTY: f64 = 4_294_967_296.0;
/// Blocks that the protocol means to have in a day.
pub const BLOCKS_PER_DAY: f64 = 144.0;
/// Seconds of a day.
pub const SECONDS_PER_DAY: f64 = 86_400.0;
/// Days of a year as power contracts count it: 8,760 hours.
pub const DAYS_PER_YEAR: f64 = 365.0;

/// Hashes per second, in exahashes, that find a block of a difficulty every `wait_seconds` on the mean: `D 2^32 / T`.
///
/// Range: above 0. Source: <https://en.bitcoin.it/wiki/Difficulty>.
pub fn exahashes_per_second(difficulty: f64, wait_seconds: f64) -> Result<f64> {
    let hashes = positive("difficulty", difficulty)? * HASHES_PER_DIFFICULTY;
    figure("exahashes_per_second", hashes / positive("wait_seconds", wait_seconds)? / 1e18)
}

/// Exahashes in expectation for a block of a difficulty: `D 2^32 / 10^18`.
pub fn exahashes_per_block(difficulty: f64) -> Result<f64> {
    exahashes_per_second(difficulty, 1.0)
}

/// USD per PH/s and day that miners are paid when blocks come at the rate they are meant to: `144 R P / H`, with R the reward
/// of a block in BTC, subsidy and fees, P the price and H the network's hashrate.
///
/// Range: 0 and above. What it does not show: costs, pools' fees, luck.
///
/// Source: Luxor, «Hashprice» (<https://docs.luxor.tech/hashrateindex/hashprice>).
pub fn hashprice_usd_per_ph_day(reward_btc: f64, usd_per_btc: f64, network_exahashes_per_second: f64) -> Result<f64> {
    let paid = not_negative("reward_btc", reward_btc)? * not_negative("usd_per_btc", usd_per_btc)? * BLOCKS_PER_DAY;
    let petahashes = positive("network_exahashes_per_second", network_exahashes_per_second)? * 1_000.0;
    figure("hashprice_usd_per_ph_day", paid / petahashes)
}

/// The same at a difficulty that need not fit the hashrate: what a PH/s is paid until the next retarget, `86400 R P / (1000 W)`
/// with W the exahashes of a block.
///
/// Range: 0 and above.
pub fn hashprice_at_difficulty(reward_btc: f64, usd_per_btc: f64, difficulty: f64) -> Result<f64> {
    let paid = not_negative("reward_btc", reward_btc)? * not_negative("usd_per_btc", usd_per_btc)?;
    figure("hashprice_usd_per_ph_day", paid * SECONDS_PER_DAY / (1_000.0 * exahashes_per_block(difficulty)?))
}

/// USD of power per PH/s and day: `24 e c`. A PH/s at e J/TH draws e kW.
///
/// Range: 0 and above. What it does not show: cooling (multiply e by the site's PUE), staff, machines.
pub fn hashcost_usd_per_ph_day(joules_per_terahash: f64, usd_per_kwh: f64) -> Result<f64> {
    let cost = 24.0 * positive("joules_per_terahash", joules_per_terahash)? * not_negative("usd_per_kwh", usd_per_kwh)?;
    figure("hashcost_usd_per_ph_day", cost)
}

/// The part of the cost of mining that is power: hashcost over itself, depreciation and other costs, all per PH/s and day.
///
/// Range: 0 to 1. None where there is no cost at all.
pub fn power_share_of_cost(hashcost: f64, depreciation: f64, other: f64) -> Result<Option<f64>> {
    let power = not_negative("hashcost", hashcost)?;
    let all = power + not_negative("depreciation", depreciation)? + not_negative("other", other)?;
    Ok((figure("cost", all)? > 0.0).then(|| power / all))
}

/// The price of power at which a machine earns just its power: `hashprice / (24 e)`.
///
/// Range: 0 and above.
pub fn break_even_usd_per_kwh(hashprice_usd_per_ph_day: f64, joules_per_terahash: f64) -> Result<f64> {
    let paid = not_negative("hashprice_usd_per_ph_day", hashprice_usd_per_ph_day)?;
    figure("break_even_usd_per_kwh", paid / (24.0 * positive("joules_per_terahash", joules_per_terahash)?))
}

/// USD that a megawatt of machines earns in a day, before costs: `hashprice 1000 / e`. A MW runs 1000/e PH/s.
pub fn mining_usd_per_mw_day(hashprice_usd_per_ph_day: f64, joules_per_terahash: f64) -> Result<f64> {
    let paid = not_negative("hashprice_usd_per_ph_day", hashprice_usd_per_ph_day)?;
    figure("mining_usd_per_mw_day", paid * 1_000.0 / positive("joules_per_terahash", joules_per_terahash)?)
}

/// EH/s that so many megawatts at the machines run: `MW / e`.
///
/// Which megawatts a release means (critical IT, gross, contracted) is for the caller: only power at the machines fits here.
pub fn exahashes_of_megawatts(megawatts: f64, joules_per_terahash: f64) -> Result<f64> {
    let power = not_negative("megawatts", megawatts)?;
    figure("exahashes_per_second", power / positive("joules_per_terahash", joules_per_terahash)?)
}

/// A site that could mine or be let for AI hosting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Site {
    /// What a lease pays per MW at the machines and year.
    pub lease_usd_per_mw_year: f64,
    /// What the lease costs per MW and year: conversion spread over its life, staff; power where the tenant does not pay it.
    pub lease_cost_usd_per_mw_year: f64,
    /// The machines that would mine.
    pub joules_per_terahash: f64,
    /// The price of power for mining.
    pub usd_per_kwh: f64,
    /// Other costs of mining per MW and year.
    pub mining_cost_usd_per_mw_year: f64,
}

/// The hashprice at which a megawatt earns as much from mining as from the lease, both after their costs:
/// `e/1000 ((L - l + m)/365 + 24000 c)` with lease L, its costs l, other costs m of mining, power c.
///
/// Range: 0 and above: where a lease loses more than mining costs, mining pays at any hashprice, and it is 0.
///
/// What it does not show: risk and term of either; that a conversion cannot be turned back.
pub fn crossover_hashprice_usd_per_ph_day(site: &Site) -> Result<f64> {
    let lease = not_negative("lease_usd_per_mw_year", site.lease_usd_per_mw_year)?
        - not_negative("lease_cost_usd_per_mw_year", site.lease_cost_usd_per_mw_year)?;
    let yearly = lease + not_negative("mining_cost_usd_per_mw_year", site.mining_cost_usd_per_mw_year)?;
    let daily = yearly / DAYS_PER_YEAR + 24_000.0 * not_negative("usd_per_kwh", site.usd_per_kwh)?;
    let price = positive("joules_per_terahash", site.joules_per_terahash)? / 1_000.0 * daily;
    figure("crossover_hashprice_usd_per_ph_day", price.max(0.0))
}

/// Gigawatts that a network draws at its machines: `H e / 1000`.
pub fn network_gigawatts(network_exahashes_per_second: f64, mean_joules_per_terahash: f64) -> Result<f64> {
    let rate = not_negative("network_exahashes_per_second", network_exahashes_per_second)?;
    let watts = rate * positive("mean_joules_per_terahash", mean_joules_per_terahash)?;
    figure("network_gigawatts", watts / 1_000.0)
}

/// Terawatt hours in a year of so many gigawatts: times 8.76.
pub fn terawatt_hours_per_year(gigawatts: f64) -> Result<f64> {
    figure("terawatt_hours_per_year", not_negative("gigawatts", gigawatts)? * 8.76)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn near(found: Result<f64>, expected: f64, by: f64) {
        let found = found.unwrap();
        assert!((found - expected).abs() <= by, "{found} is not {expected}");
    }

    #[test]
    fn test_values() {
        near(hashcost_usd_per_ph_day(20.0, 0.05), 24.0, 1e-12);
        assert_eq!(power_share_of_cost(24.0, 8.0, 0.0), Ok(Some(0.75)));
        assert_eq!(power_share_of_cost(0.0, 0.0, 0.0), Ok(None));
        near(break_even_usd_per_kwh(35.88, 20.0), 0.074_75, 1e-12);
        near(hashprice_usd_per_ph_day(3.145, 70_000.0, 1_000.0), 31.70, 0.002);
        // 140,577,680,051,919.6: block 973,413
        near(exahashes_per_second(140_577_680_051_919.6, 600.0), 1_006.3, 0.02);
        near(network_gigawatts(1_000.0, 20.0), 20.0, 1e-12);
        near(terawatt_hours_per_year(20.0), 175.2, 1e-9);
        near(mining_usd_per_mw_day(35.88, 20.0), 1_794.0, 1e-9);
        near(exahashes_of_megawatts(50.0, 20.0), 2.5, 1e-12);
        let fits = exahashes_per_second(1e14, 600.0).unwrap();
        let price = hashprice_usd_per_ph_day(3.145, 70_000.0, fits).unwrap();
        near(hashprice_at_difficulty(3.145, 70_000.0, 1e14), price, 1e-9);
        // 250,000 USD a block, 144 blocks
        near(hashprice_usd_per_ph_day(1.0, 250_000.0, 0.001), 36e6, 1e-6);
    }

    /// 35.88 pays 594 USD a MW and day above power at 5 cents: a lease of 216,810 a year crosses there.
    #[test]
    fn a_lease_that_pays_the_same() {
        let site = Site {
            lease_usd_per_mw_year: 594.0 * 365.0,
            lease_cost_usd_per_mw_year: 0.0,
            joules_per_terahash: 20.0,
            usd_per_kwh: 0.05,
            mining_cost_usd_per_mw_year: 0.0,
        };
        near(crossover_hashprice_usd_per_ph_day(&site), 35.88, 1e-9);
        // 60 to 70 (Fidelity, January 2026) is a lease of 0.66 to 0.84 MUSD a MW and year after its costs
        let of = |lease| crossover_hashprice_usd_per_ph_day(&Site { lease_usd_per_mw_year: lease, ..site });
        near(of(657_000.0), 60.0, 1e-9);
        near(of(839_500.0), 70.0, 1e-9);
        near(crossover_hashprice_usd_per_ph_day(&Site { lease_cost_usd_per_mw_year: 1e9, ..site }), 0.0, 0.0);
    }

    #[test]
    fn bad_input_is_refused_by_name() {
        for bad in [f64::NAN, f64::INFINITY, -1.0] {
            let said = |found: Result<f64>| found.unwrap_err().to_string();
            assert!(said(hashprice_usd_per_ph_day(bad, 1.0, 1.0)).starts_with("reward_btc is "));
            assert!(said(hashprice_usd_per_ph_day(1.0, bad, 1.0)).starts_with("usd_per_btc is "));
            assert!(said(hashprice_usd_per_ph_day(1.0, 1.0, bad)).starts_with("network_exahashes_per_second is "));
            assert!(said(hashcost_usd_per_ph_day(bad, 0.05)).starts_with("joules_per_terahash is "));
            assert!(said(hashcost_usd_per_ph_day(20.0, bad)).starts_with("usd_per_kwh is "));
            assert!(said(exahashes_per_second(bad, 600.0)).starts_with("difficulty is "));
            assert!(said(terawatt_hours_per_year(bad)).starts_with("gigawatts is "));
        }
        assert!(hashprice_usd_per_ph_day(1.0, 1.0, 0.0).is_err(), "no hashrate");
        assert!(hashprice_usd_per_ph_day(f64::MAX, f64::MAX, 1.0).is_err(), "beyond a float");
    }

    proptest! {
        /// At the break-even price of power, hashcost is hashprice.
        #[test]
        fn break_even_is_even(hashprice in 0.0..1_000.0, joules in 1.0..1_000.0) {
            let power = break_even_usd_per_kwh(hashprice, joules).unwrap();
            prop_assert!((hashcost_usd_per_ph_day(joules, power).unwrap() - hashprice).abs() < 1e-9);
        }

        #[test]
        fn hashprice_falls_with_hashrate(rate in 1e-3..1e6, more in 1.0..10.0) {
            let of = |rate| hashprice_usd_per_ph_day(3.125, 70_000.0, rate).unwrap();
            prop_assert!(of(rate * more) <= of(rate));
        }
    }
}
