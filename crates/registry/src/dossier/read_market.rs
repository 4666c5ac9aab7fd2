//! From TOML to reports, machines, market values and published costs. What one entry says against another is for check.

use super::{
    figure::{amount, bounded},
    machine::{EFFICIENCY_TOLERANCE, Machine, Price},
    market::{CostOf, CostPart, MarketValue, PublishedCost, Quantity},
    read::{note, required_when, sources},
    report::Report,
};
use crate::{
    fields::{Fields, Problems},
    period::When,
    problem::Reason,
    read::{checked_name, public_source, shortened, slug, when},
    read_behind::{each, word},
};

/// All reports of a miner.
pub(super) fn reports(file: &str, fields: &mut Fields, problems: &mut Problems) -> Option<Vec<Report>> {
    let miner = fields.required("miner", problems);
    if let Some(miner) = &miner {
        fields.entry = format!("reports of {}", shortened(miner));
    }
    let miner = miner.unwrap_or_default();
    Some(each(fields, "report", problems, |entry, problems| report(file, &miner, entry, problems)))
}

fn report(file: &str, miner: &str, fields: &mut Fields, problems: &mut Problems) -> Option<Report> {
    let period = required_when(fields, "period", problems);
    if let Some(period) = period {
        fields.entry = report_entry(miner, period);
        if period.first() == period.last() {
            problems.add(&fields.entry, Reason::NoSpan(period.to_string()));
        }
    }
    let figures = [
        ("btc_produced", 0.0..=21_000_000.0),
        ("btc_held", 0.0..=21_000_000.0),
        ("j_th", 1.0..=1_000.0),
        ("power_mw", 0.01..=10_000.0),
        ("usd_per_btc", 1.0..=10_000_000.0),
    ];
    if !figures.iter().any(|(key, _)| fields.has(key)) {
        problems.add(&fields.entry, Reason::NoFigure);
    }
    let [btc_produced, btc_held, joules_per_terahash, power_mw, usd_per_btc] =
        figures.map(|(key, bounds)| bounded(fields, key, key, &bounds, problems));
    let note = note(fields, problems);
    let source = public_source(fields, problems)?;
    let (miner, file) = (miner.to_owned(), file.to_owned());
    Some(Report {
        miner,
        period: period?,
        btc_produced,
        btc_held,
        joules_per_terahash,
        power_mw,
        usd_per_btc,
        note,
        source,
        file,
    })
}

/// What a report is called in problems.
pub(super) fn report_entry(miner: &str, period: When) -> String {
    format!("reports of {}, {period}", shortened(miner))
}

pub(super) fn machine(file: &str, fields: &mut Fields, problems: &mut Problems) -> Option<Machine> {
    let slug = slug(fields, "machine", problems);
    let [vendor, model] = ["vendor", "model"]
        .map(|key| fields.required(key, problems).and_then(|text| problems.ok(&fields.entry, checked_name(text))));
    let released = fields.text("released", problems).and_then(|text| problems.ok(&fields.entry, when(text)));
    let [th_s, watts, j_th] =
        [("th_s", 0.001..=10_000.0), ("watts", 0.1..=100_000.0), ("j_th", 1.0..=10_000.0)].map(|(key, bounds)| {
            if !fields.has(key) {
                problems.add(&fields.entry, Reason::Missing(key));
            }
            bounded(fields, key, key, &bounds, problems)
        });
    if let (Some(th_s), Some(watts), Some(stated)) = (th_s, watts, j_th) {
        let computed = watts / th_s;
        if (stated - computed).abs() > EFFICIENCY_TOLERANCE * computed {
            problems.add(&fields.entry, Reason::Efficiency { stated, computed });
        }
    }
    let mut prices = each(fields, "price", problems, price);
    prices.sort_by_key(|price| (price.at.first(), price.at.last()));
    let note = note(fields, problems);
    let (source, also) = sources(fields, problems);
    let file = file.to_owned();
    Some(Machine {
        slug,
        vendor: vendor?,
        model: model?,
        released,
        terahashes_per_second: th_s?,
        watts: watts?,
        joules_per_terahash: j_th?,
        prices,
        note,
        source: source?,
        also,
        file,
    })
}

fn price(fields: &mut Fields, problems: &mut Problems) -> Option<Price> {
    if !fields.has("usd") {
        problems.add(&fields.entry, Reason::Missing("usd"));
    }
    let usd = bounded(fields, "usd", "usd", &(1.0..=1_000_000.0), problems);
    let at = required_when(fields, "at", problems);
    let note = note(fields, problems);
    let source = public_source(fields, problems);
    Some(Price { usd: usd?, at: at?, note, source: source? })
}

pub(super) fn value(file: &str, fields: &mut Fields, problems: &mut Problems) -> Option<MarketValue> {
    let what = word(fields, "what", &Quantity::words(), problems);
    let at = required_when(fields, "at", problems);
    if let (Some(what), Some(at)) = (what, at) {
        fields.entry = value_entry(what, at);
    }
    let bounds = what.map_or(f64::MIN..=f64::MAX, Quantity::bounds);
    let amount = amount(fields, what.map_or("value", Quantity::name), &bounds, problems);
    let note = note(fields, problems);
    let supersedes = fields.flag("supersedes", problems);
    let (source, also) = sources(fields, problems);
    let file = file.to_owned();
    Some(MarketValue { what: what?, at: at?, amount: amount?, note, supersedes, source: source?, also, file })
}

/// What a market value is called in problems.
pub(super) fn value_entry(what: Quantity, at: When) -> String {
    format!("value {} of {at}", what.name())
}

pub(super) fn cost(file: &str, fields: &mut Fields, problems: &mut Problems) -> Option<PublishedCost> {
    let usd = 1.0..=1e15;
    let slug = slug(fields, "published_cost", problems);
    let by = fields.required("by", problems).and_then(|text| problems.ok(&fields.entry, checked_name(text)));
    let at = required_when(fields, "at", problems);
    let days = bounded(fields, "days", "days", &(0.01..=10_000.0), problems);
    let total = amount(fields, "total", &usd, problems);
    let parts = each(fields, "part", problems, |fields, problems| {
        let of = word(fields, "of", &CostOf::words(), problems);
        let part = amount(fields, "part", &usd, problems);
        let note = note(fields, problems);
        Some(CostPart { of: of?, usd: part?, note })
    });
    let note = note(fields, problems);
    let (source, also) = sources(fields, problems);
    let file = file.to_owned();
    Some(PublishedCost { slug, by: by?, at: at?, days, total_usd: total?, parts, note, source: source?, also, file })
}
