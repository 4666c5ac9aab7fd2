//! Blocks leave the chain, come back, come beside it, and come from two writers.

use hashwatch_model::{AttributedBlock, Chunk};
use hashwatch_registry::Registry;
use hashwatch_store::{Store, StoreError, Writer};

use crate::{
    back::{columns_hold, everything_comes_back, is, windows_hold},
    chain::chunk,
    opinions::opinions_come_with_a_mark,
};

pub(crate) async fn reorgs(store: &Store, writer: &mut Writer, blocks: &[AttributedBlock], registry: &Registry) {
    let old = store.snapshot().await.unwrap().unwrap();
    let version = registry.version();
    // back to 249 without anything in place of it
    let parent = Some(blocks[249].block.id);
    writer.commit(&Chunk { parent, blocks: Vec::new() }, version).await.unwrap();
    let snapshot = store.snapshot().await.unwrap().unwrap();
    assert_eq!(snapshot.mark().tip.height, 249);
    assert_eq!(snapshot.counts().await.unwrap().stale, 50);
    assert!(snapshot.parted_since(old.mark().commit).await.unwrap());
    assert!(!snapshot.parted_since(snapshot.mark().commit).await.unwrap());
    assert!(old.parted_since(snapshot.mark().commit).await.unwrap(), "what is known is of later");
    let mut heights = snapshot.stale_heights().await.unwrap();
    heights.sort_unstable();
    assert_eq!(heights, (250..300).collect::<Vec<_>>());
    columns_hold(&snapshot, &blocks[..250]).await;
    let gone = snapshot.block_by_hash(blocks[260].block.id.hash).await.unwrap().unwrap();
    assert!(gone.stale);
    assert!(is(&gone, &blocks[260]));
    assert_eq!(snapshot.coinbase(&gone.block).await.unwrap(), blocks[260].block.coinbase);
    assert_eq!(snapshot.block_at(260).await.unwrap(), None);
    let reorg = &snapshot.reorgs(10).await.unwrap()[0];
    assert_eq!(
        (reorg.left, reorg.tip, reorg.ancestor),
        (blocks[299].block.id, blocks[249].block.id, blocks[249].block.id)
    );
    assert_eq!((reorg.depth(), snapshot.reorgs(10).await.unwrap().len()), (50, 1));
    assert!(snapshot.stale_between((0, u32::MAX)).await.unwrap().iter().all(|stale| stale.was_active));
    assert_eq!(snapshot.stale_between((0, u32::MAX)).await.unwrap()[0].id, blocks[299].block.id);
    // whoever asked before the reorg goes on seeing what was
    assert_eq!(old.counts().await.unwrap().active, 300);
    assert!(is(&old.block_at(260).await.unwrap().unwrap(), &blocks[260]));
    columns_hold(&old, &blocks[..300]).await;
    // and they come back
    writer.commit(&chunk(blocks, 250, 300), version).await.unwrap();
    everything_comes_back(store, &blocks[..300]).await;
    let back = store.snapshot().await.unwrap().unwrap();
    assert_eq!((back.counts().await.unwrap().stale, back.stale_heights().await.unwrap().len()), (0, 0));
    assert!(back.parted_since(snapshot.mark().commit).await.unwrap());
    // an earlier block as tip
    let earlier = store.snapshot().await.unwrap().unwrap().as_of(99).await.unwrap().unwrap();
    windows_hold(&earlier, &blocks[..100]).await;
    // blocks of a branch beside the chain: these are above it, which is as good as beside
    assert_eq!(writer.commit_stale(&blocks[350..352], version).await.unwrap(), 2);
    assert_eq!(writer.commit_stale(&blocks[350..352], version).await.unwrap(), 0);
    let snapshot = store.snapshot().await.unwrap().unwrap();
    assert!(snapshot.parted_since(back.mark().commit).await.unwrap());
    assert_eq!(snapshot.kept_stale().await.unwrap().len(), 2);
    // a block that came beside the chain never was part of it, and such a commit is no reorg
    assert!(snapshot.stale_between((0, u32::MAX)).await.unwrap().iter().all(|stale| !stale.was_active));
    assert_eq!(snapshot.reorgs(10).await.unwrap().len(), 1);
    opinions_come_with_a_mark(store, writer, &blocks[..300], registry).await;
}

/// Blocks that leave and come back in one chunk have not moved; and of two writers upon one mark the second is told.
pub(crate) async fn only_one_goes_on(
    store: &Store,
    writer: &mut Writer,
    blocks: &[AttributedBlock],
    registry: &Registry,
) {
    let version = registry.version();
    let mut late = Writer::open(store).await.unwrap();
    writer.commit(&chunk(blocks, 250, 310), version).await.unwrap();
    everything_comes_back(store, &blocks[..310]).await;
    assert_eq!(store.snapshot().await.unwrap().unwrap().check().await.unwrap(), []);
    // nothing left the chain, so nothing was a reorg
    assert_eq!(store.snapshot().await.unwrap().unwrap().reorgs(10).await.unwrap().len(), 1);
    let refused = late.commit(&chunk(blocks, 300, 320), version).await;
    assert!(matches!(refused, Err(StoreError::Moved)), "{refused:?}");
    everything_comes_back(store, &blocks[..310]).await;
    // what the late one wrote has no mark: the next writer takes it away, and writes the same blocks itself
    *writer = Writer::open(store).await.unwrap();
    writer.commit(&chunk(blocks, 310, 320), version).await.unwrap();
    everything_comes_back(store, &blocks[..320]).await;
    let parent = Some(blocks[299].block.id);
    writer.commit(&Chunk { parent, blocks: Vec::new() }, version).await.unwrap();
    everything_comes_back(store, &blocks[..300]).await;
}
