//! From where to where on the chain: heights, days or times.

use std::{fmt, str::FromStr};

use hashwatch_store::ChainColumns;
use jiff::{civil::Date, tz::TimeZone};

use crate::{error::WebError, shares::Range};

/// Numbers from here up are times, as in a transaction's lock time.
const FIRST_TIME: u64 = 500_000_000;

/// A place on the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Height(u32),
    /// Unix seconds of median time past.
    Time(u32),
    /// A day in UTC.
    Day(Date),
}

impl FromStr for Place {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WHAT: &str = "a height, a day (2025-01-31) or Unix seconds";
        if text.len() == 10 && text.as_bytes()[4] == b'-' {
            return text.parse().map(Place::Day).map_err(|_| WHAT);
        }
        if text.is_empty() || text.len() > 10 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(WHAT);
        }
        let number: u64 = text.parse().map_err(|_| WHAT)?;
        let small = u32::try_from(number).map_err(|_| WHAT)?;
        Ok(if number < FIRST_TIME { Place::Height(small) } else { Place::Time(small) })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Height(number) | Place::Time(number) => write!(f, "{number}"),
            Place::Day(day) => write!(f, "{day}"),
        }
    }
}

/// Seconds at which a day begins, in UTC.
pub(crate) fn midnight(day: Date) -> i64 {
    day.to_zoned(TimeZone::UTC).map_or(i64::MAX, |zoned| zoned.timestamp().as_second())
}

/// Heights from one place to another, both with it; without them, from the lowest block to the tip. A time is that of the first block
/// whose median time past is not before it, or of the last one whose is not after it; a day is all of it.
pub(crate) fn range_of(chain: &ChainColumns, from: Option<Place>, to: Option<Place>) -> Result<Range, WebError> {
    let first = match from {
        None => chain.from(),
        Some(Place::Height(height)) => height.max(chain.from()),
        Some(Place::Time(time)) => chain.first_after(i64::from(time) - 1),
        Some(Place::Day(day)) => chain.first_after(midnight(day).saturating_sub(1)),
    };
    // one above the last that is meant
    let above = match to {
        None => chain.to().saturating_add(1),
        Some(Place::Height(height)) => height.min(chain.to()).saturating_add(1),
        Some(Place::Time(time)) => chain.first_after(i64::from(time)),
        Some(Place::Day(day)) => chain.first_after(midnight(day.tomorrow().unwrap_or(Date::MAX)).saturating_sub(1)),
    };
    match above.checked_sub(1) {
        Some(last) if first <= last && first <= chain.to() => Ok(Range { from: first, to: last }),
        _ => Err(WebError::NotFound("no block of the chain lies between \"from\" and \"to\"".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_told_apart() {
        assert_eq!("840000".parse(), Ok(Place::Height(840_000)));
        assert_eq!("1713571767".parse(), Ok(Place::Time(1_713_571_767)));
        assert_eq!("2024-04-20".parse(), Ok(Place::Day(jiff::civil::date(2024, 4, 20))));
        for text in [
            "",
            "-1",
            "1e5",
            "2024-4-20",
            "2024-13-01",
            "2024-02-30",
            "99999999999",
            "4294967296",
            "2024-04-2\u{e9}",
            "0x10",
        ] {
            assert!(text.parse::<Place>().is_err(), "{text}");
        }
        for text in ["840000", "1713571767", "2024-04-20"] {
            assert_eq!(text.parse::<Place>().unwrap().to_string(), text);
        }
    }
}
