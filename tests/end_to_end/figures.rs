//! Figures that can be cited: as of a block they are what they were, at every block they are what a plain count gives, and they say
//! where they stand for ever.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use hashwatch_tests::Hashwatch;
use serde_json::Value;

use crate::pool_pages::csv;
use crate::seed::Seed;
use crate::simulated::{running, simulate};
use crate::turn::turn;

/// A chain of so many blocks; of one seed a shorter one is the beginning of a longer one.
pub(crate) fn chain(dir: &Path, blocks: u32) -> Result<Hashwatch> {
    simulate(dir, &["--blocks", &blocks.to_string(), "--seed", "5"])?;
    running(dir)
}

/// Every question whose answer is as of a block.
const QUESTIONS: [&str; 24] = [
    "/api/v1/shares?window=144",
    "/api/v1/shares?window=1w&by=group",
    "/api/v1/shares?window=all&by=owner",
    "/api/v1/shares?window=1w&by=miner",
    "/api/v1/concentration?window=144",
    "/api/v1/concentration?window=1w&by=owner",
    "/api/v1/concentration?window=all&by=group",
    "/api/v1/series?metric=hhi&window=144&step=50",
    "/api/v1/series?metric=nakamoto&window=3d&by=group",
    "/api/v1/series?metric=hashrate&window=1d",
    "/api/v1/series?metric=fee_share&window=all&step=100",
    "/api/v1/hashrate?window=144",
    "/api/v1/hashrate?window=3d",
    "/api/v1/difficulty?window=all",
    "/api/v1/streaks?window=500",
    "/api/v1/luck?window=144&before=500",
    "/api/v1/revenue?window=1w",
    "/api/v1/blocks?limit=5",
    "/api/v1/unknown?window=all",
    "/charts/shares.json?window=1w",
    "/charts/history.json?window=all",
    "/charts/index.json?metric=hhi&window=144&span=all",
    "/charts/hashrate.json?window=all",
    "/charts/hashprice.json?window=all",
];

#[test]
fn as_of_a_block_everything_is_what_it_was() -> Result<()> {
    let _turn = turn();
    let dir = tempfile::tempdir()?;
    let whole = chain(&dir.path().join("whole"), 2_600)?;
    let stopped = chain(&dir.path().join("stopped"), 1_900)?;
    let then = stopped.get_json("/api/v1/status")?;
    let hash = then["tip"]["hash"].as_str().context("a hash")?;
    for question in QUESTIONS {
        let before = stopped.get(question)?;
        ensure!(before.status == 200, "{question}: {}", before.text());
        for as_of in ["1899", hash] {
            let after = whole.get(&format!("{question}&as_of={as_of}"))?;
            ensure!(after.status == 200, "{question}: {}", after.text());
            ensure!(before.json()? == after.json()?, "{question} as of {as_of}:\n{}\n{}", before.text(), after.text());
        }
        // and as of now it is something else
        ensure!(whole.get(question)?.body != before.body, "{question} is the same 700 blocks later");
    }
    // pools tell what is of the whole chain, and what is stale is known as of now alone
    let pools = |answer: Value| -> Result<Vec<(Value, Value, Value)>> {
        let pools = answer["pools"].as_array().context("pools")?.clone();
        Ok(pools.into_iter().map(|it| (it["pool"].clone(), it["blocks_ever"].clone(), it["share"].clone())).collect())
    };
    let after = pools(whole.get_json("/api/v1/pools?window=1w&as_of=1899")?)?;
    ensure!(pools(stopped.get_json("/api/v1/pools?window=1w")?)? == after, "pools");
    Ok(())
}

#[test]
fn an_answer_says_where_it_stands_for_ever() -> Result<()> {
    let _turn = turn();
    let dir = tempfile::tempdir()?;
    let hashwatch = chain(dir.path(), 2_300)?;
    for question in QUESTIONS.iter().filter(|question| question.starts_with("/api/")) {
        let first = hashwatch.get(question)?;
        let json = first.json()?;
        let permalink = json["permalink"].as_str().with_context(|| format!("{question}: no permalink"))?;
        let again = hashwatch.get(permalink)?;
        ensure!(again.body == first.body, "{question}: {permalink} says something else");
        let citation = json["citation"].as_str().context("a citation")?;
        for part in ["hashwatch ", "sim (simulated)", json["as_of"]["hash"].as_str().context("a hash")?] {
            ensure!(citation.contains(part), "{question}: {citation}");
        }
        // the same bytes have the same tag, whoever asks, and whoever has them is told so
        let tag = first.header("etag").to_owned();
        ensure!(tag.starts_with('"') && tag.len() > 20, "{question}: {tag}");
        let known = hashwatch.get_with(question, &[("If-None-Match", &tag)])?;
        ensure!((known.status, known.body.len()) == (304, 0), "{question}: {}", known.status);
        // another coding has bytes, and so a tag, of its own
        let packed = hashwatch.get_with(question, &[("Accept-Encoding", "br")])?;
        ensure!(packed.header("etag") != tag, "{question}: one tag for two codings");
        let vary: Vec<_> = packed.headers.get_all("vary").iter().filter_map(|value| value.to_str().ok()).collect();
        ensure!(vary.contains(&"accept-encoding"), "{question}: vary: {vary:?}");
    }
    for bad in
        ["/api/v1/concentration?as_of=99999", "/api/v1/series?from=2300", "/api/v1/series?metric=share&id=nobody"]
    {
        ensure!(hashwatch.get(bad)?.status == 404, "{bad}");
    }
    for bad in [
        "/api/v1/series?metric=x",
        "/api/v1/series?metric=share",
        "/api/v1/series?step=0",
        "/api/v1/series?from=2024-02-30",
        "/api/v1/luck?before=all",
        "/api/v1/concentration?window=0",
        "/api/v1/concentration?by=miner",
        "/charts/index.json?scale=cubic",
    ] {
        ensure!(hashwatch.get(bad)?.status == 400, "{bad}");
    }
    Ok(())
}

