//! How figures of announcements read. Digits are the source's: nothing is rounded here.

use hashwatch_registry::{Amount, Dated, Figure, Measure, Scope, Stage, WoundDown};

use crate::{
    money::as_source_told,
    wording::{as_told, from_to},
};

/// What figures are counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Mw,
    Usd,
    Cad,
    Years,
    Percent,
    Btc,
    Count,
}

/// What a measure is called, and what it is counted in.
pub(crate) trait Worded {
    fn unit(self) -> Unit;
    fn words(self) -> &'static str;
}

impl Worded for Measure {
    fn unit(self) -> Unit {
        match self {
            Measure::CriticalItMw
            | Measure::LiveCriticalItMw
            | Measure::GrossMw
            | Measure::UtilityMw
            | Measure::UnspecifiedMw => Unit::Mw,
            Measure::CapexCad => Unit::Cad,
            Measure::TermYears | Measure::TermWithExtensionsYears => Unit::Years,
            Measure::StakePercent => Unit::Percent,
            Measure::CoinsSoldBtc | Measure::CoinsHeldBtc => Unit::Btc,
            Measure::Gpus | Measure::Acres => Unit::Count,
            _ => Unit::Usd,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Measure::CriticalItMw => "critical IT load",
            Measure::LiveCriticalItMw => "critical IT load, delivered or billed",
            Measure::GrossMw => "gross, with cooling and losses",
            Measure::UtilityMw => "that grid or plant can give",
            Measure::UnspecifiedMw => "of what is not told",
            Measure::ContractUsd => "revenue of the base term",
            Measure::ContractWithExtensionsUsd => "revenue with every extension",
            Measure::AnnualUsd => "revenue a year",
            Measure::BacklogUsd => "revenue still to come",
            Measure::RevenueUsd => "revenue of a period that is over",
            Measure::PriceUsd => "price",
            Measure::PricePerShareUsd => "a share",
            Measure::PurchaseUsd => "bought",
            Measure::CapexUsd | Measure::CapexCad => "to be built",
            Measure::FinancingUsd => "raised, lent or repaid",
            Measure::BackstopUsd => "guaranteed by somebody else",
            Measure::TermYears => "base term",
            Measure::TermWithExtensionsYears => "term with every extension",
            Measure::Gpus => "graphics processors",
            Measure::Acres => "acres",
            Measure::StakePercent => "stake",
            Measure::CoinsSoldBtc => "sold",
            Measure::CoinsHeldBtc => "left",
            Measure::ProceedsUsd => "proceeds",
        }
    }
}

/// A figure's number with its bounds, in its unit: `3.5 billion USD`, `300 (300 to 600) MW`.
pub(crate) fn figure_words(figure: &Figure) -> String {
    let (digits, unit): (fn(f64) -> String, _) = match figure.what.unit() {
        Unit::Mw => (as_told, " MW"),
        Unit::Usd => (as_source_told, " USD"),
        Unit::Cad => (as_source_told, " CAD"),
        Unit::Years => (as_told, " years"),
        Unit::Percent => (as_told, "\u{a0}%"),
        Unit::Btc => (as_told, " BTC"),
        Unit::Count => (as_told, ""),
    };
    format!("{}{unit}", amount_words(figure.amount, digits))
}

/// A number with its bounds, where it has any. Where a source gives bounds alone, the mean is ours and is not shown.
pub(crate) fn amount_words(amount: Amount, digits: impl Fn(f64) -> String) -> String {
    let Amount { low, value, high } = amount;
    if low >= high {
        return digits(value);
    }
    let bounds = from_to(low, high, &digits);
    let mean = (value - f64::midpoint(low, high)).abs() <= 1e-9 * high.abs();
    if mean { bounds } else { format!("{} ({bounds})", digits(value)) }
}

/// What a figure is of, where it is not what the announcement adds.
pub(crate) fn scope_words(of: Scope) -> &'static str {
    match of {
        Scope::New => "",
        Scope::Total => "all in all",
        Scope::Part => "counted elsewhere",
    }
}

/// How certain a date is, where it is not the company's own word.
pub(crate) fn dated_words(dated: Dated) -> &'static str {
    match dated {
        Dated::Announced => "",
        Dated::Reported => "as reported",
        Dated::Inferred => "inferred",
        Dated::Undated => "undated page",
    }
}

pub(crate) fn stage_words(stage: Stage) -> &'static str {
    match stage {
        Stage::PartlyLive => "partly live",
        stage => stage.name(),
    }
}

pub(crate) fn wound_down_words(how: WoundDown) -> &'static str {
    match how {
        WoundDown::Company => "all its mining ends",
        WoundDown::Site => "mining at the site ends",
        WoundDown::Part => "some mining ends",
        WoundDown::Growth => "growth is given up",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(what: Measure, low: f64, value: f64, high: f64) -> String {
        figure_words(&Figure { what, of: Scope::New, amount: Amount { low, value, high }, note: None })
    }

    #[test]
    fn figures_read_as_their_sources_write_them() {
        assert_eq!(figure(Measure::ContractUsd, 8.7e9, 8.7e9, 8.7e9), "8.7 billion USD");
        assert_eq!(figure(Measure::FinancingUsd, 183.3e6, 183.3e6, 183.3e6), "183.3 million USD");
        assert_eq!(figure(Measure::CriticalItMw, 7.2, 7.2, 7.2), "7.2 MW");
        assert_eq!(figure(Measure::UtilityMw, 300.0, 300.0, 600.0), "300 (300 to 600) MW");
        assert_eq!(figure(Measure::CoinsSoldBtc, 15_133.0, 15_133.0, 15_133.0), "15,133 BTC");
        assert_eq!(figure(Measure::PricePerShareUsd, 5.75, 5.75, 5.75), "5.75 USD");
        assert_eq!(figure(Measure::AnnualUsd, 60.0, 65.0, 70.0), "60 to 70 USD", "the mean is nobody's word");
    }

    #[test]
    fn every_measure_has_words() {
        let words: std::collections::BTreeSet<_> =
            Measure::ALL.iter().map(|it| (it.words(), it.unit() as u8)).collect();
        assert_eq!(words.len(), Measure::ALL.len());
    }
}
