//! Pools, those who are none, and what the registry claims: the API and the pages, on blocks of a real node.

use std::time::Duration;

use anyhow::{Context, Result};
use bitcoin::{Amount, hashes::Hash};
use hashwatch_tests::{Bitcoind, Coinbase, Hashwatch, Miner};
use serde_json::{Value, json};

use crate::pools::Pools;
use crate::turn::turn;

/// Who mined which heights: AntPool 102 to 106, F2Pool 107 to 109 (with payments), nobody known the others; and a stale block
/// of AntPool's.
fn served() -> Result<(Bitcoind, Hashwatch)> {
    let (node, pools) = (Bitcoind::start()?, Pools::read());
    let mut miner = Miner::new(&node)?;
    miner.mine_blocks(101)?;
    let mut parent = None;
    for _ in 0..5 {
        parent = Some(miner.mine(&pools.signed_by("antpool").coinbase)?.hash);
    }
    for _ in 0..3 {
        let payments = miner.payments(2, Amount::from_sat(1_000))?;
        miner.mine_with(&pools.signed_by("f2pool").coinbase, &payments)?;
    }
    miner.mine_on(parent.context("a parent")?, &pools.signed_by("antpool").coinbase)?;
    let mut tip = None;
    for _ in 0..2 {
        tip = Some(miner.mine(&Coinbase::tagged("no pool at all"))?.hash);
    }
    let mut hashwatch = Hashwatch::following(&node)?;
    hashwatch.run()?;
    hashwatch.wait_for_tip(&tip.context("a tip")?, Duration::from_secs(60))?;
    Ok((node, hashwatch))
}

fn pool<'a>(answer: &'a Value, slug: &str) -> &'a Value {
    let pools = answer["pools"].as_array().expect("pools");
    pools.iter().find(|pool| pool["pool"] == slug).expect("the pool")
}

/// Rows of a CSV answer after its head, by column.
pub(crate) fn csv(text: &str) -> Result<(String, Vec<Vec<String>>)> {
    let (head, rest) = text.split_once('\n').context("a head")?;
    assert!(head.starts_with("# ") && head.contains("registry "), "{head}");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(rest.as_bytes());
    let rows = reader.records().map(|row| Ok(row?.iter().map(str::to_owned).collect())).collect::<Result<_>>()?;
    Ok((head.to_owned(), rows))
}

#[test]
fn pools_tell_what_they_have() -> Result<()> {
    let _turn = turn();
    let (_node, hashwatch) = served()?;
    // a stale block of a node's is fetched once it is seen
    let stale = || hashwatch.get_json("/api/v1/status").is_ok_and(|status| status["stale_blocks"] == json!(1));
    hashwatch_tests::wait_until("the stale block", Duration::from_secs(30), stale)?;

    let all = hashwatch.get_json("/api/v1/pools?window=10")?;
    let listed = all["pools"].as_array().context("pools")?;
    assert!(listed.len() >= 180, "{}", listed.len());
    let antpool = pool(&all, "antpool");
    assert_eq!((&antpool["rank"], &antpool["blocks"], &antpool["empty_blocks"]), (&json!(1), &json!(5), &json!(5)));
    assert_eq!((&antpool["stale_blocks"], &antpool["blocks_ever"]), (&json!(1), &json!(5)));
    assert_eq!((&antpool["first_block"]["height"], &antpool["last_block"]["height"]), (&json!(102), &json!(106)));
    assert_eq!((&antpool["group"], &antpool["owner"]), (&json!("antpool-and-friends"), &json!("bitmain")));
    let f2pool = pool(&all, "f2pool");
    assert_eq!((&f2pool["rank"], &f2pool["blocks"], &f2pool["empty_blocks"]), (&json!(2), &json!(3), &json!(0)));
    // one without a block has a share, too: zero, up to something
    let nobody = pool(&all, "luxor");
    assert_eq!((&nobody["rank"], &nobody["blocks"], &nobody["last_block"]), (&Value::Null, &json!(0), &Value::Null));
    assert!(nobody["low"] == json!(0.0) && nobody["high"].as_f64().context("a bound")? > 0.1, "{nobody}");
    assert_eq!((&all["unknown"]["blocks"], &all["unknown"]["blocks_ever"]), (&json!(2), &json!(2 + 101 + 1)));
    // as of a block: as it was
    let then = hashwatch.get_json("/api/v1/pools?window=10&as_of=104")?;
    assert_eq!((&pool(&then, "antpool")["blocks"], &pool(&then, "f2pool")["blocks"]), (&json!(3), &json!(0)));

    let (head, rows) = csv(&hashwatch.get("/api/v1/pools?window=10&format=csv")?.text())?;
    assert!(head.contains("as of block 111") && head.contains("data: verified"), "{head}");
    assert_eq!((rows.len(), rows[0][0].as_str(), rows[1][0].as_str()), (listed.len() + 1, "pool", "antpool"));
    let accepted = hashwatch.get_with("/api/v1/pools?window=10", &[("Accept", "text/csv")])?;
    assert_eq!(accepted.header("content-type"), "text/csv; charset=utf-8");
    one_pool(&hashwatch)
}

