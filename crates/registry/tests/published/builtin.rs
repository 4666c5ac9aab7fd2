//! The history that comes with hashwatch, against what it was written from and against what others say.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

use hashwatch_registry::{Published, PublishedMonth, Registry};
use jiff::civil::date;

/// What they call a pool that has another slug here.
const RENAMED: [(&str, &str); 3] =
    [("oceanxyz", "ocean"), ("bitfufu", "bitfufupool"), ("btcpool(unidentified)", "btcpool")];

/// Blocks of a pool over all months.
fn all_of(slug: &str) -> u64 {
    let counts = Published::builtin().months.iter().flat_map(|month| &month.counts);
    counts.filter(|(pool, _)| pool == slug).map(|(_, blocks)| blocks).sum()
}

#[test]
fn it_comes_with_hashwatch() {
    let published = Published::builtin();
    assert_eq!(published.source.url.matches("ca5ba7844dcec868ed2f87e106900fd579eda582").count(), 1);
    assert_eq!(published.source.date.map(|date| date.to_string()).as_deref(), Some("2026-04-22"));
    assert_eq!(published.licence, "BSD-2-Clause");
    assert_eq!((published.from_height, published.to_height), (664_063, 946_236));
    let months = &published.months;
    assert_eq!((months[0].month, months[63].month, months.len()), (date(2021, 1, 1), date(2026, 4, 1), 64));
    let partial: Vec<_> = months.iter().filter(|month| month.partial).map(|month| month.month).collect();
    assert_eq!(partial, [date(2021, 1, 1), date(2026, 4, 1)]);
    let sum = |of: fn(&PublishedMonth) -> u64| months.iter().map(of).sum::<u64>();
    assert_eq!((sum(|month| month.total), sum(|month| month.unknown)), (282_174, 8_730));
    let slugs: BTreeSet<_> = months.iter().flat_map(|month| &month.counts).map(|(slug, _)| slug).collect();
    assert_eq!(slugs.len(), 60);
}

/// `dashboard/data/pool_metrics.json` of the same repository and commit has the number of blocks of each pool since the genesis
/// block. Of pools whose first block there is 664,063 or above, all are in this history.
#[test]
fn the_publishers_own_totals() {
    let totals = [
        ("aaopool", 2),
        ("arkpool", 54),
        ("bitdeer", 657),
        ("bitfufupool", 31),
        ("blockfills", 10),
        ("braiinssolo", 1),
        ("btcpool", 218),
        ("carbonnegative", 207),
        ("cleanincentive", 11),
        ("futurebitapollosolo", 2),
        ("innopolistech", 104),
        ("kucoinpool", 274),
        ("letsmineit", 1),
        ("marapool", 8_326),
        ("maxipool", 8),
        ("minerium", 4),
        ("miningdutch", 24),
        ("miningsquared", 382),
        ("noderunners", 1),
        ("ocean", 814),
        ("okminer", 1),
        ("pegapool", 350),
        ("phoenix", 1),
        ("publicpool", 5),
        ("redrockpool", 61),
        ("secpool", 3_757),
        ("solopoolcom", 1),
        ("terrapool", 202),
        ("titan", 42),
        ("tmspool", 115),
        ("togetherpool", 57),
        ("ultimuspool", 917),
        ("whitepool", 899),
    ];
    for (slug, blocks) in totals {
        assert_eq!(all_of(slug), blocks, "{slug}");
    }
}

/// MARA's pool is its own and nobody else's, and in some months it told how many blocks it had won: reports of June 2024
/// (<https://btccast.com/bitcoin/maras-2024-june-bitcoin-production-and-mining-operations-update-announced>), September 2024
/// (<https://www.stocktitan.net/news/MARA/mara-announces-bitcoin-production-and-mining-operation-updates-for-xu7j4lbuh3gr.html>),
/// May 2025 (<https://www.btccusa.com/en-US/square/blockchainNEWS/420173>), June 2025 (<https://www.roedsa.com/9451.html>), August
/// and September 2025
/// (<https://www.mexc.fm/en-TR/news/mara-bitcoin-mining-sees-4-growth-expands-operations-in-texas-ohio/119109>).
#[test]
fn what_a_miner_told_of_itself() {
    // as told, and as counted: docs/methodology/published.md has these
    for (month, told, counted) in [
        (date(2024, 6, 1), 158, 158),
        (date(2024, 9, 1), 207, 207),
        (date(2025, 5, 1), 282, 280),
        (date(2025, 6, 1), 211, 207),
        (date(2025, 8, 1), 208, 208),
        (date(2025, 9, 1), 218, 218),
    ] {
        let found = Published::builtin().months.iter().find(|found| found.month == month).expect("there");
        assert!(found.counts.contains(&("marapool".to_owned(), counted)), "{month}: told {told}: {:?}", found.counts);
    }
}

#[test]
fn the_registry_does_not_know_of_it() {
    let registry = Registry::builtin();
    assert!(registry.files().iter().all(|(file, _)| !file.contains("published")), "nor does its version");
    let text = include_str!("../../data/published.toml");
    assert!(Registry::from_toml("published.toml", text).is_err(), "no file of a registry");
    let again = Published::from_toml("published.toml", text, registry).expect("sound");
    assert_eq!(&again, Published::builtin());
}

#[test]
fn the_file_has_most_first() {
    let text = include_str!("../../data/published.toml");
    let lines: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("blocks = { ")?.strip_suffix(" }")).collect();
    assert_eq!(lines.len(), Published::builtin().months.len());
    for (line, month) in lines.iter().zip(&Published::builtin().months) {
        let counts: Vec<String> = month.counts.iter().map(|(slug, blocks)| format!("{slug} = {blocks}")).collect();
        assert_eq!(*line, counts.join(", "), "{}", month.month);
    }
}

/// The counts that this was written from; none, with the reason printed, where they are not beside the repository.
fn counted() -> Option<String> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/facts/pool_blocks_monthly.csv");
    if file.is_file() {
        return Some(fs::read_to_string(file).expect("readable"));
    }
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "no counts at {}", file.display());
    eprintln!("skipped: no counts at {}", file.display());
    None
}

#[test]
fn every_count_is_as_it_was_published() {
    let Some(text) = counted() else { return };
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("month,pool_slug,blocks,total_blocks,share"));
    let mut theirs: BTreeMap<(String, String), u64> = BTreeMap::new();
    let mut totals: BTreeMap<String, u64> = BTreeMap::new();
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        let slug = RENAMED.iter().find(|(theirs, _)| *theirs == cells[1]).map_or(cells[1], |(_, ours)| ours);
        let first = theirs.insert((cells[0].to_owned(), slug.to_owned()), cells[2].parse().expect("a number"));
        assert_eq!(first, None, "two of their pools are one of ours: {line}");
        totals.insert(cells[0].to_owned(), cells[3].parse().expect("a number"));
    }
    let (mut ours, mut sums) = (BTreeMap::new(), BTreeMap::new());
    for month in &Published::builtin().months {
        let name = month.month.strftime("%Y-%m").to_string();
        sums.insert(name.clone(), month.total);
        let unknown = Some(("unknown".to_owned(), month.unknown)).filter(|(_, blocks)| *blocks > 0);
        ours.extend(month.counts.iter().cloned().chain(unknown).map(|(slug, blocks)| ((name.clone(), slug), blocks)));
    }
    assert_eq!(sums, totals);
    assert_eq!(ours.len(), 1_327);
    assert_eq!(ours, theirs);
}
