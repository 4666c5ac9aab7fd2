//! Questions that contradict themselves, figures against the arithmetic by hand, published costs beside ours.

use hashwatch_economics::{Range, cost::NETWORK};
use hashwatch_registry::Dossier;

use super::{
    Kind, Question,
    cost::{Found, cost},
    parameters,
    preset::{comparison, inputs as preset_inputs, kind},
    words::{blocks, duration, number, probability, span, to_do},
};
use crate::{
    inputs::{Given, Inputs, Sources},
    params::{Params, Part},
};

fn question(query: &str) -> Result<(Question, String), String> {
    let mut params = Params::of(&format!("/attack?{query}").parse().unwrap());
    let question = Question::read(&mut params).map_err(|error| error.to_string())?;
    Ok((question, params.question().to_owned()))
}

fn found(query: &str) -> (Inputs, Found) {
    let question = question(query).unwrap().0;
    let day = "2026-11-28".parse().unwrap();
    let sources = Sources { dossier: Dossier::builtin(), own: None, prices: None, day, later: false };
    let inputs = Inputs::from(sources, &parameters(), &question.given);
    let found = cost(&question, &inputs).unwrap();
    (inputs, found)
}

#[test]
fn contradictions_are_refused_by_name() {
    for (query, name) in [
        ("share=0.5", "share"),
        ("kind=match&share=0.51", "share"),
        ("kind=add&share=1", "share"),
        ("kind=add&share=0", "share"),
        ("kind=add&share=1e-300", "share"),
        ("kind=add&share=0.9999999", "share"),
        ("kind=add&share=nan", "share"),
        ("kind=buy", "kind"),
        ("kind=add&retired_exahashes_per_second=5", "retired_exahashes_per_second"),
        ("preset=harvey-2025&kind=match", "preset"),
        ("preset=harvey-2025&usd_per_kwh=0.05", "preset"),
        ("z=0", "z"),
        ("attack_days=-1", "attack_days"),
        ("price_fall_share=1.5", "price_fall_share"),
        ("network_exahashes_per_second=0", "network_exahashes_per_second"),
    ] {
        let said = question(query).unwrap_err();
        assert!(said.starts_with(&format!("bad value for \"{name}\"")), "{query}: {said}");
    }
    // a permalink asks the same again
    for query in [
        "preset=harvey-2025",
        "kind=add&share=0.000001",
        "kind=inside&share=0.999999",
        "kind=add&share=0.6&usd_per_kwh=0.04..0.06",
    ] {
        let (_, told) = question(query).unwrap();
        assert_eq!(question(&told).unwrap().1, told, "{query}");
    }
    for bad in ["nan", "inf", "-0.1", "1.01", "", "0x1"] {
        assert!(bad.parse::<Part>().is_err(), "{bad}");
    }
}

#[test]
fn machines_sites_and_power_by_hand() {
    let (inputs, found) = found("");
    let of = |name| inputs.central(name).unwrap();
    let owned = found.owned.unwrap();
    let machines = of(NETWORK) * 1e6 * of("new_usd_per_terahash_per_second");
    let kilowatts = of(NETWORK) * 1e6 * of("joules_per_terahash") / 1e3;
    let gross = machines + kilowatts * of("site_usd_per_kw") + kilowatts * 168.0 * of("usd_per_kwh");
    // an elasticity of a million is next to none
    assert!((owned.ranged.gross_usd.central / gross - 1.0).abs() < 1e-5);
    assert_eq!(owned.ranged.net_usd, owned.ranged.gross_usd, "nothing is earned and nothing got back");
    assert!(owned.ranged.gross_usd.low < gross && gross < owned.ranged.gross_usd.high);
    assert!((owned.years - of(NETWORK) / of("new_exahashes_per_second_per_year")).abs() < 1e-9);
    assert!((found.blocks.unwrap() - 1_008.0).abs() < 1e-6, "144 a day, as many as the others");
    assert!(found.overtake.unwrap().expected_seconds.is_none() && found.overtake.unwrap().median_seconds.is_some());
    assert!(found.rented.is_none() && found.rented_lacks == ["rentable_exahashes_per_second", "btc_per_eh_day"]);
    let floor = found.floor_usd_per_hour.unwrap();
    assert!((floor.central - 35.88 * of(NETWORK) * 1_000.0 / 24.0).abs() < 1e-3);
}

