//! Each rule that a block in a file can break, broken once: refused by its name, and nothing of the block kept.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use bitcoin::block::{Header, Version};
use bitcoin::hashes::Hash;
use bitcoin::{Amount, Block, CompactTarget, Network, OutPoint, ScriptBuf, Txid};
use hashwatch_tests::miner::Mined;
use hashwatch_tests::{Bitcoind, Coinbase, Hashwatch, Miner, wait_until};
use serde_json::{Value, json};

use crate::block_files::append;
use crate::turn::turn;

/// One chunk for the blocks that are good, so that they are in before the bad one is seen.
const GOOD: u32 = 110;
const CONFIG: &str = "[follow]\nretry_seconds = 1\nbatch = 111\n";
const SOON: Duration = Duration::from_secs(30);

/// A chain on disk, and a block on top of it with payments, to be broken.
struct Chain {
    blocks: Vec<Block>,
    next: Mined,
    median: u32,
}

fn chain() -> Result<Chain> {
    let node = Bitcoind::start()?;
    let mut miner = Miner::new(&node)?.starting_at(1_700_000_000);
    let mined = miner.mine_blocks(GOOD)?;
    let payments = miner.payments(2, Amount::from_sat(500))?;
    let next = miner.build(mined[109].hash, &Coinbase::tagged("/test/"), &payments, None)?;
    let genesis = bitcoin::constants::genesis_block(Network::Regtest);
    let median = mined[104].block.header.time;
    Ok(Chain {
        blocks: std::iter::once(genesis).chain(mined.into_iter().map(|mined| mined.block)).collect(),
        next,
        median,
    })
}

/// Work for the target that the header states, or for regtest's where it states none.
fn solve(header: &mut Header) {
    let easy = CompactTarget::from_consensus(0x207f_ffff);
    let stated = bitcoin::Target::from_compact(header.bits);
    let target = stated.min(bitcoin::Target::from_compact(easy));
    while !target.is_met_by(header.block_hash()) {
        header.nonce += 1;
    }
}

/// Changes a block, brings its merkle root up to date, and does the work again.
fn changed(block: &Block, change: impl FnOnce(&mut Block)) -> Block {
    let mut block = block.clone();
    change(&mut block);
    block.header.merkle_root = block.compute_merkle_root().expect("a block has transactions");
    solve(&mut block.header);
    block
}

/// Changes a header alone, and does the work again.
fn headed(block: &Block, change: impl FnOnce(&mut Header)) -> Block {
    let mut block = block.clone();
    change(&mut block.header);
    solve(&mut block.header);
    block
}

fn script_of(block: &mut Block, change: impl FnOnce(&mut Vec<u8>)) {
    let script = &mut block.txdata[0].input[0].script_sig;
    let mut bytes = script.to_bytes();
    change(&mut bytes);
    *script = ScriptBuf::from_bytes(bytes);
}

/// The rules, each with a block that breaks it and no other before it. What has no proof of work is no block to those who
/// read files, and a header that is not the one asked for needs somebody to ask.
fn broken(chain: &Chain) -> Result<Vec<(&'static str, Block)>> {
    let next = &chain.next.block;
    let now = u32::try_from(std::time::UNIX_EPOCH.elapsed()?.as_secs())?;
    let mut repeated = next.clone();
    repeated.txdata.push(next.txdata[2].clone());
    Ok(vec![
        ("bits", headed(next, |header| header.bits = CompactTarget::from_consensus(0x200f_ffff))),
        ("median_time_past", headed(next, |header| header.time = chain.median)),
        ("future_time", headed(next, |header| header.time = now + 3 * 3600)),
        ("version", headed(next, |header| header.version = Version::from_consensus(1))),
        ("merkle_root", headed(next, |header| header.merkle_root = bitcoin::TxMerkleNode::from_byte_array([7; 32]))),
        ("duplicate_transactions", repeated),
        (
            "coinbase",
            changed(next, |block| block.txdata[0].input[0].previous_output = OutPoint::new(Txid::all_zeros(), 0)),
        ),
        ("coinbase_height", changed(next, |block| script_of(block, |script| script[1] += 1))),
        ("coinbase_length", changed(next, |block| script_of(block, |script| script.resize(101, 0)))),
    ])
}

