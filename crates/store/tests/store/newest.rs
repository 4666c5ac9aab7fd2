//! What the writer's process has of the newest blocks without asking.

use clickhouse::Client;
use hashwatch_model::{AttributedBlock, Chunk, CoinbaseProof, RegistryVersion};
use hashwatch_store::{BlockFilter, Store, Writer};

use crate::{
    AT_ONCE,
    back::{columns_hold, is},
    chain::chunk,
};

/// Blocks that come a few at a time the writer's process has from memory, as they are read: marks are away meanwhile, without which
/// there is no answer. It asks where it does not know: of what was not proven then, of what came back, of what is long ago.
pub(crate) async fn the_next_block_is_not_asked_for(
    client: &Client,
    store: &Store,
    writer: &mut Writer,
    blocks: &[AttributedBlock],
    version: &RegistryVersion,
) {
    let rename = async |from: &str, to: &str| {
        let rename = format!("RENAME TABLE test.marks{from} TO test.marks{to}");
        client.query(&rename).execute().await.unwrap();
    };
    let listed = async |from: usize, to: usize| {
        rename("", "_away").await;
        let snapshot = store.snapshot().await.unwrap().unwrap();
        let (from, to) = (Some(blocks[from].block.id.height), Some(blocks[to - 1].block.id.height));
        let found = snapshot.blocks(&BlockFilter { from, to, limit: 100, pool: None }).await;
        rename("_away", "").await;
        found
    };
    let mut at = AT_ONCE;
    // what comes at once, before somebody looks
    for chunks in [vec![1], vec![1, 1], vec![2], vec![1, 2]] {
        let from = at;
        for length in chunks {
            writer.commit(&chunk(blocks, at, at + length), version).await.unwrap();
            at += length;
        }
        rename("", "_away").await;
        columns_hold(&store.snapshot().await.unwrap().unwrap(), &blocks[..at]).await;
        rename("_away", "").await;
        let found = listed(from, at).await.unwrap();
        assert_eq!(found.len(), at - from);
        assert!(found.iter().rev().zip(&blocks[from..]).all(|(found, expected)| is(found, expected)));
        assert!(listed(from - 17, at).await.is_err(), "not all of these are known");
        the_tip_is_told_as_it_is_read(client, store, &blocks[at - 1]).await;
    }
    // of the next block it is not known yet whether its coinbase is its own
    let mut unproven = chunk(blocks, at, at + 1);
    unproven.blocks[0].block.coinbase_proof = CoinbaseProof::Node;
    writer.commit(&unproven, version).await.unwrap();
    assert!(listed(at, at + 1).await.is_err());
    // and when it comes back it may have been proven meanwhile
    let without = Chunk { parent: Some(blocks[at - 1].block.id), blocks: Vec::new() };
    writer.commit(&without, version).await.unwrap();
    writer.commit(&chunk(blocks, at, at + 1), version).await.unwrap();
    assert!(listed(at, at + 1).await.is_err());
    writer.commit(&without, version).await.unwrap();
    assert_eq!(at + 1, blocks.len());
}

/// What the writer knows of its last block is what others read.
async fn the_tip_is_told_as_it_is_read(client: &Client, store: &Store, tip: &AttributedBlock) {
    let told = store.snapshot().await.unwrap().unwrap();
    let other = Store::open_existing(client.clone(), "test").await.unwrap();
    let read = other.snapshot().await.unwrap().unwrap();
    assert_eq!(told.mark(), read.mark());
    let id = tip.block.id;
    let by_hash = told.block_by_hash(id.hash).await.unwrap().unwrap();
    assert!(is(&by_hash, tip));
    assert_eq!(by_hash, read.block_by_hash(id.hash).await.unwrap().unwrap());
    assert_eq!(told.block_at(id.height).await.unwrap(), read.block_at(id.height).await.unwrap());
    assert_eq!(told.coinbase(&by_hash.block).await.unwrap(), read.coinbase(&by_hash.block).await.unwrap());
    let below = told.as_of(id.height - 1).await.unwrap().unwrap();
    assert!(below.block_at(id.height).await.unwrap().is_none(), "it is above what is asked about");
}
