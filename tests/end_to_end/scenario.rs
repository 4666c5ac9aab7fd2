//! What if miners leave: identities that hold whatever is published, the page and the charts against the answer, permalinks, and what is
//! refused.

use anyhow::{Context, Result, ensure};
use hashwatch_tests::Hashwatch;
use serde_json::Value;

use crate::simulated::{running, simulate};
use crate::turn::turn;

/// A day with facts before it: what is published later changes nothing.
const ON: &str = "on=2026-10-28";

fn number(value: &Value) -> Result<f64> {
    value.as_f64().with_context(|| format!("{value} is no number"))
}

fn near(found: f64, expected: f64, by: f64) -> Result<()> {
    ensure!((found - expected).abs() <= by, "{found} is not {expected}");
    Ok(())
}

#[test]
fn a_scenario_is_told_alike_everywhere() -> Result<()> {
    let _turn = turn();
    let home = tempfile::tempdir()?;
    let chain = home.path().join("chain");
    simulate(&chain, &["--blocks", "400", "--seed", "3"])?;
    let hashwatch = running(&chain)?;
    a_part_leaves(&hashwatch)?;
    all_leave(&hashwatch)?;
    all_who_announced(&hashwatch)?;
    the_page_and_the_charts(&hashwatch)?;
    who_leaves_has_a_page(&hashwatch)?;
    refused(&hashwatch)
}

/// Of d at an epoch's start: blocks 10/(1-d) minutes apart, the retarget falls by d, and the hashprice rises by 1/(1-d).
fn a_part_leaves(hashwatch: &Hashwatch) -> Result<()> {
    let all = number(&hashwatch.get_json(&format!("/api/v1/scenario?{ON}"))?["disclosed_exahashes_per_second"])?;
    for share in [0.3, 0.8] {
        let question = format!(
            "listed_share={share}&network_exahashes_per_second={}&by=2026-10-28&until=2027-06-01&{ON}",
            2.0 * all
        );
        let told = hashwatch.get_json(&format!("/api/v1/scenario?{question}"))?;
        let (d, steady) = (share / 2.0, 2_016.0 / 2_015.0);
        near(number(&told["central"]["departed_exahashes_per_second"])?, share * all, 1e-6)?;
        near(number(&told["central"]["slowest"]["seconds"])?, 600.0 / (1.0 - d), 1e-6)?;
        near(number(&told["epochs"][1]["change"]["value"])?, (1.0 - d) * steady, 1e-9)?;
        let took = number(&told["epochs"][1]["from"]["value"])? - number(&told["start"]["time"])?;
        near(took, 2_015.0 * 600.0 / (1.0 - d), 1e-3)?;
        let price = |at: usize| number(&told["epochs"][at]["hashprice_usd_per_ph_day"]["central"]);
        near(price(1)? / price(0)?, 1.0 / (1.0 - d) / steady, 1e-9)?;
        for epoch in told["epochs"].as_array().context("epochs")?.iter().skip(1) {
            let of = |key: &str| number(&epoch["difficulty"][key]);
            ensure!(of("low")? <= of("value")? && of("value")? <= of("high")?, "{epoch}");
        }
    }
    Ok(())
}

fn all_leave(hashwatch: &Hashwatch) -> Result<()> {
    let all = &hashwatch.get_json(&format!("/api/v1/scenario?{ON}"))?["disclosed_exahashes_per_second"];
    let told =
        hashwatch.get_json(&format!("/api/v1/scenario?listed_share=1&network_exahashes_per_second={all}&{ON}"))?;
    ensure!(told["central"]["standstill"] == true && told["attack"]["after"]["central"].is_null(), "{told}");
    let answer = told["answer"].as_str().context("an answer")?;
    ensure!(answer.contains("no block is found") && !answer.contains("inf"), "{answer}");
    Ok(())
}

