//! The figures of the page as rows of its tables.

use hashwatch_economics::Range;

use super::{
    cost::{Found, OwnedFound},
    fields::supplier,
    race::probabilities,
    today::Today,
    words::{between, blocks as blocks_words, confirmations, duration, number, probability, span},
};
use crate::{
    inputs::{DAYS, Inputs, unit},
    money::{rounded, rounded_usd},
    wording::{from_to, percent, significant, thousands},
};

/// A figure as low, central and high.
pub(super) struct Triple {
    pub(super) label: &'static str,
    pub(super) low: String,
    pub(super) central: String,
    pub(super) high: String,
    /// The central value as the API has it.
    pub(super) exact: String,
    pub(super) strong: bool,
}

fn triple(label: &'static str, range: Range, strong: bool) -> Triple {
    let Range { low, central, high } = range;
    Triple {
        label,
        low: rounded(low),
        central: rounded(central),
        high: rounded(high),
        exact: central.to_string(),
        strong,
    }
}

pub(super) fn owned(found: &OwnedFound) -> Vec<Triple> {
    let [machines, site, energy, revenue, resale, megawatts] = found.parts.map(|(_, range)| range);
    vec![
        triple("Machines", machines, false),
        triple("Sites", site, false),
        triple("Power over its time", energy, false),
        triple("Before revenue and resale", found.ranged.gross_usd, true),
        triple("Less what its blocks earn", revenue, false),
        triple("Less resale of the machines", resale, false),
        triple("Net", found.ranged.net_usd, true),
        triple("Power that is drawn, MW", megawatts, false),
    ]
}

/// What a parameter's range does to the net cost.
pub(super) struct SwingRow {
    pub(super) label: String,
    pub(super) low: String,
    pub(super) high: String,
    pub(super) at_low: String,
    pub(super) at_high: String,
    pub(super) width: String,
}

pub(super) fn swings(found: &OwnedFound, inputs: &Inputs) -> Vec<SwingRow> {
    let row = |swing: &hashwatch_economics::sensitivity::Swing| {
        let input = inputs.get(swing.parameter)?;
        Some(SwingRow {
            label: format!("{} {}", input.parameter.meaning, in_unit(unit(&input.parameter))).trim_end().to_owned(),
            low: number(input.range.low),
            high: number(input.range.high),
            at_low: rounded_usd(swing.at_low),
            at_high: rounded_usd(swing.at_high),
            width: rounded_usd(swing.width()),
        })
    };
    // what the price of worthless coins is moves nothing
    found.ranged.sensitivity.iter().filter(|swing| swing.width() > 0.0).filter_map(row).collect()
}

fn in_unit(unit: &str) -> String {
    if unit.is_empty() { String::new() } else { format!("({unit})") }
}

/// A step of the supply curve.
pub(super) struct StepRow {
    pub(super) supplier: &'static str,
    pub(super) rate: String,
    pub(super) usd: String,
    pub(super) upto_rate: String,
    pub(super) upto_usd: String,
    pub(super) days: String,
}

pub(super) fn steps(found: &OwnedFound) -> Vec<StepRow> {
    let steps = found.central.supply.iter().flat_map(|supply| &supply.steps);
    let row = |step: &hashwatch_economics::supply::SupplyStep| StepRow {
        supplier: match supplier(step) {
            "new" => "new machines",
            "second-hand" => "second-hand machines",
            other => other,
        },
        rate: significant(step.exahashes_per_second),
        usd: rounded_usd(step.usd),
        upto_rate: significant(step.cumulative_exahashes_per_second),
        upto_usd: rounded_usd(step.cumulative_usd),
        days: if step.days > 0.0 { duration(step.days * 86_400.0) } else { "there already".to_owned() },
    };
    steps.map(row).collect()
}

