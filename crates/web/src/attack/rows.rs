//! The figures of the page as rows of its tables.

use hashwatch_economics::Range;
use hashwatch_registry::PublishedCost;

use super::{
    Question,
    cost::{Found, OwnedFound, cost},
    fields::supplier,
    form::{host, shown, unit},
    preset::{self, comparison, explained, part_word, whole},
    race::probabilities,
    today::Today,
    words::{amount, between, confirmations, duration, number, probability, span, usd},
};
use crate::{
    inputs::{DAYS, Given, Inputs, Origin},
    wording::{percent, significant, thousands},
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
    Triple { label, low: amount(low), central: amount(central), high: amount(high), exact: central.to_string(), strong }
}

pub(super) fn owned(found: &OwnedFound) -> Vec<Triple> {
    let [machines, site, energy, revenue, resale, megawatts] = found.parts.map(|(_, range)| range);
    vec![
        triple("Machines, USD", machines, false),
        triple("Sites, USD", site, false),
        triple("Power over its time, USD", energy, false),
        triple("Before revenue and resale, USD", found.ranged.gross_usd, true),
        triple("Less what its blocks earn, USD", revenue, false),
        triple("Less resale of the machines, USD", resale, false),
        triple("Net, USD", found.ranged.net_usd, true),
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
            label: format!("{} {}", input.parameter.meaning, in_unit(&unit(&input.parameter))).trim_end().to_owned(),
            low: number(input.range.low),
            high: number(input.range.high),
            at_low: usd(swing.at_low),
            at_high: usd(swing.at_high),
            width: usd(swing.width()),
        })
    };
    found.ranged.sensitivity.iter().filter_map(row).collect()
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
        usd: usd(step.usd),
        upto_rate: significant(step.cumulative_exahashes_per_second),
        upto_usd: usd(step.cumulative_usd),
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
            significant(blocks),
            span(days)
        ));
    }
    if let Some(it) = found.overtake {
        let blocks = thousands(u64::from(it.blocks));
        let expected = it.expected_seconds.map(|seconds| format!("{} on the mean", duration(seconds)));
        let median =
            it.median_seconds.map(|seconds| format!("half of such attempts need less than {}", duration(seconds)));
        let within = it.within.map(|part| format!("{} are done within {}", probability(part), span(days)));
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
            usd(rental.usd_per_hour),
            usd(rental.usd_per_day),
            usd(rented.ranged.gross_usd.central),
            span(inputs.central(DAYS).unwrap_or_default()),
            usd(rented.central.revenue_usd)
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
            usd(floor.central),
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
        usd(it.usd_per_block),
        significant(it.gross_blocks),
        significant(it.net_blocks),
        usd(it.flow_usd)
    )];
    told.extend(it.stock_usd.map(|usd_| {
        format!(
            "Where the machines are lost with the attack, as with those that mine nothing else, up to {} (stock).",
            usd(usd_)
        )
    }));
    told.extend(
        it.deterring_usd_per_block
            .map(|pay| format!("To deter an attack of the value given, a block must pay {}.", usd(pay))),
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
        let cells = probabilities(one.share)?.into_iter().map(|(_, [value, low, high, _])| {
            (probability(value), format!("{} to {}", probability(low), probability(high)))
        });
        let needed = hashwatch_economics::race::confirmations_needed(one.share.value, risk)?;
        Ok(RaceRow {
            by: one.by.word(),
            name: one.name.clone(),
            share: percent(one.share.value),
            interval: format!("{} to {} %", percent(one.share.low), percent(one.share.high)),
            cells: cells.collect(),
            confirmations: confirmations(needed),
        })
    };
    today.largest.iter().map(row).collect()
}

/// A published cost beside ours.
pub(super) struct PresetRow {
    pub(super) slug: String,
    pub(super) by: String,
    pub(super) at: String,
    pub(super) href: String,
    pub(super) source: String,
    pub(super) host: String,
    pub(super) note: String,
    pub(super) what: String,
    pub(super) whole: String,
    pub(super) rows: Vec<PartRow>,
    pub(super) inputs: Vec<InputRow>,
}

/// A part of both.
pub(super) struct PartRow {
    pub(super) part: &'static str,
    pub(super) ours: String,
    pub(super) published: String,
    pub(super) gap: String,
    pub(super) explained: String,
}

/// A value and its newest source.
pub(super) struct InputRow {
    pub(super) label: String,
    pub(super) value: String,
    pub(super) from: String,
    pub(super) href: Option<String>,
    pub(super) host: String,
}

pub(super) fn presets(
    costs: &[PublishedCost],
    dossier: &hashwatch_registry::Dossier,
    kept: &str,
) -> hashwatch_economics::Result<Vec<PresetRow>> {
    let mut rows = Vec::new();
    for published in costs {
        let inputs = preset::inputs(dossier, published);
        let (kind, share) = preset::kind(&published.slug);
        let (given, slug) = (Given::default(), published.slug.clone());
        let question = Question { kind, share, blocks: super::USUAL_BLOCKS, given, preset: Some(slug.clone()) };
        let found = cost(&question, &inputs)?;
        let Some(compared) = comparison(published, &inputs, &found)? else { continue };
        let part = |it: &hashwatch_economics::published::Compared| PartRow {
            part: part_word(it.part),
            ours: usd(it.ours_usd),
            published: it.published_usd.map_or_else(|| "not told".to_owned(), usd),
            gap: it.gap_usd.map_or_else(String::new, usd),
            explained: explained(it, &inputs),
        };
        let mut told = whole(published, &compared);
        if let Some(rounding) = compared.rounding_usd.filter(|rounding| rounding.abs() > 0.0) {
            told += &format!(" Their parts add up to {} more than their total.", usd(rounding));
        }
        rows.push(PresetRow {
            by: published.by.clone(),
            at: published.at.to_string(),
            href: format!("/attack?preset={slug}{}{kept}", if kept.is_empty() { "" } else { "&" }),
            source: published.source.url.clone(),
            host: host(&published.source.url),
            note: published.note.clone().unwrap_or_default(),
            what: super::words::what(&question),
            whole: told,
            rows: compared.parts.iter().map(part).collect(),
            inputs: input_rows(&inputs),
            slug,
        });
    }
    Ok(rows)
}

fn input_rows(inputs: &Inputs) -> Vec<InputRow> {
    let row = |input: &crate::inputs::Input| {
        let (from, href) = match &input.origin {
            Origin::Published { how, claims, day } => {
                (format!("{how} ({day})"), claims.first().map(|claim| claim.source.url.clone()))
            }
            Origin::LeftOut(why) => (format!("left out: {why}"), None),
            _ => ("part of the question".to_owned(), None),
        };
        InputRow {
            label: input.parameter.meaning.to_owned(),
            value: match input.origin {
                Origin::LeftOut(_) => "none".to_owned(),
                _ => format!("{} {}", shown(input.range), unit(&input.parameter)).trim_end().to_owned(),
            },
            from,
            host: href.as_deref().map_or_else(String::new, host),
            href,
        }
    };
    // of the rented model there is nothing to compare
    inputs
        .iter()
        .filter(|input| hashwatch_economics::cost::OWNED.iter().any(|it| it.name == input.parameter.name))
        .map(row)
        .collect()
}