fn one_pool(hashwatch: &Hashwatch) -> Result<()> {
    let one = hashwatch.get_json("/api/v1/pools/antpool?window=10")?;
    assert_eq!((&one["blocks"], &one["share"], &one["rank"]), (&json!(5), &json!(0.5), &json!(1)));
    assert_eq!((&one["group"], &one["contested_blocks"]), (&json!("antpool-and-friends"), &json!(0)));
    assert_eq!(one["strength_ever"], json!({ "strong": 0, "fair": 5, "weak": 0 }));
    let marks = |key: &str| one[key].as_array().cloned().unwrap_or_default();
    let used: Vec<_> = marks("tags").into_iter().filter(|tag| tag["blocks"] != 0).collect();
    assert_eq!(used.len(), 1, "{used:?}");
    assert_eq!(
        (&used[0]["blocks"], &used[0]["first_height"], &used[0]["last_height"]),
        (&json!(5), &json!(102), &json!(106))
    );
    assert!(used[0]["source"].as_str().context("a source")?.starts_with("https://"));
    assert!(marks("addresses").len() > 10);
    let behind: Vec<_> = marks("behind").iter().map(|tie| (tie["kind"].clone(), tie["id"].clone())).collect();
    assert!(behind.contains(&(json!("group"), json!("antpool-and-friends"))), "{behind:?}");
    let heights: Vec<_> = marks("latest_blocks").iter().map(|block| block["height"].clone()).collect();
    assert_eq!(heights, [106, 105, 104, 103, 102].map(|height| json!(height)));
    let (_, rows) = csv(&hashwatch.get("/api/v1/pools/antpool?format=csv")?.text())?;
    assert!(rows.iter().any(|row| row[0] == "tag" && row[6] == "5"), "{rows:?}");
    let slush = hashwatch.get_json("/api/v1/pools/braiinspool")?;
    assert_eq!(
        (&slush["former_names"][0]["name"], &slush["since"]["day"]),
        (&json!("Slush Pool"), &json!("2010-11-27"))
    );
    let missing = hashwatch.get("/api/v1/pools/nobody")?;
    assert_eq!((missing.status, &missing.json()?["error"]["code"]), (404, &json!("not_found")));

    // what the picture is drawn from adds up to the same
    let chart = hashwatch.get_json("/charts/pool.json?pool=antpool&window=10")?;
    let points = chart["points"].as_array().context("points")?;
    let sum = |key: &str| points.iter().filter_map(|point| point[key].as_u64()).sum::<u64>();
    assert_eq!((sum("found"), sum("blocks")), (5, 10));
    for wrong in ["/charts/pool.json?pool=nobody", "/charts/pool.json", "/api/v1/blocks?pool=nobody"] {
        let refused = hashwatch.get(wrong)?;
        assert_eq!((refused.status, &refused.json()?["error"]["code"]), (400, &json!("bad_value")), "{wrong}");
    }
    // the lowest blocks lead nowhere further
    let lowest = hashwatch.get_with("/blocks?to=49", &[("Accept", "text/html")])?.text();
    assert!(lowest.contains("Blocks 0 to 49") && !lowest.contains("Older"), "{lowest}");
    assert_eq!(hashwatch.get("/charts/pool.svg?pool=antpool&window=10")?.header("content-type"), "image/svg+xml");
    Ok(())
}

