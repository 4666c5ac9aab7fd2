//! What strangers may ask, and how: half a request, a path that is no text, an older block; and what every answer has.

use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use hashwatch_tests::Hashwatch;
use serde_json::json;

use crate::turn::turn;

/// Blocks of the chain that is looked at.
const BLOCKS: u32 = 300;

fn simulate(dir: &Path) -> Result<()> {
    let (dir, blocks) = (dir.display().to_string(), BLOCKS.to_string());
    let made = Hashwatch::new()?.command("simulate", ["--blocks", &blocks, "--seed", "3", "--out", &dir])?;
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Ok(())
}

/// A simulated chain, indexed and served by one process.
fn shown(home: &Path) -> Result<Hashwatch> {
    let dir = home.join("chain");
    simulate(&dir)?;
    let note: serde_json::Value = serde_json::from_slice(&std::fs::read(dir.join("hashwatch-sim.json"))?)?;
    let mut hashwatch = Hashwatch::reading(&dir)?;
    hashwatch.run()?;
    hashwatch.wait_for_tip(&note["tip"]["hash"].as_str().unwrap_or_default().parse()?, Duration::from_secs(60))?;
    Ok(hashwatch)
}

#[test]
fn paths_that_are_no_text_are_refused_as_documented() -> Result<()> {
    let _turn = turn();
    let home = tempfile::tempdir()?;
    let mut hashwatch = shown(home.path())?;
    for (path, name) in
        [("/api/v1/blocks/%ff", "\"block\""), ("/charts/%ff", "\"chart\""), ("/charts/%c3.svg", "\"chart\"")]
    {
        let answer = hashwatch.get(path)?;
        assert_eq!((answer.status, answer.header("content-type")), (400, "application/json"), "{path}");
        let body = answer.json()?;
        assert_eq!(body["error"]["code"], "bad_value", "{body}");
        assert!(body["error"]["message"].as_str().is_some_and(|message| message.contains(name)), "{body}");
    }
    assert_eq!(hashwatch.get("/static/%ff")?.status, 404);
    hashwatch.terminate()
}

#[test]
fn every_answer_says_what_it_is_of() -> Result<()> {
    let _turn = turn();
    let home = tempfile::tempdir()?;
    let mut hashwatch = shown(home.path())?;
    let status = hashwatch.get_json("/api/v1/status")?;
    assert_eq!(status["as_of"], status["tip"]);
    for path in [
        "/api/v1/status",
        "/api/v1/shares",
        "/api/v1/blocks?limit=2",
        "/api/v1/blocks/7",
        "/charts/shares.json",
        "/charts/history.json",
    ] {
        let answer = hashwatch.get_json(path)?;
        for field in ["data", "as_of", "registry_version"] {
            assert_eq!(answer[field], if field == "as_of" { &status["tip"] } else { &status[field] }.clone(), "{path}");
        }
        if !path.starts_with("/charts") {
            assert_eq!(answer["network"], "sim", "{path}");
        }
    }
    let block = hashwatch.get_json("/api/v1/blocks/7")?;
    assert_eq!(block["attribution"]["registry_version"], block["registry_version"]);
    assert_eq!(status["as_of"]["median_time"].as_u64().map(|time| time > 0), Some(true), "{status}");
    assert_eq!(status["tip"]["height"], json!(hashwatch.get_json("/api/v1/blocks?limit=1")?["blocks"][0]["height"]));
    hashwatch.terminate()
}

#[test]
fn an_older_block_tells_nothing_false_of_now() -> Result<()> {
    let _turn = turn();
    let home = tempfile::tempdir()?;
    let mut hashwatch = shown(home.path())?;
    let now = hashwatch.get("/")?.text();
    assert!(now.contains("stale kept") && now.contains("synced"), "{now}");
    let then = hashwatch.get("/?as_of=50")?.text();
    assert!(then.contains("as of block 50") && then.contains("synced"), "{then}");
    assert!(!then.contains("ahead of us") && !then.contains("stale kept"), "{then}");
    hashwatch.terminate()
}

#[test]
fn a_visitor_in_the_middle_of_a_word_does_not_hold_up_the_end() -> Result<()> {
    let _turn = turn();
    let home = tempfile::tempdir()?;
    let mut hashwatch = shown(home.path())?;
    let address = hashwatch.url().replace("http://", "");
    let mut half = TcpStream::connect(&address)?;
    half.write_all(b"GET /api/v1/status HTTP/1.1\r\nHost: x\r\n")?;
    let _silent = TcpStream::connect(&address)?;
    std::thread::sleep(Duration::from_millis(200));
    let asked = Instant::now();
    hashwatch.terminate()?;
    assert!(asked.elapsed() < Duration::from_secs(15), "{:?}", asked.elapsed());
    Ok(())
}

/// As many as ask at once, each for pictures that nobody asked for before.
const CROWD: u32 = 80;

#[test]
fn a_crowd_that_asks_for_ever_new_pictures_leaves_the_page_to_others() -> Result<()> {
    let _turn = turn();
    let home = tempfile::tempdir()?;
    let mut hashwatch = shown(home.path())?;
    let (shown, asked) = (&hashwatch, std::sync::atomic::AtomicU32::new(0));
    let (mut slowest, mut refused) = (Duration::ZERO, 0);
    std::thread::scope(|crowd| -> Result<()> {
        let visitors: Vec<_> = (0..CROWD)
            .map(|one| {
                let asked = &asked;
                crowd.spawn(move || -> Result<u32> {
                    let mut refused = 0;
                    for height in [one, one + CROWD] {
                        let path =
                            format!("/charts/history.svg?as_of={height}&width={}&height={}", 300 + one, 200 + one);
                        let answer = shown.get(&path)?;
                        if answer.status != 200 {
                            assert_eq!((answer.status, answer.header("retry-after")), (503, "5"), "{}", answer.text());
                            assert_eq!(answer.json()?["error"]["code"], "busy");
                            refused += 1;
                        }
                        asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    }
                    Ok(refused)
                })
            })
            .collect();
        while visitors.iter().any(|one| !one.is_finished()) {
            let began = Instant::now();
            assert_eq!(shown.get("/")?.status, 200);
            slowest = slowest.max(began.elapsed());
            assert_eq!(shown.get("/api/v1/status")?.status, 200);
        }
        for one in visitors {
            refused += one.join().expect("no panic")?;
        }
        Ok(())
    })?;
    eprintln!("a page took {slowest:?} at most; {refused} of {} were sent away", asked.into_inner());
    assert!(slowest < Duration::from_secs(6), "{slowest:?}");
    hashwatch.terminate()
}