/// What has no effect is no part of a permalink: one answer has one.
#[test]
fn a_permalink_holds_what_has_an_effect() -> Result<()> {
    let _turn = turn();
    let dir = tempfile::tempdir()?;
    let hashwatch = chain(dir.path(), 300)?;
    let link = |question: &str| -> Result<String> {
        Ok(hashwatch.get_json(question)?["permalink"].as_str().context("a permalink")?.to_owned())
    };
    let plain = link("/api/v1/series?metric=difficulty")?;
    ensure!(link("/api/v1/series?metric=difficulty&window=144&by=owner&id=x")? == plain, "{plain}");
    ensure!(!plain.contains("window=") && !plain.contains("by="), "{plain}");
    let hashrate = link("/api/v1/series?metric=hashrate&window=144&by=owner")?;
    ensure!(hashrate.contains("window=144") && !hashrate.contains("by="), "{hashrate}");
    ensure!(
        hashwatch.get("/api/v1/series?metric=difficulty&window=0")?.status == 400,
        "a bad one is refused all the same"
    );
    Ok(())
}

/// What others published is of no simulated chain, and can be cited as it stands.
#[test]
fn published_months_are_as_of_no_block_of_another_chain() -> Result<()> {
    let _turn = turn();
    let dir = tempfile::tempdir()?;
    let hashwatch = chain(dir.path(), 300)?;
    let first = hashwatch.get("/api/v1/published?metric=cr3&by=owner")?;
    let json = first.json()?;
    ensure!((json["network"].as_str(), json["as_of"].is_null()) == (Some("mainnet"), true), "{json}");
    let permalink = json["permalink"].as_str().context("a permalink")?;
    let again = hashwatch.get(permalink)?;
    ensure!(again.body == first.body, "{permalink} says something else");
    let version = json["registry_version"].as_str().context("a version")?;
    let citation = json["citation"].as_str().context("a citation")?;
    ensure!(citation.contains("not verified here") && citation.contains(version), "{citation}");
    let file = hashwatch.get("/api/v1/published?format=csv")?.text();
    let lines: Vec<&str> = file.lines().collect();
    ensure!(lines[0].contains("data: published") && lines[0].contains("permalink: /api/v1/published?"), "{}", lines[0]);
    ensure!(lines.len() == 2 + 64 && lines[2].starts_with("\"2021-01\",\"true\",4485,55,"), "{}", lines[2]);
    let refused = hashwatch.get("/api/v1/published?as_of=100")?;
    ensure!((refused.status, refused.json()?["error"]["code"].as_str()) == (404, Some("not_available")));
    ensure!(hashwatch.get("/api/v1/published?registry=0123456789abcdef")?.status == 404);
    Ok(())
}

/// Blocks of each pool in a window that ends at a place; the empty name is Unknown.
fn counted(pools: &[String], place: usize, window: usize) -> BTreeMap<&str, u64> {
    let mut counts = BTreeMap::new();
    for pool in &pools[place + 1 - window..=place] {
        *counts.entry(pool.as_str()).or_default() += 1;
    }
    counts
}

/// An index by its plain definition over the named ones.
fn index(word: &str, counts: &BTreeMap<&str, u64>) -> f64 {
    let mut named: Vec<f64> = counts.iter().filter(|(pool, _)| !pool.is_empty()).map(|(_, n)| *n as f64).collect();
    named.sort_by(|one, other| other.total_cmp(one));
    let all: f64 = named.iter().sum();
    let parts = named.iter().map(|blocks| blocks / all);
    match word {
        "hhi" => parts.map(|part| (100.0 * part).powi(2)).sum(),
        "shannon" => -parts.map(|part| part * part.log2()).sum::<f64>(),
        "cr3" => parts.take(3).sum(),
        "nakamoto" => {
            let mut sum = 0.0;
            named
                .iter()
                .take_while(|blocks| {
                    let below = 2.0 * sum <= all;
                    sum += **blocks;
                    below
                })
                .count() as f64
        }
        other => panic!("no plain definition of {other}"),
    }
}

