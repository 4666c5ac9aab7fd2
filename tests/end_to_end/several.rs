//! Several nodes: the best of them is followed, one that fails or lies or never answers holds up nobody, and one that
//! is merely behind takes no block away.

use std::time::{Duration, Instant};

use anyhow::Result;
use bitcoincore_rpc::RpcApi;
use hashwatch_tests::{Bitcoind, Fault, Hashwatch, Miner, Proxy, bitcoincore_rpc, wait_until};
use serde_json::Value;

use crate::turn::turn;

const SOON: Duration = Duration::from_secs(30);

/// Two nodes with ten blocks in common, and a hashwatch that follows both, the first by way of a proxy.
struct Two {
    first: Bitcoind,
    second: Bitcoind,
    proxy: Proxy,
    hashwatch: Hashwatch,
}

impl Two {
    fn start() -> Result<Two> {
        let (first, second) = (Bitcoind::start()?, Bitcoind::start()?);
        first.connect(&second)?;
        Miner::new(&first)?.mine_blocks(10)?;
        let proxy = Proxy::start(&first.url())?;
        let node = |name: &str, url: &str, of: &Bitcoind| {
            format!("[[node]]\nname = {name:?}\nurl = {url:?}\ncookie = {:?}\n", of.cookie_file())
        };
        let config = format!(
            "network = \"regtest\"\n[follow]\nretry_seconds = 1\ntimeout_seconds = 20\n{}{}",
            node("first", &proxy.url(), &first),
            node("second", &second.url(), &second)
        );
        let mut two = Two { hashwatch: Hashwatch::new()?.configured(&config)?, first, second, proxy };
        two.together()?;
        two.hashwatch.run()?;
        two.at_tip_of_first()?;
        Ok(two)
    }

    fn together(&self) -> Result<()> {
        let (first, second) = (self.first.rpc()?, self.second.rpc()?);
        wait_until("the nodes agree", SOON, || {
            first.get_best_block_hash().ok().is_some_and(|tip| second.get_best_block_hash().ok() == Some(tip))
        })
    }

    fn at_tip_of_first(&mut self) -> Result<()> {
        let tip = self.first.rpc()?.get_best_block_hash()?;
        self.hashwatch.wait_for_tip(&tip, SOON)
    }

    fn status(&self) -> Value {
        self.hashwatch.get("/api/v1/status").and_then(|answer| answer.json()).unwrap_or_default()
    }
}

#[test]
fn a_node_whose_blocks_cannot_be_had_is_passed_over() -> Result<()> {
    let _turn = turn();
    let mut two = Two::start()?;
    for fault in [Fault::ServerError, Fault::Rubbish, Fault::WrongTypes] {
        two.proxy.set_for(&["getblock", "rest/block"], fault);
        Miner::new(&two.first)?.mine_blocks(2)?;
        two.at_tip_of_first()?;
        two.proxy.set(Fault::Honest);
    }
    wait_until("nothing holds us up", SOON, || {
        let status = two.status();
        status["setback"].is_null() && status["sync"]["state"] == "following"
    })?;
    two.hashwatch.terminate()
}

#[test]
fn a_node_that_lies_is_passed_over() -> Result<()> {
    let _turn = turn();
    let mut two = Two::start()?;
    let block = Miner::new(&two.first)?.mine_blocks(1)?[0].hash;
    two.at_tip_of_first()?;
    two.proxy.set(Fault::FlipHeaderBit { block, bit: 300 });
    let next = Miner::new(&two.first)?.mine_blocks(1)?[0].hash;
    two.proxy.set(Fault::FlipHeaderBit { block: next, bit: 300 });
    two.at_tip_of_first()?;
    assert_eq!(two.status()["stale_blocks"], 0);
    two.hashwatch.terminate()
}

#[test]
fn a_node_that_is_behind_takes_no_block_away() -> Result<()> {
    let _turn = turn();
    let mut two = Two::start()?;
    two.first.disconnect(&two.second)?;
    Miner::new(&two.first)?.mine_blocks(8)?;
    two.at_tip_of_first()?;
    let (tip, second_tip) = (two.status()["tip"].clone(), two.second.rpc()?.get_block_count()?);
    assert_eq!((tip["height"].as_u64(), second_tip), (Some(18), 10));
    two.first.stop()?;
    wait_until("the first is seen to be gone", SOON, || two.status()["nodes"][0]["state"] == "unreachable")?;
    // nor at a start, when nobody knows yet whom our tip is from
    two.hashwatch.terminate()?;
    two.hashwatch.run()?;
    // time enough to be talked into anything
    let until = Instant::now() + Duration::from_secs(4);
    while Instant::now() < until {
        let status = two.status();
        assert_eq!((&status["tip"], &status["stale_blocks"]), (&tip, &Value::from(0)), "{status}");
        std::thread::sleep(Duration::from_millis(200));
    }
    // it catches up on a chain of its own: more work, so that is followed
    Miner::new(&two.second)?.mine_blocks(9)?;
    let ahead = two.second.rpc()?.get_best_block_hash()?;
    two.hashwatch.wait_for_tip(&ahead, SOON)?;
    assert_eq!(two.status()["stale_blocks"], 8);
    two.hashwatch.terminate()
}

#[test]
fn a_node_that_never_answers_holds_up_nobody() -> Result<()> {
    let _turn = turn();
    let mut two = Two::start()?;
    two.proxy.set(Fault::Silence);
    // whatever was asked of it when it fell silent has to time out once
    Miner::new(&two.second)?.mine_blocks(1)?;
    let tip = two.second.rpc()?.get_best_block_hash()?;
    two.hashwatch.wait_for_tip(&tip, SOON)?;
    // that block may have come before anything was asked of it
    wait_until("it is known not to answer", SOON, || two.status()["nodes"][0]["state"] == "unreachable")?;
    for _ in 0..3 {
        let tip = Miner::new(&two.second)?.mine_blocks(1)?[0].hash;
        two.hashwatch.wait_for_tip(&tip, Duration::from_secs(5))?;
    }
    two.hashwatch.terminate()
}
