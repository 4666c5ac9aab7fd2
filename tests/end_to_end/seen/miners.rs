//! What listed miners announce and disclose, as rules see it: of mainnet alone, with the chain's own time for now, told as soon as an
//! operator's own entries say it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use bitcoin::Network;
use hashwatch_tests::{Hashwatch, shared, wait_until};
use serde_json::{Value, json};

use super::{SOON, WOULD_HAVE_COME, evaluated, only, said};
use crate::block_files::{append, four_of};
use crate::turn::turn;

/// A company whose second report is by so much below the first, and what another one announces; blocks 831,328 on are of 20 February
/// 2024.
fn entries(second: f64, announced: &str) -> String {
    format!(
        r#"
[[miner]]
slug = "falling"
name = "The falling one"
listing = [{{ ticker = "FALL", exchange = "X", source = "https://example.org/listing", date = "2023-01-01" }}]
hashrate = [
  {{ period = "2023-12", kind = "operating", eh_s = 10.0, source = "https://example.org/12", date = "2024-01-05" }},
  {{ period = "2024-01", kind = "operating", eh_s = {second:?}, source = "https://example.org/01", date = "2024-02-05" }},
]

[[announcement]]
slug = "own-lease"
miner = "falling"
on = {announced:?}
dated = "announced"
kind = "lease"
source = "https://example.org/lease"
date = {announced:?}
"#
    )
}

/// Puts other entries in place of those that are there, and waits until both who shows announcements and who says who mined what have
/// taken them over.
fn exchange(hashwatch: &Hashwatch, own: &Path, second: f64, announced: &str) -> Result<()> {
    let version = |hashwatch: &Hashwatch| -> Result<Value> {
        Ok(hashwatch.get_json("/api/v1/status")?["registry_version"].clone())
    };
    let before = version(hashwatch)?;
    let new = own.with_extension("new");
    fs::write(&new, entries(second, announced))?;
    fs::rename(new, own)?;
    let told = |all: &Value| {
        all["pivots"].as_array().into_iter().flatten().any(|it| it["slug"] == "own-lease" && it["on"] == announced)
    };
    wait_until("the entries", SOON, || {
        hashwatch.get_json("/api/v1/pivots?on=2024-12-31").is_ok_and(|all| told(&all))
            && version(hashwatch).is_ok_and(|version| version != before)
    })
    .with_context(|| hashwatch.stderr())
}

#[test]
fn what_miners_announce_and_disclose_is_told_at_the_chains_time() -> Result<()> {
    let _turn = turn();
    let Some(real) = shared("real/blocks") else { return Ok(()) };
    let blocks = four_of(&real)?;
    let home = tempfile::tempdir()?;
    let (chain, own) = (home.path().join("chain"), home.path().join("own.toml"));
    fs::create_dir(&chain)?;
    append(&chain, Network::Bitcoin, &blocks[..2])?;
    fs::write(&own, "")?;
    // blocks of years ago are news here
    let rules = only("[alerts.pivot]\ncalm = 2\n[alerts.disclosed_hashrate]\ncalm = 2\n");
    let config = rules.replace("[follow]", "[alerts]\nwarn_within_hours = 1000000\n[follow]");
    let start = format!("831328:{}", blocks[0].block_hash());
    let mut hashwatch = Hashwatch::reading(&chain)?.with(["--network", "mainnet", "--start", &start]);
    hashwatch = hashwatch.with(["--overlay".as_ref(), own.as_os_str()]).configured(&config)?;
    hashwatch.run()?;
    evaluated(&hashwatch, blocks[1].block_hash())?;
    says(&hashwatch, &[])?;

    // what is announced tomorrow, by the chain's time, is not known yet; a little less than before is no fall
    exchange(&hashwatch, &own, 9.5, "2024-02-22")?;
    says(&hashwatch, &[])?;
    exchange(&hashwatch, &own, 8.0, "2024-02-15")?;
    let both = |change: &str, level: u8, height: u32| {
        ["disclosed_hashrate", "pivot"].map(|rule| json!([rule, "falling", change, level, height]))
    };
    let mut said = both("raised", 1, 831_329).to_vec();
    says(&hashwatch, &said)?;
    hashwatch.kill9();
    append(&chain, Network::Bitcoin, &blocks[2..3])?;
    hashwatch.run()?;
    evaluated(&hashwatch, blocks[2].block_hash())?;
    says(&hashwatch, &said)?;

    // taken back, it is over after its calm: the block at which it is seen, and one more
    exchange(&hashwatch, &own, 10.0, "2023-02-15")?;
    says(&hashwatch, &said)?;
    append(&chain, Network::Bitcoin, &blocks[3..])?;
    evaluated(&hashwatch, blocks[3].block_hash())?;
    said.extend(both("over", 0, 831_331));
    says(&hashwatch, &said)?;
    hashwatch.terminate()
}

/// That this was said of the company, and nothing else. What comes of one change of the entries may be said in either order.
fn says(hashwatch: &Hashwatch, expected: &[Value]) -> Result<()> {
    let of_it = || -> Result<Vec<Value>> {
        let mut all = said(hashwatch)?;
        all.retain(|it| it[1] == "falling");
        all.chunks_mut(2).for_each(|both| both.sort_by_key(Value::to_string));
        Ok(all)
    };
    wait_until("what is to be said", SOON, || of_it().is_ok_and(|all| all.len() >= expected.len()))
        .with_context(|| format!("{:?} of {expected:?}; {}", of_it(), hashwatch.stderr()))?;
    std::thread::sleep(WOULD_HAVE_COME);
    assert_eq!(of_it()?, expected);
    let answer = hashwatch.get_json("/api/v1/alerts?subject=miner%3Afalling")?;
    ensure!(answer["notices"].as_array().is_some_and(|all| all.iter().all(|it| it["historic"] == false)), "{answer}");
    Ok(())
}
