//! Rules that rest on what is seen as it happens, each on real nodes: told once at its block, not again after a restart, and over in
//! its way.

mod miners;
mod nodes;

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bitcoin::hashes::Hash;
use bitcoin::{BlockHash, ScriptBuf};
use bitcoincore_rpc::{Client, RpcApi};
use hashwatch_tests::{Bitcoind, Coinbase, Hashwatch, Miner, bitcoincore_rpc, wait_until};
use serde_json::{Value, json};

use crate::pools::Pools;
use crate::turn::turn;

const SOON: Duration = Duration::from_secs(60);
/// In which something would have come that must not: what changes is looked for twice a second.
const WOULD_HAVE_COME: Duration = Duration::from_millis(1_500);

const CALM: u64 = 3;
const WINDOW: u64 = 10;
const BEFORE: u64 = 60;

/// Rules that can be replayed are off: what is said is said by those of here.
fn only(rules: &str) -> String {
    let replayed = ["share", "nakamoto", "hhi", "hhi_rise", "streak", "hashrate"];
    let off: String = replayed.iter().map(|rule| format!("[alerts.{rule}]\nenabled = false\n")).collect();
    format!("[follow]\nretry_seconds = 1\n{off}{rules}")
}

/// Waits until everything up to a block was evaluated.
fn evaluated(hashwatch: &Hashwatch, tip: BlockHash) -> Result<()> {
    let tip = json!(tip.to_string());
    let mut before = u32::MAX;
    let told = || {
        before -= 1;
        let answer = hashwatch.get_json(&format!("/api/v1/alerts?before={before}"));
        answer.is_ok_and(|it| it["evaluated"]["hash"] == tip)
    };
    wait_until("the tip to be evaluated", SOON, told).with_context(|| hashwatch.stderr())
}

/// What was said, the first first: rule, subject, change, level, height.
fn said(hashwatch: &Hashwatch) -> Result<Vec<Value>> {
    let answer = hashwatch.get_json("/api/v1/alerts?limit=200")?;
    let mut all: Vec<Value> = answer["notices"].as_array().context("notices")?.iter().map(brief).collect();
    all.reverse();
    Ok(all)
}

fn brief(it: &Value) -> Value {
    json!([it["rule"], it["subject"]["id"], it["change"], it["level"], it["as_of"]["height"]])
}

/// Waits until so much was said, and sees that it is that and stays so.
fn says(hashwatch: &Hashwatch, expected: &[Value]) -> Result<()> {
    wait_until("what is to be said", SOON, || said(hashwatch).is_ok_and(|said| said.len() >= expected.len()))
        .with_context(|| format!("{:?} of {expected:?}; {}", said(hashwatch), hashwatch.stderr()))?;
    std::thread::sleep(WOULD_HAVE_COME);
    assert_eq!(said(hashwatch)?, expected);
    let answer = hashwatch.get_json("/api/v1/alerts?limit=200")?;
    ensure!(answer["notices"].as_array().is_some_and(|all| all.iter().all(|it| it["historic"] == false)), "{answer}");
    Ok(())
}

/// A node, who mines on it and who follows it.
struct Followed {
    _node: Bitcoind,
    rpc: Client,
    miner: Miner,
    hashwatch: Hashwatch,
    said: Vec<Value>,
}

impl Followed {
    fn start(rules: &str) -> Result<Followed> {
        let node = Bitcoind::start()?;
        let mut hashwatch = Hashwatch::following(&node)?.configured(&only(rules))?;
        let now = u32::try_from(std::time::UNIX_EPOCH.elapsed()?.as_secs())?;
        let mut miner = Miner::new(&node)?.starting_at(now - 40 * 3_600).spaced(300);
        miner.mine_blocks(20)?;
        hashwatch.run()?;
        let it = Followed { rpc: node.rpc()?, miner, hashwatch, said: Vec::new(), _node: node };
        it.evaluated()?;
        Ok(it)
    }

    fn evaluated(&self) -> Result<()> {
        evaluated(&self.hashwatch, self.rpc.get_best_block_hash()?)
    }

    /// Mines on the tip, and waits until that is evaluated.
    fn mine(&mut self, count: u32) -> Result<u64> {
        self.miner.mine_blocks(count)?;
        self.evaluated()?;
        Ok(self.rpc.get_block_count()?)
    }

    /// A branch of one block more than the chain loses.
    fn reorg(&mut self, depth: u64) -> Result<u64> {
        let mut parent = self.rpc.get_block_hash(self.rpc.get_block_count()? - depth)?;
        for _ in 0..=depth {
            parent = self.miner.mine_on(parent, &Coinbase::tagged("/test/"))?.hash;
        }
        self.evaluated()?;
        Ok(self.rpc.get_block_count()?)
    }

    /// That this is said now, and nothing but it and what was said before.
    fn says(&mut self, rule: &str, subject: &str, change: &str, level: u8, height: u64) -> Result<()> {
        self.said.push(json!([rule, subject, change, level, height]));
        says(&self.hashwatch, &self.said)
    }

    fn says_no_more(&self) -> Result<()> {
        says(&self.hashwatch, &self.said)
    }

    /// Killed, and started again.
    fn again(&mut self) -> Result<()> {
        self.hashwatch.kill9();
        self.hashwatch.run()?;
        self.evaluated()
    }
}

