//! The warning of a cheap majority, end to end, on real blocks of mainnet and with prices by configuration: not evaluated where a
//! value is missing or too old, which is said and not guessed; raised by the high end of the very cost that the API tells, and by that
//! alone; a level that only the centre reaches is not said; and told when a price comes, without a block.

use std::{fs, sync::mpsc, time::Duration};

use anyhow::{Context, Result, ensure};
use hashwatch_tests::{
    Hashwatch, shared,
    site::{Page, Site},
    wait_until,
};
use serde_json::{Value, json};

use crate::block_files::{four_real_blocks, reading_the_real_blocks};
use crate::turn::turn;

const SOON: Duration = Duration::from_secs(30);

/// With levels, and where one is given a hashprice as of a day.
fn configuration(levels: &[f64], hashprice: Option<(f64, &str)>) -> String {
    let age = if hashprice.is_some() { 36_500 } else { 7 };
    let market = hashprice.map_or_else(String::new, |(value, day)| {
        format!("[market]\nhashprice_usd_per_ph_day = {{ value = {value:.3}, at = \"{day}\" }}\n")
    });
    format!("{market}[alerts.attack_cost]\nlevels = {levels:?}\nmax_age_days = {age}\n")
}

/// Starts it with another configuration.
fn started(hashwatch: &mut Hashwatch, configuration: &str) -> Result<()> {
    let data = hashwatch.data_dir();
    fs::write(data.parent().context("a home")?.join("hashwatch.toml"), configuration)?;
    hashwatch.run()?;
    let evaluated = || hashwatch.get_json("/api/v1/alerts").is_ok_and(|it| it["evaluated"]["height"] == json!(831_331));
    wait_until("rules to be asked", SOON, evaluated).with_context(|| hashwatch.stderr())
}

/// Notices of the rule, the first first, once there are so many.
fn notices(hashwatch: &Hashwatch, count: usize) -> Result<Vec<Value>> {
    let mut found = Vec::new();
    let mut limit = 200;
    let told = || {
        // each time another question: an answer is kept until something is said
        limit = if limit > 100 { limit - 1 } else { 200 };
        let answer = hashwatch.get_json(&format!("/api/v1/alerts?rule=attack_cost&limit={limit}"));
        found = answer.ok().and_then(|it| it["notices"].as_array().cloned()).unwrap_or_default();
        found.len() >= count
    };
    wait_until("the notices", SOON, told).with_context(|| hashwatch.stderr())?;
    ensure!(found.len() == count, "{found:?}");
    found.reverse();
    Ok(found)
}

