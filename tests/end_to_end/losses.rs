//! Rows that a disk has lost below the mark, as after a power failure: counted at the start, fetched again, and the same as
//! they were.

use std::time::Duration;

use anyhow::{Result, ensure};
use bitcoincore_rpc::RpcApi;
use hashwatch_tests::{Bitcoind, Hashwatch, Miner, bitcoincore_rpc, wait_until};

use crate::pools::Pools;
use crate::seed::Seed;
use crate::sql::Sql;
use crate::turn::turn;

const SOON: Duration = Duration::from_secs(60);
const HEIGHT: u32 = 60;

/// What is lost: by table, and which rows.
const LOSSES: [(&str, &[&str]); 5] = [
    (
        "a few blocks with what is thought of them",
        &["blocks WHERE height IN (7, 30, 31)", "opinions WHERE height IN (7, 30, 31)"],
    ),
    ("facts alone, the first block among them", &["blocks WHERE height < 5"]),
    ("opinions alone", &["opinions WHERE height BETWEEN 10 AND 20"]),
    ("the newest blocks", &["blocks WHERE height > 50", "opinions WHERE height > 50"]),
    ("all blocks", &["blocks WHERE 1", "opinions WHERE 1"]),
];

/// A chain of blocks of several pools, one of them stale.
fn chain(node: &Bitcoind, seed: &mut Seed) -> Result<Miner> {
    let pools = Pools::read();
    let mut miner = Miner::new(node)?;
    for height in 1..=HEIGHT {
        let below = node.rpc()?.get_best_block_hash()?;
        miner.mine(&pools.any(seed).coinbase)?;
        if height == 40 {
            let branch = miner.mine_on(below, &pools.any(seed).coinbase)?;
            miner.mine_on(branch.hash, &pools.any(seed).coinbase)?;
        }
    }
    Ok(miner)
}

/// Everything but which blocks were ever called stale: one that was lost with its branch may come back active.
fn checksum(hashwatch: &mut Hashwatch) -> Result<String> {
    hashwatch.run_engine()?;
    let sum = Sql::of(&hashwatch.data_dir())?.checksum()?;
    hashwatch.terminate()?;
    Ok(sum)
}

#[test]
fn lost_rows_are_fetched_again() -> Result<()> {
    let _turn = turn();
    let node = Bitcoind::start()?;
    chain(&node, &mut Seed::of("lost_rows"))?;
    for (what, losses) in LOSSES {
        let mut hashwatch = Hashwatch::following(&node)?;
        hashwatch.index_once()?;
        let expected = checksum(&mut hashwatch)?;
        hashwatch.run_engine()?;
        let sql = Sql::of(&hashwatch.data_dir())?;
        for loss in losses {
            let (table, rows) = loss.split_once(' ').unwrap_or((loss, ""));
            sql.query(&format!("ALTER TABLE hashwatch.{table} DELETE {rows} SETTINGS mutations_sync = 2"))?;
        }
        ensure!(sql.checksum()? != expected, "{what}: nothing was lost");
        hashwatch.terminate()?;

        hashwatch.index_once()?;
        ensure!(checksum(&mut hashwatch)? == expected, "{what}: not the same rows; {}", hashwatch.stderr());
        let found = hashwatch.check()?;
        ensure!(found.status.success(), "{what}: {}", String::from_utf8_lossy(&found.stdout));
    }
    Ok(())
}

/// The node went over to another branch meanwhile: what is left above the hole is stale.
#[test]
fn a_hole_under_a_branch_that_lost() -> Result<()> {
    let _turn = turn();
    let node = Bitcoind::start()?;
    let mut seed = Seed::of("a_hole_under_a_branch");
    let mut miner = chain(&node, &mut seed)?;
    let mut hashwatch = Hashwatch::following(&node)?;
    hashwatch.index_once()?;
    hashwatch.run_engine()?;
    let sql = Sql::of(&hashwatch.data_dir())?;
    sql.query("ALTER TABLE hashwatch.blocks DELETE WHERE height = 52 SETTINGS mutations_sync = 2")?;
    hashwatch.terminate()?;

    let rpc = node.rpc()?;
    let mut top = rpc.get_block_hash(50)?;
    for _ in 0..15 {
        top = miner.mine_on(top, &Pools::read().any(&mut seed).coinbase)?.hash;
    }
    hashwatch.run()?;
    hashwatch.wait_for_tip(&top, SOON)?;
    wait_until("the branch that lost is whole", SOON, || {
        hashwatch.get_json("/api/v1/status").is_ok_and(|status| status["stale_blocks"] == 11)
    })?;
    let found = hashwatch.check()?;
    ensure!(found.status.success(), "{}", String::from_utf8_lossy(&found.stdout));
    Ok(())
}
