//! 300 blocks with real pools' tags and addresses: what the API says of each, and of all, is what was mined.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result};
use bitcoin::{Address, Amount, Network, ScriptBuf};
use bitcoincore_rpc::{Client, RpcApi};
use hashwatch_tests::miner::{Mined, subsidy};
use hashwatch_tests::{Bitcoind, Hashwatch, Miner, bitcoincore_rpc};
use serde_json::{Value, json};

use crate::pools::{Pools, Signed};
use crate::seed::Seed;
use crate::turn::turn;

const BLOCKS: u32 = 300;
const DAY: i64 = 86_400;
/// Every kind of window that the parser takes, with its days or blocks.
const WINDOWS: [(&str, Option<i64>, u32); 17] = [
    ("24h", Some(1), 0),
    ("3d", Some(3), 0),
    ("1w", Some(7), 0),
    ("9d", Some(9), 0),
    ("1m", Some(30), 0),
    ("45d", Some(45), 0),
    ("3m", Some(90), 0),
    ("6m", Some(182), 0),
    ("1y", Some(365), 0),
    ("2y", Some(730), 0),
    ("3y", Some(1095), 0),
    ("1", None, 1),
    ("10", None, 10),
    ("144", None, 144),
    ("300", None, 300),
    ("2016", None, 2016),
    ("all", None, u32::MAX),
];

/// A block, what its coinbase says, and what its transactions paid.
struct Truth {
    mined: Mined,
    signed: Signed,
    fees: Amount,
}

#[test]
fn the_api_says_what_was_mined() -> Result<()> {
    let _turn = turn();
    let node = Bitcoind::start()?;
    let pools = Pools::read();
    let truth = mine(&node, &pools, &mut Seed::of("mined"))?;
    let mut hashwatch = Hashwatch::following(&node)?;
    hashwatch.run()?;
    hashwatch.wait_for_tip(&truth[truth.len() - 1].mined.hash, Duration::from_secs(60))?;

    let rpc = node.rpc()?;
    let version = hashwatch.get_json("/api/v1/status")?["registry_version"].clone();
    let details = blocks_are_those_mined(&hashwatch, &rpc, &pools, &truth, &version)?;
    lists_hold_the_same(&hashwatch, &truth, &details)?;
    let medians = medians(&rpc)?;
    for window in WINDOWS {
        shares_are_those_mined(&hashwatch, &pools, &truth, &medians, BLOCKS, window)?;
    }
    for as_of in [1, 17, 150, 211] {
        for window in ["1w", "1y", "10", "all"] {
            let window = WINDOWS.into_iter().find(|(name, ..)| *name == window).context("a window")?;
            shares_are_those_mined(&hashwatch, &pools, &truth, &medians, as_of, window)?;
        }
    }
    let found = hashwatch.check()?;
    assert!(found.status.success(), "{}", String::from_utf8_lossy(&found.stdout));
    hashwatch.terminate()
}

/// Three blocks of five from the last years, ever closer together, some out of order, some with payments.
fn mine(node: &Bitcoind, pools: &Pools, seed: &mut Seed) -> Result<Vec<Truth>> {
    let now = std::time::UNIX_EPOCH.elapsed()?.as_secs();
    let mut time = u32::try_from(now)? - 5 * 365 * 86_400;
    let mut miner = Miner::new(node)?;
    let mut truth = Vec::new();
    for height in 1..=BLOCKS {
        let gap = match height {
            1..=100 => seed.within(6 * 86_400..18 * 86_400),
            101..=160 => seed.within(43_200..3 * 86_400),
            161..=230 => seed.within(3_600..20_000),
            _ => seed.within(60..1_500),
        };
        time += u32::try_from(gap)?;
        // later than the median of eleven is enough
        let early = if height % 9 == 0 { u32::try_from(gap)? + 30 } else { 0 };
        let signed = pools.any(seed);
        let payments = match height {
            150.. if height % 4 == 0 => {
                miner.payments(usize::try_from(seed.within(1..7))?, Amount::from_sat(seed.within(100..9_000)))?
            }
            _ => Vec::new(),
        };
        let mined = miner.mine_with_at(time - early, &signed.coinbase, &payments)?;
        truth.push(Truth { mined, signed, fees: payments.iter().map(|payment| payment.fee).sum() });
    }
    assert!(truth.iter().filter(|block| block.fees > Amount::ZERO).count() > 20);
    Ok(truth)
}