/// How long it takes, and what output it is, in sentences.
pub(super) fn course(found: &Found, inputs: &Inputs) -> Vec<String> {
    let mut told = Vec::new();
    let days = inputs.central(DAYS).unwrap_or_default();
    if let (Some(forces), Some(blocks)) = (&found.forces, found.blocks) {
        told.push(format!(
            "{} EH/s against {} EH/s: {} % of both. Its branch has {} blocks after {}, in expectation, by its own retargets.",
            significant(forces.attacker_exahashes_per_second),
            significant(forces.honest_exahashes_per_second),
            percent(forces.attacker_share),
            blocks_words(blocks),
            span(days)
        ));
    }
    if let Some(it) = found.overtake {
        let blocks = thousands(u64::from(it.blocks));
        let expected = it.expected_seconds.map(|seconds| format!("{} on the mean", duration(seconds)));
        let median =
            it.median_seconds.map(|seconds| format!("half of such attempts need less than {}", duration(seconds)));
        // within no time at all nothing is done, which says nothing
        let within = it
            .within
            .filter(|_| days > 0.0)
            .map(|part| format!("{} are done within {}", probability(part), span(days)));
        told.push(match (expected, median) {
            (Some(expected), Some(median)) => format!("To make up {blocks} blocks it needs {expected}; {median}."),
            (None, Some(median)) => format!(
                "To make up {blocks} blocks: as fast as the others, it draws level for certain, and there is no mean time; {median}{}.",
                within.map_or_else(String::new, |within| format!(", and {within}"))
            ),
            _ => format!("Slower than the others, it may never make up {blocks} blocks."),
        });
    }
    if let Some(owned) = found.owned.as_ref().filter(|owned| owned.years > 0.0) {
        told.push(format!(
            "The new machines are {} years of what the attacker gets of the industry\u{2019}s output.",
            significant(owned.years)
        ));
    }
    told
}

/// The rented model in sentences: what it costs, or what is missing.
pub(super) fn rented(found: &Found, inputs: &Inputs) -> Vec<String> {
    let mut told = Vec::new();
    if let Some(rented) = &found.rented {
        let rental = rented.central.rental;
        told.push(format!(
            "Rented, the hashrate costs {} an hour, {} a day, {} over {}, of which its blocks bring back {}.",
            rounded_usd(rental.usd_per_hour),
            rounded_usd(rental.usd_per_day),
            rounded_usd(rented.ranged.gross_usd.central),
            span(inputs.central(DAYS).unwrap_or_default()),
            rounded_usd(rented.central.revenue_usd)
        ));
        let ratio = rental.rentable_ratio;
        told.push(match ratio {
            r if r < 1.0 => {
                format!("For rent is {} % of it: the cost is that of something nobody can buy.", percent(r))
            }
            _ => "There is as much for rent.".to_owned(),
        });
    } else {
        let lacks = found.rented_lacks.iter().filter_map(|name| {
            inputs.missing().iter().find(|parameter| parameter.name == *name).map(|parameter| parameter.meaning)
        });
        told.push(format!(
            "Whether it could be rented, and for how much, is not told: no source gives the {}. Give them below.",
            lacks.collect::<Vec<_>>().join(" and the ")
        ));
    }
    if let Some(floor) = found.floor_usd_per_hour {
        told.push(format!(
            "A renter who can mine instead would ask for {} an hour{} at least: that is what as much hashrate earns.",
            rounded_usd(floor.central),
            between(floor)
        ));
    }
    told
}

/// Budish's limits in sentences.
pub(super) fn limits(found: &Found) -> Vec<String> {
    let Some(it) = &found.budish else { return Vec::new() };
    let mut told = vec![format!(
        "A block pays {}. Such an attack costs as much as {} blocks of honest mining, and {} of these are not paid back: the pay of blocks deters \
         attacks worth up to {} (flow).",
        rounded_usd(it.usd_per_block),
        blocks_words(it.gross_blocks),
        blocks_words(it.net_blocks),
        rounded_usd(it.flow_usd)
    )];
    told.extend(it.stock_usd.map(|usd_| {
        format!(
            "Where the machines are lost with the attack, as with those that mine nothing else, up to {} (stock).",
            rounded_usd(usd_)
        )
    }));
    told.extend(
        it.deterring_usd_per_block
            .map(|pay| format!("To deter an attack of the value given, a block must pay {}.", rounded_usd(pay))),
    );
    told
}

/// The largest, and how often it undoes a payment.
pub(super) struct RaceRow {
    pub(super) by: &'static str,
    pub(super) name: String,
    pub(super) share: String,
    pub(super) interval: String,
    pub(super) cells: Vec<(String, String)>,
    pub(super) confirmations: String,
}

pub(super) fn races(today: &Today, risk: f64) -> hashwatch_economics::Result<Vec<RaceRow>> {
    let row = |one: &super::today::Largest| {
        let cells = probabilities(one.share)?
            .into_iter()
            .map(|(_, [value, low, high, _])| (probability(value), from_to(low, high, probability)));
        let needed = hashwatch_economics::race::confirmations_needed(one.share.value, risk)?;
        Ok(RaceRow {
            by: one.by.word(),
            name: one.name.clone(),
            share: percent(one.share.value),
            interval: format!("{} %", from_to(one.share.low, one.share.high, percent)),
            cells: cells.collect(),
            confirmations: confirmations(needed),
        })
    };
    today.largest.iter().map(row).collect()
}
