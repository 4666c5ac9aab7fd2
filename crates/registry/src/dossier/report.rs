//! What miners report by period beside their hashrate, and the periods of which they report nothing.

use jiff::{ToSpan, civil::Date};

use crate::{period::When, pool::Source};

/// What a miner has reported of a month, a quarter or a year. At least one of the figures is there.
///
/// Hashrate is not in here: [`Miner`](crate::Miner) has it, by kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The miner's slug in the registry.
    pub miner: String,
    /// The period.
    pub period: When,
    /// Coins mined in it.
    pub btc_produced: Option<f64>,
    /// Coins held at its end.
    pub btc_held: Option<f64>,
    /// Efficiency of its machines, joules per terahash.
    pub joules_per_terahash: Option<f64>,
    /// Power, MW: what it is of stands in the note.
    pub power_mw: Option<f64>,
    /// What a coin mined cost, USD: what is counted stands in the note.
    pub usd_per_btc: Option<f64>,
    /// How it is to be read.
    pub note: Option<String>,
    /// Where the claim is from.
    pub source: Source,
    /// The file that it was read from.
    pub file: String,
}

/// Months that had ended by a day, from that of the first report on, of which there is none of their own. A quarter's report
/// is none of its months'.
pub(crate) fn months_without(reports: &[&Report], until: Date) -> Vec<When> {
    without(reports, until, 1, When::month_of)
}

/// Quarters that had ended by a day, from that of the first report on, of which there is neither a report of their own nor one
/// of any of their months. A year's report is none of its quarters'.
pub(crate) fn quarters_without(reports: &[&Report], until: Date) -> Vec<When> {
    without(reports, until, 3, When::quarter_of)
}

fn without(reports: &[&Report], until: Date, months: i64, of: impl Fn(Date) -> When) -> Vec<When> {
    let told = |span: When| {
        reports.iter().any(|report| span.first() <= report.period.first() && report.period.last() <= span.last())
    };
    let Some(first) = reports.iter().map(|report| report.period.first()).min() else { return Vec::new() };
    let spans = std::iter::successors(Some(of(first)), |span| span.first().checked_add(months.months()).ok().map(&of));
    spans.take_while(|span| span.last() <= until).filter(|span| !told(*span)).collect()
}
