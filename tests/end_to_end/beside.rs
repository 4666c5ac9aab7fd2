//! `serve` beside those who come and go: it shares what it has open, finds back to an instance that was started again,
//! and knows the pools of a simulated chain without the chain.

use std::os::unix::fs::symlink;
use std::time::Duration;

use anyhow::Result;
use hashwatch_tests::{Bitcoind, Hashwatch, Miner, wait_until};

use crate::turn::turn;

const SOON: Duration = Duration::from_secs(30);

#[test]
fn a_simulated_chains_own_pools_are_known_without_it() -> Result<()> {
    let _turn = turn();
    let home = tempfile::tempdir()?;
    let dir = home.path().join("chain");
    let shown = dir.display().to_string();
    let made = Hashwatch::new()?.command("simulate", ["--blocks", "200", "--out", &shown])?;
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    // a chain whose pools are called otherwise than those of any chain made today
    let file = dir.join("pools.toml");
    let pools = std::fs::read_to_string(&file)?.replace("\"sim-", "\"other-").replace("name = \"", "name = \"Other ");
    std::fs::write(&file, pools)?;
    let mut hashwatch = Hashwatch::reading(&dir)?;
    hashwatch.index_once()?;
    std::fs::remove_dir_all(&dir)?;
    hashwatch.serve()?;
    let shares = hashwatch.get_json("/api/v1/shares?window=all")?;
    let rows = shares["shares"].as_array().map_or(&[][..], Vec::as_slice);
    assert!(rows.len() > 3, "{shares}");
    for row in rows {
        let (slug, name) = (row["id"].as_str().unwrap_or_default(), row["name"].as_str().unwrap_or_default());
        assert!(slug.starts_with("other-") && name.starts_with("Other "), "{row}");
        let blocks = hashwatch.get_json(&format!("/api/v1/blocks?pool={slug}&limit=1"))?;
        assert_eq!(blocks["blocks"][0]["attribution"]["name"], name);
    }
    // what it has open is open to others
    let found = hashwatch.check()?;
    assert!(found.status.success(), "{}", String::from_utf8_lossy(&found.stderr));
    hashwatch.terminate()
}

#[test]
fn serve_finds_back_to_a_run_that_was_started_again() -> Result<()> {
    let _turn = turn();
    let node = Bitcoind::start()?;
    let mut miner = Miner::new(&node)?;
    let tip = miner.mine_blocks(5)?[4].hash;
    let mut writer = Hashwatch::following(&node)?;
    writer.run()?;
    writer.wait_for_tip(&tip, SOON)?;
    let mut reader = Hashwatch::new()?;
    symlink(writer.data_dir(), reader.data_dir())?;
    reader.serve()?;
    reader.wait_for_tip(&tip, SOON)?;
    // started again at once it listens elsewhere, under another secret
    writer.terminate()?;
    let tip = miner.mine_blocks(1)?[0].hash;
    writer.run()?;
    reader.wait_for_tip(&tip, SOON)?;
    assert_eq!(reader.get("/api/v1/shares")?.status, 200);
    // killed, it leaves the directory to whoever is left
    writer.kill9();
    // for a moment it tells what it has just read
    wait_until("the reader says that the writer is gone", SOON, || {
        let away = reader.get("/api/v1/shares");
        away.is_ok_and(|away| (away.status, away.header("retry-after")) == (503, "5"))
    })?;
    wait_until("the reader has the directory open", SOON, || {
        reader.get("/api/v1/shares").is_ok_and(|answer| answer.status == 200)
    })?;
    // and the other way round: one that writes through a reader goes on without it
    let tip = miner.mine_blocks(1)?[0].hash;
    writer.run()?;
    reader.wait_for_tip(&tip, SOON)?;
    reader.terminate()?;
    let tip = miner.mine_blocks(1)?[0].hash;
    writer.wait_for_tip(&tip, SOON)?;
    writer.terminate()?;
    assert!(writer.check()?.status.success());
    Ok(())
}
