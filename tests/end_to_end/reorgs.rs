//! Blocks that leave the active chain, by `invalidateblock` and by branches that overtake: the active chain stays the
//! node's own, and what left it is kept.

use std::time::Duration;

use anyhow::{Context, Result};
use bitcoin::BlockHash;
use bitcoincore_rpc::{Client, RpcApi};
use hashwatch_tests::miner::Mined;
use hashwatch_tests::{Bitcoind, Coinbase, Hashwatch, Miner, bitcoincore_rpc};
use serde_json::{Value, json};

use crate::pools::Pools;
use crate::seed::Seed;
use crate::turn::turn;

const SOON: Duration = Duration::from_secs(30);

/// Everything that a reorg test needs at hand.
struct Scene {
    node: Bitcoind,
    rpc: Client,
    miner: Miner,
    hashwatch: Hashwatch,
    pools: Pools,
    seed: Seed,
}

impl Scene {
    fn with_blocks(test: &str, blocks: u32) -> Result<Scene> {
        let node = Bitcoind::start()?;
        let hashwatch = Hashwatch::following(&node)?.configured("[follow]\nretry_seconds = 1\n")?;
        let miner = Miner::new(&node)?.starting_at(1_700_000_000);
        let (rpc, pools, seed) = (node.rpc()?, Pools::read(), Seed::of(test));
        let mut scene = Scene { rpc, miner, hashwatch, node, pools, seed };
        scene.mine(blocks)?;
        scene.hashwatch.run()?;
        scene.follows()?;
        Ok(scene)
    }

    /// Mines blocks of any pools on the tip, each with what was said of its miner.
    fn mine(&mut self, count: u32) -> Result<Vec<(Mined, Option<String>)>> {
        let mine = |_| {
            let signed = self.pools.any(&mut self.seed);
            Ok((self.miner.mine(&signed.coinbase)?, signed.pool))
        };
        (0..count).map(mine).collect()
    }

    fn follows(&self) -> Result<()> {
        self.hashwatch.wait_for_tip(&self.rpc.get_best_block_hash()?, SOON)
    }

    /// The active chain, block for block, is the node's.
    fn chain_is_the_nodes(&self) -> Result<()> {
        self.follows()?;
        let tip = u32::try_from(self.rpc.get_block_count()?)?;
        let mut ours = Vec::new();
        let mut to = Some(tip);
        while let Some(at) = to {
            let page = self.hashwatch.get_json(&format!("/api/v1/blocks?to={at}&limit=200"))?;
            let blocks = page["blocks"].as_array().context("a list")?;
            for block in blocks {
                assert_eq!(
                    (&block["status"], &block["height"]),
                    (&json!("active"), &json!(tip - u32::try_from(ours.len())?))
                );
                ours.push(block["hash"].clone());
            }
            to = at.checked_sub(u32::try_from(blocks.len())?);
        }
        let theirs: Result<Vec<Value>> =
            (0..=tip).rev().map(|height| Ok(json!(self.rpc.get_block_hash(height.into())?))).collect();
        assert_eq!(ours, theirs?);
        let status = self.hashwatch.get_json("/api/v1/status")?;
        assert_eq!((&status["tip"]["height"], &status["blocks"]), (&json!(tip), &json!(tip + 1)));
        Ok(())
    }

    fn stale_blocks(&self) -> Result<Value> {
        Ok(self.hashwatch.get_json("/api/v1/status")?["stale_blocks"].clone())
    }

    /// Each of these is kept as stale, with its facts and who mined it.
    fn are_stale(&self, blocks: &[(Mined, Option<String>)]) -> Result<()> {
        for (mined, pool) in blocks {
            let found = self.hashwatch.get_json(&format!("/api/v1/blocks/{}", mined.hash))?;
            assert_eq!((&found["status"], &found["height"]), (&json!("stale"), &json!(mined.height)));
            assert_eq!(found["merkle_root"], mined.block.header.merkle_root.to_string());
            assert_eq!(found["coinbase"]["txid"], mined.block.txdata[0].compute_txid().to_string());
            assert_eq!(found["attribution"]["pool"], json!(pool));
            let as_of = self.hashwatch.get(&format!("/api/v1/shares?as_of={}", mined.hash))?;
            assert_eq!((as_of.status, as_of.json()?["error"]["code"].clone()), (409, json!("stale_as_of")));
        }
        Ok(())
    }

    fn finish(mut self) -> Result<()> {
        let found = self.hashwatch.check()?;
        assert!(found.status.success(), "{}", String::from_utf8_lossy(&found.stdout));
        self.hashwatch.terminate()
    }
}

