//! Nodes that cannot be followed: each a clear state on the API and the page, never a crash, and over when it is over.

use std::time::Duration;

use anyhow::{Context, Result};
use bitcoincore_rpc::RpcApi;
use hashwatch_tests::waiting::wait_for;
use hashwatch_tests::{Bitcoind, Fault, Hashwatch, Miner, Proxy, bitcoincore_rpc, wait_until};
use serde_json::{Value, json};

use crate::turn::turn;

const CONFIG: &str = "[follow]\nretry_seconds = 1\ntimeout_seconds = 1\n";
const SOON: Duration = Duration::from_secs(30);

/// Waits for the one node to be in this state; gives what the API says of it. The page says the same in words.
fn node_is(hashwatch: &mut Hashwatch, state: &str, words: &str) -> Result<Value> {
    let mut last = Value::Null;
    let found = wait_for(state, SOON, || {
        last = hashwatch.get("/api/v1/status").and_then(|answer| answer.json()).unwrap_or_default();
        (last["nodes"][0]["state"] == state).then(|| last["nodes"][0].clone())
    });
    let found = found.with_context(|| format!("status was {last}; {}", hashwatch.stderr()))?;
    let page = hashwatch.get("/")?;
    assert_eq!(page.status, 200);
    assert!(page.text().contains(words), "no {words:?} on {}", page.text());
    assert!(hashwatch.is_running());
    Ok(found)
}

/// The chain goes on, block after block.
fn goes_on(hashwatch: &mut Hashwatch, node: &Bitcoind) -> Result<()> {
    hashwatch.wait_for_tip(&node.rpc()?.get_best_block_hash()?, SOON)?;
    node_is(hashwatch, "ok", "synced").map(|_| ())
}

/// Spoils every answer, or those to some calls, and mends it again, with a new block each time.
fn spoilt(faults: &[(&[&str], Fault, &str)]) -> Result<()> {
    let node = Bitcoind::start()?;
    let mut miner = Miner::new(&node)?;
    miner.mine_blocks(5)?;
    let proxy = Proxy::start(&node.url())?;
    let mut hashwatch = Hashwatch::following_at(&proxy.url(), &node)?.configured(CONFIG)?;
    hashwatch.run()?;
    goes_on(&mut hashwatch, &node)?;
    for (calls, fault, reason) in faults {
        let before = hashwatch.get_json("/api/v1/status")?["tip"].clone();
        proxy.set_for(calls, *fault);
        miner.mine_blocks(1)?;
        let found = node_is(&mut hashwatch, "unreachable", "unreachable")?;
        let detail = found["detail"].as_str().context("a reason")?;
        assert!(detail.contains(reason) && !detail.contains(char::is_control), "{fault:?}: {detail}");
        assert!(found["tip"].is_null() && found["behind_by"].is_null());
        assert!(proxy.applied() > 0);
        // what is known is still served
        assert_eq!(hashwatch.get_json("/api/v1/status")?["tip"], before);
        assert_eq!(hashwatch.get("/api/v1/shares")?.status, 200);
        proxy.set(Fault::Honest);
        goes_on(&mut hashwatch, &node)?;
    }
    assert!(hashwatch.check()?.status.success());
    hashwatch.terminate()
}

#[test]
fn rubbish_errors_and_wrong_types() -> Result<()> {
    let _turn = turn();
    spoilt(&[
        (&[], Fault::Rubbish, "not an answer to that"),
        (&[], Fault::ServerError, "HTTP status 500"),
        (&[], Fault::WrongTypes, "not an answer to that"),
        (&["getblockchaininfo"], Fault::WrongTypes, "getblockchaininfo"),
    ])
}

#[test]
fn half_an_answer_and_none() -> Result<()> {
    let _turn = turn();
    spoilt(&[
        (&[], Fault::HalfAnswer, "the connection broke"),
        (&[], Fault::Silence, "no whole answer within 1s"),
        (&["getblockchaininfo"], Fault::HalfAnswer, "getblockchaininfo"),
    ])
}

