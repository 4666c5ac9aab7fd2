//! What an operator adds to what is published: announcements of his own beside the built-in ones, taken over without a restart, and
//! prices, which a permanent link holds.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use hashwatch_tests::{Hashwatch, wait_until};
use serde_json::Value;

use crate::simulated::simulate;
use crate::turn::turn;

const LONG: Duration = Duration::from_secs(60);

/// Another figure of the same lease than the built-in announcement has.
const CONTRARY: &str = r#"
[[announcement]]
slug = "contrary"
miner = "hut-8"
on = "2026-01-10"
dated = "reported"
kind = "lease"
about = "hut-8-river-bend-2025-12"
contradicts = ["hut-8-river-bend-2025-12"]
figure = [{ what = "critical-it-mw", value = 230 }]
source = "https://example.org/contrary"
date = "2026-01-10"

[[update]]
announcement = "hut-8-river-bend-2025-12"
contradicts = ["contrary"]
"#;

fn announcement<'a>(pivots: &'a Value, slug: &str) -> Option<&'a Value> {
    pivots["pivots"].as_array()?.iter().find(|it| it["slug"] == slug)
}

#[test]
fn announcements_of_his_own_stand_beside_those_they_contradict() -> Result<()> {
    let _turn = turn();
    let dir = tempfile::tempdir()?;
    let chain = dir.path().join("chain");
    simulate(&chain, &["--blocks", "200", "--seed", "5"])?;
    let own = dir.path().join("own.toml");
    fs::write(&own, "")?;
    let mut hashwatch = Hashwatch::reading(&chain)?.with(["--overlay".as_ref(), own.as_os_str()]);
    hashwatch.run()?;
    let pivots = || hashwatch.get_json("/api/v1/pivots?on=2026-11-28");
    let before = pivots()?;
    ensure!(announcement(&before, "contrary").is_none());

    fs::write(&own, CONTRARY)?;
    wait_until("the announcement", LONG, || pivots().is_ok_and(|all| announcement(&all, "contrary").is_some()))?;
    let after = pivots()?;
    ensure!(after["dossier_version"] != before["dossier_version"], "another state of what is published");
    let builtin = announcement(&after, "hut-8-river-bend-2025-12").context("the built-in one")?;
    ensure!(builtin["contradicts"][0] == "contrary", "{builtin}");
    let bound = |pivots: &Value, end: &str| pivots["totals"]["critical_it_mw"][end].as_f64().context("MW");
    ensure!(bound(&after, "low")? < bound(&before, "low")?, "a total lies between those who contradict each other");
    ensure!(bound(&after, "high")? == bound(&before, "high")?, "{}", after["totals"]);
    let page = hashwatch.get_with("/pivots?on=2026-11-28", &[("Accept", "text/html")])?.text();
    let beside = page.split_once("class=\"beside\"").context("a table of what contradicts each other")?.1;
    ensure!(beside.contains("#contrary") && beside.contains("#hut-8-river-bend-2025-12"), "side by side");
    let stale = format!("/api/v1/pivots?dossier={}", before["dossier_version"].as_str().context("a version")?);
    let refused = hashwatch.get(&stale)?;
    ensure!((refused.status, refused.json()?["error"]["code"].as_str()) == (404, Some("not_available")), "{stale}");

    // what is wrong changes nothing, and is told to the log alone
    fs::write(&own, CONTRARY.replace("hut-8\"", "hut-9\""))?;
    wait_until("the refusal", LONG, || hashwatch.stderr().contains("hut-9"))?;
    ensure!(announcement(&pivots()?, "contrary").is_some(), "the former entries stay");
    Ok(())
}

#[test]
fn prices_of_his_own_go_into_the_cost_and_a_link_holds_them() -> Result<()> {
    let _turn = turn();
    let dir = tempfile::tempdir()?;
    let chain = dir.path().join("chain");
    simulate(&chain, &["--blocks", "200", "--seed", "5"])?;
    let prices = "[market]\nbtc_usd = { value = 91000.0, at = \"2026-11-27\" }\n";
    let mut hashwatch = Hashwatch::reading(&chain)?.configured(prices)?;
    hashwatch.run()?;
    let price = |question: &str| -> Result<Value> {
        let answer = hashwatch.get_json(question)?;
        let all = answer["parameters"].as_array().context("parameters")?;
        let found = all.iter().find(|it| it["name"] == "usd_per_btc").cloned().context("the price of a coin")?;
        Ok(serde_json::json!({ "input": found, "permalink": answer["permalink"] }))
    };
    // asked for from the first moment on
    let question = "/api/v1/attack-cost?on=2026-11-28";
    wait_until("the price", LONG, || price(question).is_ok_and(|it| it["input"]["origin"] == "operator"))?;
    let now = price(question)?;
    let input = &now["input"];
    ensure!((input["central"].as_f64(), input["age_days"].as_i64()) == (Some(91_000.0), Some(1)), "{input}");
    ensure!(input["how"] == "the operator's, from the configuration", "{input}");
    // as of an earlier day it was not known, and a link from before it was configured stays what it was
    for earlier in ["/api/v1/attack-cost?on=2026-11-26", "/api/v1/attack-cost?on=2026-11-28&prices=none"] {
        ensure!(price(earlier)?["input"]["origin"] == "published", "{earlier}");
    }
    let permalink = now["permalink"].as_str().context("a permalink")?;
    ensure!(permalink.contains("&prices=btc_usd:91000@1795737600"), "{permalink}");
    let held = price(permalink)?;
    ensure!((held["input"]["central"].as_f64(), &held["permalink"]) == (Some(91_000.0), &now["permalink"]), "{held}");
    for bad in ["prices=btc_usd:NaN@1795737600", "prices=btc_usd", "prices=eth_usd:1@1795737600"] {
        let refused = hashwatch.get(&format!("/api/v1/attack-cost?{bad}"))?;
        let message = refused.json()?["error"]["message"].as_str().context("a message")?.to_owned();
        ensure!(refused.status == 400 && message.contains("prices"), "{bad}: {message}");
    }
    Ok(())
}
