//! Writes that broke off, rows that are lost, and every kind of damage.

use std::time::Duration;

use clickhouse::Client;
use hashwatch_model::{AttributedBlock, Chunk, RegistryVersion};
use hashwatch_registry::Registry;
use hashwatch_store::{Store, StoreError, Writer};

use crate::{
    back::{columns_hold, everything_comes_back},
    chain::chunk,
};

/// Rows without a mark are not seen, and the next writer takes them away.
pub(crate) async fn interrupted_writes_leave_nothing(
    client: &Client,
    store: &Store,
    blocks: &[AttributedBlock],
    registry: &Registry,
) {
    let before = store.mark().await.unwrap().unwrap();
    let mut writer = Writer::open(store).await.unwrap();
    let parent = Some(blocks[199].block.id);
    let chunk = Chunk { parent, blocks: blocks[200..320].to_vec() };
    writer.commit(&chunk, registry.version()).await.unwrap();
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
}

/// Facts and opinions of the last blocks may be lost, and come again: meanwhile there is no answer, and none of it later.
pub(crate) async fn what_ends_below_the_tip_is_not_remembered(client: &Client, blocks: &[AttributedBlock]) {
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

/// A database that went back in time has other rows under numbers that somebody remembers: they vouch for nothing.
pub(crate) async fn a_mark_that_is_gone_vouches_for_nothing(
    client: &Client,
    store: &Store,
    writer: &mut Writer,
    blocks: &[AttributedBlock],
    version: &RegistryVersion,
) {
    let run = async |statement: &str| client.query(statement).execute().await.unwrap();
    let below = blocks.len() - 1;
    // one that brought nothing: without it no block is missing
    writer.commit_lost(&[], version).await.unwrap();
    let known = store.snapshot().await.unwrap().unwrap().mark().commit;
    let other = Store::open_existing(client.clone(), "test").await.unwrap();
    columns_hold(&other.snapshot().await.unwrap().unwrap(), &blocks[..below]).await;
    writer.commit(&chunk(blocks, below, blocks.len()), version).await.unwrap();
    assert!(!store.snapshot().await.unwrap().unwrap().parted_since(known).await.unwrap());

    run(&format!("CREATE TABLE test.gone ENGINE = Memory AS SELECT * FROM test.marks WHERE commit = {known}")).await;
    run(&format!("ALTER TABLE test.marks DELETE WHERE commit = {known} SETTINGS mutations_sync = 2")).await;
    run("ALTER TABLE test.blocks UPDATE tx_count = tx_count + 1 WHERE height = 10 SETTINGS mutations_sync = 2").await;
    assert!(store.snapshot().await.unwrap().unwrap().parted_since(known).await.unwrap());
    let tip = blocks.last().unwrap().block.id;
    // a mark that another writes is looked for a few times a second
    tokio::time::sleep(Duration::from_secs(1)).await;
    let snapshot = other.snapshot().await.unwrap().unwrap();
    assert_eq!(snapshot.mark().tip, tip);
    assert_eq!(snapshot.chain().await.unwrap().tx_counts()[10], blocks[10].block.tx_count + 1);
    run("ALTER TABLE test.blocks UPDATE tx_count = tx_count - 1 WHERE height = 10 SETTINGS mutations_sync = 2").await;
    run("INSERT INTO test.marks SELECT * FROM test.gone").await;
    run("DROP TABLE test.gone").await;
}

/// Each kind of damage, done to the tables one after another on a copy of each, and the check that must find it.
pub(crate) async fn damage_is_found(client: &Client, store: &Store) {
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
