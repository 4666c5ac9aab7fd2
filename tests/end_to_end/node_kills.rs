//! SIGKILL of the node at random moments of our first sync and of following: what the store holds in the end is what an
//! undisturbed sync leaves.

use std::collections::HashMap;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bitcoin::{Block, BlockHash};
use bitcoincore_rpc::{Client, RpcApi};
use hashwatch_tests::{Bitcoind, Hashwatch, Miner, bitcoincore_rpc};

use crate::kills::{CONFIG, chain, extend, is_sound, kills, settled, undisturbed};
use crate::pools::Pools;
use crate::seed::Seed;
use crate::turn::turn;

const SOON: Duration = Duration::from_secs(60);

#[test]
fn a_node_that_is_killed_in_our_first_sync() -> Result<()> {
    let _turn = turn();
    let mut node = Bitcoind::start()?;
    let (pools, mut seed) = (Pools::read(), Seed::of("node_killed_in_first_sync"));
    chain(&node, &pools, &mut seed, 130)?;
    // what a node has not flushed it forgets when it is killed
    node.restart()?;
    let (expected, whole) = undisturbed(&node, &node.rpc()?)?;
    for kill in 0..kills() / 2 {
        let mut hashwatch = Hashwatch::following(&node)?.configured(CONFIG)?;
        hashwatch.spawn_run()?;
        let after = whole.mul_f64(seed.within(0..1_000_000) as f64 / 1e6);
        sleep(after);
        node.kill();
        sleep(Duration::from_millis(seed.within(0..500)));
        node.restart()?;
        ensure!(settled(&hashwatch, &node.rpc()?)? == expected, "kill {kill} after {after:?}");
        is_sound(&hashwatch)?;
        hashwatch.terminate()?;
    }
    Ok(())
}

/// Every block that the node has, so that it can be given back what it forgets.
fn remember(rpc: &Client, known: &mut HashMap<BlockHash, (u64, Block)>) -> Result<()> {
    for tip in rpc.get_chain_tips()? {
        let mut hash = tip.hash;
        while !known.contains_key(&hash) {
            let (height, block) = (rpc.get_block_header_info(&hash)?.height, rpc.get_block(&hash)?);
            let below = block.header.prev_blockhash;
            known.insert(hash, (u64::try_from(height)?, block));
            if height == 0 {
                break;
            }
            hash = below;
        }
    }
    Ok(())
}

#[test]
fn a_node_that_is_killed_while_blocks_arrive() -> Result<()> {
    let _turn = turn();
    let mut node = Bitcoind::start()?;
    let (pools, mut seed) = (Pools::read(), Seed::of("node_killed_while_blocks_arrive"));
    chain(&node, &pools, &mut seed, 20)?;
    let mut known = HashMap::new();
    let mut hashwatch = Hashwatch::following(&node)?.configured(CONFIG)?;
    hashwatch.run()?;
    for kill in 0..kills() / 2 {
        // with each start the node has another cookie
        extend(&mut Miner::new(&node)?, &node.rpc()?, &pools, &mut seed, 3)?;
        let tip = node.rpc()?.get_best_block_hash()?;
        remember(&node.rpc()?, &mut known)?;
        sleep(Duration::from_millis(seed.within(0..1_500)));
        node.kill();
        sleep(Duration::from_millis(seed.within(0..1_500)));
        node.restart()?;
        let rpc = node.rpc()?;
        let mut blocks: Vec<_> = known.values().collect();
        blocks.sort_by_key(|(height, block)| (*height, block.block_hash() != tip));
        for (height, block) in blocks {
            if *height > 0 {
                // one that it has still is refused as a duplicate
                let _ = rpc.submit_block(block);
            }
        }
        if rpc.get_best_block_hash()? != tip {
            // of equal branches it may like another better now
            rpc.call::<()>("preciousblock", &[serde_json::json!(tip)]).context("the tip is there again")?;
        }
        hashwatch.wait_for_tip(&tip, SOON).with_context(|| format!("kill {kill}"))?;
    }
    let rpc = node.rpc()?;
    let disturbed = settled(&hashwatch, &rpc)?;
    is_sound(&hashwatch)?;
    hashwatch.terminate()?;
    let (expected, _) = undisturbed(&node, &rpc)?;
    ensure!(disturbed == expected, "other rows: {disturbed}\n{expected}");
    Ok(())
}
