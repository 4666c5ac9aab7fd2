//! mempool.space's mining API: a script that was written for it runs here unchanged, and what it is told agrees with what our own
//! endpoints say of the same block.

mod over_time;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use hashwatch_tests::{Bitcoind, Hashwatch, Miner};
use serde_json::{Value, json};

use self::over_time::{difficulty_agrees, hashrates_agree, sums_and_times_agree};
use crate::pools::Pools;
use crate::simulated::{note, simulate};
use crate::turn::turn;

/// Five weeks with two retargets; the epoch of the tip has 967 blocks above its first.
const BLOCKS: u32 = 5_000;
const TIP: u64 = 4_999;

/// A simulated instance, and how many hashes one of its hashes stands for.
fn served(home: &Path) -> Result<(Hashwatch, f64)> {
    let dir = home.join("chain");
    simulate(&dir, &["--blocks", &BLOCKS.to_string(), "--seed", "11"])?;
    let note = note(&dir)?;
    let mut hashwatch = Hashwatch::reading(&dir)?;
    hashwatch.index_once()?;
    hashwatch.serve()?;
    Ok((hashwatch, note["hash_scale"].as_f64().context("a scale")?))
}

fn number(value: &Value) -> Result<f64> {
    value.as_f64().with_context(|| format!("{value} is no number"))
}

fn whole(value: &Value) -> Result<u64> {
    value.as_u64().with_context(|| format!("{value} is no whole number"))
}

fn list(value: &Value) -> Result<&Vec<Value>> {
    value.as_array().with_context(|| format!("{value} is no list"))
}

/// Within a millionth of a millionth.
fn same(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-12 * one.abs().max(other.abs())
}

fn block(hashwatch: &Hashwatch, height: u64) -> Result<Value> {
    hashwatch.get_json(&format!("/api/v1/blocks/{height}"))
}

#[test]
fn a_script_for_mempool_changes_its_host_alone() -> Result<()> {
    let _turn = turn();
    let home = tempfile::tempdir()?;
    let (mut hashwatch, scale) = served(home.path())?;
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("end_to_end/mempool_script.py");
    let ran = Command::new("python3").arg("-B").arg(script).arg(hashwatch.url()).env("no_proxy", "*").output();
    let ran = ran.context("python3 runs the script")?;
    let said = String::from_utf8_lossy(&ran.stdout);
    ensure!(ran.status.success(), "{said}{}", String::from_utf8_lossy(&ran.stderr));
    eprintln!("{said}");
    ensure!(said.ends_with("0 wrong\n") && said.lines().count() > 40, "{said}");

    pools_agree(&hashwatch)?;
    a_pool_agrees(&hashwatch)?;
    its_blocks_agree(&hashwatch)?;
    sums_and_times_agree(&hashwatch)?;
    difficulty_agrees(&hashwatch, scale)?;
    hashrates_agree(&hashwatch, scale)?;
    the_same_question_has_the_same_answer(&hashwatch)?;
    refusals(&hashwatch)?;
    hashwatch.terminate()
}

/// Counts, order and empty blocks are those of our own endpoints, with Unknown last.
fn pools_agree(hashwatch: &Hashwatch) -> Result<()> {
    for (path, window) in
        [("/24h", "24h"), ("/1w", "1w"), ("/1m", "1m"), ("/4y", "1460d"), ("/all", "all"), ("", "all")]
    {
        let told = hashwatch.get_json(&format!("/api/v1/mining/pools{path}"))?;
        let shares = hashwatch.get_json(&format!("/api/v1/shares?window={window}"))?;
        let own = hashwatch.get_json(&format!("/api/v1/pools?window={window}"))?;
        assert_eq!(told["blockCount"], shares["window"]["blocks"], "{window}");
        let rows = list(&told["pools"])?;
        let unknown = whole(&shares["unknown"]["blocks"])?;
        assert_eq!(rows.len(), list(&shares["shares"])?.len() + usize::from(unknown > 0), "{window}");
        for (place, row) in rows.iter().enumerate() {
            assert_eq!((&row["rank"], &row["poolId"]), (&json!(place + 1), &row["poolUniqueId"]), "{row}");
            assert_eq!((&row["avgMatchRate"], &row["avgFeeDelta"]), (&Value::Null, &Value::Null));
            if row["slug"] == "unknown" {
                assert_eq!((place + 1, &row["poolId"], &row["name"]), (rows.len(), &json!(0), &json!("Unknown")));
                assert_eq!(row["blockCount"], unknown);
                assert_eq!(row["emptyBlocks"], own["unknown"]["empty_blocks"]);
                continue;
            }
            let share = &shares["shares"][place];
            assert_eq!(
                (&row["slug"], &row["name"], &row["blockCount"]),
                (&share["id"], &share["name"], &share["blocks"])
            );
            // no pool of a simulated chain is on mempool's list
            assert!(whole(&row["poolId"])? > 1_000_000, "{row}");
            let pool = list(&own["pools"])?.iter().find(|pool| pool["pool"] == row["slug"]).context("the pool")?;
            assert_eq!(row["emptyBlocks"], pool["empty_blocks"], "{row}");
        }
        for days in ["", "3d", "1w"] {
            let rate = number(&told[format!("lastEstimatedHashrate{days}")])?;
            assert!((1e20..1e22).contains(&rate), "{rate}");
        }
    }
    Ok(())
}

