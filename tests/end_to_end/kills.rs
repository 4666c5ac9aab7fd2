//! SIGKILL at random moments: what the store holds in the end is what an undisturbed sync leaves, to the last column.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use bitcoincore_rpc::{Client, RpcApi};
use hashwatch_tests::{Bitcoind, Hashwatch, Miner, bitcoincore_rpc, wait_until};

use crate::pools::Pools;
use crate::seed::{Seed, soak};
use crate::sql::Sql;
use crate::turn::turn;

/// Small chunks: many writes to be killed in.
pub(crate) const CONFIG: &str = "[follow]\nretry_seconds = 1\nbatch = 8\n";
const BEYOND_THE_MARK: &str = "SELECT sum(rows) FROM (
    SELECT count() AS rows FROM hashwatch.blocks WHERE commit > (SELECT max(commit) FROM hashwatch.marks)
    UNION ALL SELECT count() FROM hashwatch.opinions WHERE commit > (SELECT max(commit) FROM hashwatch.marks)
    UNION ALL SELECT count() FROM hashwatch.branches WHERE commit > (SELECT max(commit) FROM hashwatch.marks))";
const SOON: Duration = Duration::from_secs(60);

pub(crate) fn kills() -> usize {
    if soak() { 50 } else { 10 }
}

/// A chain with branches that lost, so that there is more than one kind of row.
pub(crate) fn chain(node: &Bitcoind, pools: &Pools, seed: &mut Seed, blocks: u32) -> Result<Miner> {
    let mut miner = Miner::new(node)?;
    extend(&mut miner, &node.rpc()?, pools, seed, blocks)?;
    Ok(miner)
}

/// More blocks, now and then past a branch of one to three that is overtaken.
pub(crate) fn extend(miner: &mut Miner, rpc: &Client, pools: &Pools, seed: &mut Seed, blocks: u32) -> Result<()> {
    for _ in 0..blocks {
        miner.mine(&pools.any(seed).coinbase)?;
        if seed.within(0..12) == 0 {
            let fork = rpc.get_best_block_hash()?;
            let lost = seed.within(1..4);
            for _ in 0..lost {
                miner.mine(&pools.any(seed).coinbase)?;
            }
            let mut top = fork;
            for _ in 0..=lost {
                top = miner.mine_on(top, &pools.any(seed).coinbase)?.hash;
            }
        }
    }
    Ok(())
}

/// Waits until everything is in, the branches that lost too, and says what there is; the process goes on.
pub(crate) fn settled(hashwatch: &Hashwatch, rpc: &Client) -> Result<String> {
    hashwatch.wait_for_tip(&rpc.get_best_block_hash()?, SOON)?;
    // the branches of these chains have no block in common
    let lost: u64 = rpc.get_chain_tips()?.iter().map(|tip| tip.branch_length as u64).sum();
    ensure!(lost > 0, "no branch lost");
    wait_until("the branches that lost are kept", SOON, || {
        hashwatch.get_json("/api/v1/status").is_ok_and(|status| status["stale_blocks"] == lost)
    })?;
    let sql = Sql::of(&hashwatch.data_dir())?;
    let beyond = sql.query(BEYOND_THE_MARK)?;
    ensure!(beyond.trim() == "0", "{beyond} rows lie beyond the mark");
    sql.checksum()
}

/// What a sync that nobody disturbs leaves, and how long it takes from the start of the process.
pub(crate) fn undisturbed(node: &Bitcoind, rpc: &Client) -> Result<(String, Duration)> {
    let mut hashwatch = Hashwatch::following(node)?.configured(CONFIG)?;
    let start = Instant::now();
    hashwatch.spawn_run()?;
    hashwatch.wait_for_tip(&rpc.get_best_block_hash()?, SOON)?;
    let took = start.elapsed();
    let checksum = settled(&hashwatch, rpc)?;
    hashwatch.terminate()?;
    Ok((checksum, took))
}

pub(crate) fn is_sound(hashwatch: &Hashwatch) -> Result<()> {
    let found = hashwatch.check()?;
    ensure!(found.status.success(), "{}{}", String::from_utf8_lossy(&found.stdout), hashwatch.stderr());
    Ok(())
}

