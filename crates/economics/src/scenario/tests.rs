//! Scenarios by hand: a part leaves, all leave, others return; shares, indices, costs; refusals.

use hashwatch_metrics::Epoch;
use proptest::prelude::*;

use super::*;
use crate::{cost, mining::exahashes_per_second, range::Range};

const DAY: i64 = 86_400;

fn start() -> Start {
    // the difficulty of 1,000 EH/s
    let difficulty = 1e14 / exahashes_per_second(1e14, 600.0).unwrap() * 1_000.0;
    Start { time: 0, epoch: Epoch { difficulty, waits: 0, seconds: 0 } }
}

fn departure(date: i64, range: Range, pool: Option<&str>) -> Departure {
    let amount = Amount::ExahashesPerSecond(range);
    Departure { name: "a miner".to_owned(), date, amount, pool: pool.map(str::to_owned) }
}

fn pools() -> Vec<Pool> {
    [("one", 500), ("two", 300), ("three", 150)].map(|(name, blocks)| Pool { name: name.to_owned(), blocks }).into()
}

fn scenario<'a>(departures: &'a [Departure], pools: &'a [Pool]) -> Scenario<'a> {
    Scenario {
        start: start(),
        exahashes_per_second: 1_000.0,
        until: 90 * DAY,
        departures,
        retired_share: 0.5,
        fleet: &[],
        reward_btc: 3.145,
        usd_per_btc: 70_000.0,
        pools,
        unknown_blocks: 50,
        indices: &[Index::Hhi, Index::Nakamoto],
        priced: None,
        draws: Draws { count: 50, seed: 3, confidence: 0.95 },
    }
}

/// A fifth leaves at the start of an epoch: the difficulty falls by a fifth after 17.5 days, the hashprice rises by a quarter.
#[test]
fn a_part_leaves() {
    let departures = [departure(0, Range { low: 100.0, central: 200.0, high: 300.0 }, Some("one"))];
    let pools = pools();
    let found = play(&scenario(&departures, &pools)).unwrap();
    let case = &found.central;
    let first = case.path.retargets[0];
    assert!((first.change.value - 0.8).abs() < 1e-3 && (first.time.value / 86_400.0 - 17.5).abs() < 0.02);
    assert!((case.epochs[1].hashprice_usd_per_ph_day / case.epochs[0].hashprice_usd_per_ph_day - 1.25).abs() < 2e-3);
    assert_eq!((case.departed_exahashes_per_second, case.retired_exahashes_per_second), (200.0, 100.0));
    assert!(found.low.path.retargets[0].change.value > found.high.path.retargets[0].change.value);
    // 300 of 800 are left of the first pool
    let after: Vec<f64> = case.shares.iter().map(|share| share.after).collect();
    for (found, expected) in after.iter().zip([0.375, 0.375, 0.1875, 0.0625]) {
        assert!((found - expected).abs() < 1e-12, "{after:?}");
    }
    let hhi = case.indices[0];
    assert!(hhi.after.unwrap().value < hhi.before.unwrap().value);
    assert!(hhi.after.unwrap().unknown_low < hhi.after.unwrap().unknown_high, "Unknown's bounds are kept");
}

#[test]
fn others_return_after_the_retarget_and_not_before() {
    let departures = [departure(DAY, Range::exactly(400.0), None)];
    let pools = pools();
    // break-evens of 24 (mining), 36 (waiting) and 60 (waiting); the network is paid 31.7
    let fleet = [(200.0, 20.0), (100.0, 30.0), (100.0, 50.0)].map(|(exahashes_per_second, joules_per_terahash)| {
        Tranche { exahashes_per_second, joules_per_terahash, usd_per_kwh: 0.05 }
    });
    let found = play(&Scenario { fleet: &fleet, ..scenario(&departures, &pools) }).unwrap().central;
    let rates: Vec<f64> = found.hashrate.steps().iter().map(|step| step.exahashes_per_second).collect();
    // 31.7 MUSD a day are 45.3 for 700 EH/s: the second tranche returns, the third does not
    assert_eq!(rates, [1_000.0, 600.0, 700.0]);
    assert_eq!(found.returned_exahashes_per_second, 100.0);
    assert!((found.hashrate.steps()[2].from as f64 - found.epochs[1].from).abs() <= 1.0);
    assert!((found.epochs.last().unwrap().difficulty / start().epoch.difficulty - 0.7).abs() < 2e-3);
}

#[test]
fn all_leave() {
    let departures =
        [departure(5 * DAY, Range::exactly(600.0), None), departure(20 * DAY, Range::exactly(400.0), None)];
    let pools = pools();
    let values = cost::tests::values(1.0);
    let priced = Priced { attack: Attack::MatchFromOutside, values: &values };
    let found = play(&Scenario { priced: Some(priced), ..scenario(&departures, &pools) }).unwrap().central;
    assert!(found.path.standstill && found.path.retargets.is_empty());
    assert!(found.shares.iter().all(|share| share.after == 0.0));
    assert!(found.indices.iter().all(|change| change.after.is_none()));
    let costs = found.attack.unwrap();
    assert!(costs.during.is_none() && costs.after.is_none(), "nothing to attack");
    // in parts that do not add up to a whole in floats
    let thirds: Vec<Departure> =
        (0..30).map(|at| departure(at * DAY / 10, Range::exactly(1_000.0 / 30.0), None)).collect();
    assert!(play(&scenario(&thirds, &pools)).unwrap().central.path.standstill);
    // a fleet that waited takes over where all others have gone
    let waiting = [Tranche { exahashes_per_second: 50.0, joules_per_terahash: 50.0, usd_per_kwh: 0.05 }];
    let early = [departure(5 * DAY, Range::exactly(999.0), None), departure(20 * DAY, Range::exactly(1.0), None)];
    assert!(play(&Scenario { fleet: &waiting, until: 3_650 * DAY, ..scenario(&early, &pools) }).is_ok());
}

