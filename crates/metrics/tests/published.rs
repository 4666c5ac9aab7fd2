//! Sixty-four months of real blocks against indices computed by others: `facts/pool_concentration_monthly.csv` of the shared
//! folder, row by row and column by column, of the counts in `facts/pool_blocks_monthly.csv`.
//!
//! That file's conventions are not ours, and stand here alone: blocks of no known pool are one more pool; AntPool's proxies
//! are one flat list, from September 2022; its columns `tau33` and `tau66` are at a third and at two thirds.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use hashwatch_metrics::{Counts, Fraction, Tally};

/// The pools that are counted as one with AntPool, as the file of counts calls them (0xB10C/mainnet-observer a0c114a).
const ANTPOOL_AND_FRIENDS: [&str; 12] = [
    "antpool",
    "binancepool",
    "braiinspool",
    "btccom",
    "cloverpool",
    "luxor",
    "miningsquared",
    "poolin",
    "rawpool",
    "secpool",
    "sigmapoolcom",
    "ultimuspool",
];
const MERGED: &str = "antpool_and_friends_merged";

/// A file of the shared folder; none, with the reason printed, where it is not there.
fn shared(path: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let file = std::env::var_os("HASHWATCH_SHARED").map_or_else(beside, PathBuf::from).join(path);
    if file.is_file() {
        return Some(file);
    }
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "no published figures at {}", file.display());
    eprintln!("skipped: no published figures at {}", file.display());
    None
}

type Row = BTreeMap<String, String>;

/// The rows of a file without quotes, by the names of its columns.
fn rows(path: &Path) -> Vec<Row> {
    let text = std::fs::read_to_string(path).expect("readable");
    let mut lines = text.lines();
    let columns: Vec<&str> = lines.next().expect("a header").split(',').collect();
    let named =
        |line: &str| columns.iter().map(|&column| column.to_owned()).zip(line.split(',').map(str::to_owned)).collect();
    lines.map(named).collect()
}

fn number(row: &Row, column: &str) -> f64 {
    row[column].parse().expect("a number")
}

/// Blocks by month and pool, Unknown's as a pool's.
fn months(path: &Path) -> BTreeMap<String, BTreeMap<String, u64>> {
    let mut months: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    for row in rows(path) {
        let blocks = row["blocks"].parse().expect("a count");
        months.entry(row["month"].clone()).or_default().insert(row["pool_slug"].clone(), blocks);
    }
    months
}

fn tally(pools: &BTreeMap<String, u64>, merged: bool) -> Tally {
    let friend = |slug: &str| merged && ANTPOOL_AND_FRIENDS.contains(&slug);
    let friends = pools.iter().filter(|(slug, _)| friend(slug)).map(|(_, blocks)| blocks).sum();
    let others = pools.iter().filter(|(slug, _)| !friend(slug)).map(|(_, blocks)| *blocks);
    Tally::new(others.chain([friends]), 0)
}

/// The file's columns by the definitions of this crate.
#[allow(clippy::cast_precision_loss, reason = "numbers of pools and blocks")]
fn columns(counts: &Counts) -> [(&'static str, f64); 15] {
    let two_thirds = Fraction::new(2, 3).expect("below 1");
    [
        ("n", counts.entities() as f64),
        ("total", counts.total() as f64),
        ("hhi", counts.hhi()),
        ("nc", counts.nakamoto_at(Fraction::HALF).expect("below 1") as f64),
        ("tau33", counts.tau(Fraction::THIRD) as f64),
        ("tau66", counts.tau(two_thirds) as f64),
        ("cr1", counts.concentration_ratio(1)),
        ("cr2", counts.concentration_ratio(2)),
        ("cr3", counts.concentration_ratio(3)),
        ("cr6", counts.concentration_ratio(6)),
        ("shannon", counts.shannon()),
        ("minent", counts.min_entropy()),
        ("gini", counts.gini()),
        ("theil", counts.theil()),
        ("neff", counts.effective_number()),
    ]
}

#[test]
fn every_month_of_both_groupings() {
    let (Some(blocks), Some(published)) =
        (shared("facts/pool_blocks_monthly.csv"), shared("facts/pool_concentration_monthly.csv"))
    else {
        return;
    };
    let (months, published) = (months(&blocks), rows(&published));
    let mut seen = BTreeSet::new();
    for row in &published {
        let (month, grouping) = (&row["month"], &row["grouping"]);
        let tally = tally(&months[month], grouping == MERGED);
        let found = columns(&tally.counts().expect("blocks"));
        for (column, found) in found {
            let published = number(row, column);
            assert!((found - published).abs() < 1e-6, "{month}, {grouping}, {column}: {found} for {published}");
        }
        assert_eq!(row.len(), found.len() + 2, "a column that was not looked at");
        seen.insert((month.clone(), grouping == MERGED));
    }
    let tags = months.keys().map(|month| (month.clone(), false));
    let merged = months.keys().filter(|month| month.as_str() >= "2022-09").map(|month| (month.clone(), true));
    assert_eq!(seen, tags.chain(merged).collect(), "every month by tag, and merged from September 2022");
    assert_eq!(published.len(), 108);
}
