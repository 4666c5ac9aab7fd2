//! Damage done to the tables, found by `hashwatch check`: exit status 1, and a finding that names it.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use hashwatch_tests::{Bitcoind, Hashwatch, Miner};
use serde_json::Value;

use crate::pools::Pools;
use crate::sql::Sql;
use crate::turn::turn;

/// What is done, the check that must find it, and what the finding must say.
const DAMAGE: [(&str, &str, &str); 9] = [
    ("ALTER TABLE blocks UPDATE nonce = nonce + 1 WHERE height = 7", "header_hash", "height 7:"),
    ("ALTER TABLE blocks DELETE WHERE height = 9", "one_block_a_height", "height 9: 0 active blocks"),
    ("ALTER TABLE blocks UPDATE median_time = median_time + 1 WHERE height = 11", "median_time", "height 11:"),
    ("ALTER TABLE blocks UPDATE chainwork = toFixedString('', 32) WHERE height = 12", "chainwork", "height 12:"),
    ("ALTER TABLE blocks UPDATE coinbase_script = 'forged' WHERE height = 13", "coinbase", "height 13:"),
    ("ALTER TABLE blocks UPDATE subsidy = subsidy * 2 WHERE height = 14", "reward", "height 14: subsidy 10000000000"),
    ("ALTER TABLE opinions DELETE WHERE height = 5", "opinion_missing", "height 5:"),
    ("ALTER TABLE opinions UPDATE pool = 'antpool' WHERE height = 6", "evidence", "height 6: mined by antpool"),
    ("ALTER TABLE marks UPDATE height = height - 1 WHERE 1", "mark", "the mark names"),
];

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        match entry.file_type()? {
            kind if kind.is_dir() => copy(&entry.path(), &target)?,
            kind if kind.is_symlink() => std::os::unix::fs::symlink(std::fs::read_link(entry.path())?, target)?,
            _ => std::fs::copy(entry.path(), target).map(|_| ())?,
        }
    }
    Ok(())
}

/// Exit status of `hashwatch check --json`, and its findings: by which check, and what.
type Findings = (Option<i32>, Vec<(String, String)>);

fn findings(hashwatch: &Hashwatch) -> Result<Findings> {
    let output = hashwatch.check()?;
    let found: Value =
        serde_json::from_slice(&output.stdout).with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = found["findings"].as_array().context("findings")?;
    let list = list.iter().map(|found| (text(&found["check"]), text(&found["finding"]))).collect();
    Ok((output.status.code(), list))
}

#[test]
fn every_damage_is_found_and_named() -> Result<()> {
    let _turn = turn();
    let node = Bitcoind::start()?;
    let pools = Pools::read();
    let mut miner = Miner::new(&node)?;
    for _ in 0..25 {
        miner.mine(&pools.signed_by("f2pool").coinbase)?;
    }
    let mut whole = Hashwatch::following(&node)?;
    whole.index_once()?;
    assert_eq!(findings(&whole)?, (Some(0), Vec::new()));

    for (statement, check, says) in DAMAGE {
        let mut damaged = Hashwatch::new()?;
        copy(&whole.data_dir(), &damaged.data_dir())?;
        damaged.run_engine()?;
        let statement = statement.replacen("TABLE ", "TABLE hashwatch.", 1);
        Sql::of(&damaged.data_dir())?.query(&format!("{statement} SETTINGS mutations_sync = 2"))?;
        // by way of the process that has the directory open
        let (code, found) = findings(&damaged)?;
        assert_eq!(code, Some(1), "{statement}");
        let named = found.iter().any(|(by, finding)| by == check && finding.contains(says));
        assert!(named, "{statement}: {found:?}");
        damaged.terminate()?;
        // and by itself
        assert_eq!(findings(&damaged)?, (Some(1), found), "{statement}");
    }
    assert_eq!(findings(&whole)?, (Some(0), Vec::new()));
    Ok(())
}

#[test]
fn damage_stops_the_writer_and_is_not_served_as_sound() -> Result<()> {
    let _turn = turn();
    let node = Bitcoind::start()?;
    Miner::new(&node)?.mine_blocks(12)?;
    let mut hashwatch = Hashwatch::following(&node)?;
    hashwatch.index_once()?;
    hashwatch.run_engine()?;
    let sql = Sql::of(&hashwatch.data_dir())?;
    sql.query("ALTER TABLE hashwatch.blocks UPDATE nonce = nonce + 1 WHERE height = 7 SETTINGS mutations_sync = 2")?;
    hashwatch.terminate()?;
    hashwatch.spawn_index_once()?;
    assert_eq!(hashwatch.wait()?.code(), Some(1));
    let said = hashwatch.stderr();
    ensure!(said.contains("damaged at height 7") && said.contains("hashwatch check"), "{said}");
    Ok(())
}
