//! The store on the real engine: a simulated chain goes in; what comes out equals it, through reorgs, interrupted
//! writes and branches; and every kind of damage is found.
//!
//! One test, because a process opens one data directory.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod chain;

use std::time::Duration;

use chain::{chain, chunk};
use clickhouse::Client;
use hashwatch_engine::{Engine, Library};
use hashwatch_model::{AttributedBlock, BlockId, Chunk, CoinbaseProof, Origin, RegistryVersion, Window};
use hashwatch_registry::Registry;
use hashwatch_store::{BlockFilter, Snapshot, Store, StoreError, StoredBlock, Writer};

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
    let gone = interrupted_writes_leave_nothing(&database, &store, &blocks, &registry).await;
    // a chunk may be the same height, or shorter: it is the parent that counts
    let mut writer = Writer::open(&store).await.unwrap();
    writer.commit(&chunk(&blocks, 300, AT_ONCE), version).await.unwrap();
    everything_comes_back(&store, &blocks[..AT_ONCE]).await;
    let all = [&blocks[..], &beyond[..]].concat();
    the_next_block_is_not_asked_for(&client, &store, &mut writer, &all, version).await;
    everything_comes_back(&store, &blocks).await;
    assert!(store.snapshot().await.unwrap().unwrap().parted_since(gone).await.unwrap(), "that mark is gone");
    what_ends_below_the_tip_is_not_remembered(&client, &blocks).await;
    assert_eq!(store.snapshot().await.unwrap().unwrap().check().await.unwrap(), []);
    damage_is_found(&database, &store).await;
}

