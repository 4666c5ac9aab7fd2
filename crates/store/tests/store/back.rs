//! What comes out of the store against the blocks that went in.

use hashwatch_model::{AttributedBlock, BlockId, Window};
use hashwatch_store::{BlockFilter, Snapshot, Store, StoredBlock};

pub(crate) async fn everything_comes_back(store: &Store, blocks: &[AttributedBlock]) {
    let snapshot = store.snapshot().await.unwrap().unwrap();
    let tip = &blocks.last().unwrap().block;
    assert_eq!((snapshot.mark().tip, snapshot.mark().time), (tip.id, tip.header.time));
    assert_eq!(snapshot.counts().await.unwrap().active, blocks.len() as u64);
    let listed = snapshot.blocks(&BlockFilter { limit: u32::MAX, ..BlockFilter::default() }).await.unwrap();
    assert_eq!(listed.len(), blocks.len());
    for (found, expected) in listed.iter().rev().zip(blocks) {
        assert!(is(found, expected) && !found.stale, "{found:?}");
    }
    let headers = snapshot.headers().await.unwrap();
    for (found, expected) in headers.iter().zip(blocks) {
        let expected = &expected.block;
        assert_eq!((found.id, found.header), (expected.id, expected.header));
        assert_eq!((found.median_time, found.chainwork), (expected.median_time, expected.chainwork));
    }
    assert_eq!(headers.len(), blocks.len());
    let facts = snapshot.facts_between(0, tip.id.height).await.unwrap();
    assert!(blocks.iter().all(|expected| facts.contains(&expected.block)));
    windows_hold(&snapshot, blocks).await;
}

/// Whether a stored block is that block.
pub(crate) fn is(found: &StoredBlock, expected: &AttributedBlock) -> bool {
    let (block, facts) = (&found.block, &expected.block);
    let coinbase = &facts.coinbase;
    (block.id, block.header, block.median_time, block.chainwork)
        == (facts.id, facts.header, facts.median_time, facts.chainwork)
        && (block.tx_count, block.size, block.weight) == (facts.tx_count, facts.size, facts.weight)
        && (block.subsidy, block.fees(), block.reward) == (facts.subsidy, facts.fees(), coinbase.reward())
        && block.coinbase_script == coinbase.script().as_bytes()
        && block.coinbase_outputs as usize == coinbase.outputs().len()
        && block.coinbase_txid == coinbase.transaction().compute_txid()
        && found.attribution == expected.attribution
}

/// Every window and its counts against a plain recount.
pub(crate) async fn windows_hold(snapshot: &Snapshot, blocks: &[AttributedBlock]) {
    let tip = &blocks.last().unwrap().block;
    for window in [
        Window::All,
        Window::Blocks(1),
        Window::Blocks(100),
        Window::Blocks(1_000_000),
        Window::Days(1),
        Window::Days(30),
    ] {
        let inside: Vec<_> = match (window, window.seconds()) {
            (Window::Blocks(n), _) => blocks.iter().rev().take(n as usize).rev().collect(),
            (_, Some(seconds)) => blocks
                .iter()
                .filter(|b| i64::from(b.block.median_time) > i64::from(tip.median_time) - i64::from(seconds))
                .collect(),
            _ => blocks.iter().collect(),
        };
        let chain = snapshot.chain().await.unwrap();
        assert_eq!(chain.range(window), (inside[0].block.id.height, tip.id.height), "{window}");
        let after = i64::from(inside[0].block.median_time);
        let above = blocks.iter().find(|b| i64::from(b.block.median_time) > after);
        let above = above.map_or(tip.id.height + 1, |b| b.block.id.height);
        assert_eq!(chain.first_after(after), above, "{window}");
    }
    columns_hold(snapshot, blocks).await;
    // what was there as of an earlier block, and nothing else
    for height in [0, 1, tip.id.height / 2, tip.id.height] {
        let then = snapshot.as_of(height).await.unwrap().unwrap();
        columns_hold(&then, &blocks[..=height as usize]).await;
    }
    columns_hold(snapshot, blocks).await;
}

/// Every entry of every column against the block that it is of.
pub(crate) async fn columns_hold(snapshot: &Snapshot, blocks: &[AttributedBlock]) {
    let (chain, miners) = tokio::try_join!(snapshot.chain(), snapshot.miners()).unwrap();
    assert_eq!((chain.blocks(), miners.ids().len()), (blocks.len(), blocks.len()));
    assert_eq!((chain.from(), chain.to()), (0, blocks.last().unwrap().block.id.height));
    for (place, block) in blocks.iter().enumerate() {
        let facts = &block.block;
        assert_eq!(chain.place(facts.id.height), Some(place));
        assert_eq!((chain.hashes()[place], chain.holds(facts.id)), (facts.id.hash, true));
        assert!(!chain.holds(BlockId { height: facts.id.height + 1, ..facts.id }));
        assert_eq!((chain.times()[place], chain.median_times()[place]), (facts.header.time, facts.median_time));
        assert_eq!(chain.bits()[place], facts.header.bits.to_consensus());
        assert_eq!((chain.tx_counts()[place], chain.rewards()[place]), (facts.tx_count, facts.coinbase.reward()));
        assert_eq!(chain.subsidy(place), facts.subsidy);
        assert_eq!(chain.chainworks()[place].to_string(), facts.chainwork.to_string());
        let slug = &*miners.slugs()[usize::from(miners.ids()[place])];
        assert_eq!((!slug.is_empty()).then_some(slug), block.attribution.pool.as_deref());
    }
    assert_eq!(chain.place(chain.to() + 1), None);
}