#[test]
fn blocks_alone_are_spoilt() -> Result<()> {
    let all = [Fault::Rubbish, Fault::HalfAnswer, Fault::WrongTypes, Fault::ServerError, Fault::Silence];
    spoil_blocks("rpc", &all)
}

#[test]
fn blocks_alone_are_spoilt_over_rest() -> Result<()> {
    spoil_blocks("rest", &[Fault::Rubbish, Fault::HalfAnswer, Fault::ServerError])
}

fn spoil_blocks(route: &str, faults: &[Fault]) -> Result<()> {
    let _turn = turn();
    let node = Bitcoind::start()?;
    let mut miner = Miner::new(&node)?;
    miner.mine_blocks(5)?;
    let proxy = Proxy::start(&node.url())?;
    let mut hashwatch = Hashwatch::following_at(&proxy.url(), &node)?.configured(CONFIG)?.with(["--route", route]);
    hashwatch.run()?;
    goes_on(&mut hashwatch, &node)?;
    for fault in faults {
        let before = hashwatch.get_json("/api/v1/status")?["tip"]["height"].clone();
        proxy.set_for(&["getblock", "rest/block"], *fault);
        let block = miner.mine_blocks(1)?[0].hash;
        // everything else says that the node is well, so it is behind that tells
        wait_until("we are seen behind", SOON, || {
            let status = hashwatch.get("/api/v1/status").and_then(|answer| answer.json()).unwrap_or_default();
            let behind = status["nodes"][0]["behind_by"] == 1 && status["tip"]["height"] == before;
            // what failed before counts as applied, too: it is this block that must be named
            proxy.applied() > 1 && behind && hashwatch.stderr().contains(&block.to_string())
        })?;
        proxy.set(Fault::Honest);
        goes_on(&mut hashwatch, &node)?;
    }
    hashwatch.terminate()
}

#[test]
fn a_node_that_comes_late_goes_away_and_comes_back() -> Result<()> {
    let _turn = turn();
    let mut node = Bitcoind::start()?;
    let mut hashwatch = Hashwatch::following(&node)?.configured(CONFIG)?;
    Miner::new(&node)?.mine_blocks(3)?;
    node.stop()?;
    hashwatch.run()?;
    let found = node_is(&mut hashwatch, "unreachable", "No block has been verified yet")?;
    assert!(found["detail"].as_str().context("a reason")?.contains("cookie"), "{found}");
    let status = hashwatch.get_json("/api/v1/status")?;
    assert_eq!((&status["tip"], &status["sync"]["state"]), (&Value::Null, &json!("waiting")));
    let shares = hashwatch.get("/api/v1/shares")?;
    assert_eq!((shares.status, shares.json()?["error"]["code"].clone()), (503, json!("no_blocks")));

    // it starts with a new cookie each time
    for _ in 0..2 {
        node.restart()?;
        Miner::new(&node)?.mine_blocks(2)?;
        goes_on(&mut hashwatch, &node)?;
        node.kill();
        let found = node_is(&mut hashwatch, "unreachable", "unreachable")?;
        assert!(found["detail"].as_str().context("a reason")?.contains("cannot connect"), "{found}");
        assert_eq!(hashwatch.get("/")?.status, 200);
    }
    // stopping does not wait for it
    hashwatch.terminate()
}

#[test]
fn a_node_of_another_network() -> Result<()> {
    let _turn = turn();
    let node = Bitcoind::start()?;
    Miner::new(&node)?.mine_blocks(3)?;
    let cookie = node.cookie_file().display().to_string();
    for network in ["testnet4", "mainnet"] {
        let arguments = ["--network", network, "--rpc-url", &node.url(), "--rpc-cookie", &cookie];
        let mut hashwatch = Hashwatch::new()?.with(arguments).configured(CONFIG)?;
        hashwatch.run()?;
        let found = node_is(&mut hashwatch, "wrong_network", "on another network")?;
        assert!(found["detail"].as_str().context("a reason")?.contains("regtest"), "{found}");
        let status = hashwatch.get_json("/api/v1/status")?;
        assert_eq!((&status["network"], &status["tip"]), (&json!(network), &Value::Null));
        hashwatch.terminate()?;

        hashwatch.spawn_index_once()?;
        assert_eq!(hashwatch.wait()?.code(), Some(1));
        assert!(
            hashwatch.stderr().contains("no source can be used") && hashwatch.stderr().contains("follows regtest"),
            "{}",
            hashwatch.stderr()
        );
    }
    Ok(())
}

