//! Simulated chains from the command line to the page: the same seed gives the same bytes, and everything says what it is.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use hashwatch_tests::Hashwatch;
use serde_json::{Value, json};

use crate::turn::turn;

/// Every file of a directory.
fn bytes(dir: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    fs::read_dir(dir)?
        .map(|entry| {
            let path = entry?.path();
            Ok((path.file_name().context("a name")?.into(), fs::read(&path)?))
        })
        .collect()
}

pub(crate) fn simulate(dir: &Path, more: &[&str]) -> Result<()> {
    let dir = dir.display().to_string();
    let arguments = [&["--out", &dir], more].concat();
    let made = Hashwatch::new()?.command("simulate", &arguments)?;
    assert!(made.status.success() && made.stdout.is_empty(), "{}", String::from_utf8_lossy(&made.stderr));
    Ok(())
}

/// The note of a simulated directory.
pub(crate) fn note(dir: &Path) -> Result<Value> {
    Ok(serde_json::from_slice(&fs::read(dir.join("hashwatch-sim.json"))?)?)
}

/// A hashwatch that runs on a simulated directory and has all of it: branches come a moment after the tip.
pub(crate) fn running(dir: &Path) -> Result<Hashwatch> {
    const SOON: Duration = Duration::from_secs(60);
    let note = note(dir)?;
    let mut hashwatch = Hashwatch::reading(dir)?;
    hashwatch.run()?;
    hashwatch.wait_for_tip(&note["tip"]["hash"].as_str().context("a tip")?.parse()?, SOON)?;
    let stale =
        || hashwatch.get_json("/api/v1/status").is_ok_and(|status| status["stale_blocks"] == note["stale_blocks"]);
    hashwatch_tests::wait_until("the stale blocks", SOON, stale)?;
    Ok(hashwatch)
}

/// Indexes a simulated directory, serves what came of it, and holds it against the note.
fn is_shown_as_noted(dir: &Path, network: &str) -> Result<()> {
    let note = note(dir)?;
    let mut hashwatch = Hashwatch::reading(dir)?;
    hashwatch.index_once()?;
    for served in [false, true] {
        if served {
            hashwatch.serve()?
        } else {
            hashwatch.run()?
        }
        let hash = note["tip"]["hash"].as_str().context("a hash")?.parse()?;
        hashwatch.wait_for_tip(&hash, std::time::Duration::from_secs(30))?;
        let status = hashwatch.get_json("/api/v1/status")?;
        assert_eq!((&status["data"], &status["network"]), (&json!("simulated"), &json!(network)));
        assert_eq!((&status["blocks"], &status["stale_blocks"]), (&note["blocks"], &note["stale_blocks"]));
        assert_eq!((&status["tip"]["height"], &status["tip"]["time"]), (&note["tip"]["height"], &note["tip"]["time"]));
        everything_says_so(&hashwatch)?;
        pools_are_the_invented_ones(&hashwatch, dir)?;
        assert!(hashwatch.check()?.status.success());
        hashwatch.terminate()?;
    }
    Ok(())
}

fn everything_says_so(hashwatch: &Hashwatch) -> Result<()> {
    for path in [
        "/api/v1/shares?window=all",
        "/api/v1/blocks?limit=3",
        "/api/v1/blocks/0",
        "/charts/shares.json",
        "/charts/history.json",
    ] {
        assert_eq!(hashwatch.get_json(path)?["data"], "simulated", "{path}");
    }
    for path in ["/", "/charts/shares.csv", "/charts/history.csv", "/charts/shares.svg"] {
        let answer = hashwatch.get(path)?;
        assert!(answer.status == 200 && answer.text().to_lowercase().contains("simulated"), "{path}");
    }
    Ok(())
}

fn pools_are_the_invented_ones(hashwatch: &Hashwatch, dir: &Path) -> Result<()> {
    let registry: toml::Table = fs::read_to_string(dir.join("pools.toml"))?.parse()?;
    let pools = registry["pool"].as_array().context("pools")?;
    let names: BTreeMap<&str, &str> =
        pools.iter().filter_map(|pool| Some((pool["slug"].as_str()?, pool["name"].as_str()?))).collect();
    let shares = hashwatch.get_json("/api/v1/shares?window=all")?;
    let rows = shares["shares"].as_array().context("rows")?;
    assert!(rows.len() > 3);
    let mut counted = shares["unknown"]["blocks"].as_u64().context("a number")?;
    for row in rows {
        let slug = row["id"].as_str().context("a slug")?;
        assert_eq!(row["name"].as_str(), names.get(slug).copied(), "{slug}");
        counted += row["blocks"].as_u64().context("a number")?;
        assert_eq!(
            hashwatch.get_json(&format!("/api/v1/blocks?pool={slug}&limit=1"))?["blocks"][0]["attribution"]["pool"],
            slug
        );
    }
    assert_eq!(counted, shares["window"]["blocks"].as_u64().context("a number")?);
    Ok(())
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_the_site_shows_them() -> Result<()> {
    let _turn = turn();
    let home = tempfile::tempdir()?;
    let [one, two, other] = ["one", "two", "other"].map(|name| home.path().join(name));
    simulate(&one, &["--blocks", "3000", "--seed", "5"])?;
    simulate(&two, &["--blocks", "3000", "--seed", "5"])?;
    simulate(&other, &["--blocks", "3000", "--seed", "6"])?;
    assert!(bytes(&one)? == bytes(&two)?, "the same seed gave other bytes");
    assert_ne!(bytes(&one)?[Path::new("blk00000.dat")], bytes(&other)?[Path::new("blk00000.dat")]);
    let note: Value = serde_json::from_slice(&fs::read(one.join("hashwatch-sim.json"))?)?;
    assert_eq!((&note["blocks"], &note["seed"]), (&json!(3000), &json!(5)));
    assert!(note["stale_blocks"].as_u64() > Some(0), "{note}");
    is_shown_as_noted(&one, "sim")
}

#[test]
fn a_simulated_regtest_is_shown_too() -> Result<()> {
    let _turn = turn();
    let home = tempfile::tempdir()?;
    let dir = home.path().join("chain");
    simulate(&dir, &["--blocks", "400", "--seed", "9", "--network", "regtest"])?;
    is_shown_as_noted(&dir, "regtest")?;
    // said twice it must be the same
    let hashwatch = Hashwatch::new()?;
    let (dir, data) = (dir.display().to_string(), hashwatch.data_dir().display().to_string());
    let arguments = ["--once", "--blocks-dir", &dir, "--data", &data, "--network", "sim"];
    let other = hashwatch.command("index", arguments)?;
    let said = String::from_utf8_lossy(&other.stderr);
    assert_eq!(other.status.code(), Some(2), "{said}");
    assert!(said.contains("a simulated chain of regtest, not of sim"), "{said}");
    Ok(())
}