#[test]
fn what_is_given_counts() {
    let rented = found(
        "rentable_exahashes_per_second=10&btc_per_eh_day=0.5&usd_per_btc=70000&network_exahashes_per_second=1000",
    );
    let rental = rented.1.rented.unwrap().central.rental;
    assert_eq!((rental.usd_per_day, rental.rentable_ratio), (35e6, 0.01));
    let paid = found("price_fall_share=0&usd_per_btc=70000").1.owned.unwrap();
    let revenue = paid.parts[3].1.central;
    assert!((revenue - 1_008.0 * 3.125 * 70_000.0).abs() < 1.0, "{revenue}");
    assert!((paid.ranged.gross_usd.central - paid.ranged.net_usd.central - revenue).abs() < 1.0);
    let inside = found("kind=inside&share=0.51").1.owned.unwrap();
    assert!(inside.parts[0].1 == Range::exactly(0.0) && inside.parts[2].1.central > 0.0);
    let deterred = found("value_usd=1e9&price_fall_share=0.5").1.budish.unwrap();
    assert!((deterred.deterring_usd_per_block.unwrap() - 1e9 / 504.0).abs() < 1e-3);
    assert!(
        found("value_usd=1e9&price_fall_share=0").1.budish.unwrap().deterring_usd_per_block.is_none(),
        "it is free"
    );
}

/// Harvey's parts and ours: the gap is that of the parts, with what theirs do not add up to; no input knows of the total.
#[test]
fn published_costs_stand_beside_ours() {
    for published in Dossier::builtin().published_costs() {
        let inputs = preset_inputs(Dossier::builtin(), published);
        let (kind, share) = kind(&published.slug);
        let preset = Some(published.slug.clone());
        let question = Question { kind, share, blocks: 6, given: Given::default(), preset };
        let found = cost(&question, &inputs).unwrap();
        let compared = comparison(published, &inputs, &found).unwrap().unwrap();
        let central = found.owned.as_ref().unwrap().ranged.gross_usd.central;
        assert!((compared.ours_usd / central - 1.0).abs() < 1e-9, "the same model");
        match published.slug.as_str() {
            "harvey-2025" => {
                assert_eq!(kind, Kind::Match);
                let explained = compared.explained_usd.unwrap() + compared.rounding_usd.unwrap();
                assert!((explained / compared.gap_usd - 1.0).abs() < 1e-9);
                // our sources' machines cost three times what his figure comes to; his power fits ours
                let [machines, _, energy] = compared.parts;
                assert!((machines.published_per_our_unit.unwrap() - 4.515).abs() < 0.01);
                assert!((energy.published_per_our_unit.unwrap() - 0.046_5).abs() < 0.000_5);
            }
            _ => assert!(compared.gap_usd == 0.0 && compared.ours_usd > 5e9, "within 5 to 20: {compared:?}"),
        }
    }
}

#[test]
fn numbers_read_as_meant() {
    assert_eq!(
        (number(3.125), number(1_006.29), number(0.05), number(63_000.0)),
        ("3.125".into(), "1006".into(), "0.05".into(), "63000".into())
    );
    assert_eq!((blocks(1_008.0), blocks(0.5)), ("1,008".into(), "0.5".into()));
    assert_eq!((span(7.0), span(1.0), span(30.0)), ("a week".into(), "a day".into(), "30 days".into()));
    assert_eq!((duration(3_000.0), duration(180_000.0)), ("50.0 minutes".into(), "50.0 hours".into()));
    assert_eq!((probability(1.0), probability(0.0), probability(0.226)), ("100 %".into(), "0".into(), "22.6 %".into()));
    assert_eq!(
        (probability(4.5e-7), probability(1e-20)),
        ("4.5 \u{d7} 10\u{207b}\u{2077}".into(), "< 10\u{207b}\u{b9}\u{b2}".into())
    );
    assert_eq!(probability(0.999_99), "> 99.99 %");
    assert_eq!(
        (probability(9.96e-5), probability(9.94e-5)),
        ("1.0 \u{d7} 10\u{207b}\u{2074}".into(), "9.9 \u{d7} 10\u{207b}\u{2075}".into())
    );
}

/// 60 % of both together is 1.5 times the network, and nobody takes 60 % of the network for it; with less than half nobody outruns it.
#[test]
fn a_share_is_said_of_what_it_is() {
    let said = |query: &str| to_do(&question(query).unwrap().0, 1_000.0);
    assert_eq!(
        said("kind=add&share=0.6"),
        "To outrun the network\u{2019}s 1,000 EH/s from outside, with 60.0\u{a0}% of both together,"
    );
    for query in ["kind=add&share=0.5", "kind=retired&share=0.3", "kind=inside&share=0.3", ""] {
        assert!(!said(query).contains("outrun"), "{query}: {}", said(query));
    }
}
