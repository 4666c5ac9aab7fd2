//! Directories of blk*.dat without a node: written by the tests, left by a bitcoind, or real blocks of mainnet.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bitcoin::consensus::encode::deserialize;
use bitcoin::{Block, Network};
use bitcoincore_rpc::RpcApi;
use hashwatch_tests::{Bitcoind, Hashwatch, Miner, bitcoincore_rpc, shared, wait_until};
use serde_json::json;

use crate::pools::Pools;
use crate::seed::Seed;
use crate::sql::Sql;
use crate::turn::turn;

const SOON: Duration = Duration::from_secs(30);

/// Writes (or writes on) a block file as Bitcoin Core does: magic, size, block.
pub(crate) fn append<'a>(dir: &Path, network: Network, blocks: impl IntoIterator<Item = &'a Block>) -> Result<()> {
    let mut bytes = Vec::new();
    for block in blocks {
        let block = bitcoin::consensus::serialize(block);
        bytes.extend(network.magic().to_bytes());
        bytes.extend(u32::try_from(block.len())?.to_le_bytes());
        bytes.extend(block);
    }
    let mut file = fs::File::options().create(true).append(true).open(dir.join("blk00000.dat"))?;
    std::io::Write::write_all(&mut file, &bytes)?;
    Ok(())
}

/// What the data directory of a process that has ended holds.
fn checksum(hashwatch: &mut Hashwatch) -> Result<String> {
    hashwatch.run_engine()?;
    let sum = Sql::of(&hashwatch.data_dir())?.checksum()?;
    hashwatch.terminate()?;
    Ok(sum)
}

#[test]
fn a_bitcoinds_own_files_give_the_same_rows_as_its_rpc() -> Result<()> {
    let _turn = turn();
    let mut node = Bitcoind::start()?;
    let (pools, mut seed) = (Pools::read(), Seed::of("block_files"));
    let mut miner = Miner::new(&node)?;
    for height in 1..=150 {
        let fork = node.rpc()?.get_best_block_hash()?;
        miner.mine(&pools.any(&mut seed).coinbase)?;
        if height % 40 == 0 {
            // a branch of two that overtakes, so that one block is stale
            let branch = miner.mine_on(fork, &pools.any(&mut seed).coinbase)?;
            miner.mine_on(branch.hash, &pools.any(&mut seed).coinbase)?;
        }
    }
    let payments = miner.payments(5, bitcoin::Amount::from_sat(777))?;
    miner.mine_with(&pools.any(&mut seed).coinbase, &payments)?;
    let mut by_rpc = Hashwatch::following(&node)?;
    by_rpc.index_once()?;
    node.stop()?;
    let key = fs::read(node.blocks_dir().join("xor.dat"))?;
    assert!(key.iter().any(|&byte| byte != 0), "this bitcoind does not obfuscate its files");

    let mut by_files = Hashwatch::reading(&node.blocks_dir())?.with(["--network", "regtest"]);
    by_files.index_once()?;
    let (rpc, files) = (checksum(&mut by_rpc)?, checksum(&mut by_files)?);
    assert_eq!(files, rpc);
    assert!(rpc.contains("stale\t3\t"), "{rpc}");
    assert!(by_files.check()?.status.success());
    Ok(())
}

#[test]
fn files_that_grow_are_followed() -> Result<()> {
    let _turn = turn();
    let node = Bitcoind::start()?;
    let genesis = bitcoin::constants::genesis_block(Network::Regtest);
    let mut miner = Miner::new(&node)?;
    let mined = miner.mine_blocks(30)?;
    let blocks: Vec<&Block> = std::iter::once(&genesis).chain(mined.iter().map(|mined| &mined.block)).collect();
    let dir = tempfile::tempdir()?;
    append(dir.path(), Network::Regtest, blocks[..21].iter().copied())?;
    let mut hashwatch =
        Hashwatch::reading(dir.path())?.with(["--network", "regtest"]).configured("[follow]\nretry_seconds = 1\n")?;
    hashwatch.run()?;
    hashwatch.wait_for_tip(&blocks[20].block_hash(), SOON)?;
    append(dir.path(), Network::Regtest, blocks[21..].iter().copied())?;
    hashwatch.wait_for_tip(&blocks[30].block_hash(), SOON)?;
    // half a block, as a node that is just writing leaves it, is no block yet
    let next = miner.mine_blocks(1)?[0].block.clone();
    let whole = bitcoin::consensus::serialize(&next);
    let file = dir.path().join("blk00000.dat");
    let mut bytes = fs::read(&file)?;
    bytes.extend(Network::Regtest.magic().to_bytes());
    bytes.extend(u32::try_from(whole.len())?.to_le_bytes());
    let (before, end) = (bytes.len(), whole.len() / 2);
    bytes.extend(&whole[..end]);
    fs::write(&file, &bytes)?;
    // it looks at the files each second, and nothing comes of it that could be waited for
    std::thread::sleep(Duration::from_secs(2));
    assert!(hashwatch.is_running());
    assert_eq!(hashwatch.get_json("/api/v1/status")?["tip"]["height"], 30);
    bytes.truncate(before);
    bytes.extend(&whole);
    fs::write(&file, &bytes)?;
    hashwatch.wait_for_tip(&next.block_hash(), SOON)?;
    hashwatch.terminate()
}

/// Blocks 831,328 to 831,331 of mainnet, written as a block file.
pub(crate) fn four_real_blocks(real: &Path, dir: &Path) -> Result<Vec<Block>> {
    let mut blocks = Vec::new();
    for height in 831_328..=831_331 {
        let file = fs::read_dir(real)?.flatten().map(|entry| entry.path());
        let named = |path: &std::path::PathBuf| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&height.to_string()))
        };
        let file = file.into_iter().find(named).with_context(|| format!("no block {height}"))?;
        blocks.push(deserialize::<Block>(&fs::read(file)?)?);
    }
    append(dir, Network::Bitcoin, &blocks)?;
    Ok(blocks)
}

