//! What stands beside the marks, on the real engine: proofs of coinbases, and what was seen of nodes.
//!
//! One test, because a process opens one data directory.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod chain;

use std::time::{Duration, Instant};

use chain::{chain, chunk};
use clickhouse::Client;
use hashwatch_engine::{Engine, Library};
use hashwatch_model::{AttributedBlock, BlockId, CoinbaseProof};
use hashwatch_store::{BlockFilter, Proof, ProofCounts, Sighting, Snapshot, Store, TipChange, Writer};

const BLOCKS: u32 = 60;

#[tokio::test(flavor = "multi_thread")]
async fn proofs_and_nodes() {
    let dir = tempfile::tempdir().unwrap();
    let (origin, whole, registry) = chain(&dir.path().join("chain"), BLOCKS, 7).await;
    let engine = Engine::open(Library::find(None).unwrap(), &dir.path().join("data")).unwrap();
    let store = Store::open(engine.client(), "test", origin).await.unwrap();
    let mut writer = Writer::open(&store).await.unwrap();
    // blocks 0 to 9 came whole, 10 to 49 on a node's word, the rest on a file's, and the last one is stale
    let mut blocks = whole.clone();
    for (height, block) in blocks.iter_mut().enumerate().skip(10) {
        let word = if height < 50 { CoinbaseProof::Node } else { CoinbaseProof::File };
        let size = block.block.size.filter(|_| height % 2 == 0);
        (block.block.coinbase_proof, block.block.size, block.block.weight) = (word, size, None);
    }
    let last = BLOCKS as usize - 1;
    writer.commit(&chunk(&blocks, 0, last), registry.version()).await.unwrap();
    assert_eq!(writer.commit_stale(&blocks[last..], registry.version()).await.unwrap(), 1);

    proofs_outweigh_words(&store, &blocks, &whole).await;
    pages_hold_every_block_once(&store, &blocks).await;
    nodes_are_remembered(&store, &blocks).await;
    let client = engine.client().with_database("test");
    wrong_proofs_are_found(&client, &store).await;
    a_million_proofs_are_not_read_for_one_block(&client, &store, &blocks).await;
}

async fn newest(store: &Store) -> Snapshot {
    store.snapshot().await.unwrap().unwrap()
}

fn proof(whole: &AttributedBlock) -> Proof {
    let block = &whole.block;
    Proof { id: block.id, size: block.size.unwrap(), weight: block.weight.unwrap() }
}

async fn proofs_outweigh_words(store: &Store, blocks: &[AttributedBlock], whole: &[AttributedBlock]) {
    let snapshot = newest(store).await;
    assert_eq!(snapshot.proof_counts().await.unwrap(), ProofCounts { merkle: 10, node: 40, file: 10 });
    let before = snapshot.block_at(21).await.unwrap().unwrap().block;
    assert_eq!((before.size, before.weight, before.coinbase_proof), (None, None, CoinbaseProof::Node));
    let wanting: Vec<BlockId> = blocks[10..].iter().map(|b| b.block.id).collect();
    assert_eq!(snapshot.unproven(None, 1000).await.unwrap(), wanting);

    store.write_proofs(&[]).await.unwrap();
    assert_eq!(snapshot.proofs_written().await.unwrap(), 0);
    // one twice, and one that was whole all along: neither changes anything
    let proofs: Vec<Proof> = [5, 20, 21, 21, 50, 59].map(|height: usize| proof(&whole[height])).to_vec();
    store.write_proofs(&proofs).await.unwrap();
    assert_eq!(snapshot.proofs_written().await.unwrap(), 6);
    assert_eq!(snapshot.proof_counts().await.unwrap(), ProofCounts { merkle: 14, node: 38, file: 8 });
    let left = snapshot.unproven(None, 1000).await.unwrap();
    let expected: Vec<BlockId> = wanting.into_iter().filter(|id| proofs.iter().all(|proof| proof.id != *id)).collect();
    assert_eq!(left, expected);

    // each way of reading a block tells the same of it
    let listed = snapshot.blocks(&BlockFilter { limit: 1000, ..BlockFilter::default() }).await.unwrap();
    let between = snapshot.facts_between(0, BLOCKS).await.unwrap();
    assert_eq!((listed.len(), between.len()), (59, 60));
    for (height, facts) in between.iter().enumerate() {
        let by_hash = snapshot.block_by_hash(facts.id.hash).await.unwrap().unwrap().block;
        let proven = proofs.iter().any(|proof| proof.id == facts.id);
        let expected = if proven { &whole[height].block } else { &blocks[height].block };
        assert_eq!(facts, expected);
        let measured = (expected.size, expected.weight, expected.coinbase_proof);
        assert_eq!((by_hash.size, by_hash.weight, by_hash.coinbase_proof), measured);
        if let Some(listed) = listed.iter().map(|stored| &stored.block).find(|block| block.id == facts.id) {
            assert_eq!(*listed, by_hash);
        }
    }
    // a stale block too
    let [stale] = &snapshot.stale_between((0, u32::MAX)).await.unwrap()[..] else { panic!("one stale block") };
    assert_eq!((stale.id, stale.coinbase_proof), (blocks[59].block.id, CoinbaseProof::Merkle));
    assert_eq!(snapshot.check().await.unwrap(), []);
}