fn a_pool_agrees(hashwatch: &Hashwatch) -> Result<()> {
    let shares = hashwatch.get_json("/api/v1/shares?window=all")?;
    // one whose blocks fit into one answer of ours
    let few = |pool: &&Value| (11..=200).contains(&pool["blocks"].as_u64().unwrap_or_default());
    let slug = list(&shares["shares"])?.iter().find(few).context("a small pool")?["id"].as_str().context("a slug")?;
    let told = hashwatch.get_json(&format!("/api/v1/mining/pool/{slug}"))?;
    for window in ["all", "24h", "1w"] {
        let own = hashwatch.get_json(&format!("/api/v1/pools/{slug}?window={window}"))?;
        assert_eq!(told["blockCount"][window], own["blocks"], "{window}");
        assert!(same(number(&told["blockShare"][window])?, number(&own["share"])?), "{window}");
        let addresses: Vec<_> = list(&own["addresses"])?.iter().map(|it| it["value"].clone()).collect();
        assert_eq!((&told["pool"]["addresses"], &told["pool"]["name"]), (&json!(addresses), &own["name"]));
        assert_eq!(list(&told["pool"]["regexes"])?.len(), list(&own["tags"])?.len());
    }
    let blocks = hashwatch.get_json(&format!("/api/v1/blocks?limit=200&pool={slug}"))?;
    let paid = list(&blocks["blocks"])?
        .iter()
        .map(|block| block["subsidy"].as_i64().unwrap_or_default() + block["fees"].as_i64().unwrap_or_default());
    assert_eq!(told["totalReward"], paid.sum::<i64>().to_string());
    let pools = hashwatch.get_json("/api/v1/mining/pools/24h")?;
    let rate = number(&pools["lastEstimatedHashrate"])? * number(&told["blockShare"]["24h"])?;
    assert!(same(rate, number(&told["estimatedHashrate"])?));
    assert_eq!((&told["reportedHashrate"], &told["avgBlockHealth"]), (&Value::Null, &Value::Null));

    let unknown = hashwatch.get_json("/api/v1/mining/pool/unknown")?;
    assert_eq!((&unknown["pool"]["id"], &unknown["blockCount"]["all"]), (&json!(0), &shares["unknown"]["blocks"]));
    // a pool that the registry has and the chain has not: none of anything
    let registry = hashwatch.get_json("/api/v1/pools?window=all")?;
    let none = list(&registry["pools"])?.iter().find(|pool| pool["blocks"] == 0).context("a pool without a block")?;
    let none = none["pool"].as_str().context("a slug")?;
    let told = hashwatch.get_json(&format!("/api/v1/mining/pool/{none}"))?;
    assert_eq!((&told["blockCount"]["all"], &told["totalReward"]), (&json!(0), &json!("0")));
    assert_eq!(told["estimatedHashrate"], json!(0.0));
    for path in ["hashrate", "blocks"] {
        assert_eq!(hashwatch.get_json(&format!("/api/v1/mining/pool/{none}/{path}"))?, json!([]), "{none}/{path}");
    }
    Ok(())
}

