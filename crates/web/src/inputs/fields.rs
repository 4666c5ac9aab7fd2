//! Parameters as answers tell them: each with its bounds, its value and where that is from.

use hashwatch_economics::Parameter;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{Claim, Input, Origin};

/// A parameter with its value and where that is from.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct InputFields {
    /// As it is given in a query: `name=value`, `name=low..high` or `name=low..central..high`.
    name: &'static str,
    /// `1` for a part or a factor.
    unit: &'static str,
    /// What it is.
    meaning: &'static str,
    /// The least that is taken.
    least: f64,
    /// The greatest.
    greatest: f64,
    low: f64,
    central: f64,
    high: f64,
    /// `given` by the visitor, `usual` (part of the question, where nothing else is asked), `verified` on our own chain, `published` by
    /// others, or `left_out`: no source gives one, and this is the value at which the parameter does nothing.
    #[schema(pattern = "^(given|usual|verified|published|left_out)$")]
    origin: &'static str,
    /// How the value comes about; what leaving it out means.
    #[schema(required)]
    how: Option<String>,
    /// The day that it speaks of, UTC.
    #[schema(required)]
    day: Option<String>,
    /// Days from then to the day of the answer; below 0 where it was published later.
    #[schema(required)]
    age_days: Option<i32>,
    /// Who says so, the newest first.
    sources: Vec<SaidFields>,
}

/// A claim that a value comes from.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct SaidFields {
    /// What it says.
    says: String,
    /// Of when: a day, a month, a quarter or a year.
    at: String,
    /// Where it can be read.
    source: String,
    /// When it stood there.
    #[schema(required)]
    date: Option<String>,
}

/// A parameter that nobody gives a value of, and that has none at which it does nothing.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct MissingFields {
    name: &'static str,
    unit: &'static str,
    meaning: &'static str,
    least: f64,
    greatest: f64,
}

impl From<&Parameter> for MissingFields {
    fn from(it: &Parameter) -> MissingFields {
        let Parameter { name, unit, least, greatest, meaning } = *it;
        MissingFields { name, unit, meaning, least, greatest }
    }
}

impl From<&Claim> for SaidFields {
    fn from(claim: &Claim) -> SaidFields {
        SaidFields {
            says: claim.says.clone(),
            at: claim.at.to_string(),
            source: claim.source.url.clone(),
            date: claim.source.date.map(|date| date.to_string()),
        }
    }
}

impl From<&Input> for InputFields {
    fn from(input: &Input) -> InputFields {
        let Parameter { name, unit, least, greatest, meaning } = input.parameter;
        let (how, claims) = match &input.origin {
            Origin::Given | Origin::Usual => (None, &[][..]),
            Origin::Verified { how, .. } => (Some(how.clone()), &[][..]),
            Origin::Published { how, claims, .. } => (Some(how.clone()), &claims[..]),
            Origin::LeftOut(why) => (Some((*why).to_owned()), &[][..]),
        };
        InputFields {
            name,
            unit,
            meaning,
            least,
            greatest,
            low: input.range.low,
            central: input.range.central,
            high: input.range.high,
            origin: input.origin.word(),
            how,
            day: input.origin.day().map(|day| day.to_string()),
            age_days: input.age_days,
            sources: claims.iter().map(SaidFields::from).collect(),
        }
    }
}

/// Columns of [`input_row`].
pub(crate) fn input_columns() -> [&'static str; 9] {
    ["name", "unit", "low", "central", "high", "origin", "day", "age_days", "source"]
}

/// A parameter as a row, by its newest source.
pub(crate) fn input_row(input: &Input) -> Vec<Value> {
    let fields = InputFields::from(input);
    let source = fields.sources.first().map(|claim| claim.source.clone());
    vec![
        json!(fields.name),
        json!(fields.unit),
        json!(fields.low),
        json!(fields.central),
        json!(fields.high),
        json!(fields.origin),
        json!(fields.day),
        json!(fields.age_days),
        json!(source),
    ]
}