#[test]
fn a_reorg_is_told_once_and_over_after_its_calm() -> Result<()> {
    let _turn = turn();
    let mut it = Followed::start(&format!("[alerts.reorg]\ncalm = {CALM}\n"))?;
    it.reorg(1)?;
    it.says_no_more()?;
    let raised = it.reorg(2)?;
    it.says("reorg", "", "raised", 1, raised)?;
    // the second block of the calm comes, and then a kill: what was counted is not forgotten
    assert_eq!(it.mine(2)?, raised + CALM - 1);
    it.again()?;
    it.says_no_more()?;
    let over = it.mine(1)?;
    it.says("reorg", "", "over", 0, over)?;
    assert_eq!(over, raised + CALM);
    // a deeper one is another, at once
    let deeper = it.reorg(4)?;
    it.says("reorg", "", "raised", 2, deeper)?;
    it.hashwatch.terminate()
}

fn script_of(pools: &Pools, pool: &str) -> Result<ScriptBuf> {
    let of = pools.addresses.iter().find(|(claim, _)| claim.pool == pool);
    Ok(of.with_context(|| format!("no address of {pool}"))?.1.clone())
}

#[test]
fn a_tag_with_another_pools_address_is_told_of_its_block() -> Result<()> {
    let _turn = turn();
    let mut it = Followed::start(&format!("[alerts.foreign_address]\ncalm = {CALM}\n"))?;
    let pools = Pools::read();
    let (viabtc, f2pool, antpool) =
        (script_of(&pools, "viabtc")?, script_of(&pools, "f2pool")?, script_of(&pools, "antpool")?);
    let signed = |pool: &str| pools.signed_by(pool).coinbase;
    // its own address, one of its group's, and one that gets the lesser part, as those of a pool's miners do
    it.miner.mine(&signed("viabtc").paying(viabtc, 1))?;
    it.miner.mine(&signed("luxor").paying(antpool, 1))?;
    it.miner.mine(
        &signed("viabtc").paying(ScriptBuf::new_p2wsh(&bitcoin::WScriptHash::all_zeros()), 6).paying(f2pool.clone(), 4),
    )?;
    it.evaluated()?;
    it.says_no_more()?;
    // told of the block that has it, although two more came with it
    let raised = u64::from(it.miner.mine(&signed("viabtc").paying(f2pool, 6))?.height);
    assert_eq!(it.mine(2)?, raised + CALM - 1);
    it.says("foreign_address", "viabtc", "raised", 1, raised)?;
    it.again()?;
    it.says_no_more()?;
    let over = it.mine(1)?;
    it.says("foreign_address", "viabtc", "over", 0, over)?;
    assert_eq!(over, raised + CALM);
    it.hashwatch.terminate()
}

/// The chance that of so many stale blocks as many or more fall into the window, each with its part of the blocks.
fn chance(recent: i32, before: i32) -> f64 {
    let (n, p) = (recent + before, WINDOW as f64 / (WINDOW + BEFORE) as f64);
    let ways = |k: i32| (0..k).fold(1.0, |ways, i| ways * f64::from(n - i) / f64::from(i + 1));
    (recent..=n).map(|k| ways(k) * p.powi(k) * (1.0 - p).powi(n - k)).sum()
}

#[test]
fn more_stale_blocks_than_usual_are_told_once() -> Result<()> {
    let _turn = turn();
    let calm = 2;
    let mut it =
        Followed::start(&format!("[alerts.stale_rate]\nwindow = {WINDOW}\nbefore = {BEFORE}\ncalm = {calm}\n"))?;
    let mut stale: Vec<u64> = Vec::new();
    // one in every fourth block of the time before, and then two in each of five
    let plan = (21..=80)
        .map(|height| (height, u64::from(height % 4 == 0 && height <= 60)))
        .chain((81..=85).map(|height| (height, 2)));
    for (height, beside) in plan {
        let parent = it.rpc.get_best_block_hash()?;
        it.miner.mine_blocks(1)?;
        for _ in 0..beside {
            it.miner.mine_on(parent, &Coinbase::tagged("/late/"))?;
            stale.push(height);
        }
    }
    // stale blocks are fetched beside the chain, those beside its tip with the next one
    let mut raised = it.mine(1)?;
    let all = json!(stale.len());
    wait_until("stale blocks", SOON, || {
        it.hashwatch.get_json("/api/v1/status").is_ok_and(|status| status["stale_blocks"] == all)
    })?;
    let counted =
        |above: u64, to: u64| stale.iter().filter(|height| **height > above && **height <= to).map(|_| 1).sum();
    let is_more = |tip: u64| -> bool {
        let (recent, before): (i32, i32) = (counted(tip - WINDOW, tip), counted(tip - WINDOW - BEFORE, tip - WINDOW));
        before >= 10 && chance(recent, before) <= 0.001
    };
    // it may have been seen with that block or with the next
    if said(&it.hashwatch)?.is_empty() {
        raised = it.mine(1)?;
    }
    ensure!(is_more(raised), "{raised}");
    it.says("stale_rate", "", "raised", 1, raised)?;
    it.again()?;
    it.says_no_more()?;
    let mut below = 0;
    while below < calm {
        let tip = it.mine(1)?;
        below = if is_more(tip) { 0 } else { below + 1 };
        ensure!(tip < raised + 2 * WINDOW);
        if below < calm {
            assert_eq!(said(&it.hashwatch)?, it.said, "at {tip}");
        }
    }
    let over = it.rpc.get_block_count()?;
    it.says("stale_rate", "", "over", 0, over)?;
    it.hashwatch.terminate()
}