#[test]
fn a_node_in_its_initial_block_download() -> Result<()> {
    let _turn = turn();
    let (whole, young) = (Bitcoind::start()?, Bitcoind::start_with(&["-maxtipage=86400"])?);
    let mined = Miner::new(&whole)?.starting_at(1_600_000_000).mine_blocks(20)?;
    let rpc = young.rpc()?;
    for block in &mined {
        let header = bitcoin::consensus::encode::serialize_hex(&block.block.header);
        rpc.call::<Value>("submitheader", &[json!(header)])?;
    }
    let mut hashwatch = Hashwatch::following(&young)?.configured(CONFIG)?;
    hashwatch.run()?;
    let found = node_is(&mut hashwatch, "initial_block_download", "still in its initial block download")?;
    assert_eq!(found["detail"], "0 of 20 blocks");
    assert!(hashwatch.get_json("/api/v1/status")?["tip"].is_null());
    // on regtest a chain may be old and whole: with the last block it is synced
    let miner = Miner::new(&young)?;
    for block in &mined {
        miner.submit(&block.block)?;
    }
    goes_on(&mut hashwatch, &young)?;
    hashwatch.terminate()
}

#[test]
fn a_node_that_has_pruned_what_is_needed() -> Result<()> {
    let _turn = turn();
    let node = Bitcoind::start_with(&["-prune=1", "-fastprune=1"])?;
    let mined = Miner::new(&node)?.mine_blocks(700)?;
    let rpc = node.rpc()?;
    rpc.call::<Value>("pruneblockchain", &[json!(400)])?;
    let info: Value = rpc.call("getblockchaininfo", &[])?;
    let lowest = info["pruneheight"].as_u64().context("something was pruned")?;
    assert!(lowest > 0);
    let mut hashwatch = Hashwatch::following(&node)?.configured(CONFIG)?;
    hashwatch.run()?;
    let found = node_is(&mut hashwatch, "pruned_below_start", "pruned below the start")?;
    assert_eq!(found["detail"], format!("has blocks from {lowest}, 0 is needed"));
    hashwatch.terminate()?;
    hashwatch.spawn_index_once()?;
    assert_eq!(hashwatch.wait()?.code(), Some(1));
    assert!(
        hashwatch.stderr().contains("no source can be used") && hashwatch.stderr().contains("0 is needed"),
        "{}",
        hashwatch.stderr()
    );

    // from a block that it has, taken on trust, it can be followed
    let start = &mined[usize::try_from(lowest)? + 20];
    let start = format!("{}:{}", start.height, start.hash);
    let mut hashwatch = Hashwatch::following(&node)?.configured(CONFIG)?.with(["--start", &start]);
    hashwatch.run()?;
    goes_on(&mut hashwatch, &node)?;
    let status = hashwatch.get_json("/api/v1/status")?;
    assert_eq!(status["blocks"], 700 - (lowest + 20));
    assert!(hashwatch.check()?.status.success());
    hashwatch.terminate()
}

#[test]
fn nothing_is_done_while_nothing_happens() -> Result<()> {
    let _turn = turn();
    let mut hashwatch = Hashwatch::new()?.with(["--network", "regtest", "--rpc-url", "http://127.0.0.1:1"]);
    hashwatch.run()?;
    node_is(&mut hashwatch, "unreachable", "unreachable")?;
    let ticks = |hashwatch: &Hashwatch| hashwatch.cpu_time();
    let before = ticks(&hashwatch)?;
    std::thread::sleep(Duration::from_secs(3));
    let spent = ticks(&hashwatch)? - before;
    assert!(spent < Duration::from_millis(300), "{spent:?} of computing in 3 s of waiting for a node");
    hashwatch.terminate()
}
