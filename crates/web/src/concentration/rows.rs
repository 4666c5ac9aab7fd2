//! The rows of the page's tables.

use std::sync::Arc;

use hashwatch_metrics::{Figure, Index, credible_above};

use super::{
    Concentration,
    answer::THRESHOLDS,
    words::{Unit, name},
};
use crate::{
    asked::Asked,
    charts::colors::{color, neutral},
    wording::{percent, thousands},
};

pub(super) struct IndexRow {
    pub(super) name: &'static str,
    pub(super) href: String,
    pub(super) unit: &'static str,
    pub(super) cells: Vec<IndexCell>,
}

pub(super) struct IndexCell {
    pub(super) value: String,
    pub(super) interval: String,
    pub(super) unknown: String,
}

pub(super) struct EntityRow {
    pub(super) rank: String,
    pub(super) name: String,
    pub(super) href: String,
    pub(super) kind: &'static str,
    pub(super) color_light: String,
    pub(super) color_dark: String,
    pub(super) blocks: String,
    pub(super) share: String,
    pub(super) low: String,
    pub(super) high: String,
    pub(super) all_at_once: String,
    pub(super) third: String,
    pub(super) half: String,
}

/// An index by pool, group and owner.
pub(super) fn index_row(index: Index, all: &[Arc<Concentration>]) -> IndexRow {
    let unit = Unit::of(index);
    let range = |low: f64, high: f64| format!("{} – {}", unit.words(low), unit.words(high));
    let cell = |figure: Option<Figure>| match figure {
        Some(Figure { value: Some(value), low, high, unknown_low, unknown_high }) => IndexCell {
            value: unit.words(value),
            interval: low.zip(high).map_or_else(String::new, |(low, high)| range(low, high)),
            unknown: format!("Unknown: {}", range(unknown_low, unknown_high)),
        },
        _ => IndexCell { value: "none".to_owned(), interval: String::new(), unknown: String::new() },
    };
    IndexRow {
        name: name(index),
        href: format!("/methodology/concentration#{}", index.word()),
        unit: match unit {
            Unit::Points => "0 to 10,000",
            Unit::Bits => "bits",
            Unit::Nats => "nats",
            _ => "",
        },
        cells: all.iter().map(|found| cell(found.of(index))).collect(),
    }
}

/// A probability as it reads: no false certainty.
fn likely(probability: f64) -> String {
    match probability {
        p if p < 0.000_5 => "below 0.1 %".to_owned(),
        p if p > 0.999_5 => "above 99.9 %".to_owned(),
        p => format!("{} %", percent(p)),
    }
}

/// Those with a block, most first; Unknown last and without a rank.
pub(super) fn entity_rows(asked: &Asked, found: &Concentration) -> Vec<EntityRow> {
    let (shares, view) = (&found.shares, &asked.view);
    let blocks = shares.range.blocks();
    let named = shares.pools.iter().zip(&found.simultaneous).enumerate().map(|(place, (one, interval))| {
        let [third, _, half] =
            THRESHOLDS.map(|at| credible_above(one.blocks, blocks, at).map_or_else(String::new, likely));
        let (color_light, color_dark) = color(&view.who, one, place);
        EntityRow {
            rank: shares.rank(place).to_string(),
            name: one.name.clone(),
            href: view.entity_link(one.kind, &one.slug),
            kind: one.kind,
            color_light,
            color_dark,
            blocks: thousands(one.blocks),
            share: percent(one.share.value),
            low: percent(one.share.low),
            high: percent(one.share.high),
            all_at_once: format!("{} – {} %", percent(interval.0), percent(interval.1)),
            third,
            half,
        }
    });
    let (color_light, color_dark) = neutral();
    let unknown = EntityRow {
        rank: String::new(),
        name: "Unknown".to_owned(),
        href: view.pool_link(None),
        kind: "unknown",
        color_light,
        color_dark,
        blocks: thousands(shares.unknown),
        share: percent(shares.unknown_share.value),
        low: percent(shares.unknown_share.low),
        high: percent(shares.unknown_share.high),
        all_at_once: String::new(),
        third: String::new(),
        half: String::new(),
    };
    named.chain([unknown]).collect()
}
