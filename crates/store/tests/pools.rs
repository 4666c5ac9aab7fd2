//! What is kept of pools, on the real engine: held against the blocks that went in.
//!
//! One test, because a process opens one data directory.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod chain;

use chain::{chain, chunk};
use hashwatch_engine::{Engine, Library};
use hashwatch_model::{AttributedBlock, Strength};
use hashwatch_store::{Snapshot, Store, Writer};

const BLOCKS: u32 = 600;
/// Where what is asked for begins and ends.
const RANGE: (u32, u32) = (100, 549);

#[tokio::test(flavor = "multi_thread")]
async fn pools_and_unknown() {
    let dir = tempfile::tempdir().unwrap();
    let (origin, blocks, registry) = chain(&dir.path().join("chain"), BLOCKS, 7).await;
    let engine = Engine::open(Library::find(None).unwrap(), &dir.path().join("data")).unwrap();
    let store = Store::open(engine.client(), "test", origin).await.unwrap();
    let mut writer = Writer::open(&store).await.unwrap();
    // the last ten are stale: they belong to no figure here
    writer.commit(&chunk(&blocks, 0, 590), registry.version()).await.unwrap();
    writer.commit_stale(&blocks[590..], registry.version()).await.unwrap();
    let snapshot = store.snapshot().await.unwrap().unwrap();
    let within = &blocks[RANGE.0 as usize..=RANGE.1 as usize];

    records(&snapshot, within).await;
    ever(&snapshot, &blocks[..590]).await;
    marks(&snapshot, &blocks[..590]).await;
    unknown(&snapshot, within).await;
    let versions = store.registry_versions(10).await.unwrap();
    assert_eq!((versions.len(), &versions[0].version, versions[0].height), (1, registry.version(), 589));
}

/// Blocks of a pool, or of Unknown.
fn of<'b>(blocks: &'b [AttributedBlock], pool: Option<&str>) -> Vec<&'b AttributedBlock> {
    blocks.iter().filter(|block| block.attribution.pool.as_deref() == pool).collect()
}

async fn records(snapshot: &Snapshot, within: &[AttributedBlock]) {
    let records = snapshot.pool_records(RANGE).await.unwrap();
    assert_eq!(records.iter().map(|record| record.blocks).sum::<u64>(), within.len() as u64);
    assert!(records.iter().any(|record| record.empty > 0), "the chain has empty blocks");
    for record in records {
        let blocks = of(within, record.pool.as_deref());
        let count =
            |holds: &dyn Fn(&AttributedBlock) -> bool| blocks.iter().filter(|block| holds(block)).count() as u64;
        assert_eq!(record.blocks, blocks.len() as u64, "{record:?}");
        assert_eq!(record.empty, count(&|block| block.block.tx_count == 1), "{record:?}");
        assert_eq!(record.contested, count(&|block| block.attribution.conflicts().next().is_some()), "{record:?}");
    }
}

async fn ever(snapshot: &Snapshot, active: &[AttributedBlock]) {
    let records = snapshot.pool_records_ever().await.unwrap();
    assert_eq!(records.iter().map(|record| record.blocks).sum::<u64>(), active.len() as u64);
    for record in records {
        let blocks = of(active, record.pool.as_deref());
        assert_eq!(record.blocks, blocks.len() as u64, "{record:?}");
        assert_eq!((record.first, record.last), (blocks[0].block.id.height, blocks[blocks.len() - 1].block.id.height));
        for (strength, found) in
            [(Strength::Strong, record.strong), (Strength::Fair, record.fair), (Strength::Weak, record.weak)]
        {
            let expected = blocks.iter().filter(|block| block.attribution.strength == Some(strength)).count();
            assert_eq!(found, expected as u64, "{record:?}");
        }
    }
}

async fn marks(snapshot: &Snapshot, active: &[AttributedBlock]) {
    let pool = active.iter().find_map(|block| block.attribution.pool.clone()).unwrap();
    let marks = snapshot.pool_marks(&pool).await.unwrap();
    assert_eq!(marks.iter().map(|mark| mark.blocks).sum::<u64>(), of(active, Some(&pool)).len() as u64);
    for mark in marks {
        let decided = |block: &&&AttributedBlock| {
            let first = &block.attribution.evidence[0];
            (first.kind, first.value.to_string()) == (mark.kind, mark.value.clone())
        };
        let blocks = of(active, Some(&pool));
        assert_eq!(mark.blocks, blocks.iter().filter(decided).count() as u64, "{mark:?}");
    }
}

async fn unknown(snapshot: &Snapshot, within: &[AttributedBlock]) {
    let expected: Vec<_> = of(within, None).into_iter().rev().collect();
    let found = snapshot.unknown_blocks(RANGE, 1_000_000, 1_000).await.unwrap();
    assert!(found.len() > 5 && found.len() == expected.len(), "{} of {}", found.len(), expected.len());
    for (found, block) in found.iter().zip(&expected) {
        assert_eq!((found.id, found.time), (block.block.id, block.block.header.time));
        assert_eq!(found.script, block.block.coinbase.script().as_bytes());
        assert_eq!(found.payout.as_deref(), block.block.coinbase.rewarded());
    }
    let newest = snapshot.unknown_blocks(RANGE, 10, 3).await.unwrap();
    assert!(newest.iter().all(|block| block.payout.is_none()), "a long coinbase is left out");
    assert_eq!(
        newest.iter().map(|block| block.id).collect::<Vec<_>>(),
        expected[..3].iter().map(|b| b.block.id).collect::<Vec<_>>()
    );

    let named = snapshot.named_scripts(RANGE, 2).await.unwrap();
    let pool = within.iter().rev().find_map(|block| block.attribution.pool.clone()).unwrap();
    let scripts: Vec<_> = named.iter().filter(|(name, _)| *name == pool).map(|(_, script)| script.clone()).collect();
    let latest = of(within, Some(&pool)).into_iter().rev().take(2);
    let mut latest: Vec<_> = latest.map(|block| block.block.coinbase.script().to_bytes()).collect();
    latest.reverse();
    assert_eq!(scripts, latest);
}
