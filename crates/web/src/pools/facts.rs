//! The figures of a pool, as words.

use hashwatch_metrics::wilson;

use super::Records;
use crate::{
    shares::CONFIDENCE,
    wording::{percent, thousands, utc_day},
};

pub(super) struct Fact {
    pub(super) label: &'static str,
    pub(super) value: String,
    pub(super) note: String,
}

/// Over the window first, then ever.
pub(super) fn facts(records: &Records, slug: &str) -> Vec<Fact> {
    let pool = Some(slug);
    let (within, ever) = (records.within(pool), records.ever(pool));
    let fact = |label, value, note| Fact { label, value, note };
    let blocks = records.blocks(pool);
    let empty = within.map_or(0, |record| record.empty);
    let stale = records.stale(pool);
    let end = |height: Option<u32>| match height {
        None => ("none".to_owned(), String::new()),
        Some(height) => (thousands(u64::from(height)), records.time_at(height).map_or_else(String::new, utc_day)),
    };
    let (first, first_day) = end(ever.map(|record| record.first));
    let (last, last_day) = end(ever.map(|record| record.last));
    let rank = records.rank(slug).map_or_else(|| "none".to_owned(), |rank| rank.to_string());
    let mut facts = vec![
        fact("Rank", rank, format!("of {} pools", records.shares.pools.len())),
        fact("Blocks", thousands(blocks), format!("of {} in the window", thousands(records.range().blocks()))),
        fact("Empty blocks", thousands(empty), part(empty, blocks)),
        fact("Stale blocks", thousands(stale), part(stale, blocks + stale)),
        fact("Blocks ever", thousands(ever.map_or(0, |record| record.blocks)), String::new()),
        fact("First block", first, first_day),
        fact("Last block", last, last_day),
    ];
    if let Some(ever) = ever {
        for (label, count, note) in [
            ("On strong evidence", ever.strong, "the rewarded address, and no other mark"),
            ("On fair evidence", ever.fair, "a tag alone, or the address against another mark"),
            ("On weak evidence", ever.weak, "marks of several pools, or a lesser share"),
            ("Contested", ever.contested, "with a mark of somebody else's, or of another time"),
        ] {
            facts.push(fact(label, format!("{}\u{a0}%", share_words(count, ever.blocks)), note.to_owned()));
        }
    }
    facts
}

#[allow(clippy::cast_precision_loss, reason = "no chain has 2^53 blocks")]
fn share_words(count: u64, of: u64) -> String {
    if of == 0 { "0.0".to_owned() } else { percent(count as f64 / of as f64) }
}

/// A part of all, with its interval.
fn part(count: u64, of: u64) -> String {
    wilson(count, of, CONFIDENCE).map_or_else(String::new, |found| {
        format!("{} % ({} to {} %)", percent(found.value), percent(found.low), percent(found.high))
    })
}
