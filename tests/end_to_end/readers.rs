//! Many readers while a running instance takes another registry: every figure and every name of an answer is of the version that
//! the answer says it is of.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use hashwatch_tests::{Hashwatch, wait_until};
use serde_json::{Value, json};

use crate::seed::{Seed, soak};
use crate::turn::turn;

/// Connections that ask for figures, one question after the other; and one more that asks for blocks, with pauses: each of them
/// costs some statements.
const READERS: usize = 5;
const PAUSE: Duration = Duration::from_millis(100);
const WINDOWS: [&str; 6] = ["all", "144", "1000", "2016", "3000", "5000"];
/// Of the pools in the new registry, the first has what the second had in the old one.
const MERGED: [&str; 2] = ["alder", "basalt"];
/// Answers under the new version after which it is enough.
const MANY: usize = 1_000;
/// Longest wait for the change of the overlay to be seen, and for opinions on all blocks.
const LONG: Duration = Duration::from_secs(300);

/// Answers a second, of all readers together, at least. Without a soak: what a slow machine does with an unoptimised program, and
/// other tests beside it.
fn floor() -> f64 {
    if soak() { 1_000.0 } else { 150.0 }
}

/// The simulated pools as an overlay in which each slug and name begins as told; with `merged` two of them are one.
fn overlay(pools: &str, word: &str, merged: bool) -> Result<String> {
    let mut table: toml::Table = pools.parse()?;
    // not who stands behind them
    table.retain(|entries, _| entries == "pool");
    let list = table.get_mut("pool").and_then(toml::Value::as_array_mut).context("a list of pools")?;
    for pool in list.iter_mut().filter_map(toml::Value::as_table_mut) {
        for (key, cut, begin) in [("slug", "sim-", format!("{word}-")), ("name", "", format!("{word} "))] {
            let text = pool[key].as_str().context("a text")?.to_owned();
            pool.insert(key.to_owned(), (begin + text.trim_start_matches(cut)).into());
        }
    }
    if merged {
        let gone = list.remove(1);
        let first = list[0].as_table_mut().context("a pool")?;
        for marks in ["tag", "address"] {
            let more = gone[marks].as_array().context("its marks")?.iter().cloned();
            first.get_mut(marks).and_then(toml::Value::as_array_mut).context("marks")?.extend(more);
        }
    }
    Ok(toml::to_string(&table)?)
}

/// Blocks by slug and name of their pool; none is Unknown.
type Counts = BTreeMap<Option<(String, String)>, u64>;

/// Who mined what, under both versions.
struct Truth {
    /// The version that is in use at first.
    old: String,
    /// The pools of all blocks under it, by height: without the word that its slugs begin with.
    pools: Vec<Option<String>>,
    /// By the same.
    names: BTreeMap<String, String>,
}

impl Truth {
    /// As the instance tells it while nothing changes.
    fn read(hashwatch: &Hashwatch) -> Result<Truth> {
        let all = hashwatch.get_json("/api/v1/shares?window=all")?;
        let old = all["registry_version"].as_str().context("a version")?.to_owned();
        let mut names = BTreeMap::new();
        for share in all["shares"].as_array().context("shares")? {
            let (id, name) = (text(&share["id"]), text(&share["name"]));
            names.insert(id.trim_start_matches("old-").to_owned(), name.trim_start_matches("old ").to_owned());
        }
        let mut pools = Vec::new();
        let tip = all["window"]["to_height"].as_u64().context("a height")?;
        for from in (0..=tip).step_by(200) {
            let path = format!("/api/v1/blocks?limit=200&from={from}&to={}", (from + 199).min(tip));
            let blocks = hashwatch.get_json(&path)?;
            for block in blocks["blocks"].as_array().context("blocks")?.iter().rev() {
                let pool = block["attribution"]["pool"].as_str();
                pools.push(pool.map(|pool| pool.trim_start_matches("old-").to_owned()));
            }
        }
        ensure!(pools.len() as u64 == tip + 1);
        Ok(Truth { old, pools, names })
    }

    /// Slug and name of a block's pool under a version.
    fn pool(&self, height: usize, version: &str) -> Option<(String, String)> {
        let pool = self.pools[height].as_deref()?;
        let is_old = version == self.old;
        let pool = if pool == MERGED[1] && !is_old { MERGED[0] } else { pool };
        let word = if is_old { "old" } else { "new" };
        Some((format!("{word}-{pool}"), format!("{word} {}", self.names[pool])))
    }