fn reading(dir: &Path) -> Result<Hashwatch> {
    Hashwatch::reading(dir)?.with(["--network", "regtest"]).configured(CONFIG)
}

#[test]
fn each_rule_is_named_by_the_block_that_breaks_it() -> Result<()> {
    let _turn = turn();
    let chain = chain()?;
    for (rule, block) in broken(&chain)? {
        let dir = tempfile::tempdir()?;
        append(dir.path(), Network::Regtest, chain.blocks.iter().chain([&block]))?;
        let mut hashwatch = reading(dir.path())?;
        hashwatch.spawn_index_once()?;
        let status = hashwatch.wait()?;
        let said = hashwatch.stderr();
        assert_eq!(status.code(), Some(1), "{rule}: {said}");
        assert!(
            said.contains(&format!("block 111 ({}) breaks {rule}: expected ", block.block_hash())),
            "{rule}: {said}"
        );
        let found = hashwatch.check()?;
        let found: Value = serde_json::from_slice(&found.stdout)
            .with_context(|| String::from_utf8_lossy(&found.stderr).into_owned())?;
        let tip = json!({ "height": GOOD, "hash": chain.blocks[110].block_hash() });
        assert_eq!(found, json!({ "tip": tip, "findings": [] }), "{rule}");
    }
    // without work it is not even seen
    let mut unsolved = chain.next.block.clone();
    while unsolved.header.target().is_met_by(unsolved.block_hash()) {
        unsolved.header.nonce += 1;
    }
    let dir = tempfile::tempdir()?;
    append(dir.path(), Network::Regtest, chain.blocks.iter().chain([&unsolved]))?;
    let mut hashwatch = reading(dir.path())?;
    hashwatch.index_once()?;
    assert!(hashwatch.stderr().contains(&chain.blocks[110].block_hash().to_string()));
    assert!(!hashwatch.stderr().contains(&unsolved.block_hash().to_string()));
    // the block itself was good
    let dir = tempfile::tempdir()?;
    append(dir.path(), Network::Regtest, chain.blocks.iter().chain([&chain.next.block]))?;
    reading(dir.path())?.index_once()
}

#[test]
fn a_refused_tip_is_shown_until_another_branch_has_more_work() -> Result<()> {
    let _turn = turn();
    let chain = chain()?;
    let bad = headed(&chain.next.block, |header| header.time = chain.median);
    let dir = tempfile::tempdir()?;
    append(dir.path(), Network::Regtest, chain.blocks.iter().chain([&bad]))?;
    let mut hashwatch = reading(dir.path())?;
    hashwatch.run()?;
    let refused =
        || hashwatch.get_json("/api/v1/status").is_ok_and(|status| status["refusal"]["rule"] == "median_time_past");
    wait_until("the block is refused", SOON, refused)?;
    let page = hashwatch.get("/")?.text();
    assert!(page.contains("breaks median_time_past") && page.contains(&bad.block_hash().to_string()), "{page}");
    assert_eq!(hashwatch.get(&format!("/api/v1/blocks/{}", bad.block_hash()))?.status, 404);

    // another 111, and a 112 on it: more work than the chain with the bad one
    let above = {
        let mut above = chain.next.block.clone();
        above.txdata.truncate(1);
        above.txdata[0].input[0].witness.clear();
        above.txdata[0].output.pop();
        script_of(&mut above, |script| script[1] += 1);
        above.header.prev_blockhash = chain.next.hash;
        changed(&above, |block| block.header.time += 600)
    };
    append(dir.path(), Network::Regtest, [&chain.next.block, &above])?;
    hashwatch.wait_for_tip(&above.block_hash(), SOON)?;
    assert!(hashwatch.get_json("/api/v1/status")?["refusal"].is_null());
    assert_eq!(hashwatch.get_json("/api/v1/status")?["stale_blocks"], 0);
    hashwatch.terminate()
}
