//! What the page's form and its tables of who leaves and what goes in show, as texts.

use std::collections::BTreeSet;

use hashwatch_economics::Range;
use hashwatch_registry::{Registry, Source};

use super::{
    Played,
    amounts::{Efficiency, Rule},
    leaving::{Leaver, Left, Reason, Said},
    offers::Offer,
    outcome::pays,
    words::within,
};
use crate::{
    inputs::{Input, InputFields, unit},
    miners::disclosed::home_of,
    registry::row::{SourceLink, source_link},
    wording::{days_old, significant},
};

/// A company in the form: what it discloses, and its announcements.
pub(super) struct CompanyRow {
    pub(super) name: String,
    pub(super) href: String,
    pub(super) discloses: String,
    pub(super) source: Option<SourceLink>,
    pub(super) choices: Vec<ChoiceRow>,
}

/// A box of the form.
pub(super) struct ChoiceRow {
    pub(super) slug: String,
    pub(super) chosen: bool,
    /// When, of what kind and where.
    pub(super) label: String,
    /// What it takes off the network by itself.
    pub(super) ends: String,
    pub(super) source: SourceLink,
}

/// `kept` is what pins the page of a company.
pub(super) fn companies(played: &Played, who: &Registry, kept: &str) -> Vec<CompanyRow> {
    let mut found: Vec<(f64, CompanyRow)> = Vec::new();
    let mut offers = played.leaving.offers.as_slice();
    while let Some(first) = offers.first() {
        let (all, rest) = offers.split_at(offers.iter().take_while(|it| it.miner == first.miner).count());
        offers = rest;
        let said = who.miner(&first.miner).and_then(|miner| Said::on(miner, played.inputs.day));
        let rate = said.as_ref().map_or(0.0, Said::exahashes_per_second);
        found.push((
            rate,
            CompanyRow {
                name: first.name.clone(),
                href: home_of(who, &first.miner, played.inputs.day, kept),
                discloses: said.as_ref().map_or_else(|| "discloses no hashrate".to_owned(), discloses),
                source: said.map(|said| source_link(&said.disclosure.source)),
                choices: all.iter().map(choice).collect(),
            },
        ));
    }
    found.sort_by(|one, other| other.0.total_cmp(&one.0));
    found.into_iter().map(|(_, row)| row).collect()
}

fn discloses(said: &Said) -> String {
    let it = &said.disclosure;
    let rate = significant(said.exahashes_per_second());
    format!(
        "{rate} EH/s {} of {}{}",
        it.kind.name(),
        it.period,
        if said.silent() { ", too old to rely on" } else { "" }
    )
}

fn choice(it: &Offer) -> ChoiceRow {
    let place = it.site.as_ref().map_or_else(String::new, |site| format!(", {site}"));
    let power = it.megawatts.map_or_else(String::new, |it| format!(", {} MW", span(it)));
    let ends = match (&it.ends, it.gone) {
        (_, true) => format!("left by {} already", it.by.map_or_else(String::new, |day| day.to_string())),
        (None, _) => "no hashrate to go by".to_owned(),
        (Some((_, amount)), _) => format!("{} EH/s", span(*amount)),
    };
    let by = it.by.filter(|_| !it.gone).map_or_else(String::new, |day| format!(" by {day}"));
    ChoiceRow {
        slug: it.slug.clone(),
        chosen: it.chosen,
        label: format!("{} {}{place}{power}", it.on, it.kind.name()),
        ends: ends + &by,
        source: source_link(&it.source),
    }
}

/// `10.1`, or `0 – 11.6` with its central value before.
fn span(range: Range) -> String {
    let Range { low, central, high } = range;
    if low == high { significant(central) } else { format!("{}{}", significant(central), within(range, significant)) }
}

/// Who leaves.
pub(super) struct LeaverRow {
    pub(super) name: String,
    pub(super) href: String,
    pub(super) amount: String,
    pub(super) ends: String,
    pub(super) reasons: Vec<ReasonRow>,
    pub(super) discloses: String,
    pub(super) age: String,
    pub(super) stale: bool,
    pub(super) date: String,
    pub(super) dated: &'static str,
    pub(super) pool: String,
    pub(super) sources: Vec<SourceLink>,
}

/// Why so much.
pub(super) struct ReasonRow {
    pub(super) rule: &'static str,
    /// From what, where that was power.
    pub(super) from: String,
}

pub(super) fn leavers(played: &Played, who: &Registry, kept: &str) -> Vec<LeaverRow> {
    let mut all: Vec<&Leaver> = played.leaving.leavers.iter().collect();
    all.sort_by(|one, other| other.amount.central.total_cmp(&one.amount.central));
    all.into_iter().map(|it| leaver(it, played, who, kept)).collect()
}

