//! What it means in money: cost per coin, a kilowatt hour mined against one that is let, coins sold, sites. From published values and
//! announcements alone; the arithmetic is `hashwatch_economics::mining`'s. What no source tells is unknown, and no model has a number for it.

pub(crate) mod answer;
mod costs;
mod leases;
pub(crate) mod page;
mod power;
mod sales;
mod sites;

use hashwatch_registry::{MarketValue, Quantity};
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    openapi::words::{WhenText, texts, words},
    pivots::entry::AmountFields,
    registry::claims::{SourceFields, source_fields},
};

texts! {
    /// What a published value is; its unit stands in the word.
    QuantityWord: words(Quantity::ALL.iter().map(|it| it.name()));
}

/// A published value, as old as it is on the day of the answer.
#[derive(Serialize, ToSchema)]
pub(crate) struct PublishedValueFields {
    #[schema(value_type = QuantityWord)]
    pub(crate) what: &'static str,
    #[schema(value_type = WhenText)]
    pub(crate) at: String,
    #[serde(flatten)]
    pub(crate) amount: AmountFields,
    /// Days since it was so.
    pub(crate) age_days: i32,
    /// How it is to be read.
    #[schema(required)]
    pub(crate) note: Option<String>,
    #[serde(flatten)]
    pub(crate) source: SourceFields,
}

pub(crate) fn value_fields(value: &MarketValue, day: Date) -> PublishedValueFields {
    PublishedValueFields {
        what: value.what.name(),
        at: value.at.to_string(),
        amount: value.amount.into(),
        age_days: age_days(value.at.last().min(day), day),
        note: value.note.clone(),
        source: source_fields(&value.source),
    }
}

fn age_days(then: Date, day: Date) -> i32 {
    day.since(then).map_or(0, |span| span.get_days())
}
