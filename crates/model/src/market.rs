//! What moves from day to day and no chain tells: the price of a coin, and what hashrate earns and rents for.
//!
//! Each value has its time and says where it is from, so that a page can show how old it is. One that is missing is missing:
//! nothing is carried over from another, and none has a default.
//!
//! Left to others: where values come from (the binary), what is computed with them (economics).

use std::{fmt, ops::RangeInclusive};

/// Seconds that a value's time may lie ahead of the clock that it is held against.
const AHEAD_SECONDS: u64 = 7_200;
/// The first block's header (3 January 2009): nothing had a price before.
const GENESIS_SECONDS: u64 = 1_231_006_505;

/// What a value is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quantity {
    /// A coin, USD.
    BtcUsd,
    /// Revenue of a petahash per second in a day, USD.
    HashpriceUsdPerPhDay,
    /// Rent of an exahash per second for a day, BTC.
    RentalBtcPerEhDay,
}

impl Quantity {
    /// All of them.
    pub const ALL: [Quantity; 3] = [Quantity::BtcUsd, Quantity::HashpriceUsdPerPhDay, Quantity::RentalBtcPerEhDay];

    /// The word in settings and the API. The unit is in it.
    pub fn name(self) -> &'static str {
        match self {
            Quantity::BtcUsd => "btc_usd",
            Quantity::HashpriceUsdPerPhDay => "hashprice_usd_per_ph_day",
            Quantity::RentalBtcPerEhDay => "rental_btc_per_eh_day",
        }
    }

    /// What a word means, if it is one of them.
    pub fn named(name: &str) -> Option<Quantity> {
        Quantity::ALL.into_iter().find(|quantity| quantity.name() == name)
    }

    /// What is no mistake: wider than anything since 2010, and narrower than a wrong unit or a value of something else.
    pub fn bounds(self) -> RangeInclusive<f64> {
        match self {
            Quantity::BtcUsd => 0.01..=1e9,
            Quantity::HashpriceUsdPerPhDay => 0.01..=1e6,
            Quantity::RentalBtcPerEhDay => 1e-4..=1e4,
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where a value is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueOrigin {
    /// The operator wrote it down.
    Settings,
    /// A file, by its name.
    File(String),
    /// An answer over HTTP, by its address without what may be a key.
    Http(String),
}

impl fmt::Display for ValueOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ValueOrigin::Settings => f.write_str("the configuration"),
            ValueOrigin::File(name) | ValueOrigin::Http(name) => f.write_str(name),
        }
    }
}

/// A value that moves.
#[derive(Clone, Debug, PartialEq)]
pub struct Moving {
    /// What it is of.
    pub what: Quantity,
    /// How much, in the unit that its name says. Finite, above 0, within [`Quantity::bounds`].
    pub value: f64,
    /// When it was so, Unix seconds.
    pub at: u64,
    /// Where it is from.
    pub origin: ValueOrigin,
}

/// A value that is none.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum BadValue {
    /// NaN, an infinity, nothing, below nothing, or beyond all bounds.
    #[error("{what} of {value} cannot be: it lies from {low} to {high}", low = what.bounds().start(), high = what.bounds().end())]
    OutOfBounds {
        /// What it would be of.
        what: Quantity,
        /// How much.
        value: f64,
    },
    /// A time before there were coins, or one that has not come.
    #[error("{what} of the time {at} (Unix seconds) cannot be: that is before the first block, or still to come")]
    Time {
        /// What it would be of.
        what: Quantity,
        /// When.
        at: i64,
    },
}

impl Moving {
    /// Looks at value and time; `now` in Unix seconds.
    ///
    /// # Errors
    /// Where either cannot be.
    pub fn new(what: Quantity, value: f64, at: i64, now: u64, origin: ValueOrigin) -> Result<Moving, BadValue> {
        if !what.bounds().contains(&value) {
            return Err(BadValue::OutOfBounds { what, value });
        }
        let known =
            u64::try_from(at).ok().filter(|at| (GENESIS_SECONDS..=now.saturating_add(AHEAD_SECONDS)).contains(at));
        let at = known.ok_or(BadValue::Time { what, at })?;
        Ok(Moving { what, value, at, origin })
    }

    /// How old it is; 0 where its time is a little ahead.
    pub fn age_seconds(&self, now: u64) -> u64 {
        now.saturating_sub(self.at)
    }
}

/// All values that there are, of whatever origin.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Market {
    /// In no order; several of the same quantity may stand side by side.
    pub values: Vec<Moving>,
}

impl Market {
    /// The one of the latest time; of several of that time the first. None where there is none: say so.
    pub fn latest(&self, what: Quantity) -> Option<&Moving> {
        // the last of the greatest would win
        self.values.iter().rev().filter(|value| value.what == what).max_by_key(|value| value.at)
    }

    /// What there is no value of.
    pub fn missing(&self) -> impl Iterator<Item = Quantity> {
        Quantity::ALL.into_iter().filter(|what| self.latest(*what).is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_795_824_000;

    fn value(value: f64, at: i64) -> Result<Moving, BadValue> {
        Moving::new(Quantity::BtcUsd, value, at, NOW, ValueOrigin::Settings)
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, -1.0, 0.009, 1e9 + 1.0] {
            let error = value(bad, 1_795_000_000).unwrap_err();
            assert!(matches!(error, BadValue::OutOfBounds { .. }), "{bad}");
            assert!(error.to_string().contains("btc_usd"), "{error}");
        }
        for bad in [i64::MIN, -1, 0, 1_231_006_504, 1_795_824_000 + 7_201, i64::MAX] {
            assert_eq!(value(1.0, bad), Err(BadValue::Time { what: Quantity::BtcUsd, at: bad }));
        }
        assert!(
            value(1.0, i64::MAX).is_err() && value(0.01, 1_231_006_505).is_ok() && value(1e9, 1_795_831_200).is_ok()
        );
    }

    #[test]
    fn the_latest_counts_and_what_is_missing_is_told() {
        let mut market = Market::default();
        assert_eq!(market.missing().collect::<Vec<_>>(), Quantity::ALL);
        market.values = vec![value(1.0, 1_700_000_000).unwrap(), value(2.0, 1_790_000_000).unwrap()];
        market.values.push(Moving { origin: ValueOrigin::File("x".to_owned()), ..value(3.0, 1_790_000_000).unwrap() });
        let latest = market.latest(Quantity::BtcUsd).unwrap();
        assert_eq!((latest.value, latest.age_seconds(NOW), latest.age_seconds(0)), (2.0, 5_824_000, 0));
        assert_eq!(market.missing().collect::<Vec<_>>(), Quantity::ALL[1..]);
    }

    #[test]
    fn names_are_words_of_their_own() {
        for what in Quantity::ALL {
            assert_eq!(Quantity::named(what.name()), Some(what));
        }
        assert_eq!(Quantity::named("btc-usd"), None);
    }
}