async fn pages_hold_every_block_once(store: &Store, blocks: &[AttributedBlock]) {
    let snapshot = newest(store).await;
    let all: Vec<BlockId> = blocks.iter().map(|b| b.block.id).collect();
    let mut after = None;
    let mut found = Vec::new();
    loop {
        let page = snapshot.kept_ids(after, 7).await.unwrap();
        found.extend_from_slice(&page);
        let Some(last) = page.last() else { break };
        after = Some(*last);
    }
    assert_eq!(found, all);
    let unproven = snapshot.unproven(None, 1000).await.unwrap();
    let second = snapshot.unproven(Some(unproven[6]), 7).await.unwrap();
    assert_eq!(second, unproven[7..14]);

    let drawn = snapshot.sample(20, 1).await.unwrap();
    assert_eq!(drawn, snapshot.sample(20, 1).await.unwrap());
    assert_eq!(drawn[..5], snapshot.sample(5, 1).await.unwrap());
    assert_ne!(drawn, snapshot.sample(20, 2).await.unwrap());
    let mut sorted = snapshot.sample(1000, 3).await.unwrap();
    sorted.sort_unstable();
    assert_eq!(sorted, all);
}

async fn nodes_are_remembered(store: &Store, blocks: &[AttributedBlock]) {
    let id = |height: usize| blocks[height].block.id;
    // a name may be any text
    let names = ["alice", "b'; DROP TABLE tips --\n\u{1f980}"];
    let seen = |node: usize, block, seen_at| Sighting { node: names[node].to_owned(), block, seen_at };
    let of_first = [seen(0, id(30), 1_700_000_000_500), seen(1, id(30), 1_700_000_000_250), seen(0, id(31), 7)];
    store.write_sightings(&of_first).await.unwrap();
    store.write_sightings(&[seen(0, id(30), 1_700_000_000_400), seen(0, id(32), 8)]).await.unwrap();
    store.write_sightings(&[]).await.unwrap();
    let snapshot = newest(store).await;
    let found = snapshot.sightings(&[id(30), id(31), id(40)]).await.unwrap();
    assert_eq!(found.len(), 2);
    let earliest = [(names[1].to_owned(), 1_700_000_000_250), (names[0].to_owned(), 1_700_000_000_400)];
    assert_eq!(found[&id(30).hash], earliest);
    assert_eq!(found[&id(31).hash], [(names[0].to_owned(), 7)]);
    assert_eq!(snapshot.sightings(&[]).await.unwrap().len(), 0);

    let moved = |node: usize, seen_at, (tip, left, ancestor)| TipChange {
        node: names[node].to_owned(),
        seen_at,
        tip: id(tip),
        left: id(left),
        ancestor: id(ancestor),
    };
    let onwards = moved(0, 1_000, (31, 30, 30));
    let (deep, late) = (moved(1, 2_000, (30, 31, 28)), moved(0, 3_000, (12, 11, 10)));
    for change in [&late, &onwards, &deep] {
        store.write_tips(std::slice::from_ref(change)).await.unwrap();
    }
    assert_eq!((onwards.depth(), deep.depth(), late.depth()), (0, 3, 1));
    assert_eq!(snapshot.node_reorgs(10).await.unwrap(), [late.clone(), deep]);
    assert_eq!(snapshot.node_reorgs(1).await.unwrap(), [late]);
}

