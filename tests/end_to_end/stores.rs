//! A ClickHouse of its own process that goes away while blocks arrive: said so, and nothing is lost.

use std::time::Duration;

use anyhow::{Context, Result};
use bitcoincore_rpc::RpcApi;
use hashwatch_tests::{Bitcoind, Hashwatch, Miner, bitcoincore_rpc, wait_until};
use serde_json::{Value, json};

use crate::pools::Pools;
use crate::seed::{Seed, soak};
use crate::sql::Sql;
use crate::turn::turn;

const CONFIG: &str = "[follow]\nretry_seconds = 1\nbatch = 10\n";
const SOON: Duration = Duration::from_secs(60);
const PASSWORD: (&str, &str) = ("HASHWATCH_CLICKHOUSE_PASSWORD", "a password of the tests' own");

/// An engine in a process of its own, with a password that stays.
fn engine() -> Result<(Hashwatch, String)> {
    let (name, password) = PASSWORD;
    let mut engine = Hashwatch::new()?.with_env(name, password.replace(' ', "-"));
    let url = engine.run_engine()?;
    Ok((engine, url))
}

fn using(url: &str, node: &Bitcoind) -> Result<Hashwatch> {
    let (name, password) = PASSWORD;
    let hashwatch = Hashwatch::following(node)?.configured(CONFIG)?.with(["--clickhouse-url", url]);
    Ok(hashwatch.with_env(name, password.replace(' ', "-")))
}

fn store_is(hashwatch: &Hashwatch, state: &str) -> Result<Value> {
    let mut last = Value::Null;
    wait_until(state, SOON, || {
        last = hashwatch.get("/api/v1/status").and_then(|answer| answer.json()).unwrap_or_default();
        last["store"]["state"] == state
    })
    .with_context(|| last.to_string())?;
    Ok(last)
}

/// What came of it is, block for block, what an undisturbed run makes.
fn holds_the_same(engine: &Hashwatch, node: &Bitcoind) -> Result<()> {
    let rpc = node.rpc()?;
    let mut other = Hashwatch::following(node)?;
    other.run()?;
    other.wait_for_tip(&rpc.get_best_block_hash()?, SOON)?;
    let (disturbed, undisturbed) = (Sql::of(&engine.data_dir())?, Sql::of(&other.data_dir())?);
    // of the invalidated blocks the other knows nothing, so only the mark and the active chain can be the same
    let mark = |sum: &str| sum.lines().last().map(str::to_owned);
    assert_eq!(mark(&disturbed.checksum()?), mark(&undisturbed.checksum()?));
    for height in 0..=rpc.get_block_count()? {
        let hash = rpc.get_block_hash(height)?;
        let sum = format!(
            "SELECT sum(cityHash64(toString(tuple(*)))) FROM
             (SELECT * EXCEPT (commit) FROM hashwatch.blocks WHERE height = {height} AND hash = unhex('{hash}'))"
        );
        assert_eq!(disturbed.query(&sum)?, undisturbed.query(&sum)?, "{height}");
    }
    other.terminate()
}

#[test]
fn blocks_that_arrive_while_the_store_is_away_are_not_lost() -> Result<()> {
    let _turn = turn();
    let node = Bitcoind::start()?;
    let rpc = node.rpc()?;
    let (pools, mut seed) = (Pools::read(), Seed::of("stores"));
    let mut miner = Miner::new(&node)?;
    miner.mine_blocks(30)?;
    let (mut engine, url) = engine()?;
    let mut hashwatch = using(&url, &node)?;
    hashwatch.run()?;
    hashwatch.wait_for_tip(&rpc.get_best_block_hash()?, SOON)?;
    assert_eq!(hashwatch.get_json("/api/v1/status")?["store"]["kind"], "server");

    for round in 0..3 {
        // once it goes in good order, twice it is killed; with a reorg while it is away
        if round == 0 {
            engine.terminate()?
        } else {
            engine.kill9()
        }
        let gone = rpc.get_best_block_hash()?;
        rpc.invalidate_block(&gone)?;
        // in a soak one outage is of a minute
        let (blocks, pause) =
            if soak() && round == 1 { (50, Duration::from_millis(1_200)) } else { (15, Duration::ZERO) };
        for _ in 0..blocks {
            miner.mine(&pools.any(&mut seed).coinbase)?;
            std::thread::sleep(pause);
        }
        let status = store_is(&hashwatch, "down")?;
        assert!(status["store"]["message"].as_str().is_some_and(|message| !message.is_empty()), "{status}");
        assert!(status["tip"].is_null() && status["nodes"][0]["state"] == "ok", "{status}");
        let page = hashwatch.get_with("/", &[("Accept", "text/html")])?;
        assert_eq!((page.status, page.header("retry-after")), (503, "5"), "{}", page.text());
        let shares = hashwatch.get("/api/v1/shares")?;
        assert_eq!((shares.status, shares.json()?["error"]["code"].clone()), (503, json!("store_unavailable")));
        assert!(!shares.text().contains("127.0.0.1"), "{}", shares.text());
        // more while it is still away
        miner.mine(&pools.any(&mut seed).coinbase)?;
        assert_eq!(engine.run_engine()?, url);
        hashwatch.wait_for_tip(&rpc.get_best_block_hash()?, SOON)?;
        let status = store_is(&hashwatch, "ok")?;
        assert_eq!(
            (&status["stale_blocks"], &status["blocks"]),
            (&json!(round + 1), &json!(rpc.get_block_count()? + 1))
        );
    }
    hashwatch.terminate()?;
    holds_the_same(&engine, &node)?;
    let found = hashwatch.command("check", ["--json", "--clickhouse-url", &url])?;
    assert!(found.status.success(), "{}", String::from_utf8_lossy(&found.stdout));
    engine.terminate()
}

#[test]
fn a_store_that_comes_late_and_one_that_knows_another_password() -> Result<()> {
    let _turn = turn();
    let node = Bitcoind::start()?;
    let tip = Miner::new(&node)?.mine_blocks(3)?[2].hash;
    let (mut engine, url) = engine()?;
    engine.terminate()?;
    let mut hashwatch = using(&url, &node)?;
    // no page yet, but no end either
    hashwatch.spawn_run()?;
    wait_until("it says what it waits for", SOON, || hashwatch.stderr().contains("trying again"))?;
    assert!(hashwatch.is_running());
    engine.run_engine()?;
    hashwatch.wait_for_tip(&tip, SOON)?;
    hashwatch.terminate()?;

    // `index --once` does not wait
    let mut stranger =
        Hashwatch::following(&node)?.with(["--clickhouse-url", &url]).with_env(PASSWORD.0, "not-the-right-password");
    stranger.spawn_index_once()?;
    assert_eq!(stranger.wait()?.code(), Some(1));
    assert!(stranger.stderr().contains("AUTHENTICATION_FAILED"), "{}", stranger.stderr());
    engine.terminate()?;
    stranger.spawn_index_once()?;
    assert_eq!(stranger.wait()?.code(), Some(1));
    Ok(())
}