/// Every claim of every entry names a source and its day.
#[test]
fn the_registry_is_told_with_its_sources() -> Result<()> {
    let _turn = turn();
    let node = Bitcoind::start()?;
    let tip = Miner::new(&node)?.mine_blocks(1)?[0].hash;
    let mut hashwatch = Hashwatch::following(&node)?;
    hashwatch.run()?;
    hashwatch.wait_for_tip(&tip, Duration::from_secs(30))?;
    let told = hashwatch.get_json("/api/v1/registry")?;
    let entries = told["entries"].as_array().context("entries")?;
    let of = |kind: &str| entries.iter().filter(|entry| entry["kind"] == kind).count();
    assert!(of("pool") >= 180 && of("group") >= 1 && of("owner") >= 5 && of("miner") >= 25 && of("marker") >= 3);
    let claims = entries.iter().flat_map(|entry| entry["claims"].as_array().into_iter().flatten());
    let mut count = 0;
    for claim in claims {
        let source = claim["source"].as_str().context("a source")?;
        assert!(source.starts_with("http") && claim["date"].as_str().is_some_and(|date| date.len() >= 4), "{claim}");
        count += 1;
    }
    assert_eq!(told["versions"][0]["version"], told["registry_version"]);
    let (_, rows) = csv(&hashwatch.get("/api/v1/registry?format=csv")?.text())?;
    assert_eq!(rows.len(), count + 1);
    Ok(())
}

/// A miner that nobody knows: found by what its blocks share, named by the entry that is offered.
#[test]
fn the_entry_that_is_offered_names_the_blocks() -> Result<()> {
    let _turn = turn();
    let node = Bitcoind::start()?;
    let mut miner = Miner::new(&node)?;
    let mut tip = None;
    // who pays the same script belongs together, so each has its own
    let paid_to = |to: u8| bitcoin::ScriptBuf::new_p2wpkh(&bitcoin::WPubkeyHash::from_byte_array([to; 20]));
    for number in 0..6_u8 {
        let coinbase = Coinbase::tagged([b"\x01\x02/Quarry7 Mining/\x03", &[number][..]].concat());
        tip = Some(miner.mine(&coinbase.paying(paid_to(number), 1))?.hash);
    }
    for (text, to) in [("alone one", 50), ("apart two", 51)] {
        tip = Some(miner.mine(&Coinbase::tagged(text).paying(paid_to(to), 1))?.hash);
    }
    let tip = tip.context("a tip")?;
    let mut hashwatch = Hashwatch::following(&node)?;
    hashwatch.run()?;
    hashwatch.wait_for_tip(&tip, Duration::from_secs(30))?;
    let found = hashwatch.get_json("/api/v1/unknown?window=8")?;
    assert_eq!((&found["unknown"]["blocks"], &found["unknown"]["looked_at"]), (&json!(8), &json!(8)));
    let cluster = &found["clusters"][0];
    assert_eq!(
        (&cluster["blocks"], &cluster["first_height"], &cluster["last_height"]),
        (&json!(6), &json!(1), &json!(6))
    );
    let (_, rows) = csv(&hashwatch.get("/api/v1/unknown?window=8&format=csv")?.text())?;
    assert_eq!((rows[1][0].as_str(), rows[1][1].as_str()), ("1", "6"));

    let overlay = hashwatch.data_dir().with_extension("overlay.toml");
    std::fs::write(&overlay, cluster["entry"].as_str().context("an entry")?)?;
    let path = overlay.display().to_string();
    let checked = hashwatch.command("registry", ["check", &path])?;
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    hashwatch.terminate()?;
    let mut hashwatch = hashwatch.with(["--overlay", &path]);
    hashwatch.run()?;
    let old = found["registry_version"].as_str().context("a version")?;
    let renamed = || hashwatch.get_json("/api/v1/shares").is_ok_and(|shares| shares["registry_version"] != old);
    hashwatch_tests::wait_until("opinions under the entry", Duration::from_secs(30), renamed)?;
    let after = hashwatch.get_json("/api/v1/shares?window=8")?;
    assert_eq!((&after["shares"][0]["blocks"], &after["unknown"]["blocks"]), (&json!(6), &json!(2)), "{after}");
    // what was said before is still said of then
    let before = hashwatch.get_json(&format!("/api/v1/unknown?window=8&registry={old}"))?;
    assert_eq!(before["clusters"][0]["blocks"], 6);
    Ok(())
}