#[test]
fn a_series_is_what_a_plain_count_gives() -> Result<()> {
    let _turn = turn();
    let dir = tempfile::tempdir()?;
    let hashwatch = chain(dir.path(), 4_000)?;
    let (head, rows) = csv(&hashwatch.get("/api/v1/blocks.csv")?.text())?;
    ensure!(head.contains("permalink: /api/v1/blocks.csv?") && rows.len() == 4_001, "{head}, {} rows", rows.len());
    let column = rows[0].iter().position(|name| name == "pool").context("a column of pools")?;
    let pools: Vec<String> = rows[1..].iter().map(|row| row[column].clone()).collect();
    let mut seed = Seed::of("a_series_is_what_a_plain_count_gives");
    for (word, window) in [("hhi", 144), ("hhi", 2_016), ("shannon", 144), ("cr3", 1_008), ("nakamoto", 144)] {
        let asked = format!("/api/v1/series?metric={word}&window={window}&step=1");
        let (_, rows) = csv(&hashwatch.get(&format!("{asked}&format=csv"))?.text())?;
        ensure!(rows.len() == 4_000 - window + 2, "{asked}: {} rows", rows.len());
        for _ in 0..200 {
            let row = &rows[1 + usize::try_from(seed.within(0..rows.len() as u64 - 1))?];
            let (height, value): (usize, f64) = (row[0].parse()?, row[2].parse()?);
            let plain = index(word, &counted(&pools, height, window));
            ensure!((value - plain).abs() <= 1e-9 * plain.max(1.0), "{asked} at {height}: {value}, counted {plain}");
        }
        // JSON says the same
        let points = hashwatch.get_json(&format!("{asked}&from=3000&to=3400"))?;
        ensure!(points["points"].as_array().map(Vec::len) == Some(401), "{asked}");
        let (place, at) = (3_000 - (window - 1) + 1, &points["points"][0]);
        ensure!(at["height"] == 3_000 && at["value"].as_f64() == rows[place][2].parse().ok(), "{asked}: {at}");
    }
    // by days and by times: the same points as by heights
    let times: Vec<u32> = rows[1..].iter().map(|row| row[3].parse()).collect::<Result<_, _>>()?;
    let by_time = format!("/api/v1/series?step=1&from={}&to={}", times[3_000], times[3_010]);
    let found = hashwatch.get_json(&by_time)?;
    ensure!((&found["from_height"], &found["to_height"]) == (&3_000.into(), &3_010.into()), "{found}");
    Ok(())
}

#[test]
fn every_block_comes_as_one_file() -> Result<()> {
    let _turn = turn();
    let dir = tempfile::tempdir()?;
    let hashwatch = chain(dir.path(), 1_200)?;
    let (_, all) = csv(&hashwatch.get("/api/v1/blocks.csv")?.text())?;
    let listed = hashwatch.get_json("/api/v1/blocks?limit=200")?;
    for block in listed["blocks"].as_array().context("blocks")? {
        let row = &all[1 + usize::try_from(block["height"].as_u64().context("a height")?)?];
        let who = &block["attribution"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        assert_eq!(row[1], text(&block["hash"]));
        assert_eq!((&row[4], &row[5], &row[6]), (&text(&who["pool"]), &text(&who["name"]), &text(&who["strength"])));
        for (column, field) in [(2, "time"), (3, "median_time"), (7, "tx_count"), (8, "subsidy"), (9, "fees")] {
            assert_eq!(row[column], block[field].to_string(), "{field}");
        }
    }
    let pool = listed["blocks"]
        .as_array()
        .and_then(|all| all.iter().find_map(|it| it["attribution"]["pool"].as_str()))
        .context("a pool")?;
    let (_, some) = csv(&hashwatch.get(&format!("/api/v1/blocks.csv?pool={pool}&from=100&to=900"))?.text())?;
    let expected = all[101..=901].iter().filter(|row| row[4] == pool).count();
    assert_eq!(some.len() - 1, expected);
    let then = hashwatch.get("/api/v1/blocks.csv?as_of=500")?;
    assert_eq!(csv(&then.text())?.1.len(), 502);
    // packed it comes to its end, too
    let packed = hashwatch.get_with("/api/v1/blocks.csv?as_of=500", &[("Accept-Encoding", "br")])?;
    assert!(packed.status == 200 && packed.body.len() > 1_000 && packed.body.len() < then.body.len());
    let tag = then.header("etag").to_owned();
    assert_eq!(hashwatch.get_with("/api/v1/blocks.csv?as_of=500", &[("If-None-Match", &tag)])?.status, 304);
    assert_eq!(hashwatch.get("/api/v1/blocks.csv?pool=nobody")?.status, 400);
    Ok(())
}