async fn everything_comes_back(store: &Store, blocks: &[AttributedBlock]) {
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

/// Blocks that come a few at a time the writer's process has from memory, as they are read: marks are away meanwhile, without which
/// there is no answer. It asks where it does not know: of what was not proven then, of what came back, of what is long ago.
async fn the_next_block_is_not_asked_for(
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

/// Whether a stored block is that block.
fn is(found: &StoredBlock, expected: &AttributedBlock) -> bool {
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
async fn windows_hold(snapshot: &Snapshot, blocks: &[AttributedBlock]) {
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
async fn columns_hold(snapshot: &Snapshot, blocks: &[AttributedBlock]) {
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

async fn reorgs(store: &Store, writer: &mut Writer, blocks: &[AttributedBlock], registry: &Registry) {
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

/// Opinions under another version: formed where there is none, seen from the adoption on, on the blocks that come meanwhile too.
async fn opinions_come_with_a_mark(
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

/// Blocks that leave and come back in one chunk have not moved; and of two writers upon one mark the second is told.
async fn only_one_goes_on(store: &Store, writer: &mut Writer, blocks: &[AttributedBlock], registry: &Registry) {
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

/// Rows without a mark are not seen, and the next writer takes them away. Gives the number of a mark that is gone.
async fn interrupted_writes_leave_nothing(
    client: &Client,
    store: &Store,
    blocks: &[AttributedBlock],
    registry: &Registry,
) -> u64 {
    let before = store.mark().await.unwrap().unwrap();
    let mut writer = Writer::open(store).await.unwrap();
    let parent = Some(blocks[199].block.id);
    let chunk = Chunk { parent, blocks: blocks[200..320].to_vec() };
    let gone = writer.commit(&chunk, registry.version()).await.unwrap().commit;
    drop(writer);
    client
        .query("ALTER TABLE marks DELETE WHERE commit > ? SETTINGS mutations_sync = 2")
        .bind(before.commit)
        .execute()
        .await
        .unwrap();
    everything_comes_back(store, &blocks[..300]).await;
    Writer::open(store).await.unwrap();
    everything_comes_back(store, &blocks[..300]).await;
    let left: u64 =
        client.query("SELECT count() FROM blocks WHERE commit > ?").bind(before.commit).fetch_one().await.unwrap();
    assert_eq!(left, 0);
    gone
}

/// Facts and opinions of the last blocks may be lost, and come again: meanwhile there is no answer, and none of it later.
async fn what_ends_below_the_tip_is_not_remembered(client: &Client, blocks: &[AttributedBlock]) {
    let tip = blocks.last().unwrap().block.id.height;
    let run = async |statement: String| client.query(&statement).execute().await.unwrap();
    for table in ["opinions", "blocks"] {
        run(format!("CREATE TABLE test.lost ENGINE = Memory AS SELECT * FROM test.{table} WHERE height = {tip}")).await;
        run(format!("ALTER TABLE test.{table} DELETE WHERE height = {tip} SETTINGS mutations_sync = 2")).await;
        let store = Store::open_existing(client.clone(), "test").await.unwrap();
        let snapshot = store.snapshot().await.unwrap().unwrap();
        match (table, snapshot.chain().await, snapshot.miners().await) {
            ("opinions", Ok(_), Err(StoreError::OpinionMissing { height, .. })) if height == tip => {}
            ("blocks", Err(StoreError::Damaged { height, .. }), Ok(_)) if height == tip => {}
            found => panic!("{found:?}"),
        }
        run(format!("INSERT INTO test.{table} SELECT * FROM test.lost")).await;
        run("DROP TABLE test.lost".to_owned()).await;
        columns_hold(&snapshot, blocks).await;
    }
}

/// Each kind of damage, done to the tables one after another on a copy of each, and the check that must find it.
async fn damage_is_found(client: &Client, store: &Store) {
    let kinds = [
        ("header_hash", "blocks", "ALTER TABLE blocks UPDATE nonce = nonce + 1 WHERE height = 10"),
        ("median_time", "blocks", "ALTER TABLE blocks UPDATE time = time + 100000 WHERE height = 11"),
        ("links", "blocks", "ALTER TABLE blocks UPDATE prev_hash = unhex(repeat('00', 32)) WHERE height = 12"),
        ("chainwork", "blocks", "ALTER TABLE blocks UPDATE chainwork = unhex(repeat('00', 32)) WHERE height = 13"),
        ("one_block_a_height", "blocks", "ALTER TABLE blocks DELETE WHERE height = 14"),
        ("coinbase", "blocks", "ALTER TABLE blocks UPDATE coinbase_script = 'forged' WHERE height = 15"),
        ("reward", "blocks", "ALTER TABLE blocks UPDATE subsidy = 1 WHERE height = 16"),
        ("opinion_missing", "opinions", "ALTER TABLE opinions DELETE WHERE height = 17"),
        ("opinion_without_block", "opinions", "ALTER TABLE opinions UPDATE commit = commit WHERE 0"),
        ("evidence", "opinions", "ALTER TABLE opinions UPDATE pool = 'forged' WHERE height = 18"),
        (
            "branch_without_block",
            "branches",
            "INSERT INTO branches SELECT unhex(repeat('11', 32)), 5, max(commit), 1 FROM marks",
        ),
        ("once", "blocks", "INSERT INTO blocks SELECT * FROM blocks WHERE height = 20"),
        ("mark", "marks", "ALTER TABLE marks UPDATE height = height - 1 WHERE 1"),
    ];
    for (check, table, damage) in kinds {
        for statement in [
            format!("DROP TABLE IF EXISTS spare_{table}"),
            format!("CREATE TABLE spare_{table} AS {table}"),
            format!("INSERT INTO spare_{table} SELECT * FROM {table}"),
        ] {
            client.query(&statement).execute().await.unwrap();
        }
        // an opinion without a block comes about by losing the block
        let damage = if check == "opinion_without_block" {
            "INSERT INTO opinions SELECT registry_version, height, unhex(repeat('22', 32)), commit, pool, strength, evidence FROM opinions WHERE height = 19"
        } else {
            damage
        };
        client.query(damage).with_setting("mutations_sync", "2").execute().await.unwrap();
        let found = store.snapshot().await.unwrap().unwrap().check().await.unwrap();
        assert!(found.iter().any(|f| f.check == check), "{check}: found only {found:?}");
        for statement in [format!("EXCHANGE TABLES {table} AND spare_{table}"), format!("DROP TABLE spare_{table}")] {
            client.query(&statement).execute().await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(store.snapshot().await.unwrap().unwrap().check().await.unwrap(), []);
}