fn its_blocks_agree(hashwatch: &Hashwatch) -> Result<()> {
    for slug in ["sim-alder", "unknown"] {
        let latest = hashwatch.get_json(&format!("/api/v1/mining/pool/{slug}/blocks"))?;
        let ninth = whole(&latest[8]["height"])?;
        let below = hashwatch.get_json(&format!("/api/v1/mining/pool/{slug}/blocks/{ninth}"))?;
        assert_eq!((&below[0], list(&below)?.len()), (&latest[9], 10), "below, and not with");
        let own = hashwatch.get_json(&format!("/api/v1/blocks?limit=10&pool={slug}"))?;
        for (told, own) in list(&latest)?.iter().zip(list(&own["blocks"])?) {
            let pairs = [
                ("id", "hash"),
                ("height", "height"),
                ("version", "version"),
                ("timestamp", "time"),
                ("nonce", "nonce"),
                ("difficulty", "difficulty"),
                ("merkle_root", "merkle_root"),
                ("tx_count", "tx_count"),
                ("size", "size"),
                ("weight", "weight"),
                ("previousblockhash", "prev_hash"),
                ("mediantime", "median_time"),
            ];
            for (theirs, ours) in pairs {
                assert_eq!(told[theirs], own[ours], "{theirs}");
            }
            assert_eq!(format!("{:08x}", whole(&told["bits"])?), own["bits"].as_str().context("bits")?);
            let (extras, coinbase) = (&told["extras"], &own["coinbase"]);
            assert_eq!((&extras["totalFees"], &extras["coinbaseRaw"]), (&own["fees"], &coinbase["script_hex"]));
            assert_eq!(extras["coinbaseSignatureAscii"], coinbase["text"]);
            assert_eq!(
                extras["reward"].as_i64(),
                Some(own["subsidy"].as_i64().context("sats")? + extras["totalFees"].as_i64().context("sats")?)
            );
            let single = block(hashwatch, whole(&told["height"])?)?;
            assert_eq!(extras["coinbaseAddress"], single["coinbase"]["outputs"][0]["address"]);
            let header: bitcoin::block::Header =
                bitcoin::consensus::encode::deserialize_hex(extras["header"].as_str().context("hex")?)?;
            assert_eq!(header.block_hash().to_string(), told["id"].as_str().context("a hash")?);
            for unknown in
                ["medianFee", "feeRange", "avgFeeRate", "matchRate", "expectedFees", "orphans", "totalInputs"]
            {
                assert_eq!(extras[unknown], Value::Null, "{unknown}");
            }
        }
    }
    assert_eq!(hashwatch.get_json("/api/v1/mining/pool/sim-alder/blocks/0")?, json!([]));
    Ok(())
}

/// The link that comes with an answer leads to it for ever, and says of what and from what it is.
fn the_same_question_has_the_same_answer(hashwatch: &Hashwatch) -> Result<()> {
    for path in [
        "/api/v1/mining/pools/1w",
        "/api/v1/mining/pool/sim-alder",
        "/api/v1/mining/pool/sim-alder/blocks",
        "/api/v1/mining/hashrate/pools",
        "/api/v1/mining/reward-stats/10",
        "/api/v1/difficulty-adjustment",
        "/api/blocks/tip/hash",
    ] {
        let then = hashwatch.get(&format!("{path}?as_of=4500"))?;
        let link = then.header("link").strip_prefix('<').and_then(|it| it.strip_suffix(">; rel=\"bookmark\""));
        let again = hashwatch.get(link.context("a link")?)?;
        assert_eq!((again.status, &again.body), (200, &then.body), "{path}");
        assert_ne!(hashwatch.get(path)?.body, then.body, "{path}");
        assert_eq!((then.header("x-hashwatch-data"), then.header("x-hashwatch-network")), ("simulated", "sim"));
        assert!(then.header("x-hashwatch-as-of").starts_with("4500 "), "{path}");
    }
    assert_eq!(hashwatch.get("/api/v1/mining/pools/24h")?.header("x-total-count"), BLOCKS.to_string());
    let described = hashwatch.get_json("/api/v1/openapi.json")?;
    let paths = described["paths"].as_object().context("paths")?;
    let tagged = paths.values().filter(|path| path["get"]["tags"][0] == "mempool.space").count();
    assert_eq!(tagged, 17);
    Ok(())
}

