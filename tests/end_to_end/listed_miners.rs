//! Listed miners: blocks of a pool of their own are counted, the rest is estimated from what they disclose, and nothing is
//! invented.

use std::time::Duration;

use anyhow::{Context, Result};
use hashwatch_tests::{Bitcoind, Hashwatch, Miner};
use serde_json::{Value, json};

use crate::pools::Pools;
use crate::turn::turn;

/// Hashes per second that are disclosed below.
const RATE: f64 = 0.02;
/// Expected hashes of a block on regtest.
const WORK: f64 = 2.0;
/// Seconds between blocks.
const SPACING: u32 = 700;

fn overlay(year: &str, long_ago: &str) -> String {
    let miner = |slug: &str, rest: &str| {
        format!(
            "[[miner]]\nslug = \"{slug}\"\nname = \"The {slug}\"\n\
             listing = [{{ ticker = \"{slug}\", exchange = \"X\", source = \"simulated\" }}]\n{rest}\n"
        )
    };
    // 2e-20 EH/s are 0.02 H/s: what finds blocks of two hashes
    let says = |period: &str| {
        format!("hashrate = [{{ period = \"{period}\", kind = \"operating\", eh_s = 2e-20, source = \"simulated\" }}]")
    };
    let with =
        |pool: &str, own: &str| format!("pool = [{{ pool = \"{pool}\", own = {own}, source = \"simulated\" }}]\n");
    [
        miner("own-pool", &with("luxor", "true")),
        miner("estimated", &(with("antpool", "false") + &says(year))),
        miner("nowhere", &says(year)),
        miner("silent", &(with("antpool", "false") + &says(long_ago))),
    ]
    .concat()
}

#[test]
fn what_is_counted_and_what_is_estimated() -> Result<()> {
    let _turn = turn();
    let (node, pools) = (Bitcoind::start()?, Pools::read());
    let now = std::time::UNIX_EPOCH.elapsed()?.as_secs();
    let start = u32::try_from(now)? - 150 * SPACING;
    let mut miner = Miner::new(&node)?.starting_at(start).spaced(SPACING);
    let mut tip = None;
    for pool in ["antpool", "luxor", "f2pool"].iter().cycle().take(120) {
        tip = Some(miner.mine(&pools.signed_by(pool).coinbase)?.hash);
    }
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("mine.toml");
    let year = jiff::Timestamp::from_second(i64::from(start))?.strftime("%Y").to_string();
    std::fs::write(&path, overlay(&year, "2015-03"))?;
    let mut hashwatch = Hashwatch::following(&node)?.with(["--overlay".as_ref(), path.as_os_str()]);
    hashwatch.run()?;
    hashwatch.wait_for_tip(&tip.context("a tip")?, Duration::from_secs(60))?;

    let told = hashwatch.get_json("/api/v1/shares?window=100&by=miner")?;
    let of = |id: &str| told["shares"].as_array().into_iter().flatten().find(|it| it["id"] == id).cloned();
    let own = of("own-pool").context("one with a pool of its own")?;
    let shares = hashwatch.get_json("/api/v1/shares?window=100")?;
    let luxor =
        shares["shares"].as_array().context("shares")?.iter().find(|it| it["id"] == "luxor").context("luxor")?;
    assert_eq!((&own["blocks"], &own["low"], &own["high"]), (&luxor["blocks"], &luxor["low"], &luxor["high"]));
    assert_eq!(own["no_estimate"], "no_disclosure");

    let it = of("estimated").context("one that discloses")?;
    assert_eq!((&it["blocks"], &it["estimate"]["kind"]), (&Value::Null, &json!("estimate")));
    // from the median time past of the first block to that of the last, at two hashes a block
    let median = |height: u64| -> Result<f64> {
        let block = hashwatch.get_json(&format!("/api/v1/blocks/{height}"))?;
        block["median_time"].as_f64().context("a time")
    };
    let expected = RATE * (median(120)? - median(21)?) / WORK;
    let found = it["estimate"]["blocks"].as_f64().context("blocks")?;
    assert!((found / expected - 1.0).abs() < 1e-6, "{found} and {expected}");
    let bound = |key: &str| it["estimate"][key].as_f64().context("a bound");
    assert!(bound("blocks_low")? < found && found < bound("blocks_high")?, "{it}");
    let pools = it["estimate"]["pools"].as_array().context("pools")?;
    assert_eq!((pools.len(), &pools[0]["pool"]), (1, &json!("antpool")));
    let disclosures = it["estimate"]["disclosures"].as_array().context("disclosures")?;
    assert_eq!(
        (disclosures.len(), &disclosures[0]["stale_days"], &disclosures[0]["kind"]),
        (1, &json!(0), &json!("operating"))
    );
    assert_eq!((&pools[0]["blocks"], &pools[0]["source"]), (&it["estimate"]["blocks"], &json!("simulated")));
    // a window of few blocks says nothing
    let short = hashwatch.get_json("/api/v1/shares?window=20&by=miner")?;
    let short = short["shares"].as_array().into_iter().flatten().find(|it| it["id"] == "estimated").cloned();
    assert_eq!(short.map(|it| it["no_estimate"].clone()), Some(json!("too_short")));

    let why = |id: &str| of(id).map(|it| (it["estimate"].clone(), it["no_estimate"].clone()));
    assert_eq!(why("nowhere"), Some((Value::Null, json!("no_pool"))));
    assert_eq!(why("silent"), Some((Value::Null, json!("no_disclosure"))));
    let page = hashwatch.get_with("/miners?window=100", &[("Accept", "text/html")])?;
    assert!(page.status == 200 && page.text().contains("(estimate, 95"), "{}", page.text());
    let (_, rows) = crate::pool_pages::csv(&hashwatch.get("/api/v1/shares?window=100&by=miner&format=csv")?.text())?;
    assert!(rows[0].contains(&"estimated_blocks".to_owned()) && rows.len() > 28, "{rows:?}");
    Ok(())
}
