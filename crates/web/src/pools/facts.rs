//! The figures of a pool, as words: those of the window, and those of the whole chain.

use hashwatch_metrics::wilson;

use super::Records;
use crate::{
    shares::CONFIDENCE,
    wording::{counted, percent, thousands, utc_day},
};

pub(super) struct Figures {
    pub(super) title: String,
    pub(super) facts: Vec<Fact>,
}

pub(super) struct Fact {
    pub(super) label: &'static str,
    pub(super) value: String,
    pub(super) note: String,
}

pub(super) fn figures(records: &Records, slug: &str) -> Vec<Figures> {
    let begins = records.ever.from;
    let ever = match begins {
        0 => "Of the whole chain".to_owned(),
        from => format!("Since block {}, where what is stored begins", thousands(u64::from(from))),
    };
    vec![
        Figures { title: "In this window".to_owned(), facts: window(records, slug) },
        Figures { title: ever, facts: whole(records, slug) },
    ]
}

fn fact(label: &'static str, value: String, note: String) -> Fact {
    Fact { label, value, note }
}

fn window(records: &Records, slug: &str) -> Vec<Fact> {
    let pool = Some(slug);
    let (within, blocks, stale) = (records.within(pool), records.blocks(pool), records.stale(pool));
    let rank = records.rank(slug).map_or_else(|| "none".to_owned(), |rank| rank.to_string());
    let part_of = |label, count: u64| fact(label, thousands(count), part(count, blocks));
    vec![
        fact("Rank", rank, format!("among {} with a block", counted(records.shares.pools.len(), "pool"))),
        fact("Blocks", thousands(blocks), format!("of {}", thousands(records.range().blocks()))),
        part_of("Empty blocks", within.map_or(0, |record| record.empty)),
        fact("Stale blocks", thousands(stale), part(stale, blocks + stale)),
        part_of("Contested", within.map_or(0, |record| record.contested)),
    ]
}

fn whole(records: &Records, slug: &str) -> Vec<Fact> {
    let Some(ever) = records.ever(Some(slug)) else {
        return vec![fact("Blocks", "none".to_owned(), String::new())];
    };
    let end = |label, height: u32| {
        fact(label, thousands(u64::from(height)), records.time_at(height).map_or_else(String::new, utc_day))
    };
    let on = |label, count: u64, what: &str| {
        fact(label, thousands(count), [part(count, ever.blocks), what.to_owned()].join(": "))
    };
    vec![
        fact("Blocks", thousands(ever.blocks), String::new()),
        end("First block", ever.first),
        end("Last block", ever.last),
        on("On strong evidence", ever.strong, "the rewarded address, and no mark of another pool"),
        on("On fair evidence", ever.fair, "a tag alone, or the address against another pool's mark"),
        on("On weak evidence", ever.weak, "marks of several pools, or a lesser share of the reward"),
    ]
}

/// A part of all, with its interval; nothing of nothing.
fn part(count: u64, of: u64) -> String {
    wilson(count, of, CONFIDENCE).map_or_else(String::new, |found| {
        format!("{} % ({} to {} %)", percent(found.value), percent(found.low), percent(found.high))
    })
}
