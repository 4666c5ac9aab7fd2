//! What an hour of a majority costs at least, from values that are no older than they may be: where one is missing or too old, why
//! it cannot be said.

use std::fmt;

use hashwatch_economics::{
    Error, Range,
    attack::Attack,
    cost::{HASHPRICE, HOUR, NETWORK, hour_at_hashprice},
};

use crate::{Given, Input, Inputs, Sources};

/// An hour of as much hashrate as the network has, rented at what it earns.
#[derive(Clone, Debug, PartialEq)]
pub struct Hour {
    /// USD: with all values at those of their ends that make it lowest or highest, and at their centres.
    pub usd: Range,
    /// The network's, in EH/s.
    pub hashrate: Input,
    /// What it earns, in USD per PH/s and day.
    pub price: Input,
}

/// Why nothing can be said.
#[derive(Clone, Debug, PartialEq)]
pub enum NotKnown {
    /// No source gives a value of these, by what they are.
    Missing(Vec<&'static str>),
    /// A value speaks of a day too long ago.
    TooOld {
        /// What it is of.
        what: &'static str,
        /// Its age on the day of the question.
        days: i32,
        /// How old it may be.
        most: u32,
    },
    /// What they are multiplied to is no number.
    Refused(Error),
}

impl fmt::Display for NotKnown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotKnown::Missing(what) => write!(f, "no source gives {}", what.join(", nor ")),
            NotKnown::TooOld { what, days, most } => {
                write!(f, "the newest value of {what} is {days} days old, more than {most}")
            }
            NotKnown::Refused(error) => write!(f, "{error}"),
        }
    }
}

fn word(name: &str) -> &'static str {
    if name == NETWORK { "the network\u{2019}s hashrate" } else { "the hashprice" }
}

/// The cost of an hour of as much hashrate again as the network has, rented at what it earns: what `/attack` tells of a match where
/// nothing is given. Each value is at most so many days old on the day of the question.
///
/// What it does not show: that nowhere near as much is for rent, so that whoever asks for it pays more.
pub fn hour_of_a_majority(sources: Sources<'_>, most_days: u32) -> Result<Hour, NotKnown> {
    let inputs = Inputs::from(sources, &HOUR, &Given::default());
    let (Some(hashrate), Some(price)) = (inputs.get(NETWORK), inputs.get(HASHPRICE.name)) else {
        return Err(NotKnown::Missing(inputs.missing().iter().map(|parameter| word(parameter.name)).collect()));
    };
    for input in [hashrate, price] {
        if let Some(days) = input.age_days.filter(|days| i64::from(*days) > i64::from(most_days)) {
            return Err(NotKnown::TooOld { what: word(input.parameter.name), days, most: most_days });
        }
    }
    let values = inputs.values(&HOUR).map_err(NotKnown::Refused)?;
    let usd = hour_at_hashprice(Attack::MatchFromOutside, &values).map_err(NotKnown::Refused)?;
    Ok(Hour { usd, hashrate: hashrate.clone(), price: price.clone() })
}

#[cfg(test)]
mod tests {
    use hashwatch_metrics::Interval;
    use hashwatch_model::{Market, Moving, Quantity, ValueOrigin};
    use hashwatch_registry::{Dossier, Registry};
    use jiff::civil::{Date, date};

    use super::*;
    use crate::{Own, Prices};

    /// 2026-11-27, and the day after.
    const AT: i64 = 1_795_737_600;
    const DAY: Date = date(2026, 11, 28);

    /// A hashprice of 40 USD as of a day, and our own chain's 900 EH/s (880 to 920) as of another.
    fn hour(price_at: Option<i64>, tip: Option<Date>, most_days: u32) -> Result<Hour, NotKnown> {
        let moving = |at| Moving::new(Quantity::HashpriceUsdPerPhDay, 40.0, at, 1_795_737_600, ValueOrigin::Settings);
        let market = Market { values: price_at.map(|at| moving(at).unwrap()).into_iter().collect() };
        let prices = Prices::by(&market, DAY);
        let rate = Interval { low: 880e18, value: 900e18, high: 920e18 };
        let own = tip.map(|day| Own::new(day, 2_015, Some(rate)));
        let nothing = Dossier::from_files(&[], Registry::builtin()).unwrap();
        let sources = Sources { dossier: &nothing, own: own.as_ref(), prices: Some(&prices), day: DAY, later: false };
        hour_of_a_majority(sources, most_days)
    }

    /// 900,000 PH/s at 40 USD a day each are 1.5 MUSD an hour.
    #[test]
    fn an_hour_by_hand() {
        let found = hour(Some(AT), Some(DAY), 7).unwrap();
        assert!((found.usd.central - 1.5e6).abs() < 1e-6, "{found:?}");
        assert!(
            (found.usd.low - 880e3 * 40.0 / 24.0).abs() < 1e-6 && (found.usd.high - 920e3 * 40.0 / 24.0).abs() < 1e-6
        );
        assert_eq!((found.hashrate.age_days, found.price.age_days), (Some(0), Some(1)));
    }

    #[test]
    fn what_is_missing_or_too_old_is_no_cost() {
        let said = |found: Result<Hour, NotKnown>| found.unwrap_err().to_string();
        assert_eq!(said(hour(None, Some(DAY), 7)), "no source gives the hashprice");
        assert_eq!(said(hour(None, None, 7)), "no source gives the network\u{2019}s hashrate, nor the hashprice");
        let before = date(2026, 11, 20);
        let old = said(hour(Some(AT), Some(before), 7));
        assert_eq!(old, "the newest value of the network\u{2019}s hashrate is 8 days old, more than 7");
        assert!(hour(Some(AT), Some(before), 8).is_ok());
        assert!(said(hour(Some(AT - 7 * 86_400), Some(DAY), 7)).contains("the hashprice is 8 days old"));
    }
}
