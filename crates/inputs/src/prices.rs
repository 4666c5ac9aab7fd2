//! The operator's prices, as an answer takes them: those of now up to its day, or those that its permanent link holds.

use std::{fmt, str::FromStr};

use hashwatch_economics::{Range, cost::HASHPRICE};
use hashwatch_model::{Market, Moving, Quantity, ValueOrigin};
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::Origin;

/// The word for no prices at all.
const NONE: &str = "none";

/// Prices, and where each is from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prices(Vec<Price>);

#[derive(Clone, Debug, PartialEq)]
struct Price {
    what: Quantity,
    value: f64,
    at: u64,
    from: String,
}

impl Prices {
    /// Of each kind the newest that had its time by the end of a day.
    pub fn by(market: &Market, day: Date) -> Prices {
        let known: Vec<Moving> =
            market.values.iter().filter(|value| day_of(value.at).is_some_and(|at| at <= day)).cloned().collect();
        let market = Market { values: known };
        let price = |value: &Moving| Price {
            what: value.what,
            value: value.value,
            at: value.at,
            from: value.origin.to_string(),
        };
        Prices(Quantity::ALL.into_iter().filter_map(|what| market.latest(what)).map(price).collect())
    }

    /// The value of a parameter of economics, where it is such a price.
    pub(crate) fn find(&self, name: &str) -> Option<(Range, Origin)> {
        let what = match name {
            "usd_per_btc" => Quantity::BtcUsd,
            "btc_per_eh_day" => Quantity::RentalBtcPerEhDay,
            name if name == HASHPRICE.name => Quantity::HashpriceUsdPerPhDay,
            _ => return None,
        };
        let price = self.0.iter().find(|price| price.what == what)?;
        let how = format!("the operator's, from {}", price.from);
        Some((Range::exactly(price.value), Origin::Operator { how, day: day_of(price.at)? }))
    }
}

fn day_of(at: u64) -> Option<Date> {
    let time = Timestamp::from_second(i64::try_from(at).ok()?).ok()?;
    Some(time.to_zoned(TimeZone::UTC).date())
}

impl fmt::Display for Prices {
    /// `btc_usd:91000@1795737600` and so on, or `none`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str(NONE);
        }
        for (place, Price { what, value, at, .. }) in self.0.iter().enumerate() {
            let comma = if place > 0 { "," } else { "" };
            write!(f, "{comma}{what}:{value}@{at}")?;
        }
        Ok(())
    }
}

impl FromStr for Prices {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Prices, Self::Err> {
        const WHAT: &str = "none, or prices as a permanent link has them: btc_usd:91000@1795737600, each kind once";
        if text == NONE {
            return Ok(Prices::default());
        }
        let mut prices: Vec<Price> = Vec::new();
        for part in text.split(',') {
            let (what, rest) = part.split_once(':').ok_or(WHAT)?;
            let (value, at) = rest.split_once('@').ok_or(WHAT)?;
            let what =
                Quantity::named(what).filter(|what| prices.iter().all(|known| known.what != *what)).ok_or(WHAT)?;
            let value: f64 = value.parse().map_err(|_| WHAT)?;
            let at: i64 = at.parse().map_err(|_| WHAT)?;
            // what is to come is held against the day of the answer
            let now = u64::try_from(at).map_err(|_| WHAT)?;
            let Moving { what, value, at, .. } =
                Moving::new(what, value, at, now, ValueOrigin::Settings).map_err(|_| WHAT)?;
            day_of(at).ok_or(WHAT)?;
            prices.push(Price { what, value, at, from: "what it had when this was linked".to_owned() });
        }
        Ok(Prices(prices))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn market() -> Market {
        let value = |value: f64, at: i64| {
            Moving::new(Quantity::BtcUsd, value, at, 1_795_824_000, ValueOrigin::File("btc.csv".to_owned())).unwrap()
        };
        // 2026-11-27 and 2026-05-25, at midnight
        Market { values: vec![value(91_000.0, 1_795_737_600), value(70_000.5, 1_779_667_200)] }
    }

    #[test]
    fn the_newest_by_the_day_counts() {
        let told = |on: &str| Prices::by(&market(), day(on)).to_string();
        assert_eq!(told("2026-11-27"), "btc_usd:91000@1795737600");
        assert_eq!(told("2026-11-26"), "btc_usd:70000.5@1779667200");
        assert_eq!(told("2026-05-24"), "none");
        let (range, origin) = Prices::by(&market(), day("2026-11-28")).find("usd_per_btc").unwrap();
        assert_eq!(range, Range::exactly(91_000.0));
        assert_eq!(origin.day(), Some(day("2026-11-27")));
        assert!(matches!(origin, Origin::Operator { how, .. } if how == "the operator's, from btc.csv"));
        assert_eq!(Prices::by(&market(), day("2026-11-28")).find("btc_per_eh_day"), None);
    }

    #[test]
    fn a_link_holds_them() {
        for text in ["none", "btc_usd:70000.5@1779667200", "btc_usd:1@1779667200,rental_btc_per_eh_day:0.5@1779667200"]
        {
            assert_eq!(text.parse::<Prices>().unwrap().to_string(), text);
        }
        for bad in [
            "",
            "btc_usd",
            "btc_usd:1",
            "btc_usd:NaN@1779667200",
            "btc_usd:-1@1779667200",
            "btc_usd:inf@1779667200",
            "btc_usd:1@-5",
            "btc_usd:1@5",
            "btc_usd:1@99999999999999999999",
            "btc_usd:1@9223372036854775807",
            "eth_usd:1@1779667200",
            "btc_usd:1@1779667200,btc_usd:2@1779667200",
            "none,none",
        ] {
            assert!(bad.parse::<Prices>().is_err(), "{bad}");
        }
    }
}
