//! Blocks of each pool by month as others have published them: what there is to show of the past where no node tells it.
//!
//! The labels are the publisher's and nothing here has verified them. So they are no part of a [`Registry`]: no opinion rests on
//! them, and no version changes with them. Shares and indices over these counts are for metrics, and how they are told apart
//! from verified ones is for those who show them. `docs/methodology/published.md` says how far they can be relied on.

use std::sync::LazyLock;

use jiff::{ToSpan, civil::Date};

use crate::{
    Registry,
    fields::{FILE, Fields, Problems},
    period::When,
    pool::Source,
    problem::{Reason, RegistryErrors},
    read::{checked_name, public_source, shortened, whole},
};

/// The file that [`Published::builtin`] is made of, and its text.
const BUILTIN: (&str, &str) = ("data/published.toml", include_str!("../data/published.toml"));

/// More blocks than a month has: a third above the 4,464 that are due in 31 days.
const MOST_BLOCKS: u64 = 6_000;

/// Counts of blocks, by pool and month, that somebody has published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The list that was counted, and when it stood there.
    pub source: Source,
    /// The licence of the repository that carries the list.
    pub licence: String,
    /// The first block counted.
    pub from_height: u32,
    /// The last block counted; all between the two are counted too, each once.
    pub to_height: u32,
    /// The months, the oldest first, none left out.
    pub months: Vec<PublishedMonth>,
}

/// The blocks of a month: those whose header's time lies in it, in UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedMonth {
    /// Its first day.
    pub month: Date,
    /// Whether blocks of it lie outside of the heights counted. Only the first month and the last may be so.
    pub partial: bool,
    /// Its first block counted, where that is known.
    pub first_height: Option<u32>,
    /// Its last block counted, where that is known.
    pub last_height: Option<u32>,
    /// Blocks counted, Unknown's too: from 1 to 6,000.
    pub total: u64,
    /// Blocks without a label. Unknown is not a pool.
    pub unknown: u64,
    /// Blocks of each pool that has any, by slug; those with most first, equal ones by slug. With `unknown` they add up to
    /// `total`.
    pub counts: Vec<(String, u64)>,
}

impl Published {
    /// The history that comes with hashwatch, of mainnet.
    pub fn builtin() -> &'static Published {
        static BUILT: LazyLock<Published> = LazyLock::new(|| {
            let (file, text) = BUILTIN;
            Published::from_toml(file, text, Registry::builtin())
                .unwrap_or_else(|errors| panic!("the embedded history is checked by this crate's tests:\n{errors}"))
        });
        &BUILT
    }

    /// Reads a history of the pools of a registry. `file` is what the problems are reported under.
    ///
    /// # Errors
    /// Everything that is wrong at the head of the file or in a month; what is wrong between months only where each is sound.
    pub fn from_toml(file: &str, text: &str, registry: &Registry) -> Result<Published, RegistryErrors> {
        let mut problems = Problems::default();
        let published = whole(file, text, &mut problems).and_then(|fields| read(fields, registry, &mut problems));
        if let Some(published) = &published {
            follow(published, &mut problems);
        }
        let problems = problems.into_inner();
        published.filter(|_| problems.is_empty()).ok_or(RegistryErrors(problems))
    }
}

impl PublishedMonth {
    /// What it is called in problems.
    fn entry(&self) -> String {
        format!("month {}", written(self.month))
    }
}

/// A month as the file writes it.
fn written(month: Date) -> String {
    month.strftime("%Y-%m").to_string()
}

/// The file as it stands. None where any of it has a problem: a month that is left out would make the others wrong.
fn read(mut fields: Fields, registry: &Registry, problems: &mut Problems) -> Option<Published> {
    // what nobody has published is not published
    let source = public_source(&mut fields, problems);
    let licence = fields.required("licence", problems).and_then(|text| problems.ok(FILE, checked_name(text)));
    let [from_height, to_height] = ["from_height", "to_height"].map(|key| {
        let found = fields.required_integer(key, problems)?;
        problems.ok(FILE, height(found))
    });
    let tables = fields.tables("month", problems);
    if tables.is_empty() {
        problems.add(FILE, Reason::Missing("month"));
    }
    let months: Vec<_> = tables.into_iter().map(|table| month(table, registry, problems)).collect();
    fields.finish(problems);
    Some(Published {
        source: source?,
        licence: licence?,
        from_height: from_height?,
        to_height: to_height?,
        months: months.into_iter().collect::<Option<_>>().filter(|months: &Vec<_>| !months.is_empty())?,
    })
}

