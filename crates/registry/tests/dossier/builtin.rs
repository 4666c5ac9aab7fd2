//! The dossier that comes with hashwatch: what it must hold, and its traps.

use hashwatch_registry::{Dossier, Measure, Quantity, Registry, Stage};
use jiff::civil::{Date, date};

/// After every built-in claim.
const TODAY: Date = date(2026, 11, 22);

#[test]
fn a_hundred_announcements_and_more() {
    let dossier = Dossier::builtin();
    assert!(dossier.announcements().len() >= 100, "{}", dossier.announcements().len());
    assert!(dossier.reports().len() >= 150 && dossier.machines().len() >= 90 && dossier.values().len() >= 60);
    assert!(dossier.announcements().is_sorted_by_key(|announcement| announcement.on.first()));
    for announcement in dossier.announcements() {
        assert_eq!(dossier.announcement(&announcement.slug), Some(announcement));
        assert_eq!(announcement.status[0].is, Stage::Announced);
        assert!(announcement.status.is_sorted_by_key(|status| status.on.first()), "{}", announcement.slug);
    }
    assert_eq!(dossier.announcements_of("galaxy-digital").count(), 2);
}

#[test]
fn every_claim_has_a_public_page() {
    let files = [
        include_str!("../../data/pivots.toml"),
        include_str!("../../data/reports.toml"),
        include_str!("../../data/machines.toml"),
        include_str!("../../data/market.toml"),
    ];
    let sources = files.iter().flat_map(|text| text.split("source = \"").skip(1));
    assert!(sources.clone().count() > 400);
    for source in sources {
        assert!(source.starts_with("https://") || source.starts_with("http://"), "{}", &source[..40]);
    }
}

#[test]
fn sums_are_those_by_hand() {
    // leases and clouds whose critical IT load a source tells, by contract
    let by_hand = [
        ("applied-digital-coreweave-2025-06", 250.0 + 150.0),
        ("cipher-aws-2025-11", 216.0),
        ("cipher-aws-2026-06", 70.0),
        ("cipher-fluidstack-2025-09", 207.0),
        ("core-scientific-amd-2026-08", 530.0),
        ("core-scientific-coreweave-2024-06", 590.0),
        ("galaxy-coreweave-2025-08", 260.0 + 133.0),
        ("hut-8-beacon-point-2026-05", 352.0 + 352.0),
        ("hut-8-river-bend-2025-12", 245.0),
        ("iren-microsoft-2025-11", 200.0),
        ("riot-amd-2026-01", 25.0 + 25.0),
        ("riot-anthropic-2026-08", 191.0),
        ("terawulf-anthropic-2026-07", 401.0),
        ("terawulf-fluidstack-2025-08-14", 200.0 + 160.0),
    ];
    let dossier = Dossier::builtin();
    let told: Vec<(String, f64)> = dossier
        .contracts_on(TODAY)
        .iter()
        .filter(|it| it.signed)
        .filter_map(|it| Some((it.announcements[0].slug.clone(), it.critical_it_mw?.value)))
        .collect();
    assert_eq!(told, by_hand.map(|(slug, megawatts)| (slug.to_owned(), megawatts)));
    let capacity = dossier.critical_it_mw_on(TODAY);
    assert_eq!(capacity.announced.value, by_hand.iter().map(|(_, megawatts)| megawatts).sum::<f64>());
    assert_eq!((capacity.live.low, capacity.live.value, capacity.live.high), (437.0, 437.0, 437.0 + 216.0));
}

#[test]
fn it_agrees_with_a_count_by_others() {
    // six miners with five clouds up to 3 November 2025, Galaxy not among them: 53.6 billion USD by an analyst's count
    let (dossier, day) = (Dossier::builtin(), date(2025, 11, 3));
    let theirs = dossier.latest(Quantity::AiContractsUsd, day).expect("there").amount.value;
    let galaxy = dossier.announcement("galaxy-coreweave-2025-08").expect("there");
    let ours = dossier.contract_usd_on(day).value
        - galaxy.figures_of(Measure::ContractUsd).map(|figure| figure.amount.value).sum::<f64>();
    assert!((ours / theirs - 1.0).abs() < 0.03, "{ours} against {theirs}");
}

#[test]
fn what_was_sold_or_turned_down_is_told() {
    let status = |slug: &str, day| {
        Dossier::builtin().announcement(slug).and_then(|it| it.status_on(day)).map(|status| status.is)
    };
    assert_eq!(status("terawulf-abernathy-2025-10", date(2026, 7, 5)), Some(Stage::Announced));
    assert_eq!(status("terawulf-abernathy-2025-10", date(2026, 7, 6)), Some(Stage::Sold));
    assert_eq!(status("core-scientific-merger-2025-07", TODAY), Some(Stage::Rejected));
    assert_eq!(status("core-scientific-merger-2025-07", date(2025, 7, 6)), None);
}