/// Each block by its height and by its hash, against the block handed over, the node's word and the maker's.
fn blocks_are_those_mined(
    hashwatch: &Hashwatch,
    rpc: &Client,
    pools: &Pools,
    truth: &[Truth],
    version: &Value,
) -> Result<Vec<Value>> {
    let mut details = Vec::new();
    for Truth { mined, signed, fees } in truth {
        let (height, hash) = (mined.height, mined.hash.to_string());
        let mut found = hashwatch.get_json(&format!("/api/v1/blocks/{height}"))?;
        let mut by_hash = hashwatch.get_json(&format!("/api/v1/blocks/{hash}"))?;
        // another question, and the same answer
        assert_ne!(found["permalink"].take(), by_hash["permalink"].take());
        assert_eq!(found, by_hash);
        let node: Value = rpc.call("getblock", &[json!(hash), json!(1)])?;
        for (ours, theirs) in [
            ("height", "height"),
            ("hash", "hash"),
            ("version", "version"),
            ("prev_hash", "previousblockhash"),
            ("merkle_root", "merkleroot"),
            ("time", "time"),
            ("bits", "bits"),
            ("nonce", "nonce"),
            ("median_time", "mediantime"),
            ("tx_count", "nTx"),
            ("size", "size"),
            ("weight", "weight"),
        ] {
            assert_eq!(found[ours], node[theirs], "{ours} of {height}");
        }
        let work = |value: &Value| value.as_str().map(|hex| hex.trim_start_matches('0').to_owned());
        assert_eq!(work(&found["chainwork"]), work(&node["chainwork"]), "{height}");
        let difficulty = found["difficulty"].as_f64().context("a number")?;
        assert!((difficulty / node["difficulty"].as_f64().context("a number")? - 1.0).abs() < 1e-6);
        assert_eq!(
            (&found["network"], &found["data"], &found["status"]),
            (&json!("regtest"), &json!("verified"), &json!("active"))
        );
        assert_eq!(found["subsidy"], subsidy(height).to_sat());
        assert_eq!(found["fees"], fees.to_sat());
        coinbase_is(&found["coinbase"], mined, signed)?;
        let day = jiff::Timestamp::from_second(i64::from(mined.block.header.time))?.strftime("%Y-%m-%d").to_string();
        let name = signed.pool.as_ref().map(|pool| pools.name_on(pool, &day));
        let attribution = &found["attribution"];
        assert_eq!(
            (&attribution["pool"], &attribution["name"], &attribution["evidence"], &attribution["registry_version"]),
            (&json!(signed.pool), &json!(name), &signed.evidence(height), &json!(version)),
            "block {height}: {signed:?}"
        );
        assert_eq!(attribution["strength"].is_null(), signed.pool.is_none());
        let evidence = attribution["evidence"].as_array().context("marks")?;
        let against: Vec<&Value> = evidence.iter().filter(|mark| mark["pool"] != attribution["pool"]).collect();
        assert_eq!(attribution["conflicts"], json!(against), "block {height}");
        details.push(found);
    }
    Ok(details)
}

fn coinbase_is(found: &Value, mined: &Mined, signed: &Signed) -> Result<()> {
    let transaction = &mined.block.txdata[0];
    assert_eq!(found["script_hex"], transaction.input[0].script_sig.to_hex_string());
    assert_eq!(found["txid"], transaction.compute_txid().to_string());
    assert_eq!(found["proof"], "merkle");
    let output = |script: &ScriptBuf, value: Amount| {
        let address = Address::from_script(script, Network::Regtest).ok().map(|address| address.to_string());
        json!({ "sats": value.to_sat(), "address": address, "script_hex": script.to_hex_string() })
    };
    let outputs: Value = transaction.output.iter().map(|out| output(&out.script_pubkey, out.value)).collect();
    assert_eq!(found["outputs"], outputs);
    assert_eq!(found["outputs_count"], transaction.output.len());
    // what a person can read: the runs of text between the control bytes, from four characters on
    let tag = String::from_utf8(signed.coinbase.tag.clone())?;
    let runs = tag.split(char::is_control).map(str::trim).filter(|run| run.chars().count() >= 4);
    let readable = runs.collect::<Vec<_>>().join(" ");
    let text = found["text"].as_str().context("a text")?;
    assert!(text.contains(&readable) && !text.contains(char::is_control), "{text:?} for {tag:?}");
    Ok(())
}

