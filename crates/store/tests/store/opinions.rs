//! Opinions of a registry's other version.

use hashwatch_model::{AttributedBlock, Chunk, RegistryVersion};
use hashwatch_registry::Registry;
use hashwatch_store::{Snapshot, Store, StoreError, Writer};

use crate::back::everything_comes_back;

/// Opinions under another version: formed where there is none, seen from the adoption on, on the blocks that come meanwhile too.
pub(crate) async fn opinions_come_with_a_mark(
    store: &Store,
    writer: &mut Writer,
    blocks: &[AttributedBlock],
    registry: &Registry,
) {
    let other = RegistryVersion("other".to_owned());
    let opinions: Vec<_> = blocks.iter().map(|b| (b.block.id, b.attribution.clone())).collect();
    let snapshot = store.snapshot().await.unwrap().unwrap();
    // two blocks beside the chain are kept with it
    assert_eq!(facts_wanted(&snapshot, &other, 0, u64::MAX).await, (1, 302));
    let (runs, _) = facts_wanted(&snapshot, &other, 0, 20_000).await;
    assert!((10..=30).contains(&runs), "{runs} runs");
    assert_eq!(facts_wanted(&snapshot, &other, snapshot.mark().commit, u64::MAX).await, (0, 0));
    assert_eq!(facts_wanted(&snapshot, registry.version(), 0, 1).await, (0, 0));

    writer.write_opinions(&opinions[..200], &other).await.unwrap();
    // a writer that comes in between takes away what has no mark; a mark without its rows is no mark
    drop(Writer::open(store).await.unwrap());
    let without = writer.adopt(&other).await;
    assert!(matches!(without, Err(StoreError::Moved)), "{without:?}");
    *writer = Writer::open(store).await.unwrap();

    writer.write_opinions(&opinions[..100], &other).await.unwrap();
    writer.settle().await.unwrap();
    writer.settle().await.unwrap();
    writer.write_opinions(&opinions[100..200], &other).await.unwrap();
    // they come with a mark that brings something else, and nobody reads them yet
    let chunk = Chunk { parent: Some(blocks[298].block.id), blocks: blocks[299..].to_vec() };
    writer.commit(&chunk, registry.version()).await.unwrap();
    everything_comes_back(store, blocks).await;
    let snapshot = store.snapshot().await.unwrap().unwrap();
    assert_eq!(facts_wanted(&snapshot, &other, 0, u64::MAX).await, (1, 102));
    writer.write_opinions(&opinions[200..], &other).await.unwrap();
    for _ in 0..2 {
        writer.adopt(&other).await.unwrap();
        let snapshot = store.snapshot().await.unwrap().unwrap();
        assert_eq!(snapshot.registry(), &other);
        assert_eq!(snapshot.miners().await.unwrap().ids().len(), 300);
    }
    writer.adopt(registry.version()).await.unwrap();
    everything_comes_back(store, blocks).await;
}

/// In how many runs of so many bytes blocks that have no opinion are read, and how many they are.
async fn facts_wanted(snapshot: &Snapshot, version: &RegistryVersion, since: u64, bytes: u64) -> (usize, u64) {
    let runs = snapshot.without_opinion(version, since, bytes).await.unwrap();
    let mut blocks = 0;
    for run in &runs {
        let mut facts = run.facts().unwrap();
        let mut found = 0;
        while let Some(block) = facts.next().await.unwrap() {
            let height = block.id.height;
            assert!(snapshot.facts_between(height, height).await.unwrap().contains(&block), "{block:?}");
            found += 1;
        }
        assert_eq!(found, run.blocks());
        blocks += found;
    }
    (runs.len(), blocks)
}
