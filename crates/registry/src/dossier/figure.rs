//! Figures as sources give them: what they measure, what they are of, and how far they may be off by the source's own word.

use std::ops::{Add, RangeInclusive};

use super::words::words;
use crate::{
    fields::{Fields, Problems},
    problem::Reason,
};

/// A number with the bounds that its source gives. Where it gives bounds alone, `value` is their mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Amount {
    /// The least.
    pub low: f64,
    /// The one to go by.
    pub value: f64,
    /// The most.
    pub high: f64,
}

impl Amount {
    /// Nothing.
    pub const ZERO: Amount = Amount { low: 0.0, value: 0.0, high: 0.0 };

    /// A number without bounds of its own.
    pub fn exact(value: f64) -> Amount {
        Amount { low: value, value, high: value }
    }

    /// The same value between bounds that hold another amount too.
    #[must_use]
    pub fn widened(self, other: Amount) -> Amount {
        Amount { low: self.low.min(other.low), value: self.value, high: self.high.max(other.high) }
    }
}

impl Add for Amount {
    type Output = Amount;

    /// Low by low and high by high: as if all were off to the same side.
    fn add(self, other: Amount) -> Amount {
        Amount { low: self.low + other.low, value: self.value + other.value, high: self.high + other.high }
    }
}

words! {
    /// What a figure of an announcement measures. Several megawatts in one release mean different things.
    Measure {
        /// Power that reaches the tenant's machines, MW.
        CriticalItMw = "critical-it-mw",
        /// The same, as far as it is delivered or billed.
        LiveCriticalItMw = "live-critical-it-mw",
        /// Power of a site with its cooling and losses, MW.
        GrossMw = "gross-mw",
        /// Power that the grid or a plant can give, MW, whatever is built there.
        UtilityMw = "utility-mw",
        /// MW of which the source does not say what they are.
        UnspecifiedMw = "unspecified-mw",
        /// Revenue expected over the base term of a contract, USD.
        ContractUsd = "contract-usd",
        /// The same with every extension taken, USD.
        ContractWithExtensionsUsd = "contract-with-extensions-usd",
        /// Revenue expected in a year, USD.
        AnnualUsd = "annual-usd",
        /// Revenue of contracts still to come, USD.
        BacklogUsd = "backlog-usd",
        /// Revenue of a period that is over, USD.
        RevenueUsd = "revenue-usd",
        /// What a site, a stake, a company or land costs, USD.
        PriceUsd = "price-usd",
        /// What is offered for a share, USD.
        PricePerShareUsd = "price-per-share-usd",
        /// What is bought, machines above all, USD.
        PurchaseUsd = "purchase-usd",
        /// What is to be built, USD.
        CapexUsd = "capex-usd",
        /// The same in Canadian dollars.
        CapexCad = "capex-cad",
        /// Money raised, lent or repaid, USD.
        FinancingUsd = "financing-usd",
        /// What somebody else guarantees, USD.
        BackstopUsd = "backstop-usd",
        /// Base term, years.
        TermYears = "term-years",
        /// Term with every extension, years.
        TermWithExtensionsYears = "term-with-extensions-years",
        /// Graphics processors.
        Gpus = "gpus",
        /// Land, acres.
        Acres = "acres",
        /// A stake, percent.
        StakePercent = "stake-percent",
        /// Coins sold.
        CoinsSoldBtc = "coins-sold-btc",
        /// Coins that are left.
        CoinsHeldBtc = "coins-held-btc",
        /// What coins were sold for, USD.
        ProceedsUsd = "proceeds-usd",
    }
}

impl Measure {
    /// What is possible.
    pub(crate) fn bounds(self) -> RangeInclusive<f64> {
        match self {
            Measure::CriticalItMw
            | Measure::LiveCriticalItMw
            | Measure::GrossMw
            | Measure::UtilityMw
            | Measure::UnspecifiedMw => 0.1..=10_000.0,
            Measure::PricePerShareUsd => 0.001..=100_000.0,
            Measure::TermYears | Measure::TermWithExtensionsYears => 0.1..=99.0,
            Measure::Gpus => 1.0..=10_000_000.0,
            Measure::Acres => 0.1..=1_000_000.0,
            Measure::StakePercent => 0.1..=100.0,
            Measure::CoinsSoldBtc => 0.1..=21_000_000.0,
            Measure::CoinsHeldBtc => 0.0..=21_000_000.0,
            _ => 1_000.0..=1e12,
        }
    }
}

words! {
    /// What a figure is of, so that nothing is counted twice.
    Scope {
        /// Of what this announcement adds to the earlier ones on the same matter.
        New = "new",
        /// Of the whole matter as of this announcement, the earlier ones included.
        Total = "total",
        /// Of a piece of what another figure counts already.
        Part = "part",
    }
}

/// A figure of an announcement.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// What it measures.
    pub what: Measure,
    /// What it is of.
    pub of: Scope,
    /// How much.
    pub amount: Amount,
    /// How it is to be read.
    pub note: Option<String>,
}

/// The keys `value`, or `low` and `high`, or all three: each within bounds, and in order. `what` names it in problems.
pub(crate) fn amount(
    fields: &mut Fields,
    what: &'static str,
    bounds: &RangeInclusive<f64>,
    problems: &mut Problems,
) -> Option<Amount> {
    let stated = ["low", "value", "high"].map(|key| fields.has(key));
    let [low, value, high] = ["low", "value", "high"].map(|key| bounded(fields, key, what, bounds, problems));
    if !matches!(stated, [_, true, _] | [true, _, true]) {
        problems.add(&fields.entry, Reason::Missing("value"));
    }
    let found = match (low, value, high) {
        (low, Some(value), high) => Amount { low: low.unwrap_or(value), value, high: high.unwrap_or(value) },
        (Some(low), None, Some(high)) => Amount { low, value: f64::midpoint(low, high), high },
        _ => return None,
    };
    let ordered = found.low <= found.value && found.value <= found.high;
    problems.ok(&fields.entry, if ordered { Ok(found) } else { Err(Reason::Order) })
}

/// A number that may be missing, within bounds. Neither NaN nor an infinity is.
pub(crate) fn bounded(
    fields: &mut Fields,
    key: &'static str,
    what: &'static str,
    bounds: &RangeInclusive<f64>,
    problems: &mut Problems,
) -> Option<f64> {
    let found = fields.number(key, problems)?;
    let (least, most) = (*bounds.start(), *bounds.end());
    let possible =
        if bounds.contains(&found) { Ok(found) } else { Err(Reason::Number { key: what, found, least, most }) };
    problems.ok(&fields.entry, possible)
}
