//! What was said of alerts, on pages, in the API, in feeds and on the stream: the same everywhere, and new notices within a second.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use hashwatch_tests::{Hashwatch, wait_until};
use serde_json::{Value, json};

use crate::events::{ids, listen, status};
use crate::simulated::simulate;
use crate::sql::Sql;
use crate::turn::turn;

const SOON: Duration = Duration::from_secs(20);
/// A name that would be markup, a formula and a line of its own.
pub(crate) const HOSTILE: &str = "=1+<script>alert(1)</script>\n\u{202e}&";

/// Rules that could say something of the chain themselves.
pub(crate) const REPLAYED: [&str; 8] =
    ["share", "nakamoto", "hhi", "hhi_rise", "streak", "hashrate", "reorg", "foreign_address"];

/// A simulated chain that is served, with its SQL. Nothing is said of it but by the test.
pub(crate) fn served(dir: &std::path::Path, config: &str) -> Result<(Hashwatch, Sql)> {
    simulate(dir, &["--blocks", "3000", "--seed", "7"])?;
    let off: String = REPLAYED.iter().map(|rule| format!("[alerts.{rule}]\nenabled = false\n")).collect();
    let mut hashwatch = Hashwatch::reading(dir)?.configured(&format!("{config}{off}"))?;
    hashwatch.index_once()?;
    hashwatch.serve()?;
    let sql = Sql::of(&hashwatch.data_dir())?;
    Ok((hashwatch, sql))
}

