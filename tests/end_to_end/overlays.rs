//! An operator's own entries, changed while hashwatch runs: names change without a restart, on what came before and on what comes
//! meanwhile, and what was cited stays.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use hashwatch_tests::bitcoincore_rpc::RpcApi;
use hashwatch_tests::{Bitcoind, Coinbase, Hashwatch, Miner, wait_until};
use serde_json::{Value, json};

use crate::seed::soak;
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
    fs::write(&path, entry("one", "/quarry one/"))?;
    let mut hashwatch = Hashwatch::following(&node)?.with(["--overlay".as_ref(), path.as_os_str()]);
    hashwatch.run()?;
    hashwatch.wait_for_tip(&tip.context("a tip")?, LONG)?;
    let before = hashwatch.get_json("/api/v1/shares?window=12")?;
    assert_eq!((blocks_of(&before, "one"), &before["unknown"]["blocks"]), (4, &json!(8)));

    // named, with the block that comes meanwhile
    fs::write(&path, entry("one", "/quarry one/") + &entry("two", "/quarry two/"))?;
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
    fs::write(&path, "[[pool]]\nslug = \"Bad Slug\"\nname = \"x\"\n")?;
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
    fs::write(&path, entry("two", "/quarry two/"))?;
    wait_until("the mended entry", LONG, || shares().is_ok_and(|shares| blocks_of(&shares, "one") == 0))?;
    assert_eq!(hashwatch.get_json("/api/v1/status")?["overlay_problems"], 0);
    assert!(hashwatch.check()?.status.success());
    Ok(())
}

/// A node, and a hashwatch that follows it with an overlay.
struct Followed {
    node: Bitcoind,
    miner: Miner,
    hashwatch: Hashwatch,
    overlay: PathBuf,
}

impl Followed {
    /// `text` is what the overlay holds at the start.
    fn with_overlay(home: &Path, text: &str) -> Result<Followed> {
        let overlay = home.join("own.toml");
        fs::write(&overlay, text)?;
        let node = Bitcoind::start()?;
        let miner = Miner::new(&node)?;
        let hashwatch = Hashwatch::following(&node)?.with(["--overlay".as_ref(), overlay.as_os_str()]);
        Ok(Followed { node, miner, hashwatch, overlay })
    }

    /// Another overlay in place of the one that is there, at once.
    fn exchange(&self, text: &str) -> Result<()> {
        let new = self.overlay.with_extension("new");
        fs::write(&new, text)?;
        Ok(fs::rename(new, &self.overlay)?)
    }

    /// Mines a block with this tag and waits until it is served.
    fn mine(&mut self, tag: &str) -> Result<u32> {
        let mined = self.miner.mine(&Coinbase::tagged(tag))?;
        self.hashwatch.wait_for_tip(&mined.hash, LONG)?;
        Ok(mined.height)
    }

    /// Who mined a block, and under which version that is told.
    fn pool_of(&self, height: u32) -> Result<(Option<String>, String)> {
        let block = self.hashwatch.get_json(&format!("/api/v1/blocks/{height}"))?;
        let version = block["registry_version"].as_str().context("a version")?.to_owned();
        Ok((block["attribution"]["pool"].as_str().map(str::to_owned), version))
    }

    /// Waits until a block is somebody else's, and gives the version under which it is.
    fn wait_for_pool(&self, height: u32, pool: Option<&str>) -> Result<String> {
        let is = || self.pool_of(height).is_ok_and(|(found, _)| found.as_deref() == pool);
        wait_until("the block has changed hands", LONG, is).with_context(|| self.hashwatch.stderr())?;
        Ok(self.pool_of(height)?.1)
    }

    fn end_soundly(mut self) -> Result<()> {
        self.hashwatch.terminate()?;
        let found = self.hashwatch.check()?;
        assert!(found.status.success(), "{}", String::from_utf8_lossy(&found.stdout));
        Ok(())
    }
}