fn month(mut fields: Fields, registry: &Registry, problems: &mut Problems) -> Option<PublishedMonth> {
    let month = fields.required("month", problems).and_then(|text| problems.ok(&fields.entry, first_day(&text)));
    if let Some(month) = month {
        fields.entry = format!("month {}", written(month));
    }
    let partial = fields.flag("partial", problems);
    let [first_height, last_height] = ["first_height", "last_height"].map(|key| {
        let found = fields.integer(key, problems)?;
        problems.ok(&fields.entry, height(found))
    });
    let [total, unknown] = [("total", 1), ("unknown", 0)].map(|(key, least)| {
        let found = fields.required_integer(key, problems)?;
        problems.ok(&format!("{}, {key}", fields.entry), blocks(found, least))
    });
    let counts = counts(&mut fields, registry, problems);
    let entry = fields.entry.clone();
    fields.finish(problems);
    let found = PublishedMonth {
        month: month?,
        partial,
        first_height,
        last_height,
        total: total?,
        unknown: unknown?,
        counts: counts?,
    };
    let counted = found.unknown + found.counts.iter().map(|(_, blocks)| blocks).sum::<u64>();
    let adds_up = if counted == found.total { Ok(found) } else { Err(Reason::Sum { stated: found.total, counted }) };
    problems.ok(&entry, adds_up)
}

/// The key `blocks`. That no pool stands there twice is for the parser, which refuses the same key twice.
fn counts(fields: &mut Fields, registry: &Registry, problems: &mut Problems) -> Option<Vec<(String, u64)>> {
    let found = fields.required_integers("blocks", problems)?;
    let read = |(slug, number): (String, i64)| {
        let entry = format!("{}, pool {}", fields.entry, shortened(&slug));
        let known = registry.pool(&slug).map(|_| ()).ok_or_else(|| Reason::UnknownPool(shortened(&slug)));
        let (known, number) = (problems.ok(&entry, known), problems.ok(&entry, blocks(number, 1)));
        known.and(Some((slug, number?)))
    };
    let read: Vec<_> = found.into_iter().map(read).collect();
    let mut counts: Vec<(String, u64)> = read.into_iter().collect::<Option<_>>()?;
    counts.sort_by(|(a, more), (b, fewer)| fewer.cmp(more).then_with(|| a.cmp(b)));
    Some(counts)
}

fn first_day(text: &str) -> Result<Date, Reason> {
    let month = When::parse(text).filter(|when| when.first().day() == 1 && when.last() == when.first().last_of_month());
    month.map(When::first).ok_or_else(|| Reason::Month(shortened(text)))
}

fn height(found: i64) -> Result<u32, Reason> {
    u32::try_from(found).map_err(|_| Reason::Height(found))
}

fn blocks(found: i64, least: u64) -> Result<u64, Reason> {
    let possible = u64::try_from(found).ok().filter(|blocks| (least..=MOST_BLOCKS).contains(blocks));
    possible.ok_or(Reason::Blocks { found, least, most: MOST_BLOCKS })
}

/// What months do to each other and to the whole.
fn follow(published: &Published, problems: &mut Problems) {
    let months = &published.months;
    for (month, next) in months.iter().zip(months.iter().skip(1)) {
        let due = month.month.checked_add(1.month()).ok();
        if due != Some(next.month) {
            let expected = due.map(written).unwrap_or_default();
            let reason = Reason::NotNext { what: "month", found: written(next.month), expected };
            problems.add(&next.entry(), reason);
        }
    }
    if let [_, between @ .., _] = months.as_slice() {
        for month in between.iter().filter(|month| month.partial) {
            problems.add(&month.entry(), Reason::Partial);
        }
    }
    heights(published, problems);
}

/// Every height once: each month begins where the one before ends, and they end where the whole does. Where header times lead
/// across a month's edge and back the two months have no such heights, and leave them out; the sums hold all the same.
///
/// Only the first that is wrong is told, since those above it are wrong with it.
fn heights(published: &Published, problems: &mut Problems) {
    let mut next = u64::from(published.from_height);
    let mut stated = Vec::new();
    for month in &published.months {
        stated.push((month.entry(), "first_height", month.first_height, next));
        next += month.total;
        stated.push((month.entry(), "last_height", month.last_height, next - 1));
    }
    stated.push((FILE.to_owned(), "to_height", Some(published.to_height), next - 1));
    let wrong = stated.into_iter().find_map(|(entry, what, found, expected)| {
        let found = found.filter(|&found| u64::from(found) != expected)?;
        Some((entry, Reason::NotNext { what, found: found.to_string(), expected: expected.to_string() }))
    });
    if let Some((entry, reason)) = wrong {
        problems.add(&entry, reason);
    }
}