#[test]
fn an_attack_costs_less_and_finds_machines() {
    let departures = [departure(3 * DAY, Range::exactly(300.0), None)];
    let pools = pools();
    let values = cost::tests::values(1.0);
    for attack in
        [Attack::AddToShare { share: 0.51 }, Attack::BuyRetired { share: 0.51, stock_exahashes_per_second: 0.0 }]
    {
        let priced = Priced { attack, values: &values };
        let found = play(&Scenario { priced: Some(priced), ..scenario(&departures, &pools) }).unwrap().central;
        let AttackCosts { before, during, after } = found.attack.unwrap();
        assert_eq!(before.ranges.net_usd, Range::exactly(before.central.cost.net_usd), "all parameters are known");
        let (before, during, after) = (before.central, during.unwrap().central, after.unwrap().central);
        assert!((during.forces.attacker_exahashes_per_second - 728.57).abs() < 0.01, "of 700 left");
        assert!(during.cost.gross_usd < before.cost.gross_usd);
        let used = |owned: &cost::Owned| owned.supply.as_ref().unwrap().steps[0].exahashes_per_second;
        assert_eq!((used(&before), used(&during)), (50.0, 200.0), "150 of the 300 are for sale");
        // at the old difficulty 700 EH/s find 105 blocks a day each side, at the new one 144
        assert!(during.blocks < 0.8 * after.blocks, "{} {}", during.blocks, after.blocks);
    }
}

#[test]
fn megawatts_and_parts() {
    let pools = pools();
    let of = |amount| {
        let departures = [Departure { amount, ..departure(0, Range::exactly(0.0), None) }];
        let found = play(&scenario(&departures, &pools)).unwrap();
        [found.low, found.central, found.high].map(|case| case.departed_exahashes_per_second)
    };
    let megawatts = Range { low: 1_000.0, central: 2_000.0, high: 3_000.0 };
    let joules = Range { low: 15.0, central: 20.0, high: 25.0 };
    assert_eq!(of(Amount::Megawatts { megawatts, joules_per_terahash: joules }), [40.0, 100.0, 200.0]);
    let share = Range { low: 0.1, central: 0.2, high: 0.5 };
    assert_eq!(of(Amount::PartOf { share, exahashes_per_second: Range::exactly(300.0) }), [30.0, 60.0, 150.0]);
}

#[test]
fn bad_input_is_refused_by_name() {
    let pools = pools();
    let said = |departure: Departure| play(&scenario(&[departure], &pools)).unwrap_err().to_string();
    assert!(said(departure(-1, Range::exactly(1.0), None)).starts_with("date: "));
    assert!(said(departure(91 * DAY, Range::exactly(1.0), None)).starts_with("date: "));
    assert!(said(departure(0, Range::exactly(1_001.0), None)).starts_with("departures: "));
    assert!(said(departure(0, Range::exactly(1.0), Some("four"))).starts_with("pool: "));
    for bad in [f64::NAN, f64::INFINITY, -1.0] {
        assert!(said(departure(0, Range::exactly(bad), None)).starts_with("exahashes_per_second is "));
        let none: [Departure; 0] = [];
        let said = |scenario: Scenario| play(&scenario).unwrap_err().to_string();
        assert!(
            said(Scenario { exahashes_per_second: bad, ..scenario(&none, &pools) })
                .starts_with("exahashes_per_second is ")
        );
        assert!(said(Scenario { retired_share: bad, ..scenario(&none, &pools) }).starts_with("retired_share is "));
        assert!(said(Scenario { usd_per_btc: bad, ..scenario(&none, &pools) }).starts_with("usd_per_btc is "));
    }
    let none: [Departure; 0] = [];
    let reversed = play(&Scenario { until: -1, ..scenario(&none, &pools) }).unwrap_err().to_string();
    assert!(reversed.starts_with("until: "), "{reversed}");
    let fleet = [Tranche { exahashes_per_second: 2_000.0, joules_per_terahash: 1.0, usd_per_kwh: 0.0 }];
    let much = play(&Scenario { fleet: &fleet, ..scenario(&none, &pools) }).unwrap_err().to_string();
    assert!(much.starts_with("fleet: "), "{much}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn figures_stay_figures(amounts in proptest::collection::vec((0..90_i64, 0.0..250.0), 0..4), waiting in 0.0..500.0) {
        let departures: Vec<Departure> =
            amounts.iter().map(|&(day, rate)| departure(day * DAY, Range::exactly(rate), Some("one"))).collect();
        let pools = pools();
        let fleet = [Tranche { exahashes_per_second: waiting, joules_per_terahash: 30.0, usd_per_kwh: 0.05 }];
        let asked = Scenario { fleet: &fleet, indices: &[], ..scenario(&departures, &pools) };
        let found = play(&asked).unwrap().central;
        let shares: f64 = found.shares.iter().map(|share| share.after).sum();
        prop_assert!((shares - 1.0).abs() < 1e-9);
        prop_assert!(found.epochs.iter().all(|it| it.hashprice_usd_per_ph_day.is_finite() && it.exahashes_per_second >= 0.0));
        prop_assert!(found.hashrate.steps().iter().all(|step| step.exahashes_per_second <= 1_000.0 + waiting + 1e-9));
        prop_assert!(found.returned_exahashes_per_second <= waiting + 1e-9);
    }
}