/// A hashwatch that reads them.
pub(crate) fn reading_the_real_blocks(blocks: &[Block], dir: &Path) -> Result<Hashwatch> {
    let start = format!("831328:{}", blocks[0].block_hash());
    Ok(Hashwatch::reading(dir)?.with(["--network", "mainnet", "--start", &start]))
}

#[test]
fn four_real_blocks_from_a_trusted_start() -> Result<()> {
    const POOLS: [&str; 4] = ["foundryusa", "foundryusa", "antpool", "f2pool"];
    let _turn = turn();
    let (Some(real), Some(labels)) = (shared("real/blocks"), shared("real/pool_by_height")) else { return Ok(()) };
    let dir = tempfile::tempdir()?;
    let blocks = four_real_blocks(&real, dir.path())?;
    let mut hashwatch = reading_the_real_blocks(&blocks, dir.path())?;
    hashwatch.index_once()?;
    hashwatch.serve()?;
    let published = pools_by_height(&labels)?;
    for ((height, block), pool) in (831_328_u32..).zip(&blocks).zip(POOLS) {
        let found = hashwatch.get_json(&format!("/api/v1/blocks/{height}"))?;
        assert_eq!((&found["hash"], &found["network"]), (&json!(block.block_hash()), &json!("mainnet")));
        assert_eq!(found["attribution"]["pool"], pool, "{found}");
        assert!(
            published.contains(&format!("\n{height},"))
                && line_of(&published, height).contains(&format!(",{pool},{pool},"))
        );
        assert_eq!((&found["tx_count"], &found["size"]), (&json!(block.txdata.len()), &json!(block.total_size())));
        assert_eq!((&found["weight"], &found["subsidy"]), (&json!(block.weight().to_wu()), &json!(625_000_000)));
        let paid: u64 = block.txdata[0].output.iter().map(|output| output.value.to_sat()).sum();
        assert_eq!(found["fees"], paid - 625_000_000);
        assert_eq!(found["difficulty"].as_f64().map(f64::round), Some(block.header.difficulty_float().round()));
    }
    let status = hashwatch.get_json("/api/v1/status")?;
    assert_eq!((&status["blocks"], &status["data"]), (&json!(4), &json!("verified")));
    let shares = hashwatch.get_json("/api/v1/shares?window=all")?;
    let rows: Vec<_> = shares["shares"]
        .as_array()
        .context("rows")?
        .iter()
        .map(|row| (row["id"].clone(), row["blocks"].clone()))
        .collect();
    assert_eq!(rows, [(json!("foundryusa"), json!(2)), (json!("antpool"), json!(1)), (json!("f2pool"), json!(1))]);
    assert!(hashwatch.check()?.status.success());
    hashwatch.terminate()
}

fn line_of(text: &str, height: u32) -> &str {
    let start = format!("{height},");
    text.lines().find(|line| line.starts_with(&start)).unwrap_or_default()
}

fn pools_by_height(folder: &Path) -> Result<String> {
    let file = fs::read_dir(folder)?.flatten().next().context("an empty folder")?.path();
    let unpacked = Command::new("gzip").arg("-dc").arg(&file).output()?;
    ensure!(unpacked.status.success(), "{}", String::from_utf8_lossy(&unpacked.stderr));
    Ok(String::from_utf8(unpacked.stdout)?)
}

#[test]
fn a_wrong_start_or_network_is_said_so() -> Result<()> {
    let _turn = turn();
    let node = Bitcoind::start()?;
    let mined = Miner::new(&node)?.mine_blocks(30)?;
    let dir = tempfile::tempdir()?;
    append(dir.path(), Network::Regtest, mined[10..].iter().map(|mined| &mined.block))?;
    let nobody = "ab".repeat(32);
    let wrong = [
        (vec!["--network".to_owned(), "regtest".to_owned()], 1),
        (vec!["--network".to_owned(), "mainnet".to_owned()], 1),
        (vec!["--network".to_owned(), "regtest".to_owned(), "--start".to_owned(), format!("11:{nobody}")], 1),
        (vec!["--network".to_owned(), "sim".to_owned()], 2),
    ];
    for (arguments, code) in wrong {
        let mut hashwatch = Hashwatch::reading(dir.path())?.with(&arguments);
        hashwatch.spawn_index_once()?;
        assert_eq!(hashwatch.wait()?.code(), Some(code), "{arguments:?}: {}", hashwatch.stderr());
        eprintln!("{arguments:?}: {}", hashwatch.stderr());
    }
    // a right one, at another height than it has, is caught by the coinbase
    let start = format!("12:{}", mined[10].hash);
    let mut hashwatch = Hashwatch::reading(dir.path())?.with(["--network", "regtest", "--start", &start]);
    hashwatch.spawn_index_once()?;
    assert_eq!(hashwatch.wait()?.code(), Some(1));
    assert!(hashwatch.stderr().contains("coinbase_height"), "{}", hashwatch.stderr());
    // and with files that come later it goes on
    let start = format!("11:{}", mined[10].hash);
    let mut hashwatch = Hashwatch::reading(dir.path())?.with(["--network", "regtest", "--start", &start]);
    hashwatch.run()?;
    hashwatch.wait_for_tip(&mined[29].hash, SOON)?;
    wait_until("it follows", SOON, || {
        hashwatch.get_json("/api/v1/status").is_ok_and(|status| status["sync"]["state"] == "following")
    })?;
    hashwatch.terminate()
}
