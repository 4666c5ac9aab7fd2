//! How fast figures over a whole chain are: reading it into memory, an index at every block of it, answers that nobody asked for yet,
//! answers that many ask for, and every block as one file.
//!
//! The blocks are made up and go into the store by its own writer; the answers are those of the program, over HTTP. wrk puts it under
//! load from the same machine (`tests/fetch-wrk.sh`).

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a bench that cannot go on fails")]

#[path = "../made_up/mod.rs"]
mod made_up;
mod served;

use std::{path::Path, time::Instant};

use hashwatch_engine::connect;
use hashwatch_metrics::{Index, series};
use hashwatch_store::Store;
use hashwatch_tests::measure::{Table, in_earnest};

use made_up::fill;

/// Blocks of the window that moves.
const WINDOW: usize = 2_016;
/// One in so many windows is counted anew: all of them would take minutes.
const COUNTED_ANEW: usize = 500;

fn main() {
    let blocks = if in_earnest() { 1_000_000 } else { 4_000 };
    let under = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/bench");
    std::fs::create_dir_all(&under).expect("a disk with room");
    let home = tempfile::tempdir_in(under).expect("a temporary directory");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(fill(home.path(), blocks, 1));
    let mut table = Table::new("figures", &["work", "median", "least to most", "beside it"]);
    runtime.block_on(in_memory(home.path(), blocks, &mut table));
    // the engine lets one process at a time have a directory
    runtime.shutdown_timeout(std::time::Duration::from_secs(30));
    served::measure(home.path(), blocks, &mut table);
    table.note(&format!(
        "{blocks} made-up blocks of some 180 pools in the embedded ClickHouse, all on this machine. An answer is cold where nobody asked for \
         it as of that block; the chain's columns are in memory by then. Warm ones come from the answers kept since the last commit, \
         asked for by wrk over 64 connections on the same two cores."
    ));
    table.finish();
}

/// Milliseconds of each of so many rounds, sorted.
fn rounds(count: usize, mut work: impl FnMut()) -> Vec<f64> {
    let mut all: Vec<f64> = (0..count)
        .map(|_| {
            let began = Instant::now();
            work();
            began.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    all.sort_by(f64::total_cmp);
    all
}

/// A row of milliseconds.
fn row(table: &mut Table, work: &str, sorted: &[f64], beside: String) {
    let (least, most) = (sorted[0], sorted[sorted.len() - 1]);
    let middle = sorted[sorted.len() / 2];
    table.row(&[work.to_owned(), format!("{middle:.1} ms"), format!("{least:.1} to {most:.1} ms"), beside]);
}

async fn in_memory(home: &Path, blocks: u32, table: &mut Table) {
    let connection = connect(&home.join("data"), None).await.expect("the embedded ClickHouse");
    let client = connection.client();
    let (mut reading, mut alone) = (Vec::new(), Vec::new());
    let mut ids = Vec::new();
    for _ in 0..3 {
        let columns = "SELECT height, hash, time, median_time, bits, tx_count, reward, chainwork FROM hashwatch.blocks ORDER BY height \
                       FORMAT Null";
        let pools = "SELECT height, pool FROM hashwatch.opinions ORDER BY height FORMAT Null";
        let began = Instant::now();
        client.query(columns).execute().await.expect("the columns");
        client.query(pools).execute().await.expect("the pools");
        alone.push(began.elapsed().as_secs_f64() * 1e3);
        // a store that remembers nothing
        let store = Store::open_existing(client.clone(), "hashwatch").await.expect("the store");
        let snapshot = store.snapshot().await.expect("an answer").expect("a mark");
        let began = Instant::now();
        let (chain, miners) = tokio::try_join!(snapshot.chain(), snapshot.miners()).expect("columns");
        reading.push(began.elapsed().as_secs_f64() * 1e3);
        assert_eq!((chain.blocks(), miners.ids().len()), (blocks as usize, blocks as usize));
        ids = miners.ids().to_vec();
    }
    reading.sort_by(f64::total_cmp);
    alone.sort_by(f64::total_cmp);
    let beside = format!("{:.1} x ClickHouse alone reading the same columns", reading[1] / alone[1]);
    row(table, "the chain into memory, once in a process", &reading, beside);
    rolling(&ids, table);
}

/// An index over a window at every block, against counting each window anew.
fn rolling(ids: &[u16], table: &mut Table) {
    let known = ids.iter().copied().max().unwrap_or(0);
    let windows = || (WINDOW..=ids.len()).map(|end| (end - WINDOW, end));
    for index in [Index::Hhi, Index::Nakamoto, Index::Shannon] {
        let mut values = Vec::new();
        let own = rounds(5, || values = series(ids, known, windows(), index).expect("windows that go on"));
        let anew = rounds(1, || {
            for (place, (from, to)) in windows().enumerate().step_by(COUNTED_ANEW) {
                let one = series(ids, known, [(from, to)], index).expect("a window");
                let (one, other) = (one[0].expect("blocks"), values[place].expect("blocks"));
                assert!((one - other).abs() <= 1e-9 * one.max(1.0), "{one} and {other}");
            }
        });
        #[allow(clippy::cast_precision_loss, reason = "a few hundred")]
        let times = anew[0] * COUNTED_ANEW as f64 / own[own.len() / 2];
        let name = format!("{} over {WINDOW} blocks at every block", index.word());
        row(table, &name, &own, format!("{times:.0} x faster than counting each window anew"));
    }
}