/// A notice as the store writes it: seq, revision, alert, subject, levels, height.
pub(crate) fn say(
    sql: &Sql,
    (seq, revision): (u64, u32),
    alert: u64,
    subject: [&str; 2],
    levels: (u8, u8),
    height: u32,
) -> Result<()> {
    let change = match levels {
        (0, _) => "raised",
        (_, 0) => "over",
        (from, to) if from < to => "worsened",
        _ => "eased",
    };
    let [id, name] = subject.map(|text| text.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', "\\n"));
    let first = if revision > 0 { "2000, unhex(repeat('ab', 32))" } else { "NULL, NULL" };
    let statement = format!(
        "INSERT INTO hashwatch.notices (seq, revision, step, alert, rule, subject_kind, subject_id, subject_name, change, from_level, \
         level, threshold, height, hash, time, measures, registry_version, said_at, historic, evaluated_height, evaluated_hash, \
         first_height, first_hash) \
         SELECT {seq}, {revision}, 100 + {seq} + {revision}, {alert}, 'share', 'pool', '{id}', '{name}', '{change}', {}, {}, 0.4, height, \
         hash, median_time, [('share', 'share', 0.419, [0.398, 0.441])], '0123456789abcdef', now64(3), false, height, hash, {first} \
         FROM hashwatch.blocks WHERE height = {height} LIMIT 1",
        levels.0, levels.1
    );
    sql.query(&statement).map(|_| ())
}

fn seq(answer: &Value) -> u64 {
    answer["notices"][0]["seq"].as_u64().unwrap_or(0)
}

pub(crate) fn until(hashwatch: &Hashwatch, wanted: u64) -> Result<()> {
    let told = || hashwatch.get_json("/api/v1/alerts").is_ok_and(|answer| seq(&answer) == wanted);
    wait_until("the notice on the API", SOON, told)
}

#[test]
fn what_was_said_is_the_same_everywhere() -> Result<()> {
    let _turn = turn();
    let home = tempfile::tempdir()?;
    let (hashwatch, sql) = served(&home.path().join("chain"), "[site]\nurl = \"https://hashes.example\"\n")?;
    let none = hashwatch.get_json("/api/v1/alerts")?;
    ensure!(none["raised"] == json!([]) && none["notices"] == json!([]) && none["next_before"].is_null(), "{none}");
    ensure!(none["evaluated"]["height"] == 2999, "{none}");
    let without = hashwatch.get("/alerts")?.text();
    ensure!(without.contains("Nothing is raised") && without.contains("and nothing ever was."), "{without}");

    let shares = hashwatch.get_json("/api/v1/shares")?;
    let pool = shares["shares"][0]["id"].as_str().context("a slug")?.to_owned();
    let stale =
        hashwatch.get_json("/api/v1/forks")?["branches"][0]["blocks"][0]["height"].as_u64().context("a height")?;
    say(&sql, (1, 0), 1, [&pool, "Heron"], (0, 1), 1000)?;
    say(&sql, (2, 0), 1, [&pool, "Heron"], (1, 2), 1100)?;
    say(&sql, (3, 0), 2, ["x", HOSTILE], (0, 1), 1200)?;
    say(&sql, (4, 0), 2, ["x", HOSTILE], (1, 0), 1300)?;
    until(&hashwatch, 4)?;
    let answer = hashwatch.get_json("/api/v1/alerts")?;
    ensure!(answer["raised"].as_array().is_some_and(|it| it.len() == 1), "{answer}");
    let raised = &answer["raised"][0];
    ensure!(raised["level"] == 2 && raised["since"]["height"] == 1000 && raised["notices"] == 2, "{raised}");
    let headline = raised["notice"]["headline"].as_str().context("a headline")?;
    let page = hashwatch.get("/alerts")?.text();
    ensure!(page.contains(&format!("One alert is raised, as of block 1,300. {headline}.")), "{page}");
    ensure!(!page.contains("<script>alert") && page.contains("&#60;script&#62;"), "markup of a name");
    let overview = hashwatch.get("/")?.text();
    ensure!(overview.contains(&format!("{headline}.")) && overview.contains("href=\"/alerts\""), "the overview");
    filters_pages_and_the_past(&hashwatch, &pool, stale)?;
    one_alert(&hashwatch, headline)?;
    feeds(&hashwatch, &sql, &pool)?;
    hashwatch.get("/api/v1/alerts?format=csv").and_then(|csv| {
        ensure!(csv.text().contains("\"'=1+<script>"), "a formula in a cell: {}", csv.text());
        Ok(())
    })
}

fn filters_pages_and_the_past(hashwatch: &Hashwatch, pool: &str, stale: u64) -> Result<()> {
    let seqs = |path: &str| -> Result<Vec<u64>> {
        let answer = hashwatch.get_json(path)?;
        let notices = answer["notices"].as_array().context("notices")?;
        Ok(notices.iter().filter_map(|it| it["seq"].as_u64()).collect())
    };
    let subject = format!("/api/v1/alerts?subject=pool%3A{pool}");
    for (path, expected) in [
        ("/api/v1/alerts", &[4, 3, 2, 1][..]),
        ("/api/v1/alerts?limit=2", &[4, 3]),
        ("/api/v1/alerts?limit=2&before=3", &[2, 1]),
        ("/api/v1/alerts?state=raised", &[2, 1]),
        ("/api/v1/alerts?rule=hhi", &[]),
        ("/api/v1/alerts?as_of=1200", &[3, 2, 1]),
        ("/api/v1/alerts?as_of=1000", &[1]),
        ("/api/v1/alerts?as_of=999", &[]),
        (&subject, &[2, 1]),
    ] {
        ensure!(seqs(path)? == expected, "{path}: {:?}", seqs(path)?);
    }
    let then = hashwatch.get_json("/api/v1/alerts?as_of=1200")?;
    ensure!(then["raised"].as_array().is_some_and(|it| it.len() == 2), "both were raised then: {then}");
    let answer = hashwatch.get_json("/api/v1/alerts?limit=2")?;
    let link = answer["permalink"].as_str().context("a permalink")?;
    ensure!(hashwatch.get_json(link)? == answer, "{link}");
    for wrong in ["rule=x", "subject=pool", "before=0", "limit=201", "state=x", "wat=1"] {
        ensure!(hashwatch.get(&format!("/api/v1/alerts?{wrong}"))?.status == 400, "{wrong}");
    }
    let page = hashwatch.get(&format!("/alerts?rule=&subject=pool%3A{pool}"))?.text();
    ensure!(page.contains("id=\"notice-2\"") && !page.contains("id=\"notice-3\""), "the filter of the page");
    ensure!(hashwatch.get(&format!("/blocks/{stale}"))?.status == 200, "a branch");
    let etag = hashwatch.get("/api/v1/alerts")?;
    let again = hashwatch.get_with("/api/v1/alerts", &[("if-none-match", etag.header("etag"))])?;
    ensure!(again.status == 304, "{}", again.status);
    Ok(())
}

fn one_alert(hashwatch: &Hashwatch, headline: &str) -> Result<()> {
    let answer = hashwatch.get_json("/api/v1/alerts/0000000000000001")?;
    ensure!(answer["raised"] == true && answer["all_notices"].as_array().is_some_and(|it| it.len() == 2), "{answer}");
    let page = hashwatch.get("/alerts/0000000000000001")?.text();
    for part in [
        format!("<meta property=\"og:title\" content=\"{headline}.\">"),
        "<meta property=\"og:url\" content=\"https://hashes.example/alerts/0000000000000001\">".to_owned(),
        "<meta name=\"twitter:card\" content=\"summary\">".to_owned(),
        "data-chart=\"pool\"".to_owned(),
        "Raised since ".to_owned(),
    ] {
        ensure!(page.contains(&part), "{part} in {page}");
    }
    let over = hashwatch.get("/alerts/0000000000000002")?.text();
    ensure!(over.contains(", over since ") && !over.contains("<script>alert"), "{over}");
    for (path, status) in [("0000000000000009", 404), ("1", 400), ("000000000000000A", 400)] {
        ensure!(hashwatch.get(&format!("/alerts/{path}"))?.status == status, "{path}");
        ensure!(hashwatch.get(&format!("/api/v1/alerts/{path}"))?.status == status, "{path}");
    }
    Ok(())
}

fn feeds(hashwatch: &Hashwatch, sql: &Sql, pool: &str) -> Result<()> {
    let entries = |path: &str, tag: &str| -> Result<usize> {
        let answer = hashwatch.get(path)?;
        ensure!(answer.status == 200, "{path}: {}", answer.text());
        Ok(answer.text().matches(tag).count())
    };
    ensure!(entries("/feeds/alerts.atom", "<entry>")? == 4 && entries("/feeds/alerts.rss", "<item>")? == 4);
    ensure!(entries("/feeds/alerts/rule/share.atom", "<entry>")? == 4);
    ensure!(entries("/feeds/alerts/rule/hhi.rss", "<item>")? == 0);
    ensure!(entries(&format!("/feeds/alerts/pool/{pool}.rss"), "<item>")? == 2);
    ensure!(entries("/feeds/alerts/network/network.atom", "<entry>")? == 0);
    for none in ["rule/x.atom", "pool/nobody.atom", "x/y.atom", "pool/x.json", "network/x.rss", "pool/.atom"] {
        ensure!(hashwatch.get(&format!("/feeds/alerts/{none}"))?.status == 404, "{none}");
    }
    let before = hashwatch.get("/feeds/alerts.atom")?.text();
    let text = |feed: &str, tag: &str| -> Vec<String> {
        feed.split(&format!("<{tag}>")).skip(1).filter_map(|rest| Some(rest.split_once('<')?.0.to_owned())).collect()
    };
    ensure!(before.contains("https://hashes.example/alerts/0000000000000001"), "{before}");
    // restated: the same entry, updated
    say(sql, (2, 1), 1, [pool, "Heron"], (1, 2), 1101)?;
    let restated = || hashwatch.get_json("/api/v1/alerts").is_ok_and(|it| it["notices"][2]["as_of"]["height"] == 1101);
    wait_until("the restatement", SOON, restated)?;
    let after = hashwatch.get("/feeds/alerts.atom")?.text();
    ensure!(text(&before, "id") == text(&after, "id"), "{after}");
    ensure!(text(&before, "updated")[0] != text(&after, "updated")[0], "{after}");
    ensure!(after.contains("(restated after a reorg)"), "{after}");
    let page = hashwatch.get("/alerts/0000000000000001")?.text();
    ensure!(page.contains("Restated: first said of block 2,000"), "{page}");
    Ok(())
}

/// Waits until streams, too, know of a notice: the store is looked at every 400 ms for them.
fn heard(hashwatch: &Hashwatch, seq: u64) -> Result<()> {
    until(hashwatch, seq)?;
    std::thread::sleep(Duration::from_secs(1));
    Ok(())
}

#[test]
fn a_stream_tells_what_is_said_and_what_was_missed() -> Result<()> {
    let _turn = turn();
    let home = tempfile::tempdir()?;
    let config = "[site]\nstreams = 4\nstreams_per_visitor = 3\n";
    let (mut hashwatch, sql) = served(&home.path().join("chain"), config)?;
    for seq in 1..=3 {
        say(&sql, (seq, 0), seq, ["x", "X"], (0, 1), 1000)?;
    }
    heard(&hashwatch, 3)?;
    let mut fresh = listen(&hashwatch, "")?;
    let (code, head) = status(&mut fresh)?;
    ensure!(code == 200 && head.contains("content-type: text/event-stream") && head.contains("no-store"), "{head}");
    let mut back = listen(&hashwatch, "Last-Event-ID: 1\r\n")?;
    ensure!(ids(&mut back, 2)? == [2, 3]);
    let started = Instant::now();
    say(&sql, (4, 0), 4, ["x", HOSTILE], (0, 1), 1001)?;
    ensure!((ids(&mut fresh, 1)?, ids(&mut back, 1)?) == (vec![4], vec![4]));
    eprintln!("alert_pages: a notice was on two streams after {:?}", started.elapsed());
    ensure!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    // three are one visitor's
    let _third = listen(&hashwatch, "")?;
    ensure!(status(&mut listen(&hashwatch, "Last-Event-ID: x\r\n")?)?.0 == 400);
    wait_until("a refusal", SOON, || {
        let refused = listen(&hashwatch, "").and_then(|mut it| status(&mut it));
        refused.is_ok_and(|(code, head)| code == 429 && head.contains("retry-after: 30"))
    })?;
    // a place comes back when a stream goes
    drop(fresh);
    wait_until("a place", SOON, || {
        say(&sql, (5, 0), 5, ["x", "X"], (0, 1), 1002).is_ok()
            && listen(&hashwatch, "").and_then(|mut it| status(&mut it)).is_ok_and(|(code, _)| code == 200)
    })?;
    // serving ends although streams are open
    let asked = Instant::now();
    hashwatch.terminate()?;
    ensure!(asked.elapsed() < Duration::from_secs(4), "{:?}", asked.elapsed());
    Ok(())
}

/// Resident memory of a process, in bytes.
fn resident(pid: &str) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("VmRSS")?;
    let kilobytes: u64 = line.split_whitespace().nth(1).context("a number")?.parse()?;
    Ok(kilobytes * 1024)
}