fn leaver(it: &Leaver, played: &Played, who: &Registry, kept: &str) -> LeaverRow {
    let offer = |slug: &String| played.leaving.offers.iter().find(|offer| offer.slug == *slug);
    let mut sources: Vec<&Source> = vec![&it.said.disclosure.source];
    // of all that a company has announced the newest
    let newest = |it: &Reason| if it.rule == Rule::Whole { it.announcements.len().saturating_sub(2) } else { 0 };
    let announced = it.reasons.iter().flat_map(|it| it.announcements.iter().skip(newest(it)));
    sources.extend(announced.filter_map(offer).map(|offer| &offer.source));
    sources
        .extend(it.efficiency.iter().filter(|it| it.own).flat_map(|it| it.reports.iter().map(|(.., source)| source)));
    sources.extend(it.pool.iter().map(|(_, source)| source));
    let mut seen = BTreeSet::new();
    sources.retain(|source| seen.insert(&source.url));
    LeaverRow {
        name: it.name.clone(),
        href: home_of(who, &it.miner, played.inputs.day, kept),
        amount: significant(it.amount.central),
        ends: match it.amount.low < it.amount.high {
            true => format!("{} – {}", significant(it.amount.low), significant(it.amount.high)),
            false => String::new(),
        },
        reasons: it.reasons.iter().map(|reason| reason_row(reason, it.efficiency.as_ref())).collect(),
        discloses: discloses(&it.said),
        age: days_old(it.said.age_days),
        stale: it.said.silent(),
        date: it.date.to_string(),
        dated: if it.dated { "as announced, at the latest" } else { "as asked" },
        pool: it.pool.as_ref().map_or_else(
            || "not known".to_owned(),
            |(slug, _)| who.pool(slug).map_or(slug.as_str(), |pool| &pool.name).to_owned(),
        ),
        sources: sources.into_iter().map(source_link).collect(),
    }
}

fn reason_row(it: &Reason, efficiency: Option<&Efficiency>) -> ReasonRow {
    let from = it.megawatts.zip(efficiency).map(|(power, joules)| {
        let whose = match (joules.own, joules.reports.is_empty()) {
            (true, _) => "its own last report",
            (_, true) => "as asked",
            _ => "last reports of other miners",
        };
        format!("{} MW at {} J/TH, {whose}", span(power), span(joules.range))
    });
    ReasonRow { rule: it.rule.words(), from: from.unwrap_or_default() }
}

/// What takes nothing off the network.
pub(super) struct NothingRow {
    pub(super) name: String,
    pub(super) announcements: String,
    pub(super) why: &'static str,
}

pub(super) fn nothing(all: &[Left]) -> Vec<NothingRow> {
    let row = |it: &Left| NothingRow { name: it.name.clone(), announcements: it.announcements.join(", "), why: it.why };
    all.iter().map(row).collect()
}

/// A parameter.
pub(super) struct InputRow {
    pub(super) meaning: String,
    pub(super) value: String,
    pub(super) origin: String,
    pub(super) how: String,
    pub(super) sources: Vec<SourceLink>,
}

pub(super) fn input_rows<'a>(inputs: impl Iterator<Item = &'a Input>) -> Vec<InputRow> {
    let row = |it: &Input| {
        let crate::inputs::Origin::Published { claims, .. } = &it.origin else {
            return input_row(it, Vec::new());
        };
        input_row(it, claims.iter().take(2).map(|claim| source_link(&claim.source)).collect())
    };
    inputs.map(row).collect()
}

fn input_row(it: &Input, sources: Vec<SourceLink>) -> InputRow {
    let left_out = matches!(it.origin, crate::inputs::Origin::LeftOut(_));
    let age = it.age_days.filter(|days| *days > 0).map(|days| format!(", {days} days old")).unwrap_or_default();
    let fields = serde_json::json!(InputFields::from(it));
    let how = fields["how"].as_str().map(str::to_owned).unwrap_or_default();
    InputRow {
        meaning: it.parameter.meaning.to_owned(),
        value: if left_out {
            "left out".to_owned()
        } else {
            format!("{} {}", span(it.range), unit(&it.parameter)).trim_end().to_owned()
        },
        origin: it.origin.word().replace('_', " ") + &age,
        how,
        sources,
    }
}

/// Which machines pay, in words.
pub(super) fn pays_words(played: &Played, dossier: &hashwatch_registry::Dossier) -> Option<String> {
    let it = pays(played, dossier)?;
    let models = match it.machines.len() {
        0 => "none of the models known here lies between".to_owned(),
        1 => format!("the {} lies between", it.machines[0].model),
        many => format!(
            "{many} of the models known here lie between, from the {} to the {}",
            it.machines[0].model,
            it.machines[many - 1].model
        ),
    };
    Some(format!(
        "At {} USD per kWh machines of up to {} J/TH pay for their power at the end, and would up to {} J/TH had nobody left: {models}. \
         How many of them stand idle nobody has published.",
        it.usd_per_kwh,
        significant(it.joules_per_terahash),
        significant(it.joules_per_terahash_without),
    ))
}
