//! What listed companies disclosed: of mainnet whatever chain is followed, as of a day, with its sources, and the same on the page, in
//! JSON and as CSV.

use anyhow::{Context, Result, ensure};
use hashwatch_tests::Hashwatch;
use serde_json::{Value, json};

use crate::figures::chain;
use crate::turn::turn;

/// A day by which all that is asserted below had been published.
const DAY: &str = "on=2026-10-01";

fn list<'v>(value: &'v Value, key: &str) -> Result<&'v Vec<Value>> {
    value[key].as_array().with_context(|| format!("{key} is no list"))
}

/// The head of a file and its rows, that of the columns first.
fn file(hashwatch: &Hashwatch, path: &str) -> Result<(String, Vec<Vec<String>>)> {
    let text = hashwatch.get(path)?.text();
    let (head, rest) = text.split_once('\n').context("a head")?;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(rest.as_bytes());
    let rows = reader.records().map(|row| Ok(row?.iter().map(str::to_owned).collect())).collect::<Result<_>>()?;
    Ok((head.to_owned(), rows))
}

/// The page, as people ask for it.
fn page(hashwatch: &Hashwatch, path: &str) -> Result<(u16, String)> {
    let answer = hashwatch.get_with(path, &[("Accept", "text/html")])?;
    Ok((answer.status, answer.text()))
}

#[test]
fn companies_over_time_on_a_simulated_chain() -> Result<()> {
    let _turn = turn();
    let dir = tempfile::tempdir()?;
    let hashwatch = chain(dir.path(), 300)?;
    of_all(&hashwatch)?;
    of_one(&hashwatch)?;
    refusals(&hashwatch)
}

fn of_all(hashwatch: &Hashwatch) -> Result<()> {
    let first = hashwatch.get(&format!("/api/v1/miners?{DAY}"))?;
    let all = first.json()?;
    assert_eq!((&all["network"], &all["data"], &all["as_of"]), (&json!("mainnet"), &json!("published"), &Value::Null));
    let again = hashwatch.get(all["permalink"].as_str().context("a permalink")?)?;
    ensure!(again.body == first.body, "the permalink says something else");
    let companies = list(&all, "companies")?;
    ensure!(companies.len() >= 28, "{} companies", companies.len());
    let iren = companies.iter().find(|it| it["id"] == "iren").context("IREN")?;
    let newest = list(iren, "disclosed")?.iter().find(|it| it["kind"] == "installed").context("a figure")?;
    assert_eq!((&newest["period"], &newest["age_days"]), (&json!("2026-03"), &json!(184)), "31 March to 1 October");
    for company in companies {
        // each leads to itself, and has a source for each figure
        let one = company["page"].as_str().context("a page")?;
        assert_eq!(hashwatch.get_json(&format!("/api/v1{one}?{DAY}"))?["id"], company["id"], "{one}");
        for said in list(company, "disclosed")? {
            ensure!(said["source"].as_str().is_some_and(|source| source.starts_with("http")), "{said}");
            assert_eq!(said["share"].is_null(), said["network"].is_null(), "{said}");
            ensure!(said["network"].is_null() || said["network"]["from"] == "published", "{said}");
        }
    }
    let study = &all["study"];
    let counted = |key: &str| list(study, "events").map(|all| all.iter().filter(|it| it[key] == true).count());
    assert_eq!(study["change"]["companies"], json!(counted("counted")?));
    assert_eq!(study["change_of_share"]["companies"], json!(counted("share_counted")?));
    let (head, rows) = file(hashwatch, &format!("/api/v1/miners?{DAY}&format=csv"))?;
    ensure!(head.contains("data: published") && rows.len() == companies.len() + 1, "{head}");
    let (status, html) = page(hashwatch, &format!("/miners?{DAY}"))?;
    ensure!(status == 200 && html.contains("Not simulated:") && html.contains("/miners/IREN?on=2026-10-01"), "{html}");
    Ok(())
}