/// The list, page after page and pool by pool, is made of the same blocks.
fn lists_hold_the_same(hashwatch: &Hashwatch, truth: &[Truth], details: &[Value]) -> Result<()> {
    let in_list = |detail: &Value| {
        let mut block = detail.clone();
        if let Some(fields) = block.as_object_mut() {
            fields.retain(|key, _| {
                !["network", "data", "as_of", "registry_version", "permalink", "citation"].contains(&key.as_str())
            });
        }
        if let Some(fields) = block["coinbase"].as_object_mut() {
            fields.retain(|key, _| !["outputs", "anatomy"].contains(&key.as_str()));
        }
        block
    };
    let mut listed = Vec::new();
    let mut to = BLOCKS;
    while to > 0 {
        let page = hashwatch.get_json(&format!("/api/v1/blocks?from=1&to={to}&limit=37"))?;
        let blocks = page["blocks"].as_array().context("a list")?.clone();
        assert_eq!(blocks.len(), usize::try_from(to.min(37))?);
        to -= u32::try_from(blocks.len())?;
        listed.extend(blocks);
    }
    listed.reverse();
    assert_eq!(listed, details.iter().map(in_list).collect::<Vec<_>>());

    let mut by_pool: BTreeMap<Option<&str>, Vec<u32>> = BTreeMap::new();
    for block in truth.iter().rev() {
        by_pool.entry(block.signed.pool.as_deref()).or_default().push(block.mined.height);
    }
    for (pool, mut heights) in by_pool {
        let found = hashwatch.get_json(&format!("/api/v1/blocks?pool={}&limit=200", pool.unwrap_or("unknown")))?;
        let found: Vec<_> =
            found["blocks"].as_array().context("a list")?.iter().map(|block| block["height"].clone()).collect();
        if pool.is_none() {
            // the genesis block is nobody's either
            heights.push(0);
        }
        assert_eq!(found, heights.iter().map(|height| json!(height)).collect::<Vec<_>>(), "{pool:?}");
    }
    Ok(())
}

/// The node's median time past of every block.
fn medians(rpc: &Client) -> Result<Vec<i64>> {
    let median = |height: u32| {
        let hash = rpc.get_block_hash(height.into())?;
        let header: Value = rpc.call("getblockheader", &[json!(hash)])?;
        header["mediantime"].as_i64().context("a time")
    };
    (0..=BLOCKS).map(median).collect()
}

fn shares_are_those_mined(
    hashwatch: &Hashwatch,
    pools: &Pools,
    truth: &[Truth],
    medians: &[i64],
    as_of: u32,
    (name, days, blocks): (&str, Option<i64>, u32),
) -> Result<()> {
    let found = hashwatch.get_json(&format!("/api/v1/shares?window={name}&by=pool&as_of={as_of}"))?;
    let end = medians[as_of as usize];
    let from = match days {
        Some(days) => u32::try_from(medians.iter().position(|median| *median > end - days * DAY).context("a block")?)?,
        None => (as_of + 1).saturating_sub(blocks),
    };
    let of = f64::from(as_of - from + 1);
    let mut counts: BTreeMap<Option<&str>, u32> = BTreeMap::new();
    for height in from..=as_of {
        let pool = height.checked_sub(1).and_then(|place| truth[place as usize].signed.pool.as_deref());
        *counts.entry(pool).or_default() += 1;
    }
    let window = json!({ "name": name.replace("365d", "1y"), "from_height": from, "to_height": as_of, "blocks": as_of - from + 1 });
    assert_eq!(found["window"], window);
    assert_eq!(found["as_of"]["height"], as_of);
    assert_eq!(found["as_of"]["median_time"], end);
    let unknown = counts.remove(&None).unwrap_or(0);
    assert_eq!(found["unknown"]["blocks"], unknown, "{name}");
    is_interval_of(&found["unknown"], unknown, of)?;

    let mut expected: Vec<(&str, u32)> =
        counts.into_iter().filter_map(|(pool, blocks)| Some((pool?, blocks))).collect();
    expected.sort_by_key(|&(pool, blocks)| (u32::MAX - blocks, pool));
    let rows = found["shares"].as_array().context("a list")?;
    assert_eq!(rows.len(), expected.len(), "{name} as of {as_of}: {found}");
    for (row, (pool, blocks)) in rows.iter().zip(expected) {
        assert_eq!((&row["id"], &row["kind"], &row["name"]), (&json!(pool), &json!("pool"), &json!(pools.names[pool])));
        assert_eq!(row["blocks"], blocks, "{pool} in {name} as of {as_of}");
        is_interval_of(row, blocks, of)?;
    }
    Ok(())
}

fn is_interval_of(row: &Value, blocks: u32, of: f64) -> Result<()> {
    let (low, high) = wilson(blocks.into(), of);
    let number = |key: &str| row[key].as_f64().context("a number");
    assert!((number("share")? - f64::from(blocks) / of).abs() < 1e-12, "{row}");
    assert!((number("low")? - low).abs() < 1e-9 && (number("high")? - high).abs() < 1e-9, "{row}: {low} to {high}");
    Ok(())
}

/// Wilson's interval by its meaning: the shares p that a score test at 5 % does not reject, (k/n - p)² = z² p (1-p) / n,
/// found by halving.
fn wilson(hits: f64, trials: f64) -> (f64, f64) {
    const Z: f64 = 1.959_963_984_540_054;
    let share = hits / trials;
    let rejected = |p: f64| (share - p).powi(2) > Z * Z * p * (1.0 - p) / trials;
    let edge = |mut inside: f64, mut outside: f64| {
        for _ in 0..200 {
            let middle = f64::midpoint(inside, outside);
            if rejected(middle) { outside = middle } else { inside = middle }
        }
        inside
    };
    (edge(share, 0.0), edge(share, 1.0))
}