async fn wrong_proofs_are_found(client: &Client, store: &Store) {
    let cases = [
        ("proof_without_block", "INSERT INTO proofs SELECT 5, unhex(repeat('33', 32)), 300, 900, now64(3)"),
        (
            "proof_of_another_size",
            "INSERT INTO proofs SELECT height, hash, assumeNotNull(size) + 1, assumeNotNull(weight), now64(3) \
             FROM blocks WHERE height = 6",
        ),
        (
            "proof_of_another_size",
            "INSERT INTO proofs SELECT height, hash, size, weight + 1, now64(3) FROM proofs WHERE height = 20",
        ),
    ];
    let kept = store.snapshot().await.unwrap().unwrap().proofs_written().await.unwrap();
    for (check, damage) in cases {
        client.query("CREATE OR REPLACE TABLE spare AS proofs").execute().await.unwrap();
        client.query("INSERT INTO spare SELECT * FROM proofs").execute().await.unwrap();
        client.query(damage).execute().await.unwrap();
        let found = newest(store).await.check().await.unwrap();
        assert!(found.len() == 1 && found[0].check == check, "{check}: found {found:?}");
        client.query("EXCHANGE TABLES spare AND proofs").execute().await.unwrap();
    }
    assert_eq!(newest(store).await.proofs_written().await.unwrap(), kept);
    assert_eq!(newest(store).await.check().await.unwrap(), []);
}

/// With a million proofs a block must come as fast as with few.
async fn a_million_proofs_are_not_read_for_one_block(client: &Client, store: &Store, blocks: &[AttributedBlock]) {
    let snapshot = newest(store).await;
    let stale = blocks.last().unwrap().block.id;
    let mut took = Vec::new();
    for more in [0, 1_000_000] {
        let statement = "INSERT INTO proofs (height, hash, size, weight) \
                         SELECT number, SHA256(toString(number)), 1, 4 FROM numbers(?)";
        client.query(statement).bind(more).execute().await.unwrap();
        snapshot.block_at(21).await.unwrap().unwrap();
        let started = Instant::now();
        for _ in 0..5 {
            snapshot.block_at(21).await.unwrap().unwrap();
            snapshot.block_by_hash(stale.hash).await.unwrap().unwrap();
            snapshot.facts_between(20, 30).await.unwrap();
        }
        took.push(started.elapsed() / 5);
        let started = Instant::now();
        snapshot.proof_counts().await.unwrap();
        snapshot.unproven(None, 1000).await.unwrap();
        eprintln!("{more} proofs more: blocks take {:?}, counts and a page {:?}", took.last(), started.elapsed());
    }
    assert!(took[1] < 3 * took[0] + Duration::from_millis(20), "{took:?}");
    for restriction in ["height IN [21]", "height BETWEEN 20 AND 30"] {
        let statement = format!(
            "SELECT trim(explain) FROM (EXPLAIN indexes = 1 SELECT hash FROM proofs WHERE {restriction}) \
             WHERE explain LIKE '%Granules:%'"
        );
        let plan: Vec<String> = client.query(&statement).fetch_all().await.unwrap();
        let granules = plan.last().unwrap().strip_prefix("Granules: ").unwrap();
        let read: u32 = granules.split('/').next().unwrap().parse().unwrap();
        assert!(read <= 2, "{restriction}: {plan:#?}");
    }
}