fn of_one(hashwatch: &Hashwatch) -> Result<()> {
    let one = |path: &str| hashwatch.get_json(&format!("/api/v1/miners/{path}"));
    let riot = one(&format!("riot?{DAY}"))?;
    assert_eq!((&riot["id"], &riot["page"]), (&json!("riot-platforms"), &json!("/miners/RIOT")));
    assert_eq!(one(&format!("BITF?{DAY}"))?["id"], "keel-infrastructure", "a ticker of old");
    assert_eq!(one(&format!("keel-infrastructure?{DAY}"))?["page"], "/miners/KEEL");
    // what was published later is not told as of then
    let then = one("riot?on=2024-12-31")?;
    for key in ["disclosures", "reports", "announcements"] {
        ensure!(list(&then, key)?.len() < list(&riot, key)?.len(), "{key}");
    }
    ensure!(list(&then, "reports")?.iter().all(|it| it["date"].as_str().is_some_and(|date| date < "2025")), "{then}");
    // a check follows from its own fields
    let checks = list(&riot, "production_checks")?;
    ensure!(!checks.is_empty(), "no production is checked");
    for check in checks {
        let of = |key: &str| check[key].as_f64().with_context(|| format!("{key}: {check}"));
        let blocks = of("share")? * of("blocks")?;
        ensure!((of("expected_blocks")? / blocks - 1.0).abs() < 1e-9, "{check}");
        ensure!((of("expected_btc")? / (blocks * of("btc_per_block")?) - 1.0).abs() < 1e-9, "{check}");
        ensure!((of("ratio")? / (of("btc_produced")? / of("expected_btc")?) - 1.0).abs() < 1e-9, "{check}");
        let share = of("hashes_per_second")? / check["network"]["hashes_per_second"].as_f64().context("a rate")?;
        ensure!((of("share")? / share - 1.0).abs() < 1e-9, "{check}");
    }
    let (_, rows) = file(hashwatch, &format!("/api/v1/miners/riot?{DAY}&format=csv"))?;
    let hashrates = rows.iter().filter(|row| row[1] == "hashes_per_second").count();
    assert_eq!(hashrates, list(&riot, "disclosures")?.len());
    // the page, its picture and its data
    let (status, html) = page(hashwatch, &format!("/miners/riot?{DAY}&kind=operating"))?;
    ensure!(
        status == 200 && html.contains("This page is about Bitcoin itself") && html.contains("class=\"gap\""),
        "{html}"
    );
    let chart = hashwatch.get_json(&format!("/charts/disclosed.json?miner=RIOT&kind=operating&{DAY}"))?;
    let points = list(&chart, "points")?;
    let values: Vec<f64> = points.iter().filter_map(|point| point["value"].as_f64()).collect();
    let said = list(&riot, "disclosures")?.iter().filter(|it| it["kind"] == "operating");
    let said: Vec<f64> = said.filter_map(|it| it["hashes_per_second"].as_f64()).collect();
    ensure!(values == said && points.len() > values.len(), "{values:?} and {said:?}");
    let svg = hashwatch.get(&format!("/charts/disclosed.svg?miner=RIOT&kind=operating&{DAY}"))?;
    ensure!(svg.status == 200 && svg.text().contains("As of 2026-10-01"), "{}", svg.text());
    Ok(())
}

fn refusals(hashwatch: &Hashwatch) -> Result<()> {
    for (path, status, code) in [
        ("/api/v1/miners/nobody", 404, "not_found"),
        ("/api/v1/miners/%ff", 400, "bad_value"),
        ("/api/v1/miners?on=2026-02-30", 400, "bad_value"),
        ("/api/v1/miners?window=1w", 400, "unknown_parameter"),
        ("/api/v1/miners/IREN?dossier=0123456789abcdef", 404, "not_available"),
        ("/api/v1/miners?as_of=100", 404, "not_available"),
        ("/charts/disclosed.json?kind=operating", 400, "bad_value"),
        ("/charts/disclosed.json?miner=IREN&kind=rented", 400, "bad_value"),
        ("/charts/disclosed.json?miner=nobody", 404, "not_found"),
    ] {
        let answer = hashwatch.get(path)?;
        assert_eq!((answer.status, &answer.json()?["error"]["code"]), (status, &json!(code)), "{path}");
    }
    let (status, html) = page(hashwatch, "/miners/nobody%3Cb%3E")?;
    ensure!(status == 404 && html.contains("/api/v1/miners list") && !html.contains("nobody<b>"), "{html}");
    ensure!(page(hashwatch, "/miners?dossier=0123456789abcdef")?.0 == 404);
    // the block of the chain followed is no block of what is disclosed, and the page takes it all the same
    let (status, html) = page(hashwatch, "/miners?as_of=200&on=2026-10-01")?;
    ensure!(status == 200 && html.contains("as of block 200"), "{html}");
    Ok(())
}
