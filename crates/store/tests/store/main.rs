//! The store on the real engine: a simulated chain goes in; what comes out equals it, through reorgs, interrupted
//! writes and branches; and every kind of damage is found.
//!
//! One test, because a process opens one data directory.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod back;
#[path = "../chain/mod.rs"]
mod chain;
mod damage;
mod forks;
mod newest;
mod opinions;

use back::everything_comes_back;
use chain::{chain, chunk};
use damage::{
    a_mark_that_is_gone_vouches_for_nothing, damage_is_found, interrupted_writes_leave_nothing,
    what_ends_below_the_tip_is_not_remembered,
};
use forks::{only_one_goes_on, reorgs};
use hashwatch_engine::{Engine, Library};
use hashwatch_model::Origin;
use hashwatch_store::{Store, StoreError, Writer};
use newest::the_next_block_is_not_asked_for;

const BLOCKS: u32 = 400;
/// Blocks that come at once; the others come one by one.
const AT_ONCE: usize = 392;

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_goes_in_and_comes_out() {
    let dir = tempfile::tempdir().unwrap();
    let (origin, mut blocks, registry) = chain(&dir.path().join("chain"), BLOCKS + 1, 7).await;
    let beyond = blocks.split_off(BLOCKS as usize);
    assert_eq!(beyond.len(), 1);
    let engine = Engine::open(Library::find(None).unwrap(), &dir.path().join("data")).unwrap();
    let client = engine.client();

    assert!(matches!(Store::open_existing(client.clone(), "test").await, Err(StoreError::Empty)));
    let store = Store::open(client.clone(), "test", origin.clone()).await.unwrap();
    assert_eq!(store.mark().await.unwrap(), None);
    let other = Origin { simulated: false, ..origin.clone() };
    assert!(matches!(Store::open(client.clone(), "test", other).await, Err(StoreError::OtherOrigin { .. })));

    let version = registry.version();
    let mut writer = Writer::open(&store).await.unwrap();
    writer.commit(&chunk(&blocks, 0, 150), version).await.unwrap();
    writer.commit(&chunk(&blocks, 150, 300), version).await.unwrap();
    everything_comes_back(&store, &blocks[..300]).await;

    reorgs(&store, &mut writer, &blocks, &registry).await;
    only_one_goes_on(&store, &mut writer, &blocks, &registry).await;
    let database = client.clone().with_database("test");
    interrupted_writes_leave_nothing(&database, &store, &blocks, &registry).await;
    let mut writer = Writer::open(&store).await.unwrap();
    // a chunk may be the same height, or shorter: it is the parent that counts
    writer.commit(&chunk(&blocks, 300, 330), version).await.unwrap();
    a_mark_that_is_gone_vouches_for_nothing(&client, &store, &mut writer, &blocks[..331], version).await;
    writer.commit(&chunk(&blocks, 331, AT_ONCE), version).await.unwrap();
    everything_comes_back(&store, &blocks[..AT_ONCE]).await;
    let all = [&blocks[..], &beyond[..]].concat();
    the_next_block_is_not_asked_for(&client, &store, &mut writer, &all, version).await;
    everything_comes_back(&store, &blocks).await;
    what_ends_below_the_tip_is_not_remembered(&client, &blocks).await;
    assert_eq!(store.snapshot().await.unwrap().unwrap().check().await.unwrap(), []);
    damage_is_found(&database, &store).await;
}
