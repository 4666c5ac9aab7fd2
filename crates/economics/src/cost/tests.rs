//! Whole costs: what is missing, kinds against each other, monotone in hashrate.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{checked::Error, mining::exahashes_per_second};

/// Numbers for arithmetic; they are no market data.
pub(crate) fn values(spread: f64) -> Values {
    let central = [1_000.0, 15.0, 256.0, 1.0, 1.0, 50.0, 5.0, 20.0, 1.1, 500.0, 0.05, 7.0, 0.2, 3.145, 70_000.0, 0.3];
    let given = OWNED.iter().zip(central).map(|(parameter, central)| {
        let low = (central / spread).max(parameter.least);
        (parameter.name.to_owned(), Range { low, central, high: (central * spread).min(parameter.greatest) })
    });
    Values::resolve(&OWNED, &given.collect(), &BTreeMap::new()).unwrap()
}

fn epoch() -> Epoch {
    // the difficulty of 1,000 EH/s
    Epoch { difficulty: 1e14 / exahashes_per_second(1e14, 600.0).unwrap() * 1_000.0, waits: 0, seconds: 0 }
}

#[test]
fn what_is_missing_is_listed() {
    let network = [("network_exahashes_per_second".to_owned(), Range::exactly(1_000.0))].into();
    let Err(Error::Missing(names)) = Values::resolve(&RENTED, &network, &BTreeMap::new()) else { panic!("resolved") };
    assert_eq!(names.len(), 6);
    assert!(names.contains(&"usd_per_btc") && names.contains(&"btc_per_eh_day"));
}

/// 900,000 PH/s at 40 USD a day each are 1.5 MUSD an hour, and of a share of 0.51 from outside 51/49 of that.
#[test]
fn an_hour_at_what_hashrate_earns() {
    let given = [(NETWORK, (880.0, 900.0, 920.0)), (HASHPRICE.name, (38.0, 40.0, 41.0))];
    let given = given.map(|(name, (low, central, high))| (name.to_owned(), Range { low, central, high }));
    let values = Values::resolve(&HOUR, &given.into(), &BTreeMap::new()).unwrap();
    let hour = hour_at_hashprice(Attack::MatchFromOutside, &values).unwrap();
    for (found, by_hand) in [(hour.low, 880e3 * 38.0), (hour.central, 36e6), (hour.high, 920e3 * 41.0)] {
        assert!((found * 24.0 / by_hand - 1.0).abs() < 1e-12, "{hour:?}");
    }
    let more = hour_at_hashprice(Attack::AddToShare { share: 0.51 }, &values).unwrap();
    assert!((more.central / hour.central - 51.0 / 49.0).abs() < 1e-12, "{more:?}");
}

#[test]
fn a_match_by_hand() {
    let found = owned(Attack::MatchFromOutside, epoch(), &values(1.0).central()).unwrap();
    // 50 EH/s at 5 USD, 950 new at 256 a year and elasticity 1: k (X + X^2/2Q)
    let machines = 50e6 * 5.0 + 15e6 * (950.0 + 950.0 * 950.0 / 512.0);
    assert!((found.cost.machines_usd / machines - 1.0).abs() < 1e-9);
    assert!((found.cost.megawatts - 22_000.0).abs() < 1e-6);
    assert!((found.blocks - 1_008.0).abs() < 1e-6);
    assert!((found.cost.revenue_usd - 1_008.0 * 3.145 * 49_000.0).abs() < 1.0);
    assert!((found.supply.unwrap().days - 365.0 * 950.0 / 256.0).abs() < 1e-6);
}

#[test]
fn kinds_compared() {
    let point = values(1.0).central();
    let net = |attack| owned(attack, epoch(), &point).unwrap().cost.net_usd;
    let added = net(Attack::AddToShare { share: 0.51 });
    assert!(added > net(Attack::MatchFromOutside));
    let retired = net(Attack::BuyRetired { share: 0.51, stock_exahashes_per_second: 300.0 });
    assert!(retired < added, "machines that left the network come cheaper");
    let captured = owned(Attack::CaptureInside { share: 0.51 }, epoch(), &point).unwrap();
    assert!(captured.cost.machines_usd == 0.0 && captured.cost.site_usd == 0.0 && captured.cost.energy_usd > 0.0);
}

#[test]
fn rented_by_hand() {
    let given = [1_000.0, 10.0, 0.5, 1.0, 3.125, 70_000.0, 0.0];
    let given = RENTED.iter().zip(given).map(|(it, value)| (it.name.to_owned(), Range::exactly(value))).collect();
    let values = Values::resolve(&RENTED, &given, &BTreeMap::new()).unwrap();
    let found = rented(Attack::MatchFromOutside, epoch(), &values.central()).unwrap();
    assert_eq!((found.gross_usd, found.rental.rentable_ratio), (35e6, 0.01));
    // 144 blocks of 3.125 coins are 31.5 MUSD: most of the rent comes back if the branch wins and the price holds
    assert!((found.revenue_usd - 31.5e6).abs() < 1.0 && (found.net_usd - 3.5e6).abs() < 1.0);
    let ranged = rented_ranges(Attack::MatchFromOutside, epoch(), &values).unwrap();
    assert!(ranged.sensitivity.is_empty() && ranged.net_usd == Range::exactly(found.net_usd));
}

#[test]
fn ranges_hold_the_centre_and_name_what_matters() {
    let ranged = owned_ranges(Attack::AddToShare { share: 0.51 }, epoch(), &values(1.2)).unwrap();
    for range in [ranged.gross_usd, ranged.net_usd] {
        assert!(range.low < range.central && range.central < range.high, "{range:?}");
    }
    assert_eq!(ranged.sensitivity[0].parameter, NETWORK, "{:?}", ranged.sensitivity);
    assert!(ranged.sensitivity.is_sorted_by(|one, other| one.width() >= other.width()));
}

proptest! {
    #[test]
    fn dearer_for_a_larger_network(network in 1.0..5_000.0, more in 1.0..3.0, share in 0.3..0.7) {
        let point = values(1.0).central();
        let of = |network| {
            let point = point.with(NETWORK, network);
            owned(Attack::AddToShare { share }, epoch(), &point).unwrap().cost.gross_usd
        };
        prop_assert!(of(network * more) >= of(network));
    }
}