#[test]
fn five_blocks_invalidated_and_seven_mined_instead() -> Result<()> {
    let _turn = turn();
    let mut scene = Scene::with_blocks("invalidated", 60)?;
    let gone = scene.mine(5)?;
    scene.chain_is_the_nodes()?;
    assert_eq!(scene.stale_blocks()?, 0);

    scene.rpc.invalidate_block(&gone[0].0.hash)?;
    let instead = scene.mine(7)?;
    assert_eq!(instead[6].0.height, 67);
    scene.chain_is_the_nodes()?;
    assert_eq!(scene.stale_blocks()?, 5);
    scene.are_stale(&gone)?;
    // each height is the new block's, and counted once
    for (mined, pool) in &instead {
        let found = scene.hashwatch.get_json(&format!("/api/v1/blocks/{}", mined.height))?;
        assert_eq!((&found["hash"], &found["attribution"]["pool"]), (&json!(mined.hash), &json!(pool)));
    }
    let shares = scene.hashwatch.get_json("/api/v1/shares?window=all")?;
    let counted =
        shares["shares"].as_array().context("a list")?.iter().filter_map(|row| row["blocks"].as_u64()).sum::<u64>();
    assert_eq!(counted + shares["unknown"]["blocks"].as_u64().context("a number")?, 68);

    // a reader that comes back after a restart finds the same
    scene.hashwatch.terminate()?;
    scene.hashwatch.run()?;
    scene.chain_is_the_nodes()?;
    scene.are_stale(&gone)?;
    assert_eq!(scene.stale_blocks()?, 5);
    scene.finish()
}

#[test]
fn the_tip_goes_down_and_comes_back() -> Result<()> {
    let _turn = turn();
    let mut scene = Scene::with_blocks("down", 30)?;
    let gone = scene.mine(6)?;
    scene.follows()?;

    // nothing instead: the chain ends lower
    scene.rpc.invalidate_block(&gone[0].0.hash)?;
    scene.chain_is_the_nodes()?;
    assert_eq!(scene.stale_blocks()?, 6);
    scene.are_stale(&gone)?;
    // fewer instead
    let fewer = scene.mine(2)?;
    scene.chain_is_the_nodes()?;
    assert_eq!(scene.stale_blocks()?, 6);
    // the node thinks again: the six come back, the two leave
    scene.rpc.reconsider_block(&gone[0].0.hash)?;
    scene.chain_is_the_nodes()?;
    assert_eq!(scene.rpc.get_block_count()?, 36);
    scene.are_stale(&fewer)?;
    assert_eq!(scene.stale_blocks()?, 2);
    for (mined, pool) in &gone {
        let found = scene.hashwatch.get_json(&format!("/api/v1/blocks/{}", mined.hash))?;
        assert_eq!((&found["status"], &found["attribution"]["pool"]), (&json!("active"), &json!(pool)));
    }
    scene.finish()
}

#[test]
fn a_deep_reorg_while_nobody_watches() -> Result<()> {
    let _turn = turn();
    let mut scene = Scene::with_blocks("deep", 20)?;
    let gone = scene.mine(150)?;
    scene.follows()?;
    scene.hashwatch.kill9();
    // 150 blocks back, and most of the chain with them
    scene.rpc.invalidate_block(&gone[0].0.hash)?;
    scene.mine(155)?;
    scene.hashwatch.run()?;
    scene.chain_is_the_nodes()?;
    assert_eq!(scene.stale_blocks()?, 150);
    scene.are_stale(&[gone[0].clone(), gone[75].clone(), gone[149].clone()])?;
    scene.finish()
}

#[test]
fn branches_that_never_won_are_kept_too() -> Result<()> {
    let _turn = turn();
    let mut scene = Scene::with_blocks("branches", 40)?;
    let on = |scene: &mut Scene, parent: BlockHash, pool: &str| -> Result<(Mined, Option<String>)> {
        let signed = scene.pools.signed_by(pool);
        Ok((scene.miner.mine_on(parent, &signed.coinbase)?, signed.pool))
    };
    // a branch of two from height 35, and one that leaves the branch: nobody's best chain ever
    let fork = scene.rpc.get_block_hash(35)?;
    let first = on(&mut scene, fork, "antpool")?;
    let second = on(&mut scene, first.0.hash, "f2pool")?;
    let sibling = on(&mut scene, first.0.hash, "viabtc")?;
    let branches = [first, second, sibling];
    // a new block makes us look
    scene.mine(1)?;
    scene.chain_is_the_nodes()?;
    let kept = || scene.stale_blocks().is_ok_and(|stale| stale == 3);
    hashwatch_tests::wait_until("the branches are kept", SOON, kept)?;
    scene.are_stale(&branches)?;

    // the branch overtakes: what was stale is active now, and the other way round
    let mut top = branches[1].0.hash;
    for _ in 0..6 {
        top = on(&mut scene, top, "luxor")?.0.hash;
    }
    assert_eq!(scene.rpc.get_best_block_hash()?, top);
    scene.chain_is_the_nodes()?;
    hashwatch_tests::wait_until("the old branch is stale", SOON, || {
        scene.stale_blocks().is_ok_and(|stale| stale == 7)
    })?;
    let found = scene.hashwatch.get_json(&format!("/api/v1/blocks/{}", branches[0].0.hash))?;
    assert_eq!((&found["status"], &found["attribution"]["pool"]), (&json!("active"), &json!("antpool")));
    scene.are_stale(&branches[2..])?;
    scene.node.stop()?;
    scene.finish()
}

#[test]
fn an_empty_coinbase_of_nobodys_is_unknown_and_stale_as_any() -> Result<()> {
    let _turn = turn();
    let mut scene = Scene::with_blocks("unknown", 5)?;
    let gone = scene.miner.mine(&Coinbase::default())?;
    scene.follows()?;
    scene.rpc.invalidate_block(&gone.hash)?;
    scene.follows()?;
    scene.are_stale(&[(gone, None)])?;
    scene.finish()
}
