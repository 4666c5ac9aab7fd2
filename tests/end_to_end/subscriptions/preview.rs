//! What the form says that its settings would have brought is what the rules say of the same chain when they are asked again.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use hashwatch_tests::wait_until;
use serde_json::Value;

use super::{SOON, Scene};
use crate::{alert_pages::REPLAYED, turn::turn};

/// Rules for so short a chain: something is said of each.
const OFTEN: &str = "[alerts.share]\nwindow = 144\nlevels = [0.2, 0.25, 0.3]\nconfidence = 0.8\ncalm = 12
[alerts.hhi]\nwindow = 144\nlevels = [1200, 1500]\nconfidence = 0.8\ncalm = 12
[alerts.streak]\nlevels = [50.0, 5.0]\nbefore = 288\nleast = 3\ncalm = 12\n";

/// Rules with the least level that is chosen of each.
type Least<'a> = &'a [(&'a str, u64)];

#[test]
fn the_preview_counts_what_a_replay_says() -> Result<()> {
    let _turn = turn();
    let mut scene = Scene::new(3_000, OFTEN)?;
    let evaluated = || scene.hashwatch.get_json("/api/v1/alerts").is_ok_and(|it| it["evaluated"]["height"] == 2_999);
    wait_until("the tip to be evaluated", SOON + Duration::from_secs(60), evaluated)?;
    let replay = replayed(&scene)?;
    let some = |rule: &str| replay.iter().filter(|it| it["rule"] == rule).count();
    ensure!(
        some("share") > 4 && some("hhi") > 1 && some("streak") > 1,
        "a chain of which enough is said: {}",
        replay.len()
    );
    let pool = replay.iter().find(|it| it["rule"] == "share" && it["subject"]["kind"] == "pool").context("a pool")?;
    let pool = format!("pool:{}", pool["subject"]["id"].as_str().context("an id")?);
    let everything: Vec<(&str, u64)> = REPLAYED.iter().map(|rule| (*rule, 1)).collect();
    // settings, and what they are: rules with their least level, and whom they are about
    let choices: [(&str, Least, &[&str]); 7] = [
        ("", &everything, &[]),
        ("share=1", &[("share", 1)], &[]),
        ("share=2", &[("share", 2)], &[]),
        ("share=3&hhi=2", &[("share", 3), ("hhi", 2)], &[]),
        ("hhi=1&streak=2", &[("hhi", 1), ("streak", 2)], &[]),
        ("share=1", &[("share", 1)], &[&pool]),
        ("node=1", &[("node", 1)], &[]),
    ];
    for (query, rules, subjects) in choices {
        let query = subjects.iter().fold(query.to_owned(), |query, subject| format!("{query}&subject={subject}"));
        let expected = counted(&replay, rules, subjects);
        let page = scene.get(&format!("/subscribe?{query}"), "192.0.2.1")?.text();
        ensure!(said(&page)? == expected, "{query}: the page says {:?}, a replay {expected:?}", said(&page)?);
        let rows = page.matches("<span class=\"when\">").count();
        ensure!(rows == (expected.0 + expected.1).min(20), "{query}: {rows} rows");
    }
    scene.hashwatch.terminate()
}

fn replayed(scene: &Scene) -> Result<Vec<Value>> {
    let data = scene.hashwatch.data_dir();
    let config = data.with_file_name("hashwatch.toml");
    let (data, config) = (data.display().to_string(), config.display().to_string());
    let output = scene.hashwatch.command("alerts", ["replay", "--json", "--data", &data, "--config", &config])?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let replayed: Value = serde_json::from_slice(&output.stdout)?;
    Ok(replayed["notices"].as_array().context("notices")?.clone())
}

/// Warnings, and notices that something is better, by the definition: a level below the least is none.
fn counted(notices: &[Value], rules: Least, subjects: &[&str]) -> (usize, usize) {
    let mut counts = (0, 0);
    for it in notices {
        let Some((_, least)) = rules.iter().find(|(rule, _)| it["rule"] == *rule) else { continue };
        let subject =
            [&it["subject"]["kind"], &it["subject"]["id"]].map(|text| text.as_str().unwrap_or_default()).join(":");
        if !subjects.is_empty() && !subjects.contains(&subject.as_str()) {
            continue;
        }
        let level = |name: &str| it[name].as_u64().filter(|level| level >= least).unwrap_or(0);
        match level("level").cmp(&level("from_level")) {
            std::cmp::Ordering::Greater => counts.0 += 1,
            std::cmp::Ordering::Less => counts.1 += 1,
            std::cmp::Ordering::Equal => {}
        }
    }
    counts
}

/// The numbers of the page's sentence.
fn said(page: &str) -> Result<(usize, usize)> {
    let answer =
        page.split("<h1 class=\"answer\">").nth(1).and_then(|rest| rest.split('<').next()).context("an answer")?;
    if answer.contains("had no warning") {
        return Ok((0, 0));
    }
    let numbers: Vec<usize> = answer.split(' ').filter_map(|word| word.replace(',', "").parse().ok()).collect();
    let [warnings, better] = numbers[..] else { anyhow::bail!("two numbers: {answer}") };
    Ok((warnings, better))
}
