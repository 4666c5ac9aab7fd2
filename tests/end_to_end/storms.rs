//! A node that changes its mind at random, deeply and again and again: after each round our chain is the node's, and no block
//! that was ever on it, or that the node keeps beside it, is missing.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bitcoin::BlockHash;
use bitcoincore_rpc::{Client, RpcApi};
use hashwatch_tests::{Bitcoind, Coinbase, Hashwatch, Miner, bitcoincore_rpc, wait_until};

use crate::seed::{Seed, soak};
use crate::sql::Sql;
use crate::turn::turn;

const SOON: Duration = Duration::from_secs(60);
const DEEPEST: u64 = 60;
/// Blocks below this height stay.
const LOWEST: u64 = 10;
/// Blocks before the storm.
const CALM: u64 = 80;

const ACTIVE: &str = "SELECT lower(hex(hash)) FROM hashwatch.active_blocks(
        tip = (SELECT argMax(height, commit) FROM hashwatch.marks), commit = (SELECT max(commit) FROM hashwatch.marks))
    ORDER BY height";
const KEPT: &str =
    "SELECT lower(hex(hash)) FROM hashwatch.kept_blocks(commit = (SELECT max(commit) FROM hashwatch.marks))";

/// The node's active chain from the genesis up.
fn active(rpc: &Client) -> Result<Vec<BlockHash>> {
    (0..=rpc.get_block_count()?).map(|height| Ok(rpc.get_block_hash(height)?)).collect()
}

/// Blocks beside the active chain that the node has whole.
fn beside(rpc: &Client) -> Result<BTreeSet<BlockHash>> {
    let mut beside = BTreeSet::new();
    for tip in rpc.get_chain_tips()? {
        use bitcoincore_rpc::json::GetChainTipsResultStatus::{ValidFork, ValidHeaders};
        let mut hash = tip.hash;
        for _ in 0..if matches!(tip.status, ValidFork | ValidHeaders) { tip.branch_length } else { 0 } {
            beside.insert(hash);
            hash = rpc.get_block_header_info(&hash)?.previous_block_hash.context("a parent")?;
        }
    }
    Ok(beside)
}

/// One round: gives blocks up, takes some back, mines others.
fn round(number: u32, rpc: &Client, miner: &mut Miner, given_up: &mut Vec<BlockHash>, seed: &mut Seed) -> Result<()> {
    let height = rpc.get_block_count()?;
    let deepest = DEEPEST.min(height.saturating_sub(LOWEST));
    // a chain that was taken down so far grows first
    match if deepest == 0 { 3 } else { seed.within(0..4) } {
        0 if !given_up.is_empty() => {
            let at = usize::try_from(seed.within(0..given_up.len() as u64))?;
            rpc.reconsider_block(&given_up.swap_remove(at))?;
        }
        0 | 1 => {
            let depth = seed.within(1..deepest + 1);
            let block = rpc.get_block_hash(height - depth + 1)?;
            rpc.invalidate_block(&block)?;
            given_up.push(block);
        }
        2 => {
            // a branch of its own that may or may not win
            let depth = seed.within(1..deepest + 1);
            let mut top = rpc.get_block_hash(height - depth)?;
            for _ in 0..depth.saturating_add_signed(i64::try_from(seed.within(0..3))? - 1) {
                top = miner.mine_on(top, &Coinbase::tagged(format!("/storm {number} {}/", seed.bits())))?.hash;
            }
        }
        _ => {
            for _ in 0..seed.within(1..20) {
                miner.mine(&Coinbase::tagged(format!("/storm {number} {}/", seed.bits())))?;
            }
        }
    }
    Ok(())
}

#[test]
fn a_storm_of_reorgs() -> Result<()> {
    let _turn = turn();
    // its check of itself after each call, which regtest has on, fails by an assertion after some mixtures of the two calls
    let node = Bitcoind::start_with(&["-checkblockindex=0"])?;
    let rpc = node.rpc()?;
    let mut seed = Seed::of("a_storm_of_reorgs");
    let mut miner = Miner::new(&node)?;
    miner.mine_blocks(u32::try_from(CALM)?)?;
    let mut hashwatch = Hashwatch::following(&node)?.configured("[follow]\nretry_seconds = 1\n")?;
    hashwatch.run()?;
    let sql = Sql::of(&hashwatch.data_dir())?;
    let (mut ever, mut given_up) = (BTreeSet::new(), Vec::new());
    for number in 0..if soak() { 300 } else { 12 } {
        let done = round(number, &rpc, &mut miner, &mut given_up, &mut seed);
        done.with_context(|| format!("round {number}; {}", node.log_end()))?;
        let chain = active(&rpc)?;
        let tip = chain.last().context("a tip")?;
        hashwatch.wait_for_tip(tip, SOON).with_context(|| format!("round {number}"))?;
        let ours = sql.query(ACTIVE)?;
        ensure!(ours.lines().eq(chain.iter().map(ToString::to_string)), "round {number}: another chain");
        ever.extend(chain);
        ever.extend(beside(&rpc)?);
        let mut missing = 0;
        wait_until("no block is missing", SOON, || {
            let kept: BTreeSet<String> = sql.query(KEPT).unwrap_or_default().lines().map(str::to_owned).collect();
            missing = ever.iter().filter(|hash| !kept.contains(&hash.to_string())).count();
            missing == 0
        })
        .with_context(|| format!("round {number}: {missing} missing"))?;
    }
    let stale = ever.len() - active(&rpc)?.len();
    let status = hashwatch.get_json("/api/v1/status")?;
    ensure!(status["stale_blocks"] == stale, "{stale} blocks are stale: {status}");
    let found = hashwatch.check()?;
    ensure!(found.status.success(), "{}", String::from_utf8_lossy(&found.stdout));
    hashwatch.terminate()
}