#[test]
fn figures_of_several_sources_stand_side_by_side() {
    let sold = |slug: &str| {
        let announcement = Dossier::builtin().announcement(slug).expect("there");
        announcement.figures_of(Measure::CoinsSoldBtc).next().expect("coins").amount.value
    };
    assert_eq!((sold("mara-treasury-2026-03"), sold("mara-treasury-2026-03-26")), (13_210.0, 15_133.0));
}

#[test]
fn the_last_published_values_are_there() {
    let value = |what, day| {
        let found = Dossier::builtin().latest(what, day).expect("there");
        (found.at.to_string(), found.amount.value)
    };
    assert_eq!(value(Quantity::Hashprice, TODAY), ("2026-05-25".to_owned(), 35.88));
    assert_eq!(value(Quantity::Hashprice, date(2026, 5, 24)), ("2026-02-24".to_owned(), 27.58));
    assert_eq!(value(Quantity::NetworkEhs, date(2026, 4, 20)), ("2026-04-20".to_owned(), 864.0));
    assert_eq!(value(Quantity::NetworkEhs, date(2025, 10, 24)), ("2025-10-24".to_owned(), 1310.0));
    assert_eq!(value(Quantity::NetworkEhsMonthlyMean, TODAY).1, 1045.0);
    assert_eq!(value(Quantity::Difficulty, TODAY).1, 140_577_680_051_919.6);
    assert_eq!(value(Quantity::HpcLeaseUsdPerMwYear, date(2025, 10, 1)).1, 1.85e6);
    let crossover = Dossier::builtin().latest(Quantity::AiCrossover, TODAY).expect("there").amount;
    assert_eq!((crossover.low, crossover.high), (60.0, 70.0));
    assert_eq!(Dossier::builtin().latest(Quantity::Rental, TODAY), None, "no page tells it");
    assert_eq!(Dossier::builtin().latest(Quantity::Hashprice, date(2020, 1, 1)), None);
}

#[test]
fn a_majority_by_others() {
    let [harvey, nuzzi] = Dossier::builtin().published_costs() else { panic!("two") };
    assert_eq!((harvey.slug.as_str(), harvey.days, harvey.total_usd.value), ("harvey-2025", Some(7.0), 6e9));
    let parts: Vec<f64> = harvey.parts.iter().map(|part| part.usd.value).collect();
    assert_eq!(parts, [4.6e9, 1.4e9, 0.13e9]);
    assert_eq!((nuzzi.total_usd.low, nuzzi.total_usd.high), (5e9, 20e9));
}

#[test]
fn gaps_in_what_miners_report_are_known() {
    let dossier = Dossier::builtin();
    let told = |spans: Vec<hashwatch_registry::When>| spans.iter().map(ToString::to_string).collect::<Vec<_>>();
    // May and June 2024 are told, then April 2025
    let months = told(dossier.months_without_report("cipher-digital", date(2024, 7, 31)));
    assert_eq!(months, ["2024-02", "2024-04", "2024-07"]);
    let quarters = told(dossier.quarters_without_report("cipher-digital", date(2026, 6, 30)));
    assert_eq!(quarters, ["2024-Q3", "2024-Q4", "2025-Q1", "2026-Q1"]);
    assert!(dossier.months_without_report("galaxy-digital", TODAY).is_empty(), "it never reported");
    let riot = dossier.reports_of("riot-platforms").last().expect("some");
    assert_eq!((riot.period.to_string(), riot.btc_held), ("2026-06".to_owned(), Some(11_380.0)));
}

#[test]
fn machines_are_as_their_makers_say() {
    let machine = Dossier::builtin().machine("bitmain-antminer-s21-xp-hyd-473t").expect("there");
    assert_eq!((machine.terahashes_per_second, machine.watts, machine.joules_per_terahash), (473.0, 5676.0, 12.0));
    let offered = Dossier::builtin().machine("bitmain-antminer-s21-200t").expect("there");
    assert_eq!(offered.usd_per_terahash_per_second(&offered.prices[0]), 2699.0 / 200.0);
}

#[test]
fn it_is_about_miners_of_the_registry() {
    let known = |slug: &str| Registry::builtin().miners().iter().any(|miner| miner.slug == slug);
    let dossier = Dossier::builtin();
    let all = dossier.announcements().iter().map(|it| &it.miner).chain(dossier.reports().iter().map(|it| &it.miner));
    assert!(all.clone().count() > 250 && all.into_iter().all(|slug| known(slug)));
}
