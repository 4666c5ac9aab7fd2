//! An operator's own entries, changed while hashwatch runs.

use std::time::Duration;

use anyhow::{Context, Result};
use hashwatch_tests::{Bitcoind, Coinbase, Hashwatch, Miner, wait_until};
use serde_json::{Value, json};

use crate::turn::turn;

const LONG: Duration = Duration::from_secs(60);

fn entry(slug: &str, tag: &str) -> String {
    format!("[[pool]]\nslug = {slug:?}\nname = \"Own {slug}\"\ntag = [{{ text = {tag:?}, source = \"simulated\" }}]\n")
}

fn blocks_of(shares: &Value, slug: &str) -> u64 {
    let found = shares["shares"].as_array().into_iter().flatten().find(|share| share["id"] == slug);
    found.and_then(|share| share["blocks"].as_u64()).unwrap_or(0)
}

#[test]
fn entries_that_change_name_blocks_without_a_restart() -> Result<()> {
    let _turn = turn();
    let node = Bitcoind::start()?;
    let mut miner = Miner::new(&node)?;
    let mut mine = |tag: &str| miner.mine(&Coinbase::tagged(tag)).map(|mined| mined.hash);
    let mut tip = None;
    for number in 0..12 {
        tip = Some(mine(if number % 3 == 0 { "/quarry one/" } else { "/quarry two/" })?);
    }
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("own.toml");
    std::fs::write(&path, entry("one", "/quarry one/"))?;
    let mut hashwatch = Hashwatch::following(&node)?.with(["--overlay".as_ref(), path.as_os_str()]);
    hashwatch.run()?;
    hashwatch.wait_for_tip(&tip.context("a tip")?, LONG)?;
    let before = hashwatch.get_json("/api/v1/shares?window=12")?;
    assert_eq!((blocks_of(&before, "one"), &before["unknown"]["blocks"]), (4, &json!(8)));

    // named, with the block that comes meanwhile
    std::fs::write(&path, entry("one", "/quarry one/") + &entry("two", "/quarry two/"))?;
    let tip = mine("/quarry two/")?;
    let shares = || hashwatch.get_json("/api/v1/shares?window=all");
    wait_until("the new entry", LONG, || shares().is_ok_and(|shares| blocks_of(&shares, "two") == 9))?;
    hashwatch.wait_for_tip(&tip, LONG)?;
    assert_eq!(blocks_of(&shares()?, "one"), 4);
    let old = before["registry_version"].as_str().context("a version")?;
    assert_eq!(hashwatch.get_json(&format!("/api/v1/shares?window=12&as_of=12&registry={old}"))?, before);
    let block = hashwatch.get_json(&format!("/api/v1/blocks/{tip}"))?;
    assert_eq!(block["attribution"]["name"], "Own two");

    // what is wrong changes nothing, and is told
    std::fs::write(&path, "[[pool]]\nslug = \"Bad Slug\"\nname = \"x\"\n")?;
    let problems = || hashwatch.get_json("/api/v1/status").is_ok_and(|status| status["overlay_problems"] != json!(0));
    wait_until("the refusal", LONG, problems)?;
    let next = mine("/quarry two/")?;
    hashwatch.wait_for_tip(&next, LONG)?;
    assert_eq!(blocks_of(&shares()?, "two"), 10);
    let log = hashwatch.stderr();
    assert!(log.contains("own.toml") && log.contains("Bad Slug") && log.contains("the former stay"), "{log}");
    let page = hashwatch.get_with("/", &[("Accept", "text/html")])?.text();
    assert!(page.contains("entries are refused") && !page.contains("own.toml"), "{page}");

    // mended: well again
    std::fs::write(&path, entry("two", "/quarry two/"))?;
    wait_until("the mended entry", LONG, || shares().is_ok_and(|shares| blocks_of(&shares, "one") == 0))?;
    assert_eq!(hashwatch.get_json("/api/v1/status")?["overlay_problems"], 0);
    assert!(hashwatch.check()?.status.success());
    Ok(())
}
