//! The calculator's rows: a slider and a field for each parameter, where its value is from, and what leaving it out means.

use std::collections::BTreeSet;

use hashwatch_economics::Parameter;

use super::{Kind, Question, VALUE, parameters, words::number};
use crate::{
    inputs::{Given, Input, Inputs, Origin, RETIRED, Span, unit},
    registry::row::{SourceLink, source_link},
    wording::{bounds, days_old},
};

/// What a slider spans, where the bounds of a parameter are far wider than anybody asks for: least, greatest, step.
const SLIDERS: [(&str, f64, f64, f64); 22] = [
    ("network_exahashes_per_second", 100.0, 3_000.0, 10.0),
    ("new_usd_per_terahash_per_second", 1.0, 60.0, 0.5),
    ("new_exahashes_per_second_per_year", 50.0, 1_500.0, 10.0),
    ("production_share", 0.05, 1.0, 0.05),
    ("supply_elasticity", 0.1, 20.0, 0.1),
    ("second_hand_exahashes_per_second", 0.0, 1_000.0, 10.0),
    ("second_hand_usd_per_terahash_per_second", 0.5, 30.0, 0.5),
    ("joules_per_terahash", 5.0, 60.0, 0.5),
    ("power_usage_effectiveness", 1.0, 2.0, 0.01),
    ("site_usd_per_kw", 0.0, 1_500.0, 25.0),
    ("usd_per_kwh", 0.0, 0.25, 0.005),
    ("attack_days", 1.0, 365.0, 1.0),
    ("resale_share", 0.0, 1.0, 0.05),
    ("reward_btc", 0.0, 10.0, 0.025),
    ("usd_per_btc", 1_000.0, 300_000.0, 1_000.0),
    ("price_fall_share", 0.0, 1.0, 0.05),
    ("rentable_exahashes_per_second", 0.0, 200.0, 1.0),
    ("btc_per_eh_day", 0.0, 2.0, 0.01),
    ("retired_exahashes_per_second", 0.0, 500.0, 10.0),
    ("hashprice_usd_per_ph_day", 5.0, 150.0, 1.0),
    ("share", 0.05, 0.95, 0.01),
    ("value_usd", 0.0, 20e9, 1e8),
];

/// A parameter in the form.
pub(super) struct FormRow {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) unit: String,
    pub(super) least: f64,
    pub(super) greatest: f64,
    pub(super) step: f64,
    /// Where the slider stands.
    pub(super) at: f64,
    /// What was given; empty where nothing was.
    pub(super) given: String,
    /// The value in force where nothing is given.
    pub(super) shown: String,
    pub(super) from: From,
}

/// Where a value is from, in words.
pub(super) struct From {
    pub(super) words: String,
    pub(super) age: String,
    /// Every place that the value and its ends are from, the newest first.
    pub(super) sources: Vec<SourceLink>,
    pub(super) left_out: bool,
}

fn from(input: Option<&Input>) -> From {
    let Some(input) = input else {
        let words = "no source, and none given: what needs it has no answer".to_owned();
        return From { words, age: String::new(), sources: Vec::new(), left_out: true };
    };
    let words = match &input.origin {
        Origin::Given => "given".to_owned(),
        Origin::Usual => "part of the question".to_owned(),
        Origin::Verified { how, .. } => format!("verified: {how}"),
        Origin::Operator { how, .. } => how.clone(),
        Origin::Published { how, .. } => format!("published: {how}"),
        Origin::LeftOut(why) => format!("left out: {why}"),
    };
    let age = input.origin.at().zip(input.age_days).map_or_else(String::new, |(at, age)| match age {
        0 => at,
        age if age > 0 => format!("{at}, {}", days_old(age)),
        _ => format!("{at}, published later"),
    });
    From { words, age, sources: sources(&input.origin), left_out: matches!(input.origin, Origin::LeftOut(_)) }
}

/// Where a value can be read, each place once.
pub(super) fn sources(origin: &Origin) -> Vec<SourceLink> {
    let Origin::Published { claims, .. } = origin else { return Vec::new() };
    let mut seen = BTreeSet::new();
    let new = claims.iter().filter(|claim| seen.insert(&claim.source.url));
    new.map(|claim| source_link(&claim.source)).collect()
}

/// A range as it is shown: `13.9`, `13.9 (13.1 to 16.9)`.
pub(super) fn shown(range: hashwatch_economics::Range) -> String {
    number(range.central) + &bounds(range.low, range.high, number)
}

fn row(parameter: &Parameter, given: &Given, input: Option<&Input>) -> FormRow {
    let (_, least, greatest, step) = SLIDERS.into_iter().find(|(name, ..)| *name == parameter.name).unwrap_or((
        parameter.name,
        parameter.least,
        parameter.greatest,
        1.0,
    ));
    let central = input.map_or(least, |input| input.range.central);
    FormRow {
        name: parameter.name,
        label: parameter.meaning,
        unit: unit(parameter).to_owned(),
        least,
        greatest,
        step,
        at: central.clamp(least, greatest),
        given: given.get(parameter.name).map_or_else(String::new, |range| Span(range).to_string()),
        shown: input.map_or_else(
            || "none".to_owned(),
            |input| match parameter.name {
                // the value at which the price does not rise is no value to show
                "supply_elasticity" if matches!(input.origin, Origin::LeftOut(_)) => "none".to_owned(),
                _ => shown(input.range),
            },
        ),
        from: from(input),
    }
}

/// Rows of what has a source, and of what has none; which is which does not depend on what is given.
pub(super) fn rows(question: &Question, inputs: &Inputs, sourced: &Inputs) -> (Vec<FormRow>, Vec<FormRow>) {
    let fits = |parameter: &Parameter| parameter.name != RETIRED.name || question.kind == Kind::Retired;
    let has_source = |parameter: &Parameter| {
        sourced.get(parameter.name).is_some_and(|input| !matches!(input.origin, Origin::LeftOut(_)))
    };
    let (with, without): (Vec<Parameter>, Vec<Parameter>) = parameters().into_iter().filter(fits).partition(has_source);
    let told = |parameter: &Parameter| row(parameter, &question.given, inputs.get(parameter.name));
    let mut without: Vec<FormRow> = without.iter().map(told).collect();
    let mut value = row(&VALUE, &question.given, None);
    value.from.words =
        "the question\u{2019}s: it changes what must be paid to deter the attack, and no cost".to_owned();
    value.from.left_out = false;
    without.push(value);
    (with.iter().map(told).collect(), without)
}
