//! What it costs to rent hashrate, and whether there is as much to rent.

use crate::checked::{Result, figure, not_negative, positive};

/// What rented hashrate costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rental {
    /// USD a day.
    pub usd_per_day: f64,
    /// USD an hour.
    pub usd_per_hour: f64,
    /// What is for rent over what is needed: below 1 the cost is that of something nobody can buy.
    pub rentable_ratio: f64,
}

/// The cost of renting so many EH/s at a price in BTC per EH/s and day: their product times the price of a coin; a day's over
/// 24 is an hour's.
///
/// Range: 0 and above. What it does not show: that a price holds for what is offered and rises with what is asked (renting it
/// all is [`crate::supply`]'s), and the blocks that the renter earns.
///
/// Source: crypto51 (<https://www.crypto51.app/about.html>), which multiplies NiceHash's price by the network's hashrate.
pub fn rental(
    needed_exahashes_per_second: f64,
    btc_per_eh_day: f64,
    usd_per_btc: f64,
    rentable_exahashes_per_second: f64,
) -> Result<Rental> {
    let needed = positive("needed_exahashes_per_second", needed_exahashes_per_second)?;
    let price = not_negative("btc_per_eh_day", btc_per_eh_day)? * not_negative("usd_per_btc", usd_per_btc)?;
    let rentable = not_negative("rentable_exahashes_per_second", rentable_exahashes_per_second)?;
    let usd_per_day = figure("usd_per_day", needed * price)?;
    let rentable_ratio = figure("rentable_ratio", rentable / needed)?;
    Ok(Rental { usd_per_day, usd_per_hour: usd_per_day / 24.0, rentable_ratio })
}

/// USD an hour if hashrate is rented at what it earns: `hashprice H / 24`. The least that a renter who can mine instead would
/// ask.
pub fn usd_per_hour_at_hashprice(needed_exahashes_per_second: f64, hashprice_usd_per_ph_day: f64) -> Result<f64> {
    let needed = positive("needed_exahashes_per_second", needed_exahashes_per_second)? * 1_000.0;
    figure("usd_per_hour", needed * not_negative("hashprice_usd_per_ph_day", hashprice_usd_per_ph_day)? / 24.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Arithmetic, no market: 1 ZH/s at half a coin per EH/s and day, 70,000 USD a coin.
    #[test]
    fn test_values() {
        let found = rental(1_000.0, 0.5, 70_000.0, 10.0).unwrap();
        assert_eq!(found.usd_per_day, 35e6);
        assert!((found.usd_per_hour - 1_458_333.33).abs() < 0.01);
        assert_eq!(found.rentable_ratio, 0.01);
        assert!((usd_per_hour_at_hashprice(864.0, 35.88).unwrap() - 1_291_680.0).abs() < 1e-6);
    }

    #[test]
    fn bad_input_is_refused_by_name() {
        for bad in [f64::NAN, f64::INFINITY, -1.0] {
            let said = |found: Result<Rental>| found.unwrap_err().to_string();
            assert!(said(rental(bad, 1.0, 1.0, 1.0)).starts_with("needed_exahashes_per_second is "));
            assert!(said(rental(1.0, bad, 1.0, 1.0)).starts_with("btc_per_eh_day is "));
            assert!(said(rental(1.0, 1.0, bad, 1.0)).starts_with("usd_per_btc is "));
            assert!(said(rental(1.0, 1.0, 1.0, bad)).starts_with("rentable_exahashes_per_second is "));
            assert!(usd_per_hour_at_hashprice(1.0, bad).is_err());
        }
        assert!(rental(0.0, 1.0, 1.0, 1.0).is_err() && rental(f64::MAX, f64::MAX, 1.0, 1.0).is_err());
    }

    proptest! {
        #[test]
        fn dearer_for_more(needed in 1e-3..1e6, more in 1.0..100.0, price in 0.0..10.0) {
            let of = |needed| rental(needed, price, 70_000.0, 1.0).unwrap();
            prop_assert!(of(needed * more).usd_per_day >= of(needed).usd_per_day);
            prop_assert!(of(needed * more).rentable_ratio <= of(needed).rentable_ratio);
        }
    }
}