#[test]
fn five_thousand_streams_are_cheap_and_told_within_a_second() -> Result<()> {
    const STREAMS: usize = 5_000;
    let _turn = turn();
    let home = tempfile::tempdir()?;
    let (hashwatch, sql) = served(&home.path().join("chain"), "[site]\nstreams_per_visitor = 5000\n")?;
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let wanted = Some(STREAMS as u64 + 500);
    if limit.maximum.is_some_and(|most| Some(most) < wanted) {
        eprintln!("alert_pages: skipped, this system lets nobody have {STREAMS} connections");
        return Ok(());
    }
    let more = rustix::process::Rlimit { current: wanted, maximum: limit.maximum };
    rustix::process::setrlimit(rustix::process::Resource::Nofile, more)?;
    say(&sql, (1, 0), 1, ["x", "X"], (0, 1), 1000)?;
    heard(&hashwatch, 1)?;
    let pid = hashwatch.pid().context("it runs")?.to_string();
    let before = resident(&pid)?;
    let mut streams = Vec::with_capacity(STREAMS);
    for _ in 0..STREAMS {
        streams.push(listen(&hashwatch, "")?);
    }
    for stream in &mut streams {
        ensure!(status(stream)?.0 == 200);
    }
    let grown = resident(&pid)?.saturating_sub(before);
    let started = Instant::now();
    say(&sql, (2, 0), 2, ["x", "X"], (0, 1), 1001)?;
    for stream in &mut streams {
        ensure!(ids(stream, 1)? == [2]);
    }
    let took = started.elapsed();
    eprintln!("alert_pages: {STREAMS} streams take {} MB, and all have a notice after {took:?}", grown >> 20);
    ensure!(grown < 200 << 20, "{grown} bytes");
    // the store is looked at every 400 ms, and the machine is shared
    ensure!(took < Duration::from_secs(2), "{took:?}");
    Ok(())
}
