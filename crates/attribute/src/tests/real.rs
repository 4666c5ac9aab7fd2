//! Real coinbases: against the word of mempool's rule, row by row, and four consecutive blocks by way of verify.

use std::{collections::BTreeMap, fs, path::PathBuf};

use bitcoin::hex::FromHex;
use hashwatch_model::{BlockId, Chunk, Coinbase, Network, RawBlock};
use hashwatch_registry::{Pool, Registry};
use hashwatch_verify::{HeaderTree, Start, verify_chunk};
use jiff::{civil::Date, tz::TimeZone};

use super::{BTC, coinbase, pays};
use crate::{attribute_chunk, opinion};

/// Rows that we name otherwise than mempool's rule, by height, and why.
const CORRECTIONS: [(&str, &str, &str); 1] = [(
    "349844",
    "tangpool",
    "signed /TangPool/tangpoolgonbo/HAOBTC: the longer tag and the earlier; mempool's list names the one it has first",
)];

/// The folder of real data beside the repository; none, with the reason printed, where it is not there.
fn real() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/real");
    if folder.is_dir() {
        return Some(folder);
    }
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "no real chain data at {}", folder.display());
    eprintln!("skipped: no real chain data at {}", folder.display());
    None
}

/// A row of one of the files of coinbases.
struct Row {
    height: String,
    year: String,
    day: Option<Date>,
    /// As mempool's rule names it; empty is unknown.
    mempool: String,
    coinbase: Coinbase,
}

/// The rows of a file without quotes, whatever its columns are called.
fn rows(file: &str) -> Vec<Row> {
    let Some(folder) = real() else { return Vec::new() };
    let text = fs::read_to_string(folder.join("coinbases").join(file)).expect("readable");
    let mut lines = text.lines();
    let columns: Vec<&str> = lines.next().expect("a header").split(',').collect();
    lines
        .map(|line| {
            let cells: BTreeMap<&str, &str> = columns.iter().copied().zip(line.split(',')).collect();
            let cell = |name| *cells.get(name).unwrap_or(&"");
            let coinbase = match cell("coinbase_tx") {
                "" => {
                    // amounts are not carried: as if all outputs were alike
                    let paid = cell("addresses").split([';', ' ']).filter(|address| !address.is_empty());
                    coinbase(&Vec::from_hex(cell("scriptsig")).expect("hex"), paid.map(|address| (BTC, pays(address))))
                }
                hex => Coinbase::from_bytes(Vec::from_hex(hex).expect("hex")).expect("a coinbase"),
            };
            let time = cell("time").parse().ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
            Row {
                height: [cell("height"), cell("height_bip34")].concat(),
                year: time.map(|time| time.strftime("%Y").to_string()).unwrap_or_default(),
                day: time.map(|time| TimeZone::UTC.to_datetime(time).date()),
                mempool: cell("pool_mempool_rule").replace("Unknown", ""),
                coinbase,
            }
        })
        .collect()
}

/// Rows of one year.
#[derive(Default)]
struct Count {
    /// All of them.
    rows: u32,
    /// Named by mempool's rule.
    theirs: u32,
    /// Of those, named the same by ours.
    same: u32,
    /// Named by ours.
    ours: u32,
}

/// Whether a pool has or had that name.
fn called(pool: &Pool, name: &str) -> bool {
    pool.name == name || pool.former.iter().any(|former| former.name == name)
}

#[test]
fn mempools_rule_agrees() {
    let registry = Registry::builtin();
    let mut years: BTreeMap<String, Count> = BTreeMap::new();
    for file in ["coinbases_full.csv", "coinbases_scriptsig_stale.csv", "coinbases_scriptsig_unverified.csv"] {
        for row in rows(file) {
            let found = opinion(registry, &row.coinbase, row.day);
            let ours = found.pool.as_deref().unwrap_or_default();
            let theirs = match row.mempool.as_str() {
                "" => "",
                name => match registry.pools().iter().find(|pool| called(pool, name)) {
                    Some(pool) => &pool.slug,
                    None => panic!("{file}: {name} is missing from the registry"),
                },
            };
            let count = years.entry(row.year).or_default();
            count.rows += 1;
            count.theirs += u32::from(!theirs.is_empty());
            count.ours += u32::from(!ours.is_empty());
            count.same += u32::from(!theirs.is_empty() && theirs == ours);
            let correction = CORRECTIONS.iter().any(|(height, slug, _)| *height == row.height && *slug == ours);
            let agreed = theirs.is_empty() || theirs == ours || correction;
            assert!(agreed, "{file}: {}: {theirs} by mempool's rule: {found:?}", row.height);
        }
    }
    // docs/methodology/attribution.md has these, year by year
    let sum = |of: fn(&Count) -> u32| years.values().map(of).sum::<u32>();
    if !years.is_empty() {
        let found = [sum(|it| it.rows), sum(|it| it.theirs), sum(|it| it.ours), sum(|it| it.same)];
        assert_eq!(found, [2_979, 2_172, 2_217, 2_171], "rows, named by mempool's rule, by ours, the same");
    }
    for (year, count) in &years {
        println!(
            "{year:>4} {:>4} rows, mempool names {:>4}, we {:>4}, the same {:>4}",
            count.rows, count.theirs, count.ours, count.same
        );
        assert!(count.ours >= count.theirs, "more unknowns than mempool's rule leaves in {year}");
    }
}

#[test]
fn four_mainnet_blocks_by_way_of_verify() {
    let Some(folder) = real() else { return };
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder.join("blocks")).expect("readable").map(|entry| entry.expect("readable").path()).collect();
    files.sort();
    let name = |path: &PathBuf| path.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    let blocks: Vec<RawBlock> = files
        .iter()
        .filter_map(|path| {
            let (height, hash) =
                name(path).split_once('-').map(|(height, hash)| (height.to_owned(), hash.to_owned()))?;
            let id = BlockId { height: height.parse().ok()?, hash: hash.parse().ok()? };
            (831_328..=831_331)
                .contains(&id.height)
                .then(|| RawBlock::from_bytes(id, &fs::read(path).expect("readable")).expect("a block"))
        })
        .collect();
    let mut tree = HeaderTree::new(Network::Mainnet, Start::Trusted(blocks[0].id));
    let now = u64::from(blocks[3].header.time);
    let verified = verify_chunk(&mut tree, Chunk { parent: None, blocks }, now).expect("sound");
    let attributed = attribute_chunk(Registry::builtin(), verified);
    let pools: Vec<_> = attributed.blocks.iter().map(|block| block.attribution.pool.as_deref()).collect();
    assert_eq!(pools, [Some("foundryusa"), Some("foundryusa"), Some("antpool"), Some("f2pool")]);
    for attribution in attributed.blocks.iter().map(|block| &block.attribution) {
        assert!(
            attribution.evidence.iter().all(|mark| Some(&mark.pool) == attribution.pool.as_ref()),
            "{attribution:?}"
        );
    }
}
