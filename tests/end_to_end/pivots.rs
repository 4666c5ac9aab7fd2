//! What listed miners announced, on an instance of another chain: told all the same, with its sources, and never as our own.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::figures::chain;
use crate::turn::turn;

/// Questions about mainnet that need no block.
const QUESTIONS: [&str; 6] = [
    "/api/v1/pivots",
    "/api/v1/pivots?miner=CORZ&kind=lease",
    "/api/v1/pivots?status=partly-live&on=2026-09-01",
    "/api/v1/pivots?from=2025-11-01&to=2025-11-30&on=2025-12-31",
    "/api/v1/economics",
    "/api/v1/economics?on=2025-12-31",
];

fn list<'j>(json: &'j Value, key: &str) -> Result<&'j Vec<Value>> {
    json[key].as_array().with_context(|| format!("no {key}"))
}

#[test]
fn answers_about_mainnet_stand_on_another_chain() -> Result<()> {
    let _turn = turn();
    let dir = tempfile::tempdir()?;
    let hashwatch = chain(dir.path(), 300)?;
    for question in QUESTIONS {
        let first = hashwatch.get(question)?;
        let json = first.json()?;
        ensure!(first.status == 200, "{question}: {json}");
        let head = ["network", "data"].map(|key| json[key].as_str());
        ensure!(head == [Some("mainnet"), Some("published")] && json["as_of"].is_null(), "{question}");
        let permalink = json["permalink"].as_str().context("a permalink")?;
        ensure!(hashwatch.get(permalink)?.body == first.body, "{permalink} says something else");
        let known = hashwatch.get_with(question, &[("If-None-Match", first.header("etag"))])?;
        ensure!(known.status == 304, "{question}: {}", known.status);
    }
    totals_add_up(&hashwatch.get_json("/api/v1/pivots?on=2026-10-01")?)?;
    // the day decides what is known: before the vote the merger was still an offer
    let status = |on: &str| -> Result<String> {
        let all = hashwatch.get_json(&format!("/api/v1/pivots?kind=offer&from=2025-01-01&on={on}"))?;
        Ok(list(&all, "pivots")?[0]["status"]["is"].as_str().context("a status")?.to_owned())
    };
    assert_eq!((status("2025-08-01")?, status("2025-11-30")?), ("announced".to_owned(), "rejected".to_owned()));
    for bad in [
        "/api/v1/pivots?miner=nobody",
        "/api/v1/pivots?kind=merger",
        "/api/v1/pivots?status=",
        "/api/v1/pivots?from=2026-01-01&to=2025-01-01",
        "/api/v1/pivots?from=2025-02-30",
        "/api/v1/pivots?on=yesterday",
        "/api/v1/pivots?year=2025",
        "/api/v1/economics?table=all",
        "/pivots?year=1",
        "/pivots?miner=%3Cscript%3E",
        "/feeds/pivots.atom?kind=merger",
        "/charts/pivots.json?series=all",
    ] {
        let refused = hashwatch.get(bad)?;
        ensure!(refused.status == 400, "{bad}: {}", refused.status);
    }
    for missing in ["/api/v1/pivots?as_of=100", "/api/v1/economics?dossier=0123456789abcdef"] {
        ensure!(hashwatch.get(missing)?.status == 404, "{missing}");
    }
    the_table_has_every_figure(
        &hashwatch.get("/api/v1/pivots?format=csv")?.text(),
        &hashwatch.get_json("/api/v1/pivots")?,
    )?;
    the_feed_has_every_entry(&hashwatch)?;
    // no mark of Bitcoin's is on a simulated chain; what others published of mainnet has them
    ensure!(list(&hashwatch.get_json("/charts/hashrate.json?window=all")?, "markers")?.is_empty());
    let marks = hashwatch.get_json("/charts/published.json?metric=hhi")?;
    ensure!((1..=8).contains(&list(&marks, "markers")?.len()), "{}", marks["markers"]);
    Ok(())
}

/// Sums over contracts and over companies are the totals, and no announcement is in two contracts.
fn totals_add_up(json: &Value) -> Result<()> {
    let mut counted: Vec<&str> = Vec::new();
    for key in ["critical_it_mw", "live_critical_it_mw", "contract_usd"] {
        for bound in ["low", "value", "high"] {
            let signed = list(json, "contracts")?.iter().filter(|it| it["signed"] == true);
            let sum: f64 = signed.filter_map(|it| it[key][bound].as_f64()).sum();
            let total = json["totals"][key][bound].as_f64().context("a total")?;
            ensure!((sum - total).abs() <= 1e-9 * total.max(1.0), "{key} {bound}: {sum}, {total}");
        }
    }
    for contract in list(json, "contracts")? {
        counted.extend(list(contract, "announcements")?.iter().filter_map(Value::as_str));
    }
    let all = counted.len();
    counted.sort_unstable();
    counted.dedup();
    ensure!(counted.len() == all && all > 20, "{all} announcements, {} of them once", counted.len());
    let companies: f64 = list(json, "companies")?.iter().filter_map(|it| it["critical_it_mw"]["value"].as_f64()).sum();
    ensure!((companies - json["totals"]["critical_it_mw"]["value"].as_f64().context("a total")?).abs() < 1e-6);
    Ok(())
}

fn the_table_has_every_figure(text: &str, json: &Value) -> Result<()> {
    let (head, table) = text.split_once('\n').context("a line above the table")?;
    let rows: Vec<csv::StringRecord> =
        csv::ReaderBuilder::new().from_reader(table.as_bytes()).records().collect::<Result<_, _>>()?;
    ensure!(head.contains("data: published") && head.contains("permalink: /api/v1/pivots?"), "{head}");
    let figures = list(json, "pivots")?.iter().map(|it| it["figures"].as_array().map_or(1, |all| all.len().max(1)));
    assert_eq!(rows.len(), figures.sum::<usize>());
    Ok(())
}

fn the_feed_has_every_entry(hashwatch: &hashwatch_tests::Hashwatch) -> Result<()> {
    let feed = hashwatch.get("/feeds/pivots.atom?on=2026-10-01")?;
    ensure!(feed.status == 200 && feed.header("content-type").starts_with("application/atom+xml"));
    let text = feed.text();
    let json = hashwatch.get_json("/api/v1/pivots?on=2026-10-01")?;
    let pivots = list(&json, "pivots")?;
    assert_eq!(text.matches("<entry>").count(), pivots.len());
    let mut place = 0;
    for pivot in pivots {
        let link = format!("href=\"/pivots#{}\"", pivot["slug"].as_str().context("a slug")?);
        let found = text[place..].find(&link).with_context(|| format!("{link} is not there, or not in this order"))?;
        place += found;
    }
    let known = hashwatch.get_with("/feeds/pivots.atom?on=2026-10-01", &[("If-None-Match", feed.header("etag"))])?;
    ensure!(known.status == 304, "{}", known.status);
    let page = hashwatch.get("/pivots?on=2026-10-01")?.text();
    ensure!(page.contains("<link rel=\"alternate\" type=\"application/atom+xml\""), "no link to the feed");
    for pivot in pivots {
        ensure!(page.contains(&format!("id=\"{}\"", pivot["slug"].as_str().context("a slug")?)), "{}", pivot["slug"]);
    }
    Ok(())
}