    /// Blocks of each pool, of Unknown too, in a run of heights.
    fn counts(&self, range: (usize, usize), version: &str) -> Counts {
        let mut counts = BTreeMap::new();
        for height in range.0..=range.1 {
            *counts.entry(self.pool(height, version)).or_default() += 1;
        }
        counts
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// One reader: its connection, and the counts that it has worked out already.
struct Reader<'a> {
    agent: ureq::Agent,
    url: String,
    truth: &'a Truth,
    counted: HashMap<(usize, usize, String), Counts>,
}

impl<'a> Reader<'a> {
    fn new(hashwatch: &Hashwatch, truth: &'a Truth) -> Reader<'a> {
        let agent = ureq::Agent::config_builder().proxy(None).timeout_global(Some(LONG)).build().into();
        Reader { agent, url: hashwatch.url(), truth, counted: HashMap::new() }
    }

    /// Asks, and holds the answer against the truth. Gives its version.
    fn ask(&mut self, path: &str) -> Result<String> {
        let mut answer = self.agent.get(format!("{}{path}", self.url)).call().with_context(|| path.to_owned())?;
        let answer: Value = serde_json::from_slice(&answer.body_mut().read_to_vec()?)?;
        let version = text(&answer["registry_version"]).to_owned();
        let fits = match &answer["shares"] {
            Value::Array(shares) => self.shares_fit(&answer, shares, &version),
            _ => {
                let list = answer["blocks"].as_array();
                list.map_or(&[answer.clone()][..], Vec::as_slice).iter().all(|block| self.block_fits(block, &version))
            }
        };
        ensure!(fits, "{path}: {answer}");
        Ok(version)
    }

    fn shares_fit(&mut self, answer: &Value, shares: &[Value], version: &str) -> bool {
        let height = |field| answer["window"][field].as_u64().and_then(|height| usize::try_from(height).ok());
        let (Some(from), Some(to)) = (height("from_height"), height("to_height")) else { return false };
        let truth = self.truth;
        let key = (from, to, version.to_owned());
        let counts = self.counted.entry(key).or_insert_with(|| truth.counts((from, to), version));
        let told = shares.iter().map(|share| {
            (Some((text(&share["id"]).to_owned(), text(&share["name"]).to_owned())), share["blocks"].as_u64())
        });
        let unknown = (None, answer["unknown"]["blocks"].as_u64());
        let told: BTreeMap<_, _> = told.chain([unknown]).filter(|(_, blocks)| *blocks != Some(0)).collect();
        told.len() == counts.len() && told.iter().all(|(pool, blocks)| counts.get(pool).copied() == *blocks)
    }

    fn block_fits(&self, block: &Value, version: &str) -> bool {
        let Some(height) = block["height"].as_u64().and_then(|height| usize::try_from(height).ok()) else {
            return false;
        };
        let who = &block["attribution"];
        let told = who["pool"].as_str().map(|pool| (pool.to_owned(), text(&who["name"]).to_owned()));
        who["registry_version"] == version && told == self.truth.pool(height, version)
    }
}

/// A chain of pools that only overlays know, as an operator's own block files: nothing says any more that it is simulated.
fn chain(dir: &Path, blocks: u32) -> Result<String> {
    let (out, blocks) = (dir.display().to_string(), blocks.to_string());
    let made = Hashwatch::new()?.command("simulate", ["--network", "regtest", "--blocks", &blocks, "--out", &out])?;
    ensure!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    fs::remove_file(dir.join("hashwatch-sim.json"))?;
    Ok(fs::read_to_string(dir.join("pools.toml"))?)
}

/// What a reader asks next: the first one for blocks, the others for figures.
fn question(seed: &mut Seed, reader: usize, blocks: u32) -> String {
    match (reader, seed.within(0..4)) {
        (0, 0) => "/api/v1/blocks?limit=20".to_owned(),
        (0, _) => format!("/api/v1/blocks/{}", seed.within(0..u64::from(blocks))),
        _ => format!("/api/v1/shares?by=pool&window={}", seed.pick(&WINDOWS)),
    }
}

#[test]
fn many_readers_see_one_version_or_the_other() -> Result<()> {
    let _turn = turn();
    let home = tempfile::tempdir()?;
    let (dir, file) = (home.path().join("chain"), home.path().join("overlay.toml"));
    fs::create_dir(&dir)?;
    let blocks = if soak() { 100_000 } else { 6_000 };
    let pools = chain(&dir, blocks)?;
    fs::write(&file, overlay(&pools, "old", false)?)?;
    let mut hashwatch =
        Hashwatch::reading(&dir)?.with(["--network", "regtest"]).with(["--overlay".as_ref(), file.as_os_str()]);
    hashwatch.run()?;
    wait_until("all blocks are there", LONG, || {
        hashwatch
            .get_json("/api/v1/status")
            .is_ok_and(|status| status["blocks"] == blocks && status["stale_blocks"] != 0)
    })?;
    let truth = Truth::read(&hashwatch)?;
    let cited = hashwatch.get_json("/api/v1/shares?window=all")?;

    let (done, asked, new) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    let began = Instant::now();
    let read = |seed: &mut Seed, reader: usize| -> Result<()> {
        let mut connection = Reader::new(&hashwatch, &truth);
        while !done.load(Ordering::Relaxed) {
            let version = connection.ask(&question(seed, reader, blocks))?;
            if reader == 0 {
                std::thread::sleep(PAUSE);
            }
            asked.fetch_add(1, Ordering::Relaxed);
            new.fetch_add(usize::from(version != truth.old), Ordering::Relaxed);
        }
        Ok(())
    };
    std::thread::scope(|scope| -> Result<()> {
        let readers: Vec<_> = (0..=READERS)
            .map(|reader| {
                let (read, done) = (&read, &done);
                scope.spawn(move || {
                    let outcome = read(&mut Seed::of(&format!("reader {reader}")), reader);
                    if outcome.is_err() {
                        // for all of them
                        done.store(true, Ordering::Relaxed);
                    }
                    outcome
                })
            })
            .collect();
        let changed = the_registry_changes(&hashwatch, &file, &overlay(&pools, "new", true)?, &asked, || {
            new.load(Ordering::Relaxed) > MANY || done.load(Ordering::Relaxed)
        });
        done.store(true, Ordering::Relaxed);
        readers.into_iter().try_for_each(|reader| reader.join().expect("no panic"))?;
        changed.with_context(|| hashwatch.stderr())
    })?;
    let (asked, new, seconds) = (asked.into_inner(), new.into_inner(), began.elapsed().as_secs_f64());
    let rate = asked as f64 / seconds;
    eprintln!("{asked} answers in {seconds:.1} s: {rate:.0} a second; {new} of them under the new version");
    assert!(rate > floor(), "{rate:.0} answers a second");
    the_old_version_stays(&mut hashwatch, &truth, &cited)
}

/// Changes the overlay and waits until enough was answered under it. Prints how fast answers came while opinions were formed.
fn the_registry_changes(
    hashwatch: &Hashwatch,
    file: &Path,
    text: &str,
    asked: &AtomicUsize,
    enough: impl Fn() -> bool,
) -> Result<()> {
    fs::write(file, text)?;
    let mut seen = Vec::new();
    for said in ["forming all opinions anew", "opinions are read under the changed entries"] {
        wait_until(said, LONG, || enough() || hashwatch.stderr().contains(said))?;
        seen.push((asked.load(Ordering::Relaxed), Instant::now()));
    }
    let (answers, seconds) = (seen[1].0 - seen[0].0, (seen[1].1 - seen[0].1).as_secs_f64());
    eprintln!("{answers} answers in the {seconds:.2} s in which opinions were formed anew");
    wait_until("the new version is read", LONG, enough)
}

fn the_old_version_stays(hashwatch: &mut Hashwatch, truth: &Truth, cited: &Value) -> Result<()> {
    let path = format!("/api/v1/shares?window=all&registry={}", truth.old);
    assert_eq!(&hashwatch.get_json(&path)?, cited);
    assert_ne!(hashwatch.get_json("/api/v1/status")?["registry_version"], json!(truth.old));
    hashwatch.terminate()?;
    let found = hashwatch.check()?;
    assert!(found.status.success(), "{}", String::from_utf8_lossy(&found.stdout));
    Ok(())
}
