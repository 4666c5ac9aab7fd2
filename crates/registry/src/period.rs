//! When a claim holds: days, or months, quarters and years where a source says no more.

use std::fmt;

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, date},
    tz::TimeZone,
};

/// The day of the genesis block: nobody can have claimed anything before.
const GENESIS: Date = date(2009, 1, 3);

/// A day, a month, a quarter or a year, as a source gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct When {
    first: Date,
    last: Date,
}

impl When {
    /// Reads `2024`, `2024-Q2`, `2024-05` or `2024-05-17`; none for anything else, and for what lies before Bitcoin.
    pub fn parse(text: &str) -> Option<When> {
        // the parser takes other forms of ISO 8601 as well; one form is enough for us
        let day = |text: &str| text.parse::<Date>().ok().filter(|day| day.to_string() == text);
        let quarter = text.split_once("-Q").and_then(|(year, quarter)| {
            let last = quarter.parse::<u8>().ok().filter(|it| quarter.len() == 1 && (1..=4).contains(it))? * 3;
            Some((day(&format!("{year}-{:02}-01", last - 2))?, day(&format!("{year}-{last:02}-01"))?.last_of_month()))
        });
        let (first, last) = match text.len() {
            7 if quarter.is_some() => quarter?,
            4 => (day(&format!("{text}-01-01"))?, day(&format!("{text}-12-31"))?),
            7 => {
                let first = day(&format!("{text}-01"))?;
                (first, first.last_of_month())
            }
            _ => (day(text)?, day(text)?),
        };
        (last >= GENESIS).then_some(When { first, last })
    }

    /// The month of a day.
    pub(crate) fn month_of(day: Date) -> When {
        When { first: day.first_of_month(), last: day.last_of_month() }
    }

    /// The quarter of a day.
    pub(crate) fn quarter_of(day: Date) -> When {
        let month = When::month_of(day);
        let (before, after) = ((day.month() - 1) % 3, 2 - (day.month() - 1) % 3);
        let first = month.first.saturating_sub(i64::from(before).months());
        When { first, last: month.first.saturating_add(i64::from(after).months()).last_of_month() }
    }

    /// The first day that may be meant.
    pub fn first(self) -> Date {
        self.first
    }

    /// The last day that may be meant.
    pub fn last(self) -> Date {
        self.last
    }
}

impl fmt::Display for When {
    /// As it was read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last) = (self.first, self.last);
        match last.month() - first.month() {
            _ if first == last => write!(f, "{first}"),
            0 => write!(f, "{:04}-{:02}", first.year(), first.month()),
            2 => write!(f, "{:04}-Q{}", first.year(), last.month() / 3),
            _ => write!(f, "{:04}", first.year()),
        }
    }
}

/// From when until when something holds, as far as it is known. An end that is not known does not bound it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// When it began.
    pub from: Option<When>,
    /// When it was so for the last time.
    pub until: Option<When>,
}

impl Period {
    /// Whether it may hold on a day: a month that is named counts from its first day to its last.
    pub fn holds_on(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from.first <= day) && self.until.is_none_or(|until| day <= until.last)
    }

    /// Whether it ends before it begins.
    pub(crate) fn is_backwards(&self) -> bool {
        matches!((self.from, self.until), (Some(from), Some(until)) if until.last < from.first)
    }

    /// Whether both hold on some day for sure: that one ends in the month in which the other begins is no contradiction.
    pub(crate) fn overlaps(&self, other: &Period) -> bool {
        let before = |one: &Period, other: &Period| match (one.until, other.from) {
            // an end that is a month or a year lies no earlier than the beginning
            (Some(until), Some(from)) => until.first.max(one.from.map_or(until.first, When::first)) <= from.last,
            _ => false,
        };
        !before(self, other) && !before(other, self)
    }

    /// The days on which it changes: its first, and the one after its last.
    pub fn edges(&self) -> impl Iterator<Item = Date> {
        let after = self.until.and_then(|until| until.last.checked_add(1.day()).ok());
        self.from.map(|from| from.first).into_iter().chain(after)
    }
}

/// The day, in UTC, of a header's time.
pub fn day_of(time: u32) -> Date {
    // four bytes of seconds end in 2106
    let time = Timestamp::from_second(i64::from(time)).unwrap_or(Timestamp::MAX);
    TimeZone::UTC.to_datetime(time).date()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn period(from: &str, until: &str) -> Period {
        Period { from: When::parse(from), until: When::parse(until) }
    }

    #[test]
    fn days_months_and_years_are_told_as_they_were_read() {
        for text in ["2024", "2024-Q1", "2022-Q4", "2024-02", "2024-12", "2024-02-29", "2009"] {
            assert_eq!(When::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "",
            "24",
            "2023-02-29",
            "2024-13",
            "2024-1",
            "2024-Q5",
            "2024-Q0",
            "24-Q1",
            "2008",
            "2008-12-31",
            "20240229",
            "9999999",
            "2024-05-1x",
        ] {
            assert_eq!(When::parse(text), None, "{text}");
        }
        assert_eq!(When::parse("2024-02").unwrap().last(), date(2024, 2, 29));
    }

    #[test]
    fn days_are_of_utc() {
        assert_eq!(day_of(1_231_006_505), date(2009, 1, 3));
        assert_eq!(day_of(1_230_767_999), date(2008, 12, 31));
        assert_eq!(day_of(u32::MAX), date(2106, 2, 7));
    }

    #[test]
    fn a_period_holds_within_its_ends() {
        let held = period("2022-09", "2024-02-10");
        for (day, holds) in [
            (date(2022, 8, 31), false),
            (date(2022, 9, 1), true),
            (date(2024, 2, 10), true),
            (date(2024, 2, 11), false),
        ] {
            assert_eq!(held.holds_on(day), holds, "{day}");
        }
        assert!(Period::default().holds_on(date(2009, 1, 3)));
        assert_eq!(held.edges().collect::<Vec<_>>(), [date(2022, 9, 1), date(2024, 2, 11)]);
    }

    #[test]
    fn periods_that_share_no_day_for_sure_do_not_overlap() {
        assert!(period("2020", "2022").overlaps(&period("2021-06", "")));
        assert!(Period::default().overlaps(&period("2021-06", "")));
        assert!(!period("", "2020-12").overlaps(&period("2020-12", "2021-04")));
        assert!(!period("2021-05-02", "").overlaps(&period("2020-12", "2021-05-01")));
        assert!(period("2024-02-01", "2024").overlaps(&period("2024-01-15", "")));
        assert!(period("2022", "2021").is_backwards());
        assert!(!period("2022", "2022").is_backwards());
    }
}