#[test]
fn an_overlay_that_goes_back_finds_its_opinions() -> Result<()> {
    let _turn = turn();
    let home = tempfile::tempdir()?;
    let mut it = Followed::with_overlay(home.path(), &entry("one", "/quarry one/"))?;
    it.miner.mine_each(&[Coinbase::tagged("/quarry one/"), Coinbase::tagged("/quarry two/")])?;
    it.hashwatch.run()?;
    let third = it.mine("/quarry two/")?;
    let (pool, old) = it.pool_of(third)?;
    assert_eq!((pool, it.pool_of(1)?.0.as_deref()), (None, Some("one")));

    it.exchange(&(entry("one", "/quarry one/") + &entry("two", "/quarry two/")))?;
    let new = it.wait_for_pool(third, Some("two"))?;
    assert_eq!(it.pool_of(2)?, (Some("two".to_owned()), new.clone()));
    // a file that is gone changes nothing
    fs::remove_file(&it.overlay)?;
    wait_until("a missing file is told", LONG, || it.hashwatch.stderr().contains("cannot read"))?;
    let fourth = it.mine("/quarry two/")?;
    assert_eq!(it.pool_of(fourth)?, (Some("two".to_owned()), new.clone()));
    let cited = it.hashwatch.get_json(&format!("/api/v1/blocks/{third}?registry={old}"))?;
    assert_eq!((&cited["attribution"]["pool"], &cited["registry_version"]), (&Value::Null, &json!(old)));

    // back to the first: its opinions stand, but for the blocks since
    it.exchange(&entry("one", "/quarry one/"))?;
    assert_eq!(it.wait_for_pool(third, None)?, old);
    assert_eq!(it.pool_of(fourth)?, (None, old.clone()));
    let last = it.mine("/quarry one/")?;
    assert_eq!(it.pool_of(last)?, (Some("one".to_owned()), old.clone()));
    // and nothing is left to be done at the next start
    let tip = it.node.rpc()?.get_best_block_hash()?;
    it.hashwatch.terminate()?;
    let before = it.hashwatch.stderr().len();
    it.hashwatch.run()?;
    it.hashwatch.wait_for_tip(&tip, LONG)?;
    assert_eq!(it.hashwatch.get_json("/api/v1/status")?["registry_version"], json!(old));
    let said = it.hashwatch.stderr()[before..].to_owned();
    assert!(!said.contains("anew"), "{said}");
    it.end_soundly()
}

/// Blocks that come while opinions are formed anew, again and again: none is lost, and each has its opinion.
#[test]
fn blocks_that_come_meanwhile_have_their_opinions() -> Result<()> {
    let rounds = if soak() { 30 } else { 4 };
    let _turn = turn();
    let home = tempfile::tempdir()?;
    let mut it = Followed::with_overlay(home.path(), "")?;
    it.miner.mine_each(&vec![Coinbase::tagged("/quarry/"); 300])?;
    it.hashwatch.run()?;
    it.mine("/quarry/")?;
    for round in 0..rounds {
        // in each round they are somebody else's; from the fourth on opinions stand, on the blocks of then
        let pool = ["one", "two", "three"][round % 3];
        it.exchange(&entry(pool, "/quarry/"))?;
        let version = &it.hashwatch.get_json("/api/v1/status")?["registry_version"];
        if round % 3 == 1 {
            // killed in the midst of it: the next start forms what is missing
            let begun = || it.hashwatch.stderr().matches("forming all opinions anew").count();
            let before = begun();
            wait_until("opinions are formed", LONG, || begun() > before)?;
            it.hashwatch.kill9();
            it.hashwatch.run()?;
        }
        for mined in 0..400 {
            it.miner.mine(&Coinbase::tagged("/quarry/"))?;
            if mined > 20 && it.hashwatch.get_json("/api/v1/status")?["registry_version"] != *version {
                break;
            }
        }
        let tip = it.node.rpc()?.get_best_block_hash()?;
        it.hashwatch.wait_for_tip(&tip, LONG)?;
        it.wait_for_pool(1, Some(pool))?;
        let all = it.hashwatch.get_json("/api/v1/shares?window=all")?;
        // all but the genesis
        assert_eq!(Some(blocks_of(&all, pool)), all["as_of"]["height"].as_u64(), "{all}");
    }
    it.end_soundly()
}
