//! Blocks that come one at a time, on the real engine: what each costs, that the parts they leave are merged away, and that a
//! full disk refuses them cleanly. A few hundred blocks; a year of them where HASHWATCH_SOAK is set.
//!
//! One test, because a process opens one data directory.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod chain;

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use chain::{chain, chunk};
use clickhouse::Client;
use hashwatch_engine::{Engine, Library};
use hashwatch_model::AttributedBlock;
use hashwatch_registry::Registry;
use hashwatch_store::{Sighting, Store, StoreError, TipChange, Writer};

/// A year of blocks is 52,560.
const YEAR: usize = 52_560;
/// More active parts than this in a table and merging does not keep up: ClickHouse slows inserts down from 1,000 on.
const MOST_PARTS: u64 = 100;
/// Reading may take this many times as long as it took after a tenth of the blocks, and a little for chance.
const SLOWER: u32 = 3;
const CHANCE: Duration = Duration::from_millis(50);

#[tokio::test(flavor = "multi_thread")]
async fn parts_do_not_pile_up() {
    let count = if std::env::var_os("HASHWATCH_SOAK").is_some() { YEAR } else { 300 };
    let dir = tempfile::tempdir().unwrap();
    let blocks = u32::try_from(count).unwrap() + 2;
    let (origin, blocks, registry) = chain(&dir.path().join("chain"), blocks, 11).await;
    let engine = Engine::open(Library::find(None).unwrap(), &dir.path().join("data")).unwrap();
    let store = Store::open(engine.client(), "test", origin).await.unwrap();
    let client = engine.client().with_database("test");
    one_at_a_time(&client, &store, &blocks[..count], &registry).await;
    a_full_disk_refuses(&client, &store, &blocks, &registry).await;
}

/// What follows a block: its rows, its mark, and that two nodes have it and went on to it.
async fn follow(
    store: &Store,
    writer: &mut Writer,
    blocks: &[AttributedBlock],
    height: usize,
    registry: &Registry,
) -> Duration {
    let started = Instant::now();
    writer.commit(&chunk(blocks, height, height + 1), registry.version()).await.unwrap();
    let took = started.elapsed();
    let (block, seen_at) = (blocks[height].block.id, 1_700_000_000_000 + height as u64);
    let sighting = |node: &str| Sighting { node: node.to_owned(), block, seen_at };
    store.write_sightings(&[sighting("one"), sighting("two")]).await.unwrap();
    let left = blocks[height.saturating_sub(1)].block.id;
    store.write_tips(&[TipChange { node: "one".to_owned(), seen_at, tip: block, left, ancestor: left }]).await.unwrap();
    took
}

async fn one_at_a_time(client: &Client, store: &Store, blocks: &[AttributedBlock], registry: &Registry) {
    let mut writer = Writer::open(store).await.unwrap();
    let (mut took, mut most) = (Vec::new(), BTreeMap::new());
    let mut early = Duration::ZERO;
    for height in 0..blocks.len() {
        took.push(follow(store, &mut writer, blocks, height, registry).await);
        if height % 50 == 49 {
            for (table, parts) in active_parts(client).await {
                let seen = most.entry(table).or_insert(0);
                *seen = parts.max(*seen);
            }
        }
        if height == blocks.len() / 10 {
            early = reading(store).await;
        }
    }
    let late = reading(store).await;
    let tenth = took.len() / 10;
    let (first, last) = (median(&mut took[..tenth].to_vec()), median(&mut took[9 * tenth..].to_vec()));
    eprintln!(
        "{} blocks, one at a time: most active parts {most:?}, now {:?}",
        blocks.len(),
        active_parts(client).await
    );
    eprintln!("commit of one: median {first:?} in the first tenth, {last:?} in the last; reading: {early:?}, {late:?}");
    assert!(most.values().all(|parts| *parts < MOST_PARTS), "{most:?}");
    assert!(late < early * SLOWER + CHANCE, "reading took {early:?}, and {late:?} at the end");
    assert!(last < first * SLOWER + CHANCE, "a commit took {first:?}, and {last:?} at the end");
}

async fn active_parts(client: &Client) -> Vec<(String, u64)> {
    let statement = "SELECT table, count() FROM system.parts WHERE database = 'test' AND active GROUP BY table";
    client.query(statement).fetch_all().await.unwrap()
}

/// What every page asks: the median of a few times.
async fn reading(store: &Store) -> Duration {
    let mut took = Vec::new();
    for _ in 0..9 {
        let started = Instant::now();
        let snapshot = store.snapshot().await.unwrap().unwrap();
        let tip = snapshot.mark().tip.height;
        snapshot.pool_records((tip.saturating_sub(999), tip)).await.unwrap();
        took.push(started.elapsed());
    }
    median(&mut took)
}

fn median(took: &mut [Duration]) -> Duration {
    took.sort_unstable();
    took[took.len() / 2]
}

/// A disk with less room than each table keeps free takes no row, and the same write goes through once there is room.
async fn a_full_disk_refuses(client: &Client, store: &Store, blocks: &[AttributedBlock], registry: &Registry) {
    let at = store.mark().await.unwrap().unwrap();
    let next = at.tip.height as usize + 1;
    for table in ["blocks", "opinions", "marks", "tips", "sightings", "proofs"] {
        let set = |what: &str| format!("ALTER TABLE {table} {what} SETTING min_free_disk_bytes_to_perform_insert");
        client.query(&format!("{} = 1000000000000000000", set("MODIFY"))).execute().await.unwrap();
        let refused = match table {
            "tips" => {
                let change =
                    TipChange { node: "one".to_owned(), seen_at: 1, tip: at.tip, left: at.tip, ancestor: at.tip };
                store.write_tips(std::slice::from_ref(&change)).await
            }
            "sightings" => {
                store.write_sightings(&[Sighting { node: "one".to_owned(), block: at.tip, seen_at: 1 }]).await
            }
            "proofs" => store.write_proofs(&[hashwatch_store::Proof { id: at.tip, size: 300, weight: 900 }]).await,
            _ => {
                let mut writer = Writer::open(store).await.unwrap();
                writer.commit(&chunk(blocks, next, next + 1), registry.version()).await.map(|_| ())
            }
        };
        let error = refused.unwrap_err();
        assert!(error.is_passing(), "{table}: {error}");
        assert!(error.in_public().ends_with("its disk is full"), "{table}: {error}");
        assert_eq!(store.mark().await.unwrap().unwrap(), at, "{table}");
        client.query(&set("RESET")).execute().await.unwrap();
    }
    let mut writer = Writer::open(store).await.unwrap();
    writer.commit(&chunk(blocks, next, next + 1), registry.version()).await.unwrap();
    let snapshot = store.snapshot().await.unwrap().unwrap();
    assert_eq!(snapshot.mark().tip, blocks[next].block.id);
    assert_eq!(snapshot.counts().await.unwrap().active, next as u64 + 1);
    assert_eq!(snapshot.check().await.unwrap(), []);
    let again = writer.commit(&chunk(blocks, next, next + 1), registry.version()).await;
    assert!(!matches!(again, Err(StoreError::Damaged { .. })), "{again:?}");
}