#[test]
fn killed_in_its_first_sync() -> Result<()> {
    let _turn = turn();
    let node = Bitcoind::start()?;
    let rpc = node.rpc()?;
    let (pools, mut seed) = (Pools::read(), Seed::of("killed_in_its_first_sync"));
    chain(&node, &pools, &mut seed, 130)?;
    let (expected, whole) = undisturbed(&node, &rpc)?;
    eprintln!("an undisturbed sync takes {whole:?}");

    let mut hashwatch = Hashwatch::following(&node)?.configured(CONFIG)?;
    let (mut unfinished, mut in_a_write) = (0, 0);
    for kill in 0..kills() {
        // from the first instruction to a little past the end
        let after = whole.mul_f64(seed.within(0..1_100_000) as f64 / 1e6);
        hashwatch.spawn_run()?;
        std::thread::sleep(after);
        let status = hashwatch.get("/api/v1/status").and_then(|answer| answer.json()).unwrap_or_default();
        hashwatch.kill9();
        eprintln!("kill {kill} after {after:?}: tip {} {}", status["tip"]["height"], status["sync"]["state"]);
        if status["sync"]["state"] != "following" {
            unfinished += 1;
            continue;
        }
        // it got through in spite of the kills: look, and begin again with nothing
        hashwatch.run()?;
        assert_eq!(settled(&hashwatch, &rpc)?, expected);
        is_sound(&hashwatch)?;
        in_a_write += interrupted_writes(&hashwatch);
        hashwatch = Hashwatch::following(&node)?.configured(CONFIG)?;
    }
    assert!(unfinished >= kills() / 3, "only {unfinished} kills hit a sync");
    hashwatch.run()?;
    assert_eq!(settled(&hashwatch, &rpc)?, expected);
    is_sound(&hashwatch)?;
    hashwatch.terminate()?;
    in_a_write += interrupted_writes(&hashwatch);
    eprintln!("{in_a_write} of {} kills hit a write", kills());
    assert!(in_a_write > 0 || !soak());
    // and once more with nobody at home
    is_sound(&hashwatch)
}

/// How often a start found rows of a write that had not come to its mark.
fn interrupted_writes(hashwatch: &Hashwatch) -> usize {
    hashwatch.stderr().matches("taking away what an interrupted write has left").count()
}

#[test]
fn killed_while_blocks_arrive() -> Result<()> {
    let _turn = turn();
    let node = Bitcoind::start()?;
    let rpc = node.rpc()?;
    let (pools, mut seed) = (Pools::read(), Seed::of("killed_while_blocks_arrive"));
    let mut miner = chain(&node, &pools, &mut seed, 20)?;
    let mut hashwatch = Hashwatch::following(&node)?.configured(CONFIG)?;
    for kill in 0..kills() {
        hashwatch.spawn_run()?;
        let until = Instant::now() + Duration::from_millis(seed.within(0..3_000));
        // one to three new blocks, or a reorg, whenever the last ones are in
        while Instant::now() < until {
            let tip = rpc.get_best_block_hash()?;
            if hashwatch.wait_for_tip(&tip, until.saturating_duration_since(Instant::now())).is_ok() {
                let blocks = u32::try_from(seed.within(1..4))?;
                extend(&mut miner, &rpc, &pools, &mut seed, blocks)?;
            }
        }
        let status = hashwatch.get("/api/v1/status").and_then(|answer| answer.json()).unwrap_or_default();
        hashwatch.kill9();
        eprintln!("kill {kill}: tip {} of {}", status["tip"]["height"], rpc.get_block_count()?);
        extend(&mut miner, &rpc, &pools, &mut seed, 10)?;
    }
    extend(&mut miner, &rpc, &pools, &mut seed, 3)?;
    hashwatch.run()?;
    let disturbed = settled(&hashwatch, &rpc)?;
    is_sound(&hashwatch)?;
    hashwatch.terminate()?;
    let (expected, _) = undisturbed(&node, &rpc)?;
    assert_eq!(disturbed, expected);
    Ok(())
}