fn refusals(hashwatch: &Hashwatch) -> Result<()> {
    for (path, status, code, what) in [
        ("/api/v1/mining/pools/5y", 400, "bad_value", "\"period\""),
        ("/api/v1/mining/hashrate/1W", 400, "bad_value", "24h, 3d"),
        ("/api/v1/mining/hashrate/pools/2016", 400, "bad_value", "\"period\""),
        ("/api/v1/mining/difficulty-adjustments/%00", 400, "bad_value", "\"period\""),
        ("/api/v1/mining/difficulty-adjustments/%ff", 400, "bad_value", "UTF-8"),
        ("/api/v1/mining/pool/nobody", 404, "not_found", "no pool"),
        ("/api/v1/mining/pool/nobody/hashrate", 404, "not_found", "no pool"),
        ("/api/v1/mining/pool/nobody/blocks/5", 404, "not_found", "no pool"),
        ("/api/v1/mining/pool/sim-alder/blocks/-1", 400, "bad_value", "\"height\""),
        ("/api/v1/mining/reward-stats/0", 400, "bad_value", "\"blocks\""),
        ("/api/v1/mining/reward-stats/1e3", 400, "bad_value", "\"blocks\""),
        ("/api/v1/mining/blocks/timestamp/1700000000000", 400, "bad_value", "\"time\""),
        ("/api/v1/mining/blocks/timestamp/1", 404, "not_found", "no block"),
        ("/api/v1/mining/pools/1w?window=1w", 400, "unknown_parameter", "\"window\""),
        ("/api/blocks/tip/height?as_of=5000", 404, "not_found", "5000"),
        ("/api/v1/mining/pools?registry=0123456789abcdef", 404, "not_found", "never in use"),
        ("/api/v1/mining/blocks/audit/scores", 404, "not_available", "audited"),
        ("/api/v1/mining/blocks/fee-rates/1w", 404, "not_available", "single transactions"),
        ("/api/v1/mining/nothing", 404, "not_available", "docs/mempool.md"),
        ("/api/v1/mining/pools?as_of=1", 404, "not_available", "too few blocks"),
        ("/api/v1/difficulty-adjustment?as_of=0", 404, "not_available", "no time"),
    ] {
        let answer = hashwatch.get(path)?;
        let body = answer.json()?;
        assert_eq!((answer.status, &body["error"]["code"]), (status, &json!(code)), "{path}: {body}");
        assert!(body["error"]["message"].as_str().context("a message")?.contains(what), "{path}: {body}");
    }
    Ok(())
}

/// Pools that mempool lists have its numbers; a chain without retargets has none to tell.
#[test]
fn listed_pools_have_mempools_numbers() -> Result<()> {
    let _turn = turn();
    let (node, pools) = (Bitcoind::start()?, Pools::read());
    let mut miner = Miner::new(&node)?;
    let mut tip = None;
    for pool in ["antpool", "antpool", "f2pool", "luxor"] {
        tip = Some(miner.mine(&pools.signed_by(pool).coinbase)?.hash);
    }
    let mut hashwatch = Hashwatch::following(&node)?;
    hashwatch.run()?;
    hashwatch.wait_for_tip(&tip.context("a tip")?, Duration::from_secs(60))?;
    let told = hashwatch.get_json("/api/v1/mining/pools/all")?;
    let rows: Vec<_> =
        list(&told["pools"])?.iter().map(|row| (&row["slug"], &row["poolUniqueId"], &row["rank"])).collect();
    let wanted =
        [("antpool", 44), ("f2pool", 36), ("luxor", 4), ("unknown", 0)].map(|(slug, id)| (json!(slug), json!(id)));
    for (place, (slug, id)) in wanted.iter().enumerate() {
        assert_eq!(rows[place], (slug, id, &json!(place + 1)));
    }
    let one = hashwatch.get_json("/api/v1/mining/pool/antpool")?;
    assert_eq!((&one["pool"]["unique_id"], &one["pool"]["link"]), (&json!(44), &json!("https://www.antpool.com")));
    assert_eq!(one["blockCount"]["all"], 2);
    let blocks = hashwatch.get_json("/api/v1/mining/pool/antpool/blocks")?;
    assert_eq!(
        blocks[0]["extras"]["pool"],
        json!({ "id": 44, "name": "AntPool", "slug": "antpool", "minerNames": null })
    );
    let refused = hashwatch.get("/api/v1/difficulty-adjustment")?;
    assert_eq!((refused.status, &refused.json()?["error"]["code"]), (404, &json!("not_available")));
    // the genesis alone
    assert_eq!(list(&hashwatch.get_json("/api/v1/mining/difficulty-adjustments")?)?.len(), 1);
    hashwatch.terminate()
}
