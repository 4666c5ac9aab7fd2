//! What others have published a majority to cost, beside our model on inputs of their time from sources of its own. No input is fitted.

use hashwatch_economics::{
    Range, Result,
    hardware::Hardware,
    published::{Comparison, Part, Published, compare},
};
use hashwatch_registry::{CostOf, Dossier, PublishedCost};

use super::{Kind, USUAL_SHARE, cost::Found, parameters};
use crate::{
    inputs::{DAYS, Given, Inputs, Sources},
    money::rounded_usd,
    wording::{bounds, from_to, significant},
};

/// Of what kind an attack is meant. Nuzzi, Waters and Andrade name the threshold of 51 %; where a publication says no more than «a
/// majority», it is taken for a match of the network.
pub(super) fn kind(slug: &str) -> (Kind, f64) {
    match slug {
        "nuzzi-waters-andrade-2024" => (Kind::Add, USUAL_SHARE),
        _ => (Kind::Match, USUAL_SHARE),
    }
}

/// The values of its time: what was published by then and, where nothing was, the first that came after. Nothing of our own chain.
pub(super) fn inputs(dossier: &Dossier, cost: &PublishedCost) -> Inputs {
    let days = cost.days.map_or_else(Given::default, |days| Given::default().with(DAYS, Range::exactly(days)));
    let sources = Sources { dossier, own: None, prices: None, day: cost.at.last(), later: true };
    Inputs::from(sources, &parameters(), &days)
}

/// Ours beside theirs; none where we lack a parameter.
pub(super) fn comparison(cost: &PublishedCost, inputs: &Inputs, found: &Found) -> Result<Option<Comparison>> {
    let (Some(owned), Some(forces)) = (&found.owned, &found.forces) else { return Ok(None) };
    let of = |name: &str| inputs.central(name).unwrap_or_default();
    let terahashes = forces.attacker_exahashes_per_second * 1e6;
    let ours = Hardware {
        exahashes_per_second: forces.attacker_exahashes_per_second,
        usd_per_terahash_per_second: owned.central.cost.machines_usd / terahashes,
        joules_per_terahash: of("joules_per_terahash"),
        power_usage_effectiveness: of("power_usage_effectiveness"),
        site_usd_per_kw: of("site_usd_per_kw"),
        usd_per_kwh: of("usd_per_kwh"),
        days: of(DAYS),
        // published totals are before both
        resale_share: 0.0,
        revenue_usd: 0.0,
    };
    let part = |wanted| cost.parts.iter().find(|part| part.of == wanted).map(|part| part.usd.value);
    let published = Published {
        machines_usd: part(CostOf::Machines),
        site_usd: part(CostOf::Sites),
        energy_usd: part(CostOf::Power),
        total_usd: (cost.total_usd.low, cost.total_usd.high),
    };
    compare(&ours, &published).map(Some)
}

pub(super) fn part_word(part: Part) -> &'static str {
    match part {
        Part::Machines => "machines",
        Part::Site => "sites",
        Part::Energy => "power",
    }
}

/// What a gap is made of, in words: at our quantities their figure is a price, and our sources have another.
pub(super) fn explained(compared: &hashwatch_economics::published::Compared, inputs: &Inputs) -> String {
    let (unit, name) = match compared.part {
        Part::Machines => ("USD per TH/s", "new_usd_per_terahash_per_second"),
        Part::Site => ("USD per kW", "site_usd_per_kw"),
        Part::Energy => ("USD per kWh", "usd_per_kwh"),
    };
    let ours = significant(compared.ours_per_unit);
    let sourced =
        inputs.get(name).map(|input| bounds(input.range.low, input.range.high, significant)).unwrap_or_default();
    match compared.published_per_our_unit {
        None => format!("The publication does not name this part; our sources have {ours} {unit}{sourced}."),
        Some(theirs) => {
            let times = compared.ours_per_unit / theirs;
            let against = match times {
                _ if theirs <= 0.0 => "ours is more".to_owned(),
                t if (0.9..=1.1).contains(&t) => "which is about the same".to_owned(),
                t if t > 1.0 => format!("{} times as much", significant(t)),
                t => format!("{} of it", significant(t)),
            };
            format!(
                "Over our quantities theirs comes to {} {unit}; our sources have {ours} {unit}{sourced}, {against}.",
                significant(theirs)
            )
        }
    }
}

/// The whole gap in a sentence.
pub(super) fn whole(cost: &PublishedCost, comparison: &Comparison) -> String {
    let total = &cost.total_usd;
    let theirs = match total.low < total.high {
        true => from_to(total.low, total.high, rounded_usd),
        false => rounded_usd(total.value),
    };
    let ours = rounded_usd(comparison.ours_usd);
    match comparison.gap_usd {
        0.0 => format!("{} published {theirs}; ours, {ours}, lies within it.", cost.by),
        gap if gap > 0.0 => format!("{} published {theirs}; ours is {ours}, {} more.", cost.by, rounded_usd(gap)),
        gap => format!("{} published {theirs}; ours is {ours}, {} less.", cost.by, rounded_usd(-gap)),
    }
}
