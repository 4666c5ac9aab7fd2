//! The wall clock. Rules and figures are given it where they need it; none reads it by itself.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::{Timestamp, civil::Date, tz::TimeZone};

/// Unix seconds; 0 where the clock is set before 1970.
pub(crate) fn unix_now() -> u64 {
    unix_now_ms() / 1_000
}

/// Unix milliseconds; likewise.
pub(crate) fn unix_now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// The day, in UTC.
pub(crate) fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}