#[test]
fn a_cheap_majority_is_told_by_the_high_end_of_its_cost() -> Result<()> {
    let _turn = turn();
    let Some(real) = shared("real/blocks") else { return Ok(()) };
    let dir = tempfile::tempdir()?;
    let blocks = four_real_blocks(&real, dir.path())?;
    let mut hashwatch = reading_the_real_blocks(&blocks, dir.path())?.configured("")?;

    // all that is published is older than a week, and so are these blocks
    started(&mut hashwatch, &configuration(&[1e12], None))?;
    let status = || hashwatch.get_json("/api/v1/status");
    wait_until("the status to say it", SOON, || status().is_ok_and(|it| it["not_evaluated"] != json!([])))?;
    let lacks = status()?["not_evaluated"][0].clone();
    let reason = lacks["reason"].as_str().context("a reason")?;
    ensure!(lacks["rule"] == "attack_cost" && reason.contains("days old, more than 7"), "{lacks}");
    let page = hashwatch.get("/alerts?rule=attack_cost")?.text();
    ensure!(page.contains("This rule is not evaluated now") && page.contains("days old, more than 7"), "{page}");
    std::thread::sleep(Duration::from_secs(2));
    let logged = hashwatch.stderr().matches("alerts.attack_cost is not evaluated").count();
    ensure!(logged == 1, "logged {logged} times");
    notices(&hashwatch, 0)?;
    let asked = hashwatch.get_json("/api/v1/attack-cost")?;
    let day = asked["on"].as_str().context("a day")?.to_owned();
    let network = asked["parameters"]
        .as_array()
        .and_then(|all| all.iter().find(|it| it["name"] == "network_exahashes_per_second").cloned());
    let network = network.context("a hashrate")?;
    let of = |end: &str| network[end].as_f64().with_context(|| format!("{network}"));
    let (central, high) = (of("central")?, of("high")?);
    ensure!(high > 1.02 * central, "a range whose centre lies below its end: {network}");
    hashwatch.terminate()?;

    // 40 USD per PH/s and day: the first level lies above all of the cost, the second above its centre alone
    let hour = |exahashes: f64, hashprice: f64| exahashes * 1e3 * hashprice / 24.0;
    let levels = [1.01 * hour(high, 40.0), 1.01 * hour(central, 40.0)];
    started(&mut hashwatch, &configuration(&levels, Some((40.0, &day))))?;
    let raised = notices(&hashwatch, 1)?.remove(0);
    assert_eq!((&raised["change"], &raised["level"]), (&json!("raised"), &json!(1)), "{raised}");
    let told = hashwatch.get_json("/api/v1/attack-cost")?;
    let cost = &told["rent_at_hashprice_usd_per_hour"];
    let measure = |notice: &Value, name: &str| {
        let found = notice["measures"].as_array().and_then(|all| all.iter().find(|it| it["name"] == name).cloned());
        found.with_context(|| format!("no {name}: {notice}"))
    };
    let found = measure(&raised, "cost")?;
    assert_eq!(
        (&found["value"], &found["low"], &found["high"]),
        (&cost["central"], &cost["low"], &cost["high"]),
        "the cost of the API, to the last digit"
    );
    assert_eq!(measure(&raised, "hashprice")?["value"], json!(40.0));
    let evidence = raised["evidence"].to_string();
    ensure!(evidence.contains(&format!("hashprice day: {day}")) && evidence.contains("hashrate day: 20"), "{evidence}");
    let headline = raised["headline"].as_str().context("a headline")?;
    ensure!(headline.starts_with("An hour of a majority costs less than $"), "{headline}");
    assert_eq!(status_of(&hashwatch)?, json!([]));
    hashwatch.terminate()?;

    // cheaper, without a block more
    started(&mut hashwatch, &configuration(&levels, Some((30.0, &day))))?;
    let worsened = notices(&hashwatch, 2)?.remove(1);
    assert_eq!((&worsened["change"], &worsened["level"]), (&json!("worsened"), &json!(2)), "{worsened}");
    assert_eq!(worsened["alert"], raised["alert"]);
    hashwatch.terminate()?;

    // and without a price what is raised stays so
    started(&mut hashwatch, &configuration(&levels, None))?;
    wait_until("the status to say it", SOON, || status_of(&hashwatch).is_ok_and(|it| it != json!([])))?;
    notices(&hashwatch, 2)?;
    assert_eq!(hashwatch.get_json("/api/v1/alerts?limit=1")?["raised"][0]["level"], json!(2));
    hashwatch.terminate()
}

#[test]
fn a_price_that_comes_without_a_block_is_told() -> Result<()> {
    let _turn = turn();
    let Some(real) = shared("real/blocks") else { return Ok(()) };
    let dir = tempfile::tempdir()?;
    let blocks = four_real_blocks(&real, dir.path())?;
    let mut hashwatch = reading_the_real_blocks(&blocks, dir.path())?.configured("")?;
    let (let_go, held) = mpsc::channel::<()>();
    let held = std::sync::Mutex::new(held);
    let site = Site::start(move |_| {
        // whoever asks waits until there is a price
        let _ = held.lock().map(|held| held.recv());
        Page::new(200, &[], "{\"price\": 0.01}")
    })?;
    let source = format!(
        "[market]\nallow = [\"127.0.0.1\"]\n[[market.http]]\nwhat = \"hashprice_usd_per_ph_day\"\nurl = {:?}\n\
         pointer = \"/price\"\nunit = \"USD/PH/day\"\n",
        site.url("/")
    );
    // what is published, old as it is, lies below the first level and above the second, a hashprice of a cent below both
    let levels = "levels = [1e12, 5000.0]\nmax_age_days = 36500\n";
    started(&mut hashwatch, &format!("{source}[alerts.attack_cost]\n{levels}"))?;
    let raised = notices(&hashwatch, 1)?.remove(0);
    assert_eq!((&raised["change"], &raised["level"]), (&json!("raised"), &json!(1)), "{raised}");
    let_go.send(())?;
    let worsened = notices(&hashwatch, 2)?.remove(1);
    assert_eq!((&worsened["change"], &worsened["level"]), (&json!("worsened"), &json!(2)), "{worsened}");
    assert_eq!((&worsened["alert"], &worsened["block"]), (&raised["alert"], &raised["block"]));
    hashwatch.terminate()
}

fn status_of(hashwatch: &Hashwatch) -> Result<Value> {
    Ok(hashwatch.get_json("/api/v1/status")?["not_evaluated"].clone())
}
