//! Opinions formed anew beside readers: no answer mixes two versions, the old one stays, and the report says what moved.

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anyhow::{Context, Result, ensure};
use hashwatch_tests::Hashwatch;
use serde_json::{Value, json};

use crate::turn::turn;

/// Who asks at once.
const READERS: usize = 6;

/// Indexes a simulated chain and serves it; then its pools are renamed behind it.
fn served() -> Result<(tempfile::TempDir, Hashwatch)> {
    let dir = tempfile::tempdir()?;
    let out = dir.path().display().to_string();
    let made = Hashwatch::new()?.command("simulate", ["--blocks", "6000", "--out", &out])?;
    assert!(made.status.success());
    let mut hashwatch = Hashwatch::reading(dir.path())?;
    hashwatch.index_once()?;
    hashwatch.serve()?;
    Ok((dir, hashwatch))
}

fn relabel(hashwatch: &Hashwatch) -> Result<Value> {
    let data = hashwatch.data_dir().display().to_string();
    let done = hashwatch.command("relabel", ["--network", "sim", "--data", &data, "--json"])?;
    // no panic: readers wait for the end
    ensure!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    serde_json::from_slice(&done.stdout).context("the report")
}

/// Every pool under its new slug and name, so that what an answer names tells its version.
fn rename_all(hashwatch: &Hashwatch) -> Result<()> {
    let file = hashwatch.data_dir().join("pools.toml");
    let text = fs::read_to_string(&file)?;
    let text = text.replace("\"sim-", "\"new-");
    let renamed: Vec<String> = text
        .lines()
        .map(|line| match line.strip_prefix("name = \"") {
            Some(name) => format!("name = \"New {name}"),
            None => line.to_owned(),
        })
        .collect();
    fs::write(file, renamed.join("\n"))?;
    Ok(())
}

/// Whether all that an answer names is of the version that it says it is of.
fn is_of_one_version(answer: &Value, old: &str) -> bool {
    let is_old = answer["registry_version"] == old;
    let fits = |id: &Value, name: &Value| match (id.as_str(), name.as_str()) {
        (Some(id), Some(name)) => id.starts_with("sim-") == is_old && name.starts_with("New ") != is_old,
        _ => true,
    };
    let shares = answer["shares"].as_array().into_iter().flatten();
    let blocks = answer["blocks"].as_array().into_iter().flatten().map(|block| &block["attribution"]);
    shares
        .map(|share| (&share["id"], &share["name"]))
        .chain(blocks.map(|who| (&who["pool"], &who["name"])))
        .all(|(id, name)| fits(id, name))
}

#[test]
fn no_answer_mixes_two_versions() -> Result<()> {
    let _turn = turn();
    let (_chain, hashwatch) = served()?;
    let before = hashwatch.get_json("/api/v1/shares?window=all")?;
    let old = before["registry_version"].as_str().context("a version")?.to_owned();
    assert!(is_of_one_version(&before, &old), "{before}");
    rename_all(&hashwatch)?;
    let (done, asked, seen_new) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    let report = std::thread::scope(|scope| {
        for reader in 0..READERS {
            let (hashwatch, done, asked, seen_new, old) = (&hashwatch, &done, &asked, &seen_new, &old);
            scope.spawn(move || {
                let mut number = reader;
                while !done.load(Ordering::Relaxed) {
                    let path = match number % 3 {
                        0 => "/api/v1/shares?window=all".to_owned(),
                        1 => "/api/v1/blocks?limit=20".to_owned(),
                        _ => format!("/api/v1/shares?window={}", 100 + number % 500),
                    };
                    let answer = hashwatch.get_json(&path).expect("an answer");
                    assert!(is_of_one_version(&answer, old), "{path}: {answer}");
                    asked.fetch_add(1, Ordering::Relaxed);
                    seen_new.fetch_add(usize::from(answer["registry_version"] != *old), Ordering::Relaxed);
                    number += 1;
                }
            });
        }
        let report = relabel(&hashwatch);
        // each reader comes by once more
        std::thread::sleep(std::time::Duration::from_millis(500));
        done.store(true, Ordering::Relaxed);
        report
    })?;
    assert!(asked.load(Ordering::Relaxed) > 50 && seen_new.load(Ordering::Relaxed) >= READERS);
    the_report_is_right(&report, &before);
    the_old_version_stays(&hashwatch, &old, &before)?;
    // once more changes nothing
    let again = relabel(&hashwatch)?;
    assert_eq!((&again["opinions_formed"], &again["blocks_changed"]), (&json!(0), &json!(0)));
    assert!(hashwatch.check()?.status.success());
    Ok(())
}

/// Every named block changed hands, from each pool to the one of its new name.
fn the_report_is_right(report: &Value, before: &Value) {
    let changed = report["changed"].as_array().expect("a list");
    for moved in changed {
        let (from, to) = (moved["from"].as_str().expect("a pool"), moved["to"].as_str().expect("a pool"));
        assert_eq!(from.strip_prefix("sim-"), to.strip_prefix("new-"));
    }
    let named: u64 = before["shares"].as_array().expect("shares").iter().filter_map(|it| it["blocks"].as_u64()).sum();
    // stale blocks change hands with the others
    assert!(report["blocks_changed"].as_u64().expect("a count") >= named, "{report}");
}

/// Citable: the same question under the old version has the same answer as before.
fn the_old_version_stays(hashwatch: &Hashwatch, old: &str, before: &Value) -> Result<()> {
    assert_eq!(&hashwatch.get_json(&format!("/api/v1/shares?window=all&registry={old}"))?, before);
    let now = hashwatch.get_json("/api/v1/shares?window=all")?;
    assert_ne!(now["registry_version"], *old);
    assert_eq!(now["unknown"], before["unknown"]);
    let block = hashwatch.get_json(&format!("/api/v1/blocks/100?registry={old}"))?;
    assert!(block["attribution"]["pool"].as_str().is_none_or(|pool| pool.starts_with("sim-")), "{block}");
    let nobody = hashwatch.get("/api/v1/shares?registry=0123456789abcdef")?;
    assert_eq!(nobody.status, 404, "{}", nobody.text());
    let bad = hashwatch.get("/api/v1/shares?registry=../../etc")?;
    assert_eq!((bad.status, &bad.json()?["error"]["code"]), (400, &json!("bad_value")));
    Ok(())
}

/// One that indexes forms opinions itself: two writers would be one too many.
#[test]
fn not_beside_one_that_indexes() -> Result<()> {
    let _turn = turn();
    let (_chain, mut hashwatch) = served()?;
    hashwatch.terminate()?;
    hashwatch.run()?;
    let data = hashwatch.data_dir().display().to_string();
    let refused = hashwatch.command("relabel", ["--network", "sim", "--data", &data])?;
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(refused.status.code() == Some(1) && said.contains("another hashwatch indexes into"), "{said}");
    Ok(())
}