fn all_who_announced(hashwatch: &Hashwatch) -> Result<()> {
    let told = hashwatch.get_json(&format!("/api/v1/scenario?leave=all-announced&by=2027-12-31&{ON}"))?;
    ensure!(told["network"] == "mainnet" && told["data"] == "published" && told["as_of"].is_null(), "{told}");
    let leaving = told["leaving"].as_array().context("those who leave")?;
    let mut sum = 0.0;
    for one in leaving {
        let amount = number(&one["exahashes_per_second"]["central"])?;
        ensure!(amount <= number(&one["disclosed"]["exahashes_per_second"])? + 1e-9, "{one}");
        ensure!(one["disclosed"]["source"].as_str().is_some_and(|it| it.starts_with("http")), "{one}");
        sum += amount;
    }
    near(number(&told["central"]["departed_exahashes_per_second"])?, sum, 1e-6)?;
    // the least first, and an attack costs the less the more leaves
    let case = |name: &str| number(&told[name]["departed_exahashes_per_second"]);
    ensure!(case("low")? <= case("central")? && case("central")? <= case("high")?, "{told}");
    let cost = |of: &Value| number(&of["gross_usd"]);
    let attack = &told["attack"];
    ensure!(cost(&attack["after"]["high"])? <= cost(&attack["after"]["low"])?, "{attack}");
    ensure!(cost(&attack["after"]["central"])? < cost(&attack["before"])?, "{attack}");
    let shares = told["shares"].as_array().context("shares")?.iter();
    near(shares.map(|it| it["after"]["central"].as_f64().unwrap_or_default()).sum(), 1.0, 1e-9)?;
    let permalink = told["permalink"].as_str().context("a permalink")?;
    ensure!(hashwatch.get_json(permalink)? == told, "{permalink} says something else");
    Ok(())
}

fn the_page_and_the_charts(hashwatch: &Hashwatch) -> Result<()> {
    let question = format!("leave=cipher-exit-2026-02&leave=riot-anthropic-2026-08&{ON}");
    let told = hashwatch.get_json(&format!("/api/v1/scenario?{question}"))?;
    let page = hashwatch.get(&format!("/scenario?{question}"))?;
    ensure!(page.status == 200, "{}", page.text());
    ensure!(page.text().contains(told["answer"].as_str().context("an answer")?), "the page says something else");
    ensure!(page.text().contains("value=\"cipher-exit-2026-02\" checked"), "the box is not checked");
    let epochs = told["epochs"].as_array().context("epochs")?;
    let csv = hashwatch.get(&format!("/api/v1/scenario?{question}&format=csv"))?;
    ensure!(csv.text().lines().count() == epochs.len() + 2, "{}", csv.text());
    for show in ["difficulty", "hashrate", "hashprice"] {
        let chart = hashwatch.get_json(&format!("/charts/scenario.json?show={show}&{question}"))?;
        let last = chart["points"].as_array().and_then(|points| points.last()).context("a point")?;
        let expected = match show {
            "hashrate" => number(&told["central"]["exahashes_per_second"])? * 1e18,
            "hashprice" => number(&epochs[epochs.len() - 1]["hashprice_usd_per_ph_day"]["central"])?,
            _ => number(&told["central"]["difficulty"])?,
        };
        near(number(&last["value"])? / expected, 1.0, 1e-12)?;
        let picture = hashwatch.get(&format!("/charts/scenario.svg?show={show}&{question}"))?;
        ensure!(picture.status == 200 && picture.text().contains("no forecast"), "{show}: {}", picture.text());
    }
    Ok(())
}

/// Pages of companies refuse prices, which pin a scenario.
fn who_leaves_has_a_page(hashwatch: &Hashwatch) -> Result<()> {
    let page = hashwatch.get(&format!("/scenario?{ON}&prices=none"))?.text();
    let links = page.split("<a href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let links: std::collections::BTreeSet<&str> = links.filter(|link| link.starts_with("/miners/")).collect();
    ensure!(links.len() > 5 && !page.contains("/registry#miner-"), "{links:?}");
    for link in links {
        let answer = hashwatch.get(link)?;
        ensure!(link.ends_with(ON) && answer.status == 200, "{link} says {}", answer.status);
    }
    Ok(())
}

fn refused(hashwatch: &Hashwatch) -> Result<()> {
    for (query, name) in [
        ("leave=nobody-2026-01", "leave"),
        ("leave=riot-target-2025-05", "leave"),
        ("listed_share=NaN", "listed_share"),
        ("by=2027-06-01&until=2027-01-01", "by"),
        ("until=2026-01-01", "until"),
        ("network_exahashes_per_second=1", "network_exahashes_per_second"),
        ("network_exahashes_per_second=inf", "network_exahashes_per_second"),
        ("joules_per_terahash=-5", "joules_per_terahash"),
        ("fleet=1@1", "fleet"),
    ] {
        for path in ["/api/v1/scenario", "/charts/scenario.json"] {
            let answer = hashwatch.get(&format!("{path}?{query}&{ON}"))?;
            let message = answer.json()?["error"]["message"].as_str().unwrap_or_default().to_owned();
            ensure!(answer.status == 400, "{query}: {}", answer.text());
            ensure!(message.starts_with(&format!("bad value for \"{name}\"")), "{query}: {message}");
        }
        ensure!(hashwatch.get(&format!("/scenario?{query}&{ON}"))?.status == 400, "{query}");
    }
    Ok(())
}
