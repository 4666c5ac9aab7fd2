//! A published cost beside ours, as answers tell it.

use hashwatch_economics::published::{Compared, Comparison};
use hashwatch_registry::PublishedCost;
use serde::Serialize;
use utoipa::ToSchema;

use super::preset::{explained, part_word, whole};
use crate::inputs::Inputs;

/// A published cost beside ours, whose inputs are of its time and from sources of their own.
#[derive(Serialize, ToSchema)]
pub(super) struct PublishedCostFields {
    slug: String,
    by: String,
    /// Of when it is.
    at: String,
    source: String,
    #[schema(required)]
    note: Option<String>,
    published_low_usd: f64,
    published_high_usd: f64,
    /// Ours, before revenue and resale; null where we lack a parameter.
    #[schema(required)]
    ours_usd: Option<f64>,
    /// Ours less the nearer end of theirs; 0 within their range.
    #[schema(required)]
    gap_usd: Option<f64>,
    /// What of the gap the parts explain that they name; null unless they name all three.
    #[schema(required)]
    explained_usd: Option<f64>,
    /// Their parts less their total: what is told as 6.0 may add up to 6.13.
    #[schema(required)]
    rounding_usd: Option<f64>,
    words: String,
    parts: Vec<ComparedFields>,
}

/// A part of both costs.
#[derive(Serialize, ToSchema)]
pub(super) struct ComparedFields {
    /// `machines`, `sites` or `power`.
    part: &'static str,
    ours_usd: f64,
    #[schema(required)]
    published_usd: Option<f64>,
    #[schema(required)]
    gap_usd: Option<f64>,
    /// Our price of a unit: USD per TH/s, per kW, per kWh.
    ours_per_unit: f64,
    /// The price at which our quantities would cost what they say.
    #[schema(required)]
    published_per_our_unit: Option<f64>,
    explained: String,
}

pub(super) fn preset(cost: &PublishedCost, comparison: Option<&Comparison>, inputs: &Inputs) -> PublishedCostFields {
    let part = |it: &Compared| ComparedFields {
        part: part_word(it.part),
        ours_usd: it.ours_usd,
        published_usd: it.published_usd,
        gap_usd: it.gap_usd,
        ours_per_unit: it.ours_per_unit,
        published_per_our_unit: it.published_per_our_unit,
        explained: explained(it, inputs),
    };
    PublishedCostFields {
        slug: cost.slug.clone(),
        by: cost.by.clone(),
        at: cost.at.to_string(),
        source: cost.source.url.clone(),
        note: cost.note.clone(),
        published_low_usd: cost.total_usd.low,
        published_high_usd: cost.total_usd.high,
        ours_usd: comparison.map(|it| it.ours_usd),
        gap_usd: comparison.map(|it| it.gap_usd),
        explained_usd: comparison.and_then(|it| it.explained_usd),
        rounding_usd: comparison.and_then(|it| it.rounding_usd),
        words: comparison.map_or_else(String::new, |it| whole(cost, it)),
        parts: comparison.map_or_else(Vec::new, |it| it.parts.iter().map(part).collect()),
    }
}
