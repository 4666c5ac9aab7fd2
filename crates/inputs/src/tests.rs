//! Where values come from, and what is said of those that nobody gives.

use hashwatch_economics::cost::{HASHPRICE, OWNED, RENTED, STOCK};

use super::*;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn inputs(on: &str) -> Inputs {
    let sources = Sources { dossier: Dossier::builtin(), own: None, prices: None, day: day(on), later: false };
    Inputs::from(sources, &[&OWNED[..], &RENTED[..], &[RETIRED, HASHPRICE]].concat(), &Given::default())
}

#[test]
fn published_values_have_source_and_age() {
    let found = inputs("2026-11-28");
    let network = found.get(NETWORK).unwrap();
    assert!((network.range.central - 1_006.3).abs() < 0.02, "the difficulty of 27 October: {:?}", network.range);
    assert_eq!(network.age_days, Some(32));
    assert!(network.range.low < 902.0 && network.range.high > 1_044.0, "{:?}", network.range);
    let Origin::Published { claims, .. } = &network.origin else { panic!("{:?}", network.origin) };
    assert!(claims[0].source.url.starts_with("https://") && claims.len() > 3);
    // four shops' offers of one time: the middle of 13.50 and 14.25
    let price = found.get(MACHINES[0]).unwrap().range;
    assert!((price.central - 13.873).abs() < 0.001 && (price.low - 13.098).abs() < 0.001, "{price:?}");
    let site = found.get("site_usd_per_kw").unwrap().range;
    assert_eq!((site.low, site.central, site.high), (100.0, 425.0, 550.0));
    // 554 EH/s in January 2024, 1,045 in December 2025: 700 days
    let made = found.get("new_exahashes_per_second_per_year").unwrap();
    assert!((made.range.central - 491.0 / 700.0 * 365.0).abs() < 1e-9);
    assert!(matches!(&made.origin, Origin::Published { claims, .. } if claims.len() == 2));
}

#[test]
fn what_nobody_says_is_left_out_or_missing_and_never_a_fact() {
    let found = inputs("2026-11-28");
    let names: Vec<_> = found.left_out().map(|input| input.parameter.name).collect();
    for name in [
        STOCK,
        "power_usage_effectiveness",
        "resale_share",
        "price_fall_share",
        "supply_elasticity",
        "production_share",
    ] {
        assert!(names.contains(&name), "{name}");
    }
    let missing: Vec<_> = found.missing().iter().map(|it| it.name).collect();
    assert_eq!(missing, ["rentable_exahashes_per_second", "btc_per_eh_day"]);
    assert!(found.values(&OWNED).is_ok() && found.values(&RENTED).is_err());
    // left out, second-hand machines cost what new ones do
    assert_eq!(found.central("second_hand_usd_per_terahash_per_second"), found.central(MACHINES[0]));
    // before anything was published nothing is known, and nothing is made up
    let before = inputs("2010-01-01");
    assert!(before.missing().iter().any(|it| it.name == NETWORK) && before.values(&OWNED).is_err());
}

#[test]
fn what_was_published_later_is_not_known_yet() {
    let then = inputs("2024-02-29");
    assert_eq!(then.central(NETWORK), Some(554.0), "a day's estimate for want of another");
    assert_eq!(then.central(MACHINES[0]), Some(20.0));
    assert!(then.left_out().any(|input| input.parameter.name == "usd_per_kwh"));
    let sources = Sources { dossier: Dossier::builtin(), own: None, prices: None, day: day("2024-02-29"), later: true };
    let later = Inputs::from(sources, &OWNED, &Given::default());
    let power = later.get("usd_per_kwh").unwrap();
    assert!(power.range.central == 0.05 && power.age_days.unwrap() < 0, "and says so");
}

#[test]
fn of_our_chain_and_the_published_the_newer_counts() {
    let epoch = Epoch { difficulty: 1.5e14, waits: 10, seconds: 6_000 };
    let own = Own {
        day: day("2026-11-27"),
        network: Some(Range::exactly(990.0)),
        reward_btc: Some(3.15),
        epoch: Some(epoch),
        blocks: 2_016,
    };
    let of = |own: &Own, given: &Given| {
        let sources =
            Sources { dossier: Dossier::builtin(), own: Some(own), prices: None, day: day("2026-11-28"), later: false };
        Inputs::from(sources, &OWNED, given)
    };
    let found = of(&own, &Given::default());
    assert_eq!((found.central(NETWORK), found.central("reward_btc")), (Some(990.0), Some(3.15)));
    assert_eq!((found.epoch(), found.get(NETWORK).unwrap().origin.word()), (Some(epoch), "verified"));
    let behind = of(&Own { day: day("2016-01-01"), ..own.clone() }, &Given::default());
    assert_eq!(behind.get(NETWORK).unwrap().origin.word(), "published");
    assert!((behind.epoch().unwrap().difficulty / 140_577_680_051_919.6 - 1.0).abs() < 1e-9);
    let asked = of(&own, &Given::default().with(NETWORK, Range::exactly(500.0)));
    assert_eq!(asked.get(NETWORK).unwrap().origin, Origin::Given);
    assert!(asked.epoch() != Some(epoch), "another network's epoch");
}

#[test]
fn every_default_lies_within_its_parameters_bounds() {
    for on in ["2012-01-01", "2021-08-08", "2024-02-29", "2025-10-31", "2026-11-28"] {
        for input in inputs(on).iter() {
            assert!(within(input.parameter, input.range), "{on} {input:?}");
        }
    }
}

/// What is newest counts however old it is: an index of 2023 does not come back because offers of 2025 are more than a year old.
#[test]
fn old_offers_are_no_older_than_what_came_before_them() {
    let of = |on: &str| inputs(on).get(MACHINES[0]).map(|input| input.range.central);
    assert!(of("2024-06-01") > of("2026-11-28"), "20 USD in July 2023");
    assert_eq!(of("2027-06-01"), of("2026-11-28"));
}
